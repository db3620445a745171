// The fixtures as their manifest says, and what goes beyond one body.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>

#include "base/json/json.h"
#include "base/status.h"
#include "server/zalo/signature.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::HasSubstr;
using ::testing::Not;

struct Fixture {
  std::string name;
  std::string raw;
  std::string header;
  std::string timestamp;
};

const std::vector<Fixture>& Fixtures() {
  static const auto* const fixtures = [] {
    std::ifstream file(HAILONG_ZALO_TESTDATA "/manifest.json");
    std::stringstream text;
    text << file.rdbuf();
    const auto manifest = base::Json::Parse(text.str(), 8);
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    auto* made = new std::vector<Fixture>();
    for (const base::Json& one : manifest->items()) {
      made->push_back({.name = std::string(one.TextOf("n")),
                       .raw = std::string(one.TextOf("raw")),
                       .header = std::string(one.TextOf("hdr")),
                       .timestamp = std::string(one.TextOf("ts"))});
    }
    return made;
  }();
  return *fixtures;
}

const Fixture& Named(const std::string& prefix) {
  for (const Fixture& one : Fixtures()) {
    if (one.name.starts_with(prefix)) return one;
  }
  ADD_FAILURE() << "no fixture " << prefix;
  return Fixtures().front();
}

zalo::WebhookRequest RequestOf(const Fixture& fixture) {
  return {.method = "POST",
          .headers = {{"content-type", "application/json"}, {"x-zevent-signature", fixture.header}},
          .body = fixture.raw};
}

int PostFixture(World& world, const std::string& prefix) {
  return world.Post(RequestOf(Named(prefix)));
}

std::string With(std::string body, std::string_view instead_of, std::string_view other) {
  return body.replace(body.find(instead_of), instead_of.size(), other);
}

constexpr char kTold[] = "1790000000120";      // when F01 was told
constexpr char kAnswered[] = "1790000000100";  // and when it was given

uint64_t AllEvents(World& world) {
  uint64_t all = 0;
  for (int state = 1; state <= v1::ZaloEventState_MAX; ++state) {
    all += world.Events(static_cast<v1::ZaloEventState>(state));
  }
  return all;
}

// What must become of a fixture whose message is in the send log.
struct Expected {
  std::string prefix;
  int status;
  v1::ZaloEventState state;  // UNSPECIFIED: nothing is stored
  int choice = 0;            // of the response; 0: there is none
};

const std::vector<Expected> kExpected = {
    {"F01", 200, v1::ZALO_EVENT_STATE_RECORDED, 5}, {"F02", 200, v1::ZALO_EVENT_STATE_RECORDED, 1},
    {"F03", 200, v1::ZALO_EVENT_STATE_RECORDED, 3}, {"F04", 200, v1::ZALO_EVENT_STATE_RECORDED, 4},
    {"F05", 200, v1::ZALO_EVENT_STATE_RECORDED, 5}, {"F06", 200, v1::ZALO_EVENT_STATE_QUARANTINED},
    {"F07", 200, v1::ZALO_EVENT_STATE_QUARANTINED}, {"F08", 200, v1::ZALO_EVENT_STATE_NOTED},
    {"F09", 200, v1::ZALO_EVENT_STATE_NOTED},       {"F10", 200, v1::ZALO_EVENT_STATE_RECORDED, 4},
    {"F11", 200, v1::ZALO_EVENT_STATE_NOTED},       {"F12", 200, v1::ZALO_EVENT_STATE_NOTED},
    {"F13", 200, v1::ZALO_EVENT_STATE_NOTED},       {"F14", 200, v1::ZALO_EVENT_STATE_NOTED},
    {"F15", 200, v1::ZALO_EVENT_STATE_UNSPECIFIED}, {"F16", 200, v1::ZALO_EVENT_STATE_NOTED},
    {"F17", 200, v1::ZALO_EVENT_STATE_UNSUPPORTED}, {"N01", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED},
    {"N02", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED}, {"N03", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED},
    {"N04", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED}, {"N05", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED},
    {"N06", 401, v1::ZALO_EVENT_STATE_UNSPECIFIED}, {"N07", 200, v1::ZALO_EVENT_STATE_QUARANTINED},
    {"N08", 400, v1::ZALO_EVENT_STATE_UNSPECIFIED},
};

// In whose send log the fixtures' messages are.
struct SentWorld : World {
  SentWorld() {
    LogSend("HS20260001", "a1b2c3d4e5f607182930", 1);
    LogSend("HS20260002", "", 2);
    LogSend("sent-to-a-user", "c1b2c3d4e5f607182932", 3);
    LogSend("HS20260004", "", 4);
    LogSend("HS20260005", "e1b2c3d4e5f607182934", 5);
    LogSend("HS20260006", "", 6);
    LogSend("HS20260007", "", 7);
    LogSend("HS20260008", "", 8);
  }
};

TEST(Fixture, EachAloneBecomesWhatTheManifestSays) {
  ASSERT_EQ(Fixtures().size(), kExpected.size());
  for (size_t i = 0; i < kExpected.size(); ++i) {
    const Expected& expected = kExpected[i];
    SCOPED_TRACE(Fixtures()[i].name);
    ASSERT_TRUE(Fixtures()[i].name.starts_with(expected.prefix));
    SentWorld world;
    EXPECT_EQ(world.Post(RequestOf(Fixtures()[i])), expected.status);
    world.Settle();
    const bool stored = expected.state != v1::ZALO_EVENT_STATE_UNSPECIFIED;
    EXPECT_EQ(AllEvents(world), stored ? 1u : 0u);
    if (stored) {
      EXPECT_EQ(world.Events(expected.state), 1u);
    }
    const auto rows = world.Rows();
    ASSERT_EQ(rows.size(), expected.choice == 0 ? 0u : 1u);
    if (expected.choice == 0) continue;
    EXPECT_EQ(rows[0].content.answers[0], static_cast<char>(expected.choice));
    EXPECT_EQ(rows[0].channel, v1::CHANNEL_ZALO);
    EXPECT_EQ(rows[0].content.unit_id, "79.SNV");
    EXPECT_TRUE(rows[0].identified);
    EXPECT_EQ(rows[0].content.submitted_at_us / 1'000'000, 1'790'000'000);
  }
}

TEST(Fixture, AllInAnyOrderAndTwiceBecomeTheSame) {
  SentWorld world;
  for (int round = 0; round < 2; ++round) {
    for (size_t i = Fixtures().size(); i-- > 0;) {
      EXPECT_EQ(world.Post(RequestOf(Fixtures()[i])), kExpected[i].status) << Fixtures()[i].name;
    }
    world.Settle();
    // F01 to F05 and F10. N07, the rating of F01 told years ago, came before it.
    EXPECT_EQ(world.Rows().size(), 6u);
    EXPECT_EQ(AllEvents(world), 17u);
    world.Reopen();
  }
}

TEST(Fixture, TheWorkedVectorOfTheSignature) {
  const Fixture& f01 = Named("F01");
  EXPECT_EQ(f01.raw.size(), 389u);
  EXPECT_EQ(zalo::Sign({Standin::kAppId, f01.raw, kTold}, Standin::kOaSecret),
            "mac=f8e6b6dd9992e624dfb36ffd01ba9a2044817dea6c0315bc777a3699b1d47d4a");
}

TEST(Fixture, TheNoteBecomesACommentOfTheRoundsTextQuestion) {
  SentWorld world;
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  EXPECT_EQ(PostFixture(world, "F04"), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_EQ(rows[0].content.comments.size(), 1u);
  EXPECT_EQ(rows[0].content.comments[0].text,
            "Cán bộ một cửa hướng dẫn tận tình.\nThái độ lịch sự\nĐúng hẹn");
  EXPECT_EQ(rows[1].content.comments[0].text, "Rất tốt 👍 a/b\nNhanh");
}

// --- the scripted cases, by their numbers ---

TEST(Scripted, Case1TheSameBodyTwiceIsADuplicateAndOneRating) {
  SentWorld world;
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  world.Settle();
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(AllEvents(world), 1u);
}

TEST(Scripted, Case2AReceiptAndARatingOfOneMessageAreBothKept) {
  SentWorld world;
  EXPECT_EQ(PostFixture(world, "F08"), 200);
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  world.Settle();
  EXPECT_EQ(AllEvents(world), 2u);
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_DELIVERED), 1u);
}

TEST(Scripted, Case3ARatingBeforeItsSendLogRowIsHeldAndThenLinked) {
  World world;
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  world.Settle();
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_HELD), 1u);
  EXPECT_TRUE(world.Rows().empty());
  world.Reopen();
  world.LogSend("another-tracking", "a1b2c3d4e5f607182930", 1);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_RECORDED), 1u);
}

TEST(Scripted, Case4OneByteOfSpaceMoreIsNotWhatWasSigned) {
  World world;
  Fixture changed = Named("F01");
  changed.raw.insert(1, " ");
  EXPECT_EQ(world.Post(RequestOf(changed)), 401);
  EXPECT_EQ(AllEvents(world), 0u);
}

TEST(Scripted, Case5WithoutTheHeaderOrWithTwoOfThemItIsRefused) {
  World world;
  zalo::WebhookRequest request = RequestOf(Named("F01"));
  request.headers.push_back(request.headers[1]);
  EXPECT_EQ(world.Post(request), 401);
  request.headers.resize(1);
  EXPECT_EQ(world.Post(request), 401);
  EXPECT_EQ(AllEvents(world), 0u);
}

TEST(Scripted, Case6ABodyAbove64KiBIsTooLarge) {
  World world;
  Fixture large = Named("F01");
  large.raw.append(65 * 1024 - large.raw.size(), ' ');
  large.header = zalo::Sign({Standin::kAppId, large.raw, large.timestamp}, Standin::kOaSecret);
  EXPECT_EQ(world.Post(RequestOf(large)), 413);
  large.raw.resize(64 * 1024);
  large.header = zalo::Sign({Standin::kAppId, large.raw, large.timestamp}, Standin::kOaSecret);
  EXPECT_EQ(world.Post(RequestOf(large)), 200);
}

TEST(Scripted, Case7ThePrefixIsLowerCaseAndTheDigitsAreEither) {
  World world;
  Fixture upper = Named("F01");
  for (char& c : upper.header) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(world.Post(RequestOf(upper)), 401);
  upper.header = " mac=" + upper.header.substr(4) + "  ";
  EXPECT_EQ(world.Post(RequestOf(upper)), 200);
}

TEST(Scripted, Case8ALaterTellingOfTheSameAnswerIsOneRating) {
  SentWorld world;
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  const std::string later = "1790000030120";
  world.clock.Advance(absl::Seconds(30));
  EXPECT_EQ(world.Post(Standin::Signed(With(Named("F01").raw, kTold, later), later)), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(AllEvents(world), 1u);
}

// --- what the intake says of a rating ---

struct Answer {
  absl::StatusCode code;
  v1::ZaloEventState state;
  bool kept;  // what the citizen said
};

TEST(Inbox, OnlyWhatTheRoundRefusesIsErased) {
  using enum absl::StatusCode;
  for (const Answer& answer : {Answer{kFailedPrecondition, v1::ZALO_EVENT_STATE_REFUSED, false},
                               Answer{kAlreadyExists, v1::ZALO_EVENT_STATE_REFUSED, false},
                               Answer{kInvalidArgument, v1::ZALO_EVENT_STATE_QUARANTINED, true},
                               Answer{kPermissionDenied, v1::ZALO_EVENT_STATE_QUARANTINED, true},
                               Answer{kNotFound, v1::ZALO_EVENT_STATE_QUARANTINED, true}}) {
    SCOPED_TRACE(absl::StatusCodeToString(answer.code));
    SentWorld world;
    world.delivery_fails = absl::Status(answer.code, "why");
    EXPECT_EQ(PostFixture(world, "F01"), 200);
    world.Settle();
    EXPECT_EQ(world.Events(answer.state), 1u);
    EXPECT_EQ(world.Number("SELECT content IS NOT NULL FROM zalo_events"), answer.kept ? 1 : 0);
  }
}

TEST(Inbox, WhatFailsForReasonsThatAreNotTheRatingsIsTriedAgain) {
  using enum absl::StatusCode;
  for (const absl::StatusCode code :
       {kDataLoss, kUnavailable, kResourceExhausted, kAborted, kInternal, kUnknown}) {
    SCOPED_TRACE(absl::StatusCodeToString(code));
    SentWorld world;
    world.delivery_fails = absl::Status(code, "why");
    EXPECT_EQ(PostFixture(world, "F01"), 200);
    EXPECT_EQ(world.channel->inbox().Step().status().code(), code);
    EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 1u);
    world.delivery_fails = absl::OkStatus();
    world.Settle();
    EXPECT_EQ(world.Rows().size(), 1u);
  }
}

TEST(Inbox, ARatingOfAUnitThatIsNotTheCollectorsAnyMoreIsKept) {
  SentWorld world;
  world.BindCollector("25747");
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  world.Settle();
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_QUARANTINED), 1u);
  EXPECT_EQ(world.Number("SELECT content IS NOT NULL FROM zalo_events"), 1);
}

// --- more of the webhook ---

TEST(Webhook, ANewAnswerToTheSameMessageIsKeptAndTheLatestCounts) {
  SentWorld world;
  const std::string again =
      With(With(Named("F01").raw, kAnswered, "1790000000900"), "\"rate\":5", "\"rate\":2");
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  EXPECT_EQ(world.Post(Standin::Signed(again, kTold)), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].first_outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(rows[1].displaced, rows[0].sequence);
}

TEST(Webhook, BothSecretsWorkWhileTheyChange) {
  World world;
  world.settings.oa_secrets = {"the new one", Standin::kOaSecret};
  world.Reopen();
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  EXPECT_EQ(world.Post(Standin::Signed(Named("F02").raw, kTold, "the new one")), 200);
  EXPECT_EQ(world.Post(Standin::Signed(Named("F03").raw, kTold, "a third")), 401);
  world.settings.oa_secrets = {};
  world.Reopen();
  EXPECT_EQ(PostFixture(world, "F04"), 503);
}

TEST(Webhook, TheAccountsIdFirstIsAcceptedOnlyWhenAllowed) {
  World world([](v1::ZaloSettings& file) { file.set_allow_oa_id_first(true); });
  EXPECT_EQ(PostFixture(world, "N04"), 200);
  EXPECT_EQ(PostFixture(world, "N03"), 401);
}

TEST(Webhook, TheWindowOfReplayIsADayBackAndFiveMinutesAhead) {
  const auto told = [&](absl::Duration ago) {
    World world;
    const std::string stamp = Cat(absl::ToUnixMillis(world.clock.Now() - ago));
    EXPECT_EQ(world.Post(Standin::Signed(With(Named("F01").raw, kTold, stamp), stamp)), 200);
    return world.Events(v1::ZALO_EVENT_STATE_NEW);
  };
  EXPECT_EQ(told(absl::Hours(24)), 1u);
  EXPECT_EQ(told(absl::Hours(24) + absl::Milliseconds(1)), 0u);
  EXPECT_EQ(told(-absl::Minutes(5)), 1u);
  EXPECT_EQ(told(-absl::Minutes(5) - absl::Milliseconds(1)), 0u);
}

TEST(Webhook, AnswersOtherMethodsAndAnotherAccountWithoutStoring) {
  World world;
  EXPECT_EQ(world.Post({.method = "GET", .headers = {}, .body = ""}), 200);
  EXPECT_EQ(world.Post({.method = "DELETE", .headers = {}, .body = ""}), 405);
  const std::string other = With(Named("F01").raw, Standin::kOaId, "5555555555555555555");
  EXPECT_EQ(world.Post(Standin::Signed(other, kTold)), 401);
  for (const std::string_view body :
       {R"([1])", R"({"app_id":"1234567890123456789"})", R"({"a":1,"a":2})",
        R"({"app_id":"1234567890123456789","event_name":"x","timestamp":"soon"})"}) {
    EXPECT_EQ(world.Post(Standin::Signed(std::string(body), "soon")), 400) << body;
  }
  EXPECT_EQ(AllEvents(world), 0u);
}

TEST(Webhook, SaysSoOnceWhenOurOwnSecretDoesNotFit) {
  World world;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(PostFixture(world, "N06"), 401);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("ALARM")));
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(PostFixture(world, "N01"), 401);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("ALARM"), log.rfind("ALARM"));
  EXPECT_THAT(log, HasSubstr("ALARM"));
}

TEST(Webhook, WhatIsNotDurableIsNotAcknowledged) {
  World world;
  world.writer->Stop();
  EXPECT_EQ(PostFixture(world, "F01"), 503);
  world.Reopen();
  EXPECT_EQ(AllEvents(world), 0u);
  EXPECT_EQ(PostFixture(world, "F01"), 200);
  EXPECT_EQ(AllEvents(world), 1u);
}

TEST(Webhook, ManyAtOnceAreEachStoredOnce) {
  World world;
  constexpr int kEvents = 300;
  std::atomic<int> stored = 0;
  for (int i = 0; i < kEvents; ++i) {
    const std::string body = With(Named("F01").raw, "a1b2c3d4e5f607182930", Cat("message-", i));
    for (int twice = 0; twice < 2; ++twice) {
      world.channel->webhook().Receive(Standin::Signed(body, kTold), [&](int status) {
        if (status == 200) ++stored;
      });
    }
  }
  world.Close();
  EXPECT_EQ(stored.load(), 2 * kEvents);
  world.Reopen();
  EXPECT_EQ(AllEvents(world), static_cast<uint64_t>(kEvents));
}

}  // namespace
}  // namespace hailong::tests
