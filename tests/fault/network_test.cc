// A network that delays, cuts and swallows, between devices and the server. See README.md.

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <thread>

#include "base/status.h"
#include "tests/fault/chaos_proxy.h"
#include "tests/fault/site.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

// Devices send through a bad network and retry what they have no receipt for; then it gets well.
void SendThroughABadNetwork(uint64_t seed, int cut_in, int black_hole_in) {
  std::printf("HAILONG_NETWORK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  Site site({.devices = 4, .seed = seed});
  ChaosProxy proxy(
      {.target_port = site.port(), .seed = seed, .cut_in = cut_in, .black_hole_in = black_hole_in});
  const std::string address = base::Cat("127.0.0.1:", proxy.port());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < site.devices(); ++i) {
    threads.emplace_back([&, i] {
      Device& device = site.device(i);
      auto caller = std::make_unique<Caller>(address, device.access().credential);
      caller->set_deadline(absl::Milliseconds(700));
      for (int step = 0; step < 60; ++step) {
        // A device whose call ran out of time connects anew.
        if (device.Step(*caller).error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
          caller = std::make_unique<Caller>(address, device.access().credential);
          caller->set_deadline(absl::Milliseconds(700));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(proxy.cuts(), 5);
  EXPECT_EQ(site.Check(/*complete=*/false), "");
  // And it recovers, through the same proxy.
  proxy.Calm();
  for (size_t i = 0; i < site.devices(); ++i) {
    Caller caller(address, site.device(i).access().credential);
    for (int attempt = 0; site.device(i).unacknowledged() > 0 && attempt < 50; ++attempt) {
      site.device(i).SendUnacknowledged(caller);
    }
    EXPECT_EQ(site.device(i).unacknowledged(), 0u);
  }
  EXPECT_EQ(site.Settle(), "");
  std::printf("%d connections cut\n", proxy.cuts());
}

uint64_t FreshSeed() { return FromEnvironment("HAILONG_NETWORK_SEED", std::random_device{}()); }

TEST(Network, CutConnectionsLoseAndDoubleNothing) {
  SendThroughABadNetwork(/*seed=*/11, /*cut_in=*/15, /*black_hole_in=*/0);
}

TEST(Network, SwallowedAnswersLoseAndDoubleNothing) {
  SendThroughABadNetwork(/*seed=*/12, /*cut_in=*/60, /*black_hole_in=*/40);
}

TEST(Network, TheSameFromAFreshSeed) {
  SendThroughABadNetwork(FreshSeed(), /*cut_in=*/25, /*black_hole_in=*/100);
}

}  // namespace
}  // namespace hailong::tests
