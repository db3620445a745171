// The plug of a kiosk is pulled while answers are kept: of what was not synced any part is on the
// disk or not. Whoever was thanked is there.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/outbox/sample_for_test.h"
#include "tests/fault/power_disk.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

using outbox::Outbox;
using outbox::SampleAnswer;
using outbox::SampleId;

// Twenty cuts on one directory; false if something was lost or given twice.
bool SurvivesCuts(PowerDisk& disk, uint64_t seed) {
  std::mt19937_64 random(seed);
  const base::TempDirectory directory = base::TempDirectory::InMemory();
  const base::SystemClock clock;
  const auto open = [&] {
    return Outbox::Open({.directory = directory.path(), .clock = &clock, .vfs = disk.name()})
        .value();
  };
  std::map<uint64_t, uint64_t> numbers;  // number -> answer
  std::set<uint64_t> settled;
  uint64_t next = 1;
  for (int cut = 0; cut < 20; ++cut) {
    {
      auto outbox = open();
      const uint64_t work = random() % 30;
      for (uint64_t i = 0; i < work; ++i, ++next) {
        const auto number = outbox->Keep(SampleAnswer(next));
        if (!number.ok() || !numbers.emplace(*number, next).second) return false;
        if (random() % 3 != 0) continue;
        v1::Receipt receipt;
        receipt.set_response_id(SampleId(next));
        if (!outbox->Settle({receipt}, {}).ok()) return false;
        settled.insert(next);
      }
      disk.Cut(random());
    }
    disk.Restore();
    const auto outbox = open();
    if (!outbox->ReadState().alarm.empty()) return false;
    std::map<uint64_t, std::string> waiting;
    const auto batch = outbox->ReadBatch(0, 1'000'000, 1 << 30);
    if (!batch.ok()) return false;
    for (const v1::Response& one : *batch) waiting[one.device_sequence()] = one.response_id();
    for (const auto& [number, answer] : numbers) {
      const auto found = waiting.find(number);
      const bool is_there = found != waiting.end() && found->second == SampleId(answer);
      if (is_there == settled.contains(answer)) return false;
    }
  }
  return numbers.size() > 100;
}

TEST(OutboxPower, WhoeverWasThankedIsThereAfterEveryCut) {
  EXPECT_TRUE(SurvivesCuts(PowerDisk::Register(/*lies=*/false), 21));
}

TEST(OutboxPower, TheSameFromAFreshSeed) {
  const uint64_t seed = FromEnvironment("HAILONG_OUTBOX_SEED", std::random_device{}());
  std::printf("HAILONG_OUTBOX_SEED=%llu\n", static_cast<unsigned long long>(seed));
  EXPECT_TRUE(SurvivesCuts(PowerDisk::Register(/*lies=*/false), seed));
}

TEST(OutboxPower, ADiskThatLiesAboutSyncIsCaught) {
  EXPECT_FALSE(SurvivesCuts(PowerDisk::Register(/*lies=*/true), 21))
      << "twenty cuts of a disk that never syncs lost nothing: the test is blind";
}

}  // namespace
}  // namespace hailong::tests
