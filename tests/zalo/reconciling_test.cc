// Ratings that no webhook told, told twice, late or out of order; the channel's own threads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/time/clock.h"
#include "base/status.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::HasSubstr;

constexpr char kRatings[] = "/rating/get";

int64_t Ms(const World& world) { return absl::ToUnixMillis(world.clock.Now()); }

TEST(Reconciling, FindsWhatWasLostOnceAndNothingTwice) {
  World world;
  const auto messages = world.Invite(1, 10);
  ASSERT_EQ(messages.size(), 10u);
  for (size_t i = 0; i < 10; ++i) {
    const auto told = world.standin.Rate(messages[i], 1 + static_cast<int>(i % 5), "",
                                         Ms(world) - static_cast<int64_t>(i), Ms(world));
    if (i < 3) {
      EXPECT_EQ(world.Post(told), 200);
    }
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

TEST(Reconciling, APersonMayAskForItBeforeItIsTimeAndSeesWhatFailed) {
  World world;
  const auto messages = world.Invite(1, 1);
  world.channel->reconciler().Step();
  world.standin.Rate(messages[0], 4, "", Ms(world), Ms(world));
  world.clock.Advance(absl::Seconds(1));
  world.channel->reconciler().Step();
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 0u);
  ASSERT_TRUE(world.channel->ReconcileRatings({}, {}).ok());
  world.standin.FailNext(kRatings, -101);
  world.channel->reconciler().Step();
  EXPECT_EQ(world.State().reconcile_trouble(), "rating/get answers error -101");
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 0u);
  ASSERT_TRUE(world.channel->ReconcileRatings({}, {}).ok());
  world.channel->reconciler().Step();
  EXPECT_EQ(world.State().reconcile_trouble(), "");
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 1u);
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

// A rating in Zalo's list of which nobody told.
void ListRating(World& world, int n, const char* template_id, int64_t at_ms) {
  Standin::Message message;
  message.template_id = template_id;
  message.msg_id = Cat("message-", n);
  world.standin.Rate(message, 4, "", at_ms, at_ms);
}

// The stand-in gives 3 on a page: more than 150 do not fit into one window.
TEST(Reconciling, ManyRatingsInADayAreLookedForInSmallerParts) {
  World world;
  constexpr int kMany = 170;
  for (int i = 0; i < kMany; ++i)
    ListRating(world, i, Standin::kTemplate, Ms(world) - 1 - 60'000 * i);
  EXPECT_EQ(*world.channel->reconciler().Look(), static_cast<size_t>(kMany));
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), static_cast<uint64_t>(kMany));
  EXPECT_TRUE(world.State().has_reconciled_to());
}

TEST(Reconciling, MoreInAMinuteThanItAsksForIsAnErrorAndNotForgotten) {
  World world([](v1::ZaloSettings& file) { file.add_template_ids("600002"); });
  for (int i = 0; i < 151; ++i) ListRating(world, i, Standin::kTemplate, Ms(world) - 1);
  ListRating(world, 151, "600002", Ms(world) - 1);  // does not suffer
  const auto look = world.channel->reconciler().Look().status();
  EXPECT_TRUE(absl::IsResourceExhausted(look)) << look;
  EXPECT_THAT(std::string(look.message()), HasSubstr("template 600001"));
  EXPECT_FALSE(world.State().has_reconciled_to());
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 151u);
}

TEST(Reconciling, TheTroubleOfOneTemplateIsNotTheNextOnes) {
  World world([](v1::ZaloSettings& file) { file.add_template_ids("600002"); });
  ListRating(world, 1, "600002", Ms(world) - 1);
  world.standin.FailNext(kRatings, -117);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.channel->reconciler().Look().status()));
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), 1u);
  EXPECT_EQ(*world.store->ReadZaloReconciled(Standin::kTemplate), absl::InfinitePast());
  EXPECT_NE(*world.store->ReadZaloReconciled("600002"), absl::InfinitePast());
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
    if (i == webhooks.size() / 2) {
      ASSERT_TRUE(world.channel->reconciler().Look().ok());
    }
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
