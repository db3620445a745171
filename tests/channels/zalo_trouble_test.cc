// What goes wrong between Zalo and a whole hailongd, over real HTTP both ways.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "base/status.h"
#include "tests/channels/town.h"

namespace hailong::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSend[] = "/message/template";
const std::string kRound(kLatest);

class ZaloTrouble : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(town_.Start());
    ASSERT_NO_FATAL_FAILURE(town_.SetUp());
  }
  void Restart() {
    town_.Kill();
    ASSERT_NO_FATAL_FAILURE(town_.Start());
  }
  void QueueAll(int first, int last) {
    std::vector<v1::ZaloInvitation> messages;
    for (int i = first; i <= last; ++i) messages.push_back(Town::MessageTo(i));
    EXPECT_EQ(town_.Queue(kRound, messages).queued(), messages.size());
  }
  // So long that a message which may go would have gone.
  void ExpectNothingSentBeyond(size_t count) {
    absl::SleepFor(absl::Seconds(1.5));
    EXPECT_EQ(town_.standin.messages().size(), count);
  }
  std::vector<v1::ExportedResponse> Rows() {
    auto rows = ExportAll(town_.admin(), kRound);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? *std::move(rows) : std::vector<v1::ExportedResponse>();
  }
  static int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }

  Town town_{HAILONG_HAILONGD};
};

TEST_F(ZaloTrouble, ErrorsWithStatus200AndATokenThatEndsInTheMiddleOfABatch) {
  constexpr int kMessages = 40;
  town_.standin.FailNext(kSend, -118);   // no such account: this citizen never
  town_.standin.FailNext(kSend, -1121);  // the data: this message never
  QueueAll(1, kMessages);
  for (const size_t sent : {size_t{10}, size_t{20}}) {
    ASSERT_TRUE(Town::Wait([&] { return town_.standin.messages().size() >= sent; }));
    town_.standin.ExpireToken();
  }
  ASSERT_TRUE(
      Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_SENT) == kMessages - 2; }));
  EXPECT_EQ(town_.Sends(kRound, v1::ZALO_SEND_STATE_FAILED), 2u);
  std::set<std::string> phones;
  for (const Standin::Message& message : town_.standin.messages()) phones.insert(message.phone);
  EXPECT_EQ(phones.size(), size_t{kMessages} - 2);
  EXPECT_EQ(town_.standin.messages().size(), phones.size()) << "somebody was asked twice";
  // One refresh for the first token and one for each that ended; none was spent twice.
  EXPECT_THAT(town_.standin.refresh_tokens_spent(),
              ElementsAre("fixture-refresh-0", "fixture-refresh-1", "fixture-refresh-2"));
  EXPECT_EQ(town_.ZaloState().stopped(), "");
}

TEST_F(ZaloTrouble, AStopThatNeedsAPersonOutlivesKillsUntilOneSaysGoOn) {
  town_.standin.FailNext(kSend, -135);  // the account has no right to send
  QueueAll(1, 5);
  ASSERT_TRUE(Town::Wait([&] { return !town_.ZaloState().stopped().empty(); }));
  for (int kill = 0; kill < 2; ++kill) {
    ASSERT_NO_FATAL_FAILURE(Restart());
    EXPECT_THAT(town_.ZaloState().stopped(), HasSubstr("-135"));
    ExpectNothingSentBeyond(0);
  }
  v1::ResumeSendingResponse resumed;
  ASSERT_TRUE(town_.zalo().ResumeSending(town_.admin().Context().get(), {}, &resumed).ok());
  EXPECT_TRUE(Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_SENT) == 5; }));
}

TEST_F(ZaloTrouble, ARefusedConsentIsToldAfterEveryStartAndANewOneGoesOnByItself) {
  ASSERT_EQ(town_.Send(kRound, {1}).size(), 1u);
  town_.standin.RefuseRefresh(true);
  town_.standin.ExpireToken();
  QueueAll(2, 3);
  for (int start = 0; start < 2; ++start) {
    EXPECT_TRUE(Town::Wait([&] { return !town_.ZaloState().token_trouble().empty(); }));
    EXPECT_THAT(town_.ZaloState().token_trouble(), HasSubstr("consent"));
    ExpectNothingSentBeyond(1);
    ASSERT_NO_FATAL_FAILURE(Restart());
  }
  EXPECT_EQ(town_.Stop(), 0);
  town_.standin.RefuseRefresh(false);
  town_.PutRefreshToken("fixture-refresh-1");
  ASSERT_NO_FATAL_FAILURE(town_.Start());
  // What was held back by the last trouble waits for half a minute at most.
  v1::ResumeSendingResponse resumed;
  ASSERT_TRUE(town_.zalo().ResumeSending(town_.admin().Context().get(), {}, &resumed).ok());
  EXPECT_TRUE(Town::Wait([&] { return town_.standin.messages().size() == 3; }));
  EXPECT_EQ(town_.ZaloState().token_trouble(), "");
}

TEST_F(ZaloTrouble, WebhooksDoubledReorderedAndLateAreOneResponseEach) {
  constexpr int kRatings = 60;
  town_.standin.SetRatingVerb("NONE");  // so that nothing but webhooks brings them
  std::vector<int> dossiers;
  for (int i = 1; i <= kRatings; ++i) dossiers.push_back(i);
  const auto messages = town_.Send(kRound, dossiers);
  const absl::Time now = absl::Now();
  std::mt19937_64 random(std::random_device{}());
  std::vector<zalo::WebhookRequest> told;
  for (size_t i = 0; i < messages.size(); ++i) {
    // Given and first told up to 23 hours ago; one in ten so long ago that it is set aside.
    const bool too_old = i % 10 == 0;
    const absl::Time given =
        now - (too_old ? absl::Hours(25) : absl::Minutes(static_cast<int64_t>(i) * 23));
    const auto first =
        town_.standin.Rate(messages[i], 1 + static_cast<int>(i) % 5, "", Ms(given), Ms(given));
    told.push_back(first);
    told.push_back(first);  // byte by byte
    if (!too_old) {
      // Told anew, with another time and so another signature.
      told.push_back(town_.standin.Rate(messages[i], 1 + static_cast<int>(i) % 5, "", Ms(given),
                                        Ms(now) - static_cast<int64_t>(i)));
    }
    told.push_back(town_.standin.Deliver(messages[i], Ms(now)));
  }
  std::shuffle(told.begin(), told.end(), random);
  std::atomic<size_t> next = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      web::RawClient client(town_.web_port());
      for (size_t i = next++; i < told.size(); i = next++) {
        refused += Town::Post(client, told[i]) == 200 ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused.load(), 0);
  constexpr uint64_t kTooOld = kRatings / 10;
  ASSERT_TRUE(Town::Wait([&] {
    return town_.Events(v1::ZALO_EVENT_STATE_RECORDED) == kRatings - kTooOld;
  })) << town_.ZaloState().ShortDebugString();
  EXPECT_EQ(town_.Events(v1::ZALO_EVENT_STATE_QUARANTINED), kTooOld);
  ASSERT_TRUE(Town::Wait([&] { return town_.Events(v1::ZALO_EVENT_STATE_NEW) == 0; }));
  EXPECT_EQ(town_.Sends(kRound, v1::ZALO_SEND_STATE_DELIVERED), uint64_t{kRatings});
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), kRatings - kTooOld);
  for (const v1::ExportedResponse& row : rows) {
    EXPECT_TRUE(row.counts());
    EXPECT_EQ(row.first_outcome(), v1::OUTCOME_RECORDED) << row.ShortDebugString();
  }
}

TEST_F(ZaloTrouble, AWebhookOutrunsTheAnswerToTheSendingThatBrokeOff) {
  town_.standin.SetRatingVerb("NONE");  // so that nothing but the webhook brings it
  town_.standin.BreakNext(kSend, /*after_taking=*/true);
  QueueAll(1, 1);
  ASSERT_TRUE(Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_UNKNOWN) == 1; }));
  const auto messages = town_.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  web::RawClient client(town_.web_port());
  const int64_t now = Ms(absl::Now());
  EXPECT_EQ(Town::Post(client, town_.standin.Rate(messages[0], 4, "", now, now)), 200);
  EXPECT_TRUE(Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_DELIVERED) == 1; }));
  ASSERT_TRUE(Town::Wait([&] { return Rows().size() == 1; }));
  EXPECT_EQ(town_.standin.Calls(kSend), 1) << "the citizen was asked twice";
}

TEST_F(ZaloTrouble, WhatIsNotSignedByZaloIsRefusedAndLeavesNothing) {
  town_.standin.SetRatingVerb("NONE");
  const auto messages = town_.Send(kRound, {1});
  const int64_t now = Ms(absl::Now());
  const zalo::WebhookRequest good = town_.standin.Rate(messages[0], 5, "", now, now);
  zalo::WebhookRequest altered = good;
  altered.body.replace(altered.body.find("\"rate\":5"), 8, "\"rate\":1");
  zalo::WebhookRequest longer = good;
  longer.body += ' ';
  zalo::WebhookRequest bare = good;
  bare.headers.pop_back();
  zalo::WebhookRequest twice = good;
  twice.headers.push_back(twice.headers.back());
  const zalo::WebhookRequest other =
      Standin::Signed(good.body, base::Cat(now), "another-secret-not-ours");
  zalo::WebhookRequest cut = good;
  cut.body.resize(30);
  zalo::WebhookRequest large = good;
  large.body += std::string(65 << 10, ' ');
  const std::vector<std::pair<zalo::WebhookRequest, int>> cases = {
      {altered, 401}, {longer, 401}, {bare, 401}, {twice, 401},
      {other, 401},   {cut, 400},    {large, 413}};
  for (size_t i = 0; i < cases.size(); ++i) {
    web::RawClient client(town_.web_port());
    EXPECT_EQ(Town::Post(client, cases[i].first), cases[i].second) << "case " << i;
  }
  EXPECT_EQ(town_.ZaloState().events_size(), 0) << town_.ZaloState().ShortDebugString();
  EXPECT_TRUE(Rows().empty());
  web::RawClient client(town_.web_port());
  EXPECT_EQ(Town::Post(client, good), 200);
  EXPECT_TRUE(Town::Wait([&] { return Rows().size() == 1; }));
}

}  // namespace
}  // namespace hailong::tests
