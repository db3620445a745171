// Invitations out, ratings back: over real HTTP to the stand-in, with what goes wrong on the way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSend[] = "/message/template";
constexpr char kToken[] = "/v4/oa/access_token";
constexpr char kStatus[] = "/message/status";
constexpr char kRatings[] = "/rating/get";

int64_t Ms(const World& world) { return absl::ToUnixMillis(world.clock.Now()); }

TEST(Flow, AnInvitationGoesOutAndItsStarsBecomeAResponse) {
  World world;
  const auto messages = world.Invite(1, 1);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].phone, "84900010001");
  EXPECT_EQ(messages[0].template_id, World::kTemplate);
  EXPECT_EQ(messages[0].tracking_id.size(), 32u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENT), 1u);

  EXPECT_EQ(world.Post(world.standin.Deliver(messages[0], Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 2, "Chờ lâu", Ms(world), Ms(world))), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].content.answers[0], 2);
  EXPECT_EQ(rows[0].content.comments[0].text, "Chờ lâu");
  EXPECT_EQ(rows[0].channel, v1::CHANNEL_ZALO);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_DELIVERED), 1u);
  EXPECT_EQ(world.State().quota_left(), 19999);
}

TEST(Flow, OneDossierAtTheKioskAndByZaloCountsOnce) {
  World world;
  const auto messages = world.Invite(1, 1);
  EXPECT_EQ(world.AnswerAtKiosk(1, 77, world.clock.Now() - absl::Hours(1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 5, "", Ms(world), Ms(world))), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].first_outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(rows[1].displaced, rows[0].sequence);
}

TEST(Flow, OneInvitationForADossierAndRound) {
  World world;
  EXPECT_EQ(world.Queue({world.Invitation(1), world.Invitation(2)})->queued(), 2u);
  v1::ZaloInvitation again = world.Invitation(1);
  again.set_phone("0911111111");
  again.set_dossier_code(" g12.18 - 260901 - 10000001");
  const auto queued = world.Queue({again, world.Invitation(3), world.Invitation(3)});
  ASSERT_TRUE(queued.ok()) << queued.status();
  EXPECT_EQ(queued->queued(), 1u);
  EXPECT_EQ(queued->already_there(), 2u);
  world.Send(6);
  EXPECT_EQ(world.standin.messages().size(), 3u);
}

TEST(Flow, WhatCannotBeQueuedIsRefusedWholeAndWithoutRepeatingIt) {
  World world;
  v1::ZaloInvitation bad = world.Invitation(2);
  bad.set_dossier_code("12 345 678 secret");
  bad.set_phone("secret-phone");
  bad.set_unit_id("74.SNV");
  bad.set_template_id("1");
  bad.set_message_text("x");
  const auto refused = world.Queue({world.Invitation(1), bad});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  const auto lines = sample::ViolationLines(refused.status());
  EXPECT_THAT(
      lines,
      ElementsAre(HasSubstr("invitations[1].dossier_code"), HasSubstr("invitations[1].unit_id"),
                  HasSubstr("invitations[1].phone"), HasSubstr("invitations[1].template_id"),
                  HasSubstr("invitations[1].message_text")));
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("secret")));
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 0u);
  EXPECT_EQ(world.Queue({}).status().code(), absl::StatusCode::kInvalidArgument);

  v1::QueueInvitationsRequest request;
  request.set_round_id(World::kRound);
  *request.add_invitations() = world.Invitation(1);
  EXPECT_TRUE(absl::IsPermissionDenied(
      world.channel
          ->QueueInvitations({.role = v1::ROLE_OPERATOR, .id = "o", .unit_id = "25747"}, request)
          .status()));
  request.set_round_id("none");
  EXPECT_TRUE(absl::IsNotFound(world.channel->QueueInvitations({}, request).status()));
  request.set_round_id("march");
  EXPECT_TRUE(absl::IsFailedPrecondition(world.channel->QueueInvitations({}, request).status()));
}

TEST(Flow, PhonesAreWrittenInManyWays) {
  for (const char* phone : {"84900000001", "+84900000001", "0900000001", "090 000 00.01"}) {
    EXPECT_EQ(zalo::NormalizePhone(phone), "84900000001") << phone;
  }
  for (const char* phone :
       {"", "900000001", "8490000", "84 9000 000 0011 1", "09000+00001", "O9"}) {
    EXPECT_EQ(zalo::NormalizePhone(phone), "") << phone;
  }
}

TEST(Flow, ByAccountThereIsNoTrackingIdAndTheMessageIdJoins) {
  World world;
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id("3456789012345678901");
  ASSERT_TRUE(world.Queue({invitation}).ok());
  world.Send(1);
  const auto messages = world.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].user_id, "3456789012345678901");
  EXPECT_EQ(messages[0].tracking_id, "");
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 3, "", Ms(world), Ms(world))), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
}

TEST(Flow, AButtonsTokenIsGoodOnce) {
  World world;
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id("3456789012345678901");
  invitation.set_message_text("Mời ông/bà đánh giá");
  ASSERT_TRUE(world.Queue({invitation}).ok());
  world.Send(1);
  const auto messages = world.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].button_texts.size(), 2u);
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-1", Ms(world))), 200);
  world.Settle();
  ASSERT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Rows()[0].content.answers[0], 4);
  // Another button, the same text typed by hand, a token that was never given.
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[1], "tap-2", Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-3", Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Tap("#danhgia 5 guessed", "tap-4", Ms(world))), 200);
  // The first tap told again with a new time.
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-1", Ms(world) + 9)),
            200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_REFUSED), 3u);
}

// --- tokens ---

TEST(Token, EndingInTheMiddleOfABatchCostsOneRefreshAndNoMessage) {
  World world;
  std::vector<v1::ZaloInvitation> invitations;
  for (int i = 1; i <= 6; ++i) invitations.push_back(world.Invitation(i));
  ASSERT_TRUE(world.Queue(invitations).ok());
  world.Send(2);
  world.standin.ExpireToken();
  world.Send(4);
  EXPECT_EQ(world.standin.messages().size(), 6u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENT), 6u);
  EXPECT_THAT(world.standin.refresh_tokens_spent(),
              ElementsAre("fixture-refresh-0", "fixture-refresh-1"));
}

TEST(Token, APairSurvivesARestartAndIsRenewedAtTwentyHours) {
  World world([](v1::ZaloSettings& file) {
    file.mutable_quiet_hours()->set_from_hour(0);  // none
    file.mutable_quiet_hours()->set_to_hour(0);
  });
  world.Invite(1, 1);
  world.Reopen();
  world.Invite(2, 2);
  EXPECT_EQ(world.standin.Calls(kToken), 1);
  world.clock.Advance(absl::Hours(19));
  world.Invite(3, 3);
  EXPECT_EQ(world.standin.Calls(kToken), 1);
  world.clock.Advance(absl::Hours(1));
  world.Invite(4, 4);
  EXPECT_EQ(world.standin.Calls(kToken), 2);
  EXPECT_EQ(world.standin.messages().size(), 4u);
}

TEST(Token, RefusedForGoodAsksForAPersonUntilANewConsent) {
  World world;
  world.standin.RefuseRefresh(true);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(world.Invite(1, 1).empty());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("ALARM"));
  EXPECT_THAT(world.State().token_trouble(), HasSubstr("consent"));
  const int calls = world.standin.Calls(kToken);
  world.Send(3);
  EXPECT_EQ(world.standin.Calls(kToken), calls);  // not hammered
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u);

  world.standin.RefuseRefresh(false);
  world.Reopen();
  world.clock.Advance(absl::Minutes(10));
  world.Send(2);
  EXPECT_EQ(world.standin.messages().size(), 1u);
  EXPECT_EQ(world.State().token_trouble(), "");
}

TEST(Token, ALostAnswerToARefreshIsAskedForAgainLater) {
  World world;
  world.standin.BreakNext(kToken, /*after_taking=*/false);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(world.Invite(1, 1).empty());
  ::testing::internal::GetCapturedStderr();
  world.clock.Advance(absl::Minutes(5));
  world.Send(2);
  EXPECT_EQ(world.standin.messages().size(), 1u);
}

TEST(Token, ManyCallersShareOneRefresh) {
  World world;
  zalo::Tokens* tokens = nullptr;
  auto vault = *zalo::Vault::Open(world.directory.File("keys"));
  zalo::Commits commits(*world.writer, *world.store);
  zalo::Tokens made(world.settings, world.http, *vault, commits, *world.store, world.clock);
  tokens = &made;
  std::vector<std::thread> callers;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { good += tokens->Get().ok() ? 1 : 0; });
  }
  for (std::thread& one : callers) one.join();
  callers.clear();
  const std::string token = *tokens->Get();
  world.standin.ExpireToken();
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { good += tokens->Replace(token).ok() ? 1 : 0; });
  }
  for (std::thread& one : callers) one.join();
  EXPECT_EQ(good.load(), 16);
  EXPECT_EQ(world.standin.Calls(kToken), 2);
}

// --- what goes wrong while sending ---

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
      EXPECT_TRUE(world.store->ReadZaloRoundsWithRecipients()->empty());
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
  EXPECT_TRUE(world.store->ReadZaloRoundsWithRecipients()->empty());
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
  EXPECT_TRUE(world.store->ReadZaloRoundsWithRecipients()->empty());
  EXPECT_TRUE(absl::IsNotFound(base::ReadPrivateFile(key).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Queue({world.Invitation(4)}).status()));
}

// --- what webhooks lose ---

TEST(Reconciling, FindsWhatWasLostOnceAndNothingTwice) {
  World world;
  const auto messages = world.Invite(1, 10);
  ASSERT_EQ(messages.size(), 10u);
  for (size_t i = 0; i < 10; ++i) {
    const auto told = world.standin.Rate(messages[i], 1 + static_cast<int>(i % 5), "",
                                         Ms(world) - static_cast<int64_t>(i), Ms(world));
    if (i < 3) EXPECT_EQ(world.Post(told), 200);
  }
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 3u);
  world.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(*world.channel->reconciler().Look(), 7u);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 10u);
  EXPECT_EQ(*world.channel->reconciler().Look(), 0u);
  world.Reopen();
  EXPECT_EQ(*world.channel->reconciler().Look(), 0u);
  EXPECT_TRUE(world.State().has_reconciled_to());
}

TEST(Reconciling, ALateWebhookOfAFoundRatingChangesNothing) {
  World world;
  const auto messages = world.Invite(1, 1);
  const auto late = world.standin.Rate(messages[0], 4, "Tốt", Ms(world), Ms(world) + 60'000);
  world.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(*world.channel->reconciler().Look(), 1u);
  world.Settle();
  EXPECT_EQ(world.Post(late), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_RECORDED), 1u);
}

TEST(Reconciling, TriesTheOtherVerbOnceAndRemembersIt) {
  World world;
  world.standin.SetRatingVerb("POST");
  const auto messages = world.Invite(1, 1);
  world.standin.Rate(messages[0], 4, "", Ms(world), Ms(world));
  world.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(*world.channel->reconciler().Look(), 1u);
  const int calls = world.standin.Calls(kRatings);
  EXPECT_EQ(*world.channel->reconciler().Look(), 0u);
  EXPECT_LE(world.standin.Calls(kRatings) - calls, 3);  // a day each, none asked twice
}

TEST(Reconciling, AFailedLookIsSaidAndTriedAgain) {
  World world;
  world.standin.FailNext(kRatings, -117);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.channel->reconciler().Look().status()));
  world.standin.AnswerNext(kRatings, {.status = 502, .body = "<html>"});
  EXPECT_FALSE(world.channel->reconciler().Look().ok());
  EXPECT_FALSE(world.State().has_reconciled_to());
  EXPECT_TRUE(world.channel->reconciler().Look().ok());
}

// --- all at once ---

TEST(Channel, WebhooksTwiceOutOfOrderLateAndLostLeaveEachRatingOnce) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Cat("seed ", seed));
  std::mt19937 chance(seed);
  World world;
  constexpr int kCitizens = 40;
  const auto messages = world.Invite(1, kCitizens);
  ASSERT_EQ(messages.size(), static_cast<size_t>(kCitizens));
  std::vector<zalo::WebhookRequest> webhooks;
  for (const Standin::Message& message : messages) {
    const int64_t at = Ms(world) - static_cast<int64_t>(chance() % 60'000);
    const auto told = world.standin.Rate(message, 1 + static_cast<int>(chance() % 5), "", at, at);
    if (chance() % 4 == 0) continue;  // lost
    for (unsigned i = 0; i <= chance() % 3; ++i) webhooks.push_back(told);
    webhooks.push_back(world.standin.Deliver(message, at));
  }
  std::shuffle(webhooks.begin(), webhooks.end(), chance);
  for (size_t i = 0; i < webhooks.size(); ++i) {
    EXPECT_EQ(world.Post(webhooks[i]), 200);
    if (i % 10 == 9) world.Settle();
    if (i % 50 == 49) world.Reopen();
    if (i == webhooks.size() / 2) ASSERT_TRUE(world.channel->reconciler().Look().ok());
  }
  world.clock.Advance(absl::Hours(2));  // the last of Zalo's tries
  for (const auto& one : webhooks) EXPECT_EQ(world.Post(one), 200);
  ASSERT_TRUE(world.channel->reconciler().Look().ok());
  world.Settle();
  const auto rows = world.Rows();
  EXPECT_EQ(rows.size(), static_cast<size_t>(kCitizens));
  for (const auto& row : rows) EXPECT_EQ(row.first_outcome, v1::OUTCOME_RECORDED);
}

TEST(Channel, ItsThreadsDoAllThisByThemselves) {
  World world;
  ASSERT_TRUE(world.Queue({world.Invitation(1)}).ok());
  ASSERT_TRUE(world.channel->Start().ok());
  for (int i = 0; i < 500 && world.Sends(v1::ZALO_SEND_STATE_SENT) == 0; ++i) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  ASSERT_EQ(world.standin.messages().size(), 1u);
  const auto told = world.standin.Rate(world.standin.messages()[0], 5, "", Ms(world), Ms(world));
  EXPECT_EQ(world.Post(told), 200);
  for (int i = 0; i < 500 && world.Rows().empty(); ++i) absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(world.Rows().size(), 1u);
}

}  // namespace
}  // namespace hailong::tests
