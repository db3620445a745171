// Makes the disk fail at every single call in turn, as SQLite's own tests do: a workload runs with
// a fault at call 1, 2, 3, ... until it passes without meeting one. After each run a healthy disk
// must hold what was acknowledged, exactly once, and nothing that was refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/sqlite/fault_vfs.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

using base::FaultVfs;

constexpr uint64_t kBatchSize = 3;

enum class Told {
  kStored,
  kUnknown,  // UNAVAILABLE: the file knows
  kRefused,
};

struct Report {
  std::map<uint64_t, Told> batches;  // by number from 0
  std::map<std::string, Told> puts;  // by unit_id
};

// Those of one batch: two of one citizen, one with a comment.
std::vector<model::NewResponse> BatchOf(const std::shared_ptr<const model::Round>& round,
                                        uint64_t batch) {
  std::vector<model::NewResponse> responses;
  for (uint64_t i = 0; i < kBatchSize; ++i) {
    responses.push_back(sample::Checked(round, batch * kBatchSize + i));
    responses.back().content.device_sequence = batch * kBatchSize + i + 1;
  }
  responses[0].respondent_key = responses[1].respondent_key = sample::Key(1);
  responses[2].content.comments = {{.question = 4, .text = "nhanh"}};
  responses[2].entrance.emplace();  // came by a link: takes a place
  return responses;
}

class StoreFaultTest : public ::testing::Test {
 protected:
  static FaultVfs& Vfs() {
    static FaultVfs& vfs = FaultVfs::Register("store_fault_test");
    return vfs;
  }
  void TearDown() override { Vfs().Heal(); }

  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path) {
    return SqliteStore::Open({.path = path, .vfs = Vfs().name()});
  }

  static Told ToldBy(const absl::Status& status, bool& closed) {
    if (status.ok()) return Told::kStored;
    if (status.code() != absl::StatusCode::kUnavailable) return Told::kRefused;
    // Only the first failure leaves the file unknown; what a closed store refuses never got there.
    const Told told = closed ? Told::kRefused : Told::kUnknown;
    closed = true;
    return told;
  }

  // Creates a store, writes, closes it and writes on after reopening it.
  Report Work(const std::string& path) {
    Report report;
    for (const uint64_t half : {0u, 1u}) {
      auto store = Open(path);
      if (!store.ok()) continue;
      bool closed = false;
      v1::Unit unit = sample::Unit(base::Cat("unit-", half), "commune", "", "2023-01-01", "");
      report.puts[unit.unit_id()] = ToldBy((*store)->Put({unit}, {.at = absl::FromUnixSeconds(1),
                                                                  .actor = "ops",
                                                                  .action = "ImportUnits",
                                                                  .object = unit.unit_id()}),
                                           closed);
      for (const uint64_t batch : {3 * half, 3 * half + 1, 3 * half + 2}) {
        report.batches[batch] =
            ToldBy((*store)->AppendResponses(BatchOf(round_, batch)).status(), closed);
      }
    }
    return report;
  }

  static std::map<std::string, int> CountById(SqliteStore& store) {
    std::map<std::string, int> rows;
    EXPECT_TRUE(store
                    .ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, true,
                                   [&](const model::ResponseRow& row) {
                                     ++rows[row.content.response_id.ToString()];
                                     return true;
                                   })
                    .ok());
    return rows;
  }

  void Check(const std::string& path, const Report& report) {
    auto opened = Open(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    SqliteStore& store = **opened;
    EXPECT_TRUE(store.VerifyAudit().ok()) << store.VerifyAudit();

    const auto rows = CountById(store);
    size_t known = 0;
    for (const auto& [batch, told] : report.batches) {
      uint64_t found = 0;
      for (const auto& response : BatchOf(round_, batch)) {
        const auto row = rows.find(response.content.response_id.ToString());
        if (row == rows.end()) continue;
        EXPECT_EQ(row->second, 1);
        ++known;
        ++found;
      }
      // All of a batch or nothing.
      EXPECT_TRUE(found == 0 || found == kBatchSize) << "batch " << batch << " " << found;
      EXPECT_TRUE(told == Told::kUnknown || (told == Told::kStored) == (found > 0))
          << "batch " << batch << " " << found;
    }
    EXPECT_EQ(rows.size(), known) << "rows that nobody sent";
    const auto places = [&] {
      return store.CountPlaces(BatchOf(round_, 0)[0].collector, sample::kRoundNumber, "", 0)
          .value();
    };
    EXPECT_EQ(places(), rows.size() / kBatchSize);

    const auto records = store.ReadRecords();
    ASSERT_TRUE(records.ok()) << records.status();
    const auto catalog = model::Catalog::Empty()->With(*records);
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    for (const auto& [unit_id, told] : report.puts) {
      const size_t periods = (*catalog)->units().Periods(unit_id).size();
      EXPECT_TRUE(told == Told::kUnknown || (told == Told::kStored) == (periods == 1)) << unit_id;
    }

    // What clients do: send everything again under the same ids. Then all is there once.
    for (uint64_t batch = 0; batch < 6; ++batch) {
      const auto again = BatchOf(round_, batch);
      const auto stored = store.AppendResponses(again);
      ASSERT_TRUE(stored.ok()) << stored.status();
      for (size_t i = 0; i < again.size(); ++i) {
        const bool there = rows.contains(again[i].content.response_id.ToString());
        EXPECT_EQ((*stored)[i].outcome == v1::OUTCOME_ALREADY_RECORDED, there);
        EXPECT_FALSE((*stored)[i].content_differs);
      }
    }
    EXPECT_EQ(CountById(store).size(), 6 * kBatchSize);
    EXPECT_EQ(places(), 6u);
    EXPECT_EQ(store.ReadSequenceRanges()->size(), 1u);
  }

  // Returns how many runs met a fault.
  int FailAtEveryCall(FaultVfs::Kind kind, bool for_good) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(testing::Message() << "call " << n << (for_good ? " and all after" : ""));
      const base::TempDirectory directory;
      const std::string path = directory.File("hailong.db");
      Vfs().FailAt(kind, n, for_good);
      const Report report = Work(path);
      const int64_t faults = Vfs().faults();
      Vfs().Heal();
      Check(path, report);
      if (faults == 0) {
        for (const auto& [batch, told] : report.batches) EXPECT_EQ(told, Told::kStored);
        EXPECT_EQ(report.batches.size(), 6u);
        return n - 1;
      }
      if (HasFatalFailure() || HasNonfatalFailure()) return n;
    }
  }

  std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
};

TEST_F(StoreFaultTest, AFailedWriteLosesNothingAcknowledged) {
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kWrite, /*for_good=*/false), 50);
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kWrite, /*for_good=*/true), 50);
}

TEST_F(StoreFaultTest, AFailedSyncLosesNothingAcknowledged) {
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kSync, /*for_good=*/false), 8);
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kSync, /*for_good=*/true), 8);
}

TEST_F(StoreFaultTest, AFailedTruncateLosesNothingAcknowledged) {
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kTruncate, /*for_good=*/false), 0);
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kTruncate, /*for_good=*/true), 0);
}

TEST_F(StoreFaultTest, AFailedOpenLosesNothingAcknowledged) {
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kOpen, /*for_good=*/false), 3);
  EXPECT_GT(FailAtEveryCall(FaultVfs::Kind::kOpen, /*for_good=*/true), 3);
}

TEST_F(StoreFaultTest, AFullDiskRefusesKeepsServingAndRecovers) {
  const base::TempDirectory directory;
  auto opened = Open(directory.File("hailong.db"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  SqliteStore& store = **opened;
  ASSERT_TRUE(store.AppendResponses(BatchOf(round_, 0)).ok());

  Vfs().SetDiskFull(true);
  for (uint64_t batch = 1; batch <= 5; ++batch) {
    const absl::Status status = store.AppendResponses(BatchOf(round_, batch)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(refusal::RetryDelayOf(status), limits::kRetryDelayDiskFull);
    EXPECT_EQ(CountById(store).size(), kBatchSize);
  }
  const AuditEntry entry{
      .at = absl::FromUnixSeconds(1), .actor = "ops", .action = "x", .object = "y"};
  EXPECT_EQ(store.Put(sample::Records(), entry).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store.ReadRecords()->empty());
  EXPECT_GT(Vfs().faults(), 0);

  Vfs().SetDiskFull(false);
  for (uint64_t batch = 1; batch <= 5; ++batch) {
    ASSERT_TRUE(store.AppendResponses(BatchOf(round_, batch)).ok());
  }
  EXPECT_TRUE(store.Put(sample::Records(), entry).ok());
  EXPECT_TRUE(store.VerifyAudit().ok());
  EXPECT_EQ(CountById(store).size(), 6 * kBatchSize);
  EXPECT_EQ(store.LastSequence(sample::kRoundNumber).value(), model::Sequence{6 * kBatchSize});
}

TEST_F(StoreFaultTest, AFailedSyncAtCommitClosesTheStoreForGood) {
  const base::TempDirectory directory;
  const std::string path = directory.File("hailong.db");
  auto opened = Open(path);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_TRUE((*opened)->AppendResponses(BatchOf(round_, 0)).ok());
  Vfs().FailAt(FaultVfs::Kind::kSync, 1, /*for_good=*/false);
  const absl::Status failed = (*opened)->AppendResponses(BatchOf(round_, 1)).status();
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(refusal::IsStoreClosed(failed));
  EXPECT_EQ(Vfs().faults(), 1);
  // The disk is well again, but what it holds is not known.
  for (uint64_t batch = 2; batch <= 3; ++batch) {
    const absl::Status later = (*opened)->AppendResponses(BatchOf(round_, batch)).status();
    EXPECT_TRUE(refusal::IsStoreClosed(later)) << later;
    EXPECT_EQ(refusal::RetryDelayOf(later), limits::kRetryDelayClosed);
  }
  EXPECT_TRUE(refusal::IsStoreClosed(
      (*opened)->Put({}, {.at = {}, .actor = "", .action = "", .object = ""})));
  EXPECT_EQ(CountById(**opened).size(), kBatchSize);
  opened->reset();
  Check(path, {.batches = {{0, Told::kStored},
                           {1, Told::kUnknown},
                           {2, Told::kRefused},
                           {3, Told::kRefused}},
               .puts = {}});
}

}  // namespace
}  // namespace hailong::store
