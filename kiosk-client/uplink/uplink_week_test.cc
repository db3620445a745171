// A week of a kiosk on a bad line, in seconds: the network is cut for hours and days, loses,
// repeats and delays; the server is busy, refuses, revokes, changes credentials; the program is
// killed. At the end every answer that was kept is at the server exactly once, or set aside with
// the reason that the server gave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "base/status.h"
#include "kiosk-client/uplink/kiosk_for_test.h"

namespace hailong::uplink {
namespace {

using outbox::SampleId;
using ::testing::IsEmpty;

class Week {
 public:
  explicit Week(uint64_t seed) : random_(seed), kiosk_(seed) {
    kiosk_.server.judge = [this](const v1::Response& response) { return Judge(response); };
    for (uint64_t i = 50; i < 5000; i += 97) kiosk_.server.poison.insert(SampleId(i));
    for (uint64_t i = 31; i < 5000; i += 131) kiosk_.server.choke.insert(SampleId(i));
  }

  void Run() {
    const absl::Time end = kiosk_.clock.Now() + absl::Hours(24 * 7);
    while (kiosk_.clock.Now() < end) {
      ChangeTheLine();
      ChangeTheServer();
      const absl::Time until = kiosk_.clock.Now() + absl::Minutes(Draw(1, Chance(10) ? 1500 : 180));
      while (kiosk_.clock.Now() < until) {
        if (IsOfficeHour()) kiosk_.Keep(++kept_);
        if (Chance(2)) kiosk_.Restart();
        kiosk_.RunFor(absl::Seconds(Draw(5, 500)));
      }
    }
    // The line is mended, and nobody answers any more.
    kiosk_.server.line = {};
    kiosk_.server.busy = kiosk_.server.revoked = false;
    kiosk_.server.choke.clear();
    if (kiosk_.server.enrolment_code != "") kiosk_.code = kiosk_.server.enrolment_code;
    kiosk_.RunFor(absl::Hours(2));
  }

  void Check() {
    const FakeServer& server = kiosk_.server;
    EXPECT_GT(kept_, 300u);
    EXPECT_THAT(server.contradictions, IsEmpty());
    const outbox::State state = kiosk_.outbox->ReadState();
    EXPECT_EQ(state.waiting, 0u);
    EXPECT_EQ(state.device_sequence, kept_);
    EXPECT_EQ(state.alarm, "");
    EXPECT_EQ(kiosk_.uplink->facts().alarm, "");
    uint64_t refused = 0;
    uint64_t retries = 0;
    for (uint64_t i = 1; i <= kept_; ++i) {
      const auto stored = server.stored.find(SampleId(i));
      const bool is_refused = IsRefused(i) || server.poison.contains(SampleId(i));
      EXPECT_EQ(stored != server.stored.end(), !is_refused) << i;
      if (stored == server.stored.end()) {
        ++refused;
        continue;
      }
      EXPECT_EQ(stored->second.response.device_sequence(), i);
      retries += static_cast<uint64_t>(stored->second.times - 1);
    }
    EXPECT_EQ(server.stored.size(), kept_ - refused);
    EXPECT_EQ(state.set_aside, refused);
    EXPECT_GT(refused, 5u);
    EXPECT_GT(retries, 0u) << "a week without a retry tests nothing";
    // Nobody is served before somebody who came earlier.
    EXPECT_TRUE(std::is_sorted(server.first_offered.begin(), server.first_offered.end()));
    std::printf("kept %llu, refused %llu, sent again %llu, calls %d, enrolments %d, renewals %d\n",
                static_cast<unsigned long long>(kept_), static_cast<unsigned long long>(refused),
                static_cast<unsigned long long>(retries), server.calls, server.enrolments,
                server.renewals);
  }

 private:
  int64_t Draw(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool Chance(int percent) { return Draw(0, 99) < percent; }
  bool IsOfficeHour() const { return (absl::ToUnixSeconds(kiosk_.clock.Now()) / 3600) % 24 < 9; }
  static bool IsRefused(uint64_t i) { return i % 29 == 0; }

  absl::Status Judge(const v1::Response& response) {
    const uint64_t i = response.device_sequence();
    if (IsRefused(i)) return absl::FailedPreconditionError("the round is closed");
    if (i % 17 == 0 && ++put_off_[i] <= 3) {
      return WithRetryDelay(absl::UnavailableError("later"), absl::Seconds(Draw(1, 100)));
    }
    return absl::OkStatus();
  }

  void ChangeTheLine() {
    FakeServer::Line& line = kiosk_.server.line;
    line = {};
    const int64_t kind = Draw(0, 9);
    line.cut = kind < 3;
    if (kind >= 4) {
      line.lost_on_the_way = static_cast<int>(Draw(0, 60));
      line.lost_answer = static_cast<int>(Draw(5, 60));
      line.arrives_twice = static_cast<int>(Draw(0, 50));
      line.slow = static_cast<int>(Draw(0, 50));
    }
  }

  void ChangeTheServer() {
    FakeServer& server = kiosk_.server;
    server.busy = Chance(10);
    server.revoked = Chance(8);
    if (Chance(30)) server.heartbeat.set_renew_credential(true);
    if (server.enrolment_code != "" && Chance(50)) {
      kiosk_.code = server.enrolment_code;
    } else if (server.enrolment_code == "" && Chance(5)) {
      server.credential = "lost";
      server.enrolment_code = base::Cat("CODE-", Draw(1000, 9999));
    }
    server.count_max = Chance(20) ? 7 : 500;
  }

  std::mt19937_64 random_;
  Kiosk kiosk_;
  uint64_t kept_ = 0;
  std::map<uint64_t, int> put_off_;
};

void RunWeek(uint64_t seed) {
  std::printf("HAILONG_WEEK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  Week week(seed);
  week.Run();
  week.Check();
}

TEST(UplinkWeek, EveryAnswerArrivesExactlyOnce) {
  for (const uint64_t seed : {1u, 2u, 3u}) RunWeek(seed);
}

TEST(UplinkWeek, TheSameFromAFreshSeed) {
  const char* const text = std::getenv("HAILONG_WEEK_SEED");
  uint64_t seed = 0;
  RunWeek(text != nullptr && absl::SimpleAtoi(text, &seed) ? seed : std::random_device{}());
}

}  // namespace
}  // namespace hailong::uplink
