// Tokens that are good once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kToken[] = "/v4/oa/access_token";

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

}  // namespace
}  // namespace hailong::tests
