// kill -9 under load, again and again: whatever was acknowledged is there exactly once, nothing
// else is, and the canary that acknowledges too early is caught. See README.md.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "base/temp_directory_for_test.h"
#include "hailong/v1/invitation_service.grpc.pb.h"
#include "hailong/v1/survey_service.pb.h"
#include "server/model/limits.h"
#include "server/web/raw_client_for_test.h"
#include "tests/harness/child.h"
#include "tests/harness/device.h"
#include "tests/harness/environment.h"
#include "tests/harness/kills.h"
#include "tests/harness/validate.h"
#include "tests/harness/world.h"

namespace hailong::tests {
namespace {

constexpr int kRoundsInALife = 20;  // kills of one data directory
constexpr int kDevices = 4;
constexpr absl::Duration kStartMax = absl::Seconds(60);

// One data directory, from its first start to its last check.
class Life {
 public:
  Life(std::string binary, uint64_t seed) : binary_(std::move(binary)), random_(seed) {}

  // Kills in the middle of a first start, then sets the registry up.
  void Begin();
  // Starts, lets the devices send, kills at a random moment.
  void LiveAndDie();
  // What is wrong right now, after a restart. `complete`: after everything was sent.
  std::vector<Violation> Check(bool complete);
  // Sends all that is left and asks for every receipt once more.
  void Finish();
  int Stop() { return child_->Stop(); }
  // Lets the disk fail under load; the exit status that this brings. Then starts again.
  int LetTheDiskFail();
  // Opens as many invitations at once, kills when nothing more is asked and all must be on disk;
  // how many are known as opened then.
  int OpenAndDie(int invitations);
  size_t acknowledged() const;

 private:
  void Start();
  void InParallel(const std::function<void(Device&, Caller&)>& work);

  const std::string binary_;
  std::mt19937_64 random_;
  base::TempDirectory directory_;
  const std::string data_ = directory_.path() + "/data";
  std::optional<Child> child_;
  std::string address_;
  int web_port_ = 0;
  std::string admin_credential_;
  std::vector<std::unique_ptr<Device>> devices_;
};

void Life::Start() {
  child_.reset();
  // A server that is killed while it starts must start all the same the next time.
  for (int aborted = static_cast<int>(random_() % 3); aborted > 1; --aborted) {
    auto child = Child::Spawn(binary_, data_);
    ASSERT_TRUE(child.ok()) << child.status();
    absl::SleepFor(absl::Microseconds(random_() % 150'000));
    child->Kill();
  }
  auto child = Child::Spawn(binary_, data_, {"--web-listen", "127.0.0.1:0"});
  ASSERT_TRUE(child.ok()) << child.status();
  child_.emplace(*std::move(child));
  const auto address = child_->WaitUntilServing(kStartMax);
  ASSERT_TRUE(address.ok()) << address.status();
  address_ = *address;
  const auto web_port = child_->WaitForLine("web on port ", kStartMax);
  ASSERT_TRUE(web_port.ok()) << web_port.status();
  ASSERT_TRUE(absl::SimpleAtoi(*web_port, &web_port_)) << *web_port;
}

void Life::Begin() {
  for (int i = 0; i < 3; ++i) {
    auto child = Child::Spawn(binary_, data_);
    ASSERT_TRUE(child.ok()) << child.status();
    absl::SleepFor(absl::Microseconds(random_() % 150'000));
    child->Kill();
  }
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto credential = ReadAdminCredential(data_);
  ASSERT_TRUE(credential.ok()) << credential.status();
  admin_credential_ = *credential;
  Caller admin(address_, admin_credential_);
  const absl::Time now = absl::Now();
  const auto collectors = SetUpWorld(admin, kDevices, now);
  ASSERT_TRUE(collectors.ok()) << collectors.status();
  for (const CollectorAccess& access : *collectors) {
    devices_.push_back(std::make_unique<Device>(
        access, Device::Options{.seed = random_(), .now = now, .citizens = 400}));
  }
}

void Life::InParallel(const std::function<void(Device&, Caller&)>& work) {
  std::vector<std::thread> threads;
  for (const auto& device : devices_) {
    threads.emplace_back([&, this] {
      Caller caller(address_, device->access().credential);
      work(*device, caller);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void Life::LiveAndDie() {
  // Now and then before the first response is through, mostly in full swing.
  const absl::Duration alive = absl::Microseconds(10'000 + random_() % 300'000);
  std::atomic<bool> killed = false;
  std::thread killer([&] {
    absl::SleepFor(alive);
    child_->Kill();
    killed.store(true);
  });
  InParallel([&](Device& device, Caller& caller) {
    while (device.Step(caller).ok() || !killed.load()) {
    }
  });
  killer.join();
  ASSERT_NO_FATAL_FAILURE(Start());
}

std::vector<Violation> Life::Check(bool complete) {
  Caller admin(address_, admin_credential_);
  std::vector<const Device*> devices;
  for (const auto& device : devices_) devices.push_back(device.get());
  auto violations = Validate(admin, devices, complete);
  EXPECT_TRUE(violations.ok()) << violations.status();
  return violations.ok() ? *std::move(violations) : std::vector<Violation>();
}

void Life::Finish() {
  InParallel([](Device& device, Caller& caller) {
    while (device.unacknowledged() > 0) {
      const grpc::Status status = device.SendUnacknowledged(caller);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
    const grpc::Status status = device.SendAllAgain(caller);
    ASSERT_TRUE(status.ok()) << status.error_message();
  });
}

int Life::LetTheDiskFail() {
  InParallel([](Device& device, Caller& caller) { device.SendNew(caller, 20); });
  child_->LimitFileSize(256 << 10);
  InParallel([](Device& device, Caller& caller) {
    while (device.Step(caller).ok()) {
    }
  });
  const int status = child_->Wait();
  Start();
  return status;
}

int Life::OpenAndDie(int invitations) {
  const auto check = [](const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << status.error_message();
  };
  {
    Caller admin(address_, admin_credential_);
    v1::CreateCollectorRequest collector;
    collector.mutable_collector()->set_collector_id("web");
    collector.mutable_collector()->set_channel(v1::CHANNEL_WEB);
    collector.mutable_collector()->set_unit_id(std::string(kUnits[0]));
    collector.mutable_collector()->mutable_web()->set_round_id(std::string(kLatest));
    v1::CreateCollectorResponse made;
    check(admin.registry().CreateCollector(admin.Context().get(), collector, &made));
    v1::CreateInvitationsRequest invite;
    invite.set_collector_id("web");
    invite.set_request_id("0190f3c2-7a5e-7c3b-9d2f-3f1f5a6b7c8d");
    for (int i = 0; i < invitations; ++i) invite.add_invitations();
    v1::CreateInvitationsResponse invited;
    check(v1::InvitationService::NewStub(admin.channel())
              ->CreateInvitations(admin.Context().get(), invite, &invited));
    web::RawClient person(static_cast<uint16_t>(web_port_));
    for (const v1::CreatedInvitation& one : invited.invitations()) {
      v1::OpenSurveyRequest open;
      open.mutable_entry()->set_invitation_token(one.token());
      const web::RawAnswer answer =
          person.Ask(web::Post("/hailong.v1.SurveyService/OpenSurvey", open.SerializeAsString(),
                               "Content-Type: application/proto\r\n"));
      EXPECT_EQ(answer.status, 200) << answer.body;
      v1::OpenSurveyResponse opened;
      EXPECT_TRUE(opened.ParseFromString(answer.body));
      EXPECT_EQ(opened.state(), v1::SURVEY_STATE_OPEN);
    }
  }
  absl::SleepFor(limits::kOpenedSaveInterval + absl::Seconds(2));
  child_->Kill();
  Start();
  Caller admin(address_, admin_credential_);
  v1::ListInvitationsRequest list;
  list.set_collector_id("web");
  v1::ListInvitationsResponse listed;
  check(v1::InvitationService::NewStub(admin.channel())
            ->ListInvitations(admin.Context().get(), list, &listed));
  return static_cast<int>(
      std::count_if(listed.invitations().begin(), listed.invitations().end(),
                    [](const v1::Invitation& one) { return one.has_opened_at(); }));
}

size_t Life::acknowledged() const {
  size_t count = 0;
  for (const auto& device : devices_) count += device->sent().size() - device->unacknowledged();
  return count;
}

void KillAgainAndAgain(uint64_t seed, uint64_t rounds) {
  Life life(HAILONG_HAILONGD, seed);
  const auto describe = [](const std::vector<Violation>& wrong) { return Describe(wrong); };
  ASSERT_NO_FATAL_FAILURE(LiveThroughKills(life, seed, rounds, describe));
  EXPECT_EQ(life.Stop(), 0);
}

TEST(Crash, WhatWasAcknowledgedIsThereExactlyOnceAndNothingElse) {
  KillAgainAndAgain(/*seed=*/20260421, kRoundsInALife / 2);
}

TEST(Crash, TheSameFromAFreshSeed) {
  const uint64_t rounds = FromEnvironment("HAILONG_CRASH_ROUNDS", kRoundsInALife / 2);
  uint64_t seed = FromEnvironment("HAILONG_CRASH_SEED", std::random_device{}());
  for (uint64_t done = 0; done < rounds; done += kRoundsInALife, ++seed) {
    KillAgainAndAgain(seed, std::min<uint64_t>(kRoundsInALife, rounds - done));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Crash, TheCanaryThatAcknowledgesBeforeCommitIsCaught) {
  Life life(HAILONG_CANARY, /*seed=*/7);
  ASSERT_NO_FATAL_FAILURE(life.Begin());
  for (int round = 0; round < kRoundsInALife; ++round) {
    ASSERT_NO_FATAL_FAILURE(life.LiveAndDie());
    for (const Violation& violation : life.Check(/*complete=*/false)) {
      if (violation.what == Wrong::kLost) return;  // caught
    }
  }
  FAIL() << "lost nothing in " << kRoundsInALife << " kills: the checker is blind";
}

TEST(Crash, ThatInvitationsWereOpenedIsOnDiskInSecondsThoughNobodyAsks) {
  Life life(HAILONG_HAILONGD, /*seed=*/5);
  ASSERT_NO_FATAL_FAILURE(life.Begin());
  EXPECT_EQ(life.OpenAndDie(3), 3);
}

TEST(Crash, AStoreThatFailsEndsTheProcessWithStatusThreeAndARestartMendsIt) {
  // Inherited by the server, so that a write past its limit is an error and not a signal.
  ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  Life life(HAILONG_HAILONGD, /*seed=*/3);
  ASSERT_NO_FATAL_FAILURE(life.Begin());
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(life.LetTheDiskFail(), 3);
    ASSERT_NO_FATAL_FAILURE(life.Finish());
    const auto violations = life.Check(/*complete=*/true);
    ASSERT_TRUE(violations.empty()) << Describe(violations);
  }
}

}  // namespace
}  // namespace hailong::tests
