// The disk fails at every single call in turn: answers are kept and sent with a fault at call 1, 2,
// 3, ... until a run meets none. After each run a healthy disk must hold what was thanked for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/sqlite/fault_vfs.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/outbox/sample_for_test.h"

namespace hailong::outbox {
namespace {

using base::FaultVfs;
using ::testing::HasSubstr;

class OutboxFaultTest : public ::testing::Test {
 protected:
  static FaultVfs& Vfs() {
    static FaultVfs& vfs = FaultVfs::Register("outbox_fault_test");
    return vfs;
  }
  void TearDown() override { Vfs().Heal(); }

  std::unique_ptr<Outbox> Open(const std::string& directory, const std::string& vfs) {
    auto outbox = Outbox::Open({.directory = directory, .clock = &clock_, .vfs = vfs});
    EXPECT_TRUE(outbox.ok()) << outbox.status();
    return *std::move(outbox);
  }

  // What the run was told.
  struct Told {
    std::map<uint64_t, uint64_t> numbers;  // of answers that were thanked for
    std::set<uint64_t> settled;            // receipts that were taken
    std::set<uint64_t> perhaps;            // receipts whose fate is not known
  };

  Told Work(const std::string& directory) {
    Told told;
    for (const uint64_t start : {0u, 10u}) {
      const auto outbox = Open(directory, Vfs().name());
      for (uint64_t i = start; i < start + 6; ++i) {
        const auto number = outbox->Keep(SampleAnswer(i));
        if (number.ok()) told.numbers[i] = *number;
        if (i % 3 != 2 || told.numbers.empty()) continue;
        const uint64_t sent = told.numbers.rbegin()->first;
        v1::Receipt receipt;
        receipt.set_response_id(SampleId(sent));
        (outbox->Settle({receipt}, {}).ok() ? told.settled : told.perhaps).insert(sent);
      }
    }
    return told;
  }

  void Check(const std::string& directory, const Told& told) {
    const auto outbox = Open(directory, "");
    EXPECT_EQ(outbox->ReadState().alarm, "");
    std::map<std::string, uint64_t> waiting;
    uint64_t before = 0;
    const auto batch = outbox->ReadBatch(0, 1000, 1 << 20);
    ASSERT_TRUE(batch.ok()) << batch.status();
    for (const v1::Response& response : *batch) {
      EXPECT_GT(response.device_sequence(), before);
      before = response.device_sequence();
      waiting[response.response_id()] = before;
    }
    std::set<uint64_t> numbers;
    for (const auto& [i, number] : told.numbers) {
      EXPECT_TRUE(numbers.insert(number).second) << number << " was given twice";
      const auto found = waiting.find(SampleId(i));
      if (told.settled.contains(i)) {
        EXPECT_EQ(found, waiting.end()) << i << " was settled";
      } else if (!told.perhaps.contains(i)) {
        ASSERT_NE(found, waiting.end()) << i << " was thanked for and is gone";
        EXPECT_EQ(found->second, number);
      }
    }
    // No number is missing below the highest: each is waiting or was sent.
    const uint64_t last = outbox->ReadState().device_sequence;
    for (const auto& [id, number] : waiting) numbers.insert(number);
    EXPECT_EQ(numbers.size(), last);
  }

  void FailEverywhere(FaultVfs::Kind kind, bool for_good) {
    for (int64_t n = 1;; ++n) {
      SCOPED_TRACE(base::Cat("fault at call ", n));
      base::TempDirectory directory = base::TempDirectory::InMemory();
      Vfs().FailAt(kind, n, for_good);
      const Told told = Work(directory.path());
      const bool met_none = Vfs().faults() == 0;
      Vfs().Heal();
      Check(directory.path(), told);
      if (HasFatalFailure() || HasNonfatalFailure()) return;
      if (met_none) {
        EXPECT_EQ(told.numbers.size(), 12u);
        EXPECT_GT(n, 5);
        return;
      }
      if (!for_good) {
        EXPECT_GE(told.numbers.size(), 11u);
      }
    }
  }

  base::FakeClock clock_{absl::FromUnixSeconds(1'790'000'000)};
};

TEST_F(OutboxFaultTest, OneFailedWriteLosesNothingThankedFor) {
  FailEverywhere(FaultVfs::Kind::kWrite, false);
}
TEST_F(OutboxFaultTest, OneFailedSyncLosesNothingThankedFor) {
  FailEverywhere(FaultVfs::Kind::kSync, false);
}
TEST_F(OutboxFaultTest, OneFailedCallOfAnyKindLosesNothingThankedFor) {
  FailEverywhere(FaultVfs::Kind::kAny, false);
}
TEST_F(OutboxFaultTest, ADiskThatDiesLosesNothingThankedFor) {
  FailEverywhere(FaultVfs::Kind::kAny, true);
}

TEST_F(OutboxFaultTest, AFullDiskRefusesStillSendsAndGoesOnWhenSpaceReturns) {
  base::TempDirectory directory = base::TempDirectory::InMemory();
  const auto outbox = Open(directory.path(), Vfs().name());
  // A log of its usual size, as after some days.
  for (uint64_t i = 1; i <= 20; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  Vfs().SetDiskFull(true);
  v1::Response large = SampleAnswer(100);
  large.mutable_answers(0)->set_text(std::string(200'000, 'a'));
  const auto refused = outbox->Keep(large);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("cannot write"));
  EXPECT_EQ(outbox->ReadBatch(0, 100, 1 << 20)->size(), 20u) << "what is there can still be sent";
  Vfs().Heal();
  EXPECT_EQ(outbox->Keep(large).value(), 21u);
  EXPECT_EQ(outbox->ReadState().alarm, "");
}

TEST_F(OutboxFaultTest, ADiskThatFailsAtTheStartIsTriedAgain) {
  base::TempDirectory directory = base::TempDirectory::InMemory();
  ASSERT_TRUE(Open(directory.path(), "")->Keep(SampleAnswer(1)).ok());
  Vfs().FailAt(FaultVfs::Kind::kAny, 1, true);
  const auto outbox = Open(directory.path(), Vfs().name());
  EXPECT_EQ(outbox->Keep(SampleAnswer(2)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(outbox->ReadState().alarm, "");
  Vfs().Heal();
  EXPECT_EQ(outbox->Keep(SampleAnswer(2)).value(), 2u);
  EXPECT_EQ(outbox->ReadState().alarm, "");
  EXPECT_EQ(outbox->ReadBatch(0, 100, 1 << 20)->size(), 2u);
}

}  // namespace
}  // namespace hailong::outbox
