// What goes wrong while sending, and at night.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/files.h"
#include "base/sqlite/sqlite.h"
#include "server/model/times.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSend[] = "/message/template";
constexpr char kUserSend[] = "/v3.0/oa/message/template";
constexpr char kStatus[] = "/message/status";
constexpr char kUser[] = "3456789012345678901";

int64_t Ms(const World& world) { return absl::ToUnixMillis(world.clock.Now()); }

// Of how many messages it is still known who gets them.
int64_t Recipients(World& world) {
  return world.Number("SELECT count(*) FROM zalo_sends WHERE recipient IS NOT NULL");
}

TEST(Sending, ABrokenConnectionIsNeverAnsweredByASecondMessage) {
  for (const bool after_taking : {false, true}) {
    World world;
    world.standin.BreakNext(kSend, after_taking);
    world.Invite(1, 1);
    EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_UNKNOWN), 1u);
    world.Reopen();
    world.clock.Advance(absl::Hours(2));
    world.Send(3);
    EXPECT_EQ(world.standin.Calls(kSend), 1);
    if (after_taking) {
      EXPECT_EQ(world.Post(world.standin.Deliver(world.standin.messages()[0], Ms(world))), 200);
      world.Settle();
      EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_DELIVERED), 1u);
    } else {
      world.clock.Advance(absl::Hours(25));
      world.Send(2);
      EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_FAILED), 1u);
      EXPECT_EQ(Recipients(world), 0);
    }
    EXPECT_EQ(world.standin.Calls(kSend), 1);
  }
}

TEST(Sending, WhereStatusMayBeAskedZalosWordDecides) {
  for (const bool after_taking : {false, true}) {
    World world([](v1::ZaloSettings& file) { file.set_status_by_tracking_id(true); });
    world.standin.BreakNext(kSend, after_taking);
    world.Invite(1, 1);
    world.clock.Advance(absl::Minutes(2));
    world.Send(3);
    EXPECT_EQ(world.standin.Calls(kStatus), 1);
    EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENT), 1u);
    EXPECT_EQ(world.standin.messages().size(), 1u);
    EXPECT_EQ(world.standin.Calls(kSend), after_taking ? 1 : 2);
  }
}

TEST(Sending, OfAMessageByAccountZaloIsNotAskedSinceItHasNoTrackingId) {
  for (const bool after_taking : {false, true}) {
    World world([](v1::ZaloSettings& file) { file.set_status_by_tracking_id(true); });
    world.standin.BreakNext(kUserSend, after_taking);
    v1::ZaloInvitation invitation = world.Invitation(1);
    invitation.set_user_id(kUser);
    ASSERT_TRUE(world.Queue({invitation}).ok());
    world.Send(1);
    world.clock.Advance(absl::Minutes(2));
    world.Send(3);
    EXPECT_EQ(world.standin.Calls(kStatus), 0);
    EXPECT_EQ(world.standin.Calls(kUserSend), 1);
    EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_UNKNOWN), 1u);
  }
}

TEST(Sending, ACrashBetweenSendingAndItsOutcomeIsUnknownToo) {
  World world;
  ASSERT_TRUE(world.Queue({world.Invitation(1)}).ok());
  const auto due = *world.store->ReadDueZaloSends(world.clock.Now(), 10);
  ASSERT_EQ(due.size(), 1u);
  world.writer->Stop();  // as the thread that crashed left it
  ASSERT_TRUE(world.store
                  ->ChangeZaloSend({.number = due[0].number,
                                    .state = v1::ZALO_SEND_STATE_SENDING,
                                    .msg_id = {},
                                    .attempts = 1,
                                    .due_at = due[0].due_at})
                  .ok());
  world.Reopen();
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_UNKNOWN), 1u);
  world.Send(3);
  EXPECT_EQ(world.standin.Calls(kSend), 0);
}

TEST(Sending, WhatZaloTookIsStillKnownWhenTheStoreTakesNothingForAWhile) {
  World world;
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id(kUser);
  ASSERT_TRUE(world.Queue({invitation}).ok());
  std::optional<FullWriter> full;
  world.standin.DoNext(kUserSend, [&] { full.emplace(*world.writer); });
  ::testing::internal::CaptureStderr();
  world.Send(1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("the server is busy"));
  ASSERT_EQ(world.standin.messages().size(), 1u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENDING), 1u);
  full.reset();
  world.Send(1);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENT), 1u);
  // By account the message's id alone joins: it is known too.
  const auto told = world.standin.Rate(world.standin.messages()[0], 4, "", Ms(world), Ms(world));
  EXPECT_EQ(world.Post(told), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  world.Send(3);
  EXPECT_EQ(world.standin.messages().size(), 1u);
}

TEST(Sending, AnUnreachableServerLosesAndRepeatsNothing) {
  World world;
  world.Invite(1, 1);  // has a token
  const std::string there = world.settings.file.endpoints().business();
  world.settings.file.mutable_endpoints()->set_business("http://127.0.0.1:1");
  world.Reopen();
  world.Invite(2, 2);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u);
  world.settings.file.mutable_endpoints()->set_business(there);
  world.Reopen();
  world.clock.Advance(absl::Minutes(10));
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 2u);
}

TEST(Sending, RestsAtNightInVietnam) {
  World world;
  world.clock.Set(sample::At("2026-09-21T21:59:59+07:00"));
  EXPECT_EQ(world.Invite(1, 1).size(), 1u);
  world.clock.Set(sample::At("2026-09-21T22:00:00+07:00"));
  EXPECT_THAT(world.Invite(2, 2), IsEmpty());
  world.clock.Set(sample::At("2026-09-22T05:59:58+07:00"));
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 1u);
  world.clock.Set(sample::At("2026-09-22T06:00:00+07:00"));
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 2u);
}

TEST(Sending, WaitsForTheNextDayWhenTheQuotaIsUsedUp) {
  World world;
  world.standin.SetQuota(2);
  EXPECT_EQ(world.Invite(1, 4).size(), 2u);
  EXPECT_EQ(world.standin.Calls(kSend), 2);  // the answer said so, nobody had to be refused
  EXPECT_EQ(world.State().quota_left(), 0);
  world.standin.SetQuota(100);
  world.clock.Set(sample::At("2026-09-22T06:00:00+07:00"));
  world.Send(3);
  EXPECT_EQ(world.standin.messages().size(), 4u);
}

TEST(Sending, EachClassOfErrorHasItsOwnEnd) {
  World world;
  ::testing::internal::CaptureStderr();
  // This citizen, this payload: not again, and nobody else waits.
  world.standin.FailNext(kSend, -118);
  world.standin.FailNext(kSend, -1121);
  EXPECT_EQ(world.Invite(1, 3).size(), 1u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_FAILED), 2u);
  EXPECT_EQ(Recipients(world), 0);
  // Later.
  world.standin.FailNext(kSend, -32);
  EXPECT_THAT(world.Invite(4, 4), IsEmpty());
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u);
  world.clock.Advance(absl::Minutes(5));
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 2u);
  // The day's quota.
  world.standin.FailNext(kSend, -144);
  EXPECT_THAT(world.Invite(5, 5), IsEmpty());
  world.clock.Set(sample::At("2026-09-22T06:00:00+07:00"));
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 3u);
  // A code of no table: a few times, then no more.
  for (int i = 0; i < 3; ++i) world.standin.FailNext(kSend, -4711);
  EXPECT_THAT(world.Invite(6, 6), IsEmpty());
  world.clock.Advance(absl::Hours(2));
  world.Send(1);
  world.clock.Advance(absl::Hours(2));
  world.Send(2);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_FAILED), 3u);
  // A person is needed: nothing more goes out until somebody says so.
  world.standin.FailNext(kSend, -135);
  EXPECT_THAT(world.Invite(7, 8), IsEmpty());
  EXPECT_THAT(world.State().stopped(), HasSubstr("-135"));
  world.clock.Advance(absl::Hours(3));
  world.Send(2);
  EXPECT_EQ(world.standin.messages().size(), 3u);
  ASSERT_TRUE(world.channel->ResumeSending({}, {}).ok());
  world.Send(2);
  EXPECT_EQ(world.standin.messages().size(), 5u);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("ALARM"));
}

void SendAtNightToo(v1::ZaloSettings& file) {
  file.mutable_quiet_hours()->set_from_hour(0);
  file.mutable_quiet_hours()->set_to_hour(0);
}

TEST(Sending, OnlyACodeOfNoTableCountsAsATryOfThree) {
  World world(SendAtNightToo);
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(world.Queue({world.Invitation(1)}).ok());
  for (const int code : {-32, -32, -32, -4711, -32, -4711}) {
    world.standin.FailNext(kSend, code);
    world.Send(1);
    EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u) << code;
    world.clock.Advance(absl::Hours(1));
  }
  EXPECT_EQ(world.standin.Calls(kSend), 6);
  world.standin.FailNext(kSend, -4711);
  world.Send(1);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_FAILED), 1u);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("error -4711 is in no table"));
}

TEST(Sending, AMessageThatIsNotTakenIsTriedLessAndLessOften) {
  World world(SendAtNightToo);
  ASSERT_TRUE(world.Queue({world.Invitation(1)}).ok());
  for (int minute = 0; minute < 24 * 60; ++minute) {
    world.standin.FailNext(kSend, -32);
    world.Send(1);
    world.clock.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u);
  EXPECT_GE(world.standin.Calls(kSend), 24);
  EXPECT_LE(world.standin.Calls(kSend), 36);
}

TEST(Sending, AStopThatNeedsAPersonSurvivesRestartsUntilOneSaysGoOn) {
  World world;
  ::testing::internal::CaptureStderr();
  // Rights are missing; and a token that is no better when it is new.
  for (const std::vector<int>& codes : {std::vector<int>{-135}, std::vector<int>{-124, -124}}) {
    const size_t before = world.standin.messages().size();
    for (const int code : codes) world.standin.FailNext(kSend, code);
    const int first = static_cast<int>(before) + 1;
    EXPECT_THAT(world.Invite(first, first), IsEmpty());
    for (int restart = 0; restart < 2; ++restart) {
      world.Reopen();
      EXPECT_THAT(world.State().stopped(), HasSubstr(std::to_string(codes.back())));
      world.clock.Advance(absl::Minutes(1));
      world.Send(2);
      EXPECT_EQ(world.standin.messages().size(), before);
    }
    ASSERT_TRUE(world.channel->ResumeSending({}, {}).ok());
    world.Reopen();
    EXPECT_EQ(world.State().stopped(), "");
    world.Send(1);
    EXPECT_EQ(world.standin.messages().size(), before + 1);
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("until somebody has looked"));
}

TEST(Sending, AUsedUpQuotaSurvivesARestartAndAPersonMayEndTheWait) {
  World world;
  world.standin.FailNext(kSend, -144);
  EXPECT_THAT(world.Invite(1, 1), IsEmpty());
  world.Reopen();
  world.Send(2);
  EXPECT_EQ(world.standin.Calls(kSend), 1);
  EXPECT_EQ(model::FromProto(world.State().paused_until()),
            sample::At("2026-09-22T06:00:00+07:00"));
  ASSERT_TRUE(world.channel->ResumeSending({}, {}).ok());
  EXPECT_FALSE(world.State().has_paused_until());
  world.Send(1);
  EXPECT_EQ(world.standin.messages().size(), 1u);
}

TEST(Sending, KeepsItsPace) {
  World world([](v1::ZaloSettings& file) { file.set_sends_per_minute_max(30); });
  ASSERT_TRUE(world.Queue({world.Invitation(1), world.Invitation(2)}).ok());
  EXPECT_EQ(world.channel->sender().Step(), absl::Seconds(2));
}

TEST(Sending, TheSealErasesAllRecipientsAndTheirKey) {
  World world;
  world.Invite(1, 1);
  ASSERT_TRUE(world.Queue({world.Invitation(2), world.Invitation(3)}).ok());
  const std::string key = world.directory.File("keys/zalo-recipients/september.key");
  EXPECT_TRUE(base::ReadPrivateFile(key).ok());
  world.SealRound();
  world.Send(3);
  EXPECT_EQ(world.standin.messages().size(), 1u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_CANCELLED), 2u);
  EXPECT_EQ(Recipients(world), 0);
  EXPECT_TRUE(absl::IsNotFound(base::ReadPrivateFile(key).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Queue({world.Invitation(4)}).status()));
}

TEST(Sending, ARoundThatHasEndedIsNotWrittenAgainAtEachStart) {
  World world;
  world.Invite(1, 1);
  ASSERT_TRUE(world.Queue({world.Invitation(2)}).ok());
  auto reader =
      base::Database::Open(world.directory.File("hailong.db"), base::Database::Mode::kReadOnly);
  ASSERT_TRUE(reader.ok()) << reader.status();
  // Another number when another connection has written since.
  const auto version = [&] {
    auto select = reader->Prepare("PRAGMA data_version");
    EXPECT_TRUE(select.ok() && *select->Step());
    return select->Int(0);
  };
  world.SealRound();
  const int64_t before = version();
  world.Send(1);
  const int64_t ended = version();
  EXPECT_NE(ended, before);
  EXPECT_EQ(Recipients(world), 0);
  world.Reopen();
  world.Send(1);
  EXPECT_EQ(version(), ended);
}

}  // namespace
}  // namespace hailong::tests
