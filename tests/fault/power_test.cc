// The power goes under load: what was acknowledged had been synced. See README.md.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "tests/fault/power_disk.h"
#include "tests/fault/site.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

void SendUntilThePowerGoes(Site& site, PowerDisk& disk, std::mt19937_64& random) {
  std::vector<std::unique_ptr<Caller>> callers;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < site.devices(); ++i) {
    callers.push_back(std::make_unique<Caller>(site.CallerOf(site.device(i))));
    threads.emplace_back([&site, i, &caller = *callers.back()] {
      while (site.device(i).Step(caller).ok()) {
      }
    });
  }
  absl::SleepFor(absl::Microseconds(random() % 100'000));
  // Now and then while the server stops, when the log is put back into the database.
  std::thread stopper;
  if (random() % 3 == 0) {
    stopper = std::thread([&site] { site.Stop(); });
    absl::SleepFor(absl::Microseconds(random() % 60'000));
  }
  disk.Cut(random());
  for (std::thread& thread : threads) thread.join();
  if (stopper.joinable()) stopper.join();
  site.Stop();
  disk.Restore();
}

void CutAgainAndAgain(uint64_t seed) {
  std::printf("HAILONG_POWER_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  PowerDisk& disk = PowerDisk::Register(/*lies=*/false);
  Site site({.devices = 3, .seed = seed, .vfs = disk.name()});
  for (int time = 0; time < 10; ++time) {
    SendUntilThePowerGoes(site, disk, random);
    const absl::Status started = site.Start();
    ASSERT_TRUE(started.ok()) << started;
    ASSERT_EQ(site.Check(/*complete=*/false), "");
  }
  EXPECT_EQ(site.Settle(), "");
}

TEST(PowerCut, WhatWasAcknowledgedIsThereExactlyOnceAndNothingElse) { CutAgainAndAgain(4); }

TEST(PowerCut, TheSameFromAFreshSeed) {
  CutAgainAndAgain(FromEnvironment("HAILONG_POWER_SEED", std::random_device{}()));
}

TEST(PowerCut, ADiskThatLiesAboutSyncIsCaught) {
  // The proof that this test would see a missing sync.
  std::mt19937_64 random(9);
  PowerDisk& disk = PowerDisk::Register(/*lies=*/true);
  for (int time = 0; time < 10; ++time) {
    Site site({.devices = 3, .seed = random(), .vfs = disk.name()});
    SendUntilThePowerGoes(site, disk, random);
    // Without a sync even the tables may be gone, or the file no database.
    if (!site.Start().ok() || site.Check(/*complete=*/false) != "") return;
  }
  FAIL() << "ten cuts of a disk that never syncs lost nothing: the test is blind";
}

}  // namespace
}  // namespace hailong::tests
