#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/clock.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/store/catalog_writer.h"
#include "server/store/sqlite_store.h"
#include "server/store/writer.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Remembers what it was asked; answers as it was told.
class FakeStore final : public Store {
 public:
  absl::StatusOr<std::vector<model::Stored>> AppendResponses(
      std::span<const model::NewResponse> responses) override {
    appends.push_back(responses.size());
    order.push_back("append " + std::to_string(responses.size()));
    RETURN_IF_ERROR(answer);
    std::vector<model::Stored> stored;
    for (const model::NewResponse& response : responses) {
      stored.push_back({.outcome = v1::OUTCOME_RECORDED,
                        .first_outcome = v1::OUTCOME_RECORDED,
                        .received_at = response.received_at});
    }
    return stored;
  }
  absl::Status Put(const std::vector<model::Record>&, const AuditEntry& entry) override {
    order.push_back(entry.action);
    return answer;
  }
  absl::Status PutStatuses(std::span<const CollectorStatus>) override { return answer; }
  absl::StatusOr<std::vector<CollectorStatus>> ReadStatuses() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<model::Record>> ReadRecords() override {
    return absl::UnimplementedError("");
  }
  absl::Status ReadResponses(model::RoundNumber, model::Sequence, size_t, bool,
                             const std::function<bool(const model::ResponseRow&)>&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<std::optional<base::Uuid>>> FindCounting(
      std::span<const model::Sequence>) override {
    return absl::UnimplementedError("");
  }
  absl::Status ReadNewest(size_t, const std::function<void(const model::ResponseRow&)>&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<SequenceRange>> ReadSequenceRanges() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<CollectorSeen>> ReadCollectorsSeen() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<model::Sequence> LastSequence(model::RoundNumber) override {
    return absl::UnimplementedError("");
  }
  absl::Status VerifyAudit() override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<base::Uuid>> PutInvitations(const InvitationRequest&,
                                                         std::span<const model::Invitation>,
                                                         const AuditEntry&) override {
    return absl::UnimplementedError("");
  }
  absl::Status RevokeInvitations(model::CollectorNumber, std::span<const base::Uuid>,
                                 const AuditEntry&) override {
    return absl::UnimplementedError("");
  }
  absl::Status PutOpened(std::span<const InvitationOpened>) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::optional<model::Invitation>> FindInvitation(
      const model::TokenHash&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<model::Invitation>> ReadInvitations(model::CollectorNumber,
                                                                 model::InvitationNumber,
                                                                 size_t) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<model::Invitation>> FindInvitations(
      model::CollectorNumber, std::span<const base::Uuid>) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<model::InvitationCount>> CountInvitations(
      model::RoundNumber) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<uint64_t> CountPlaces(model::CollectorNumber, model::RoundNumber,
                                       const std::string&, uint32_t) override {
    return absl::UnimplementedError("");
  }

  absl::Status answer;
  std::vector<size_t> appends;
  std::vector<std::string> order;
};

class WriterTest : public ::testing::Test {
 protected:
  Writer::Options Options() {
    return {.jobs_max = 8,
            .commit_responses_max = 10,
            .admit = [this](model::NewResponse&) { ++admitted_; },
            .closed = [this](const absl::Status&) { ++closed_; }};
  }
  std::vector<model::NewResponse> Batch(size_t size) {
    std::vector<model::NewResponse> batch;
    for (size_t i = 0; i < size; ++i) batch.push_back(sample::Checked(round_, ++next_id_));
    return batch;
  }
  // Offers a batch; its outcome lands in `outcomes_`.
  absl::Status Offer(Writer& writer, size_t size) {
    return writer.OfferResponses(
        Batch(size), [this](absl::StatusOr<std::span<const model::Stored>> stored) {
          outcomes_.push_back(stored.ok() ? std::to_string(stored->size())
                                          : absl::StatusCodeToString(stored.status().code()));
        });
  }

  std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
  FakeStore store_;
  uint64_t next_id_ = 0;
  int admitted_ = 0;
  int closed_ = 0;
  std::vector<std::string> outcomes_;
};

TEST_F(WriterTest, WhatQueuedUpIsOneCommit) {
  Writer writer(store_, Options());
  ASSERT_TRUE(Offer(writer, 1).ok());
  ASSERT_TRUE(Offer(writer, 3).ok());
  ASSERT_TRUE(Offer(writer, 2).ok());
  EXPECT_THAT(outcomes_, IsEmpty());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(store_.appends, ElementsAre(6));
  EXPECT_THAT(outcomes_, ElementsAre("1", "3", "2"));
  EXPECT_EQ(admitted_, 6);
}

TEST_F(WriterTest, ACommitIsNoLargerThanItsLimit) {
  Writer writer(store_, Options());
  for (const size_t size : {6u, 5u, 5u, 10u}) ASSERT_TRUE(Offer(writer, size).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(store_.appends, ElementsAre(6, 10, 10));
  EXPECT_EQ(Offer(writer, 11).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Offer(writer, 0).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(WriterTest, AFailedCommitFailsEveryCallerInTheBatch) {
  Writer writer(store_, Options());
  store_.answer = refusal::DiskFull("test");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Offer(writer, 2).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(outcomes_,
              ElementsAre("RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"));
  EXPECT_EQ(closed_, 0);
  store_.answer = absl::OkStatus();
  ASSERT_TRUE(Offer(writer, 2).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_EQ(outcomes_.back(), "2");
}

TEST_F(WriterTest, AClosedStoreIsToldOnce) {
  Writer writer(store_, Options());
  store_.answer = refusal::StoreClosed("test");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Offer(writer, 1).ok());
    EXPECT_TRUE(writer.Step());
  }
  EXPECT_THAT(outcomes_, ElementsAre("UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"));
  EXPECT_EQ(closed_, 1);
}

TEST_F(WriterTest, AChangeThatFailsByItselfClosesNothing) {
  Writer writer(store_, Options());
  absl::Status told;
  ASSERT_TRUE(writer
                  .OfferChange([](Store&) { return absl::UnavailableError("a key file"); },
                               [&](absl::Status status) { told = status; })
                  .ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_EQ(told.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(closed_, 0);
}

TEST_F(WriterTest, ChangesThatAreWaitedForTellWhatBecameOfThem) {
  Writer writer(store_, Options());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(Offer(writer, 1).ok());
  const auto fails = [](Store&) { return absl::NotFoundError("no unit"); };
  EXPECT_TRUE(absl::IsResourceExhausted(writer.Run(fails)));
  writer.Start();
  while (absl::IsResourceExhausted(writer.Run([](Store&) { return absl::OkStatus(); }))) {
  }
  EXPECT_EQ(store_.appends.size(), 1u);
  EXPECT_EQ(writer.Run(fails).message(), "no unit");
}

TEST_F(WriterTest, ChangesAndResponsesKeepTheOrderOfTheQueue) {
  Writer writer(store_, Options());
  const auto change = [&](const std::string& name) {
    return writer.OfferChange(
        [name](Store& store) {
          return store.Put({}, {.at = {}, .actor = "", .action = name, .object = ""});
        },
        [&](absl::Status status) { outcomes_.push_back(status.ok() ? "change" : "failed"); });
  };
  ASSERT_TRUE(Offer(writer, 1).ok());
  ASSERT_TRUE(Offer(writer, 1).ok());
  ASSERT_TRUE(change("A").ok());
  ASSERT_TRUE(change("B").ok());
  ASSERT_TRUE(Offer(writer, 3).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(store_.order, ElementsAre("append 2", "A", "B", "append 3"));
  EXPECT_THAT(outcomes_, ElementsAre("1", "1", "change", "change", "3"));
}

TEST_F(WriterTest, AFullQueueRefusesAtOnceAndCallsNobodyBack) {
  Writer writer(store_, Options());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(Offer(writer, 1).ok());
  const absl::Status refused = Offer(writer, 1);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refusal::RetryDelayOf(refused), limits::kRetryDelayBusy);
  EXPECT_TRUE(writer.Step());
  EXPECT_EQ(outcomes_.size(), 8u);
  EXPECT_TRUE(Offer(writer, 1).ok());
}

TEST_F(WriterTest, WhatWasAcceptedIsCommittedOnStop) {
  for (const bool started : {false, true}) {
    store_.appends.clear();
    outcomes_.clear();
    Writer writer(store_, Options());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(Offer(writer, 1).ok());
    if (started) writer.Start();
    writer.Stop();
    EXPECT_EQ(outcomes_.size(), 5u);
    EXPECT_EQ(Offer(writer, 1).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_FALSE(writer.Step());
  }
}

TEST_F(WriterTest, TellsWhatWaitsAndWhatWasCommitted) {
  std::vector<std::string> committed;
  Writer::Options options = Options();
  options.committed = [&](std::span<const model::NewResponse> responses,
                          std::span<const model::Stored> stored) {
    ASSERT_EQ(responses.size(), stored.size());
    committed.push_back(std::to_string(stored.size()));
  };
  Writer writer(store_, options);
  ASSERT_TRUE(Offer(writer, 3).ok());
  ASSERT_TRUE(Offer(writer, 4).ok());
  ASSERT_TRUE(writer.OfferChange([](Store&) { return absl::OkStatus(); }, [](const auto&) {}).ok());
  ASSERT_TRUE(
      writer.OfferChange([](Store&) { return absl::NotFoundError(""); }, [](const auto&) {}).ok());
  EXPECT_EQ(writer.waiting(), 4u);
  EXPECT_THAT(committed, IsEmpty());
  EXPECT_TRUE(writer.Step());
  EXPECT_EQ(writer.waiting(), 0u);
  EXPECT_THAT(committed, ElementsAre("7", "0"));
  store_.answer = absl::ResourceExhaustedError("full");
  ASSERT_TRUE(Offer(writer, 1).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(committed, ElementsAre("7", "0"));
}

TEST_F(WriterTest, TheCanaryAcknowledgesBeforeTheCommit) {
  Writer::Options options = Options();
  options.acknowledge_before_commit_by = absl::Milliseconds(1);
  Writer writer(store_, options);
  store_.answer = refusal::StoreClosed("test");
  ASSERT_TRUE(Offer(writer, 2).ok());
  EXPECT_TRUE(writer.Step());
  EXPECT_THAT(outcomes_, ElementsAre("2"));
  EXPECT_EQ(closed_, 1);
}

class RacingTest : public WriterTest {
 protected:
  void SetUp() override {
    auto opened = SqliteStore::Open({.path = directory_.File("hailong.db"), .vfs = ""});
    ASSERT_TRUE(opened.ok()) << opened.status();
    real_ = *std::move(opened);
  }
  size_t Rows() {
    size_t rows = 0;
    EXPECT_TRUE(real_
                    ->ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, true,
                                    [&](const auto&) { return ++rows > 0; })
                    .ok());
    return rows;
  }
  base::TempDirectory directory_;
  std::unique_ptr<SqliteStore> real_;
};

TEST_F(RacingTest, SixtyFourSendersOfOneResponseStoreOneRow) {
  constexpr int kSenders = 64;
  Writer::Options options = Options();
  options.jobs_max = kSenders;
  options.admit = nullptr;
  Writer writer(*real_, options);
  writer.Start();
  std::atomic<int> recorded = 0;
  std::atomic<int> already = 0;
  const model::NewResponse response = sample::Checked(round_, 1);
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; ++i) {
    senders.emplace_back([&] {
      std::promise<v1::Outcome> outcome;
      const absl::Status offered = writer.OfferResponses(
          {response}, [&](absl::StatusOr<std::span<const model::Stored>> stored) {
            outcome.set_value(stored.ok() ? stored->front().outcome : v1::OUTCOME_UNSPECIFIED);
          });
      ASSERT_TRUE(offered.ok()) << offered;
      const v1::Outcome told = outcome.get_future().get();
      if (told == v1::OUTCOME_RECORDED) ++recorded;
      if (told == v1::OUTCOME_ALREADY_RECORDED) ++already;
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(recorded, 1);
  EXPECT_EQ(already, kSenders - 1);
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(RacingTest, ReadersAndTheWriterDoNotDisturbEachOther) {
  Writer::Options options = Options();
  options.jobs_max = 1000;
  options.admit = nullptr;
  Writer writer(*real_, options);
  writer.Start();
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      size_t before = 0;
      while (!done) {
        const size_t now = Rows();
        EXPECT_GE(now, before);
        before = now;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(writer.OfferResponses(Batch(1), [](auto) {}).ok());
  }
  writer.Stop();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(Rows(), 200u);
}

TEST_F(WriterTest, ACatalogChangesOnlyAfterItsCommit) {
  Writer writer(store_, Options());
  writer.Start();
  model::CatalogHolder holder(model::Catalog::Empty());
  const base::FakeClock clock(absl::FromUnixSeconds(1));
  CatalogWriter catalog(writer, holder, clock);
  const auto add = [](const model::Catalog&) -> absl::StatusOr<std::vector<model::Record>> {
    return std::vector<model::Record>{sample::Units()[0]};
  };
  EXPECT_TRUE(
      catalog.Apply("ops", "nothing", "", [](const auto&) { return std::vector<model::Record>(); })
          .ok());
  EXPECT_EQ(catalog
                .Apply("ops", "bad", "",
                       [](const auto&) -> absl::StatusOr<std::vector<model::Record>> {
                         return std::vector<model::Record>{sample::Units()[1]};  // no parent
                       })
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(catalog
                .Apply("ops", "refused", "",
                       [](const auto&) -> absl::StatusOr<std::vector<model::Record>> {
                         return absl::NotFoundError("x");
                       })
                .code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(store_.order, IsEmpty());
  EXPECT_TRUE(catalog.Apply("ops", "ImportUnits", "1", add).ok());
  EXPECT_EQ(holder.Get()->units().units().size(), 1u);
  writer.Stop();

  store_.answer = refusal::DiskFull("test");
  model::CatalogHolder empty(model::Catalog::Empty());
  Writer failing(store_, Options());
  failing.Start();
  EXPECT_EQ(CatalogWriter(failing, empty, clock).Apply("ops", "ImportUnits", "1", add).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(empty.Get()->units().units().size(), 0u);
}

}  // namespace
}  // namespace hailong::store
