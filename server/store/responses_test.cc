// Responses: what is stored, what counts, how they are read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "server/store/sqlite_store_for_test.h"

namespace hailong::store {
namespace {

using ::testing::ElementsAre;

TEST_F(SqliteStoreTest, AResponseComesBackAsItWentInAlsoAfterReopening) {
  model::NewResponse response = Checked(1);
  response.content.receiving_unit_id = "718";
  response.content.duration_ms = 90'000;
  response.content.device_sequence = 7;
  response.content.form_id = "counter";
  response.content.answers = std::string("\x04\xFF\x00\x01\x00\x00\x80\x00\x05\x00\x00", 11);
  response.content.comments = {{.question = 2, .text = "khác"},
                               {.question = 4, .text = std::string("a\0b", 3)}};
  response.clock_offset_ms = -1500;
  response.respondent_key = sample::Key(9);
  response.content.partial = true;
  response.content.counter = "A-3";
  response.flags = 5 | model::FlagBit(v1::FLAG_PARTIAL);
  EXPECT_EQ(Append(response).outcome, v1::OUTCOME_RECORDED);
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    const auto rows = Rows();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].sequence, model::Sequence{1});
    EXPECT_EQ(rows[0].content, response.content);
    EXPECT_EQ(rows[0].collector, response.collector);
    EXPECT_EQ(rows[0].channel, response.channel);
    EXPECT_EQ(rows[0].clock_offset_ms, -1500);
    EXPECT_EQ(rows[0].received_at, response.received_at);
    EXPECT_TRUE(rows[0].identified);
    EXPECT_EQ(rows[0].flags, 5u | model::FlagBit(v1::FLAG_PARTIAL));
    EXPECT_EQ(rows[0].first_outcome, v1::OUTCOME_RECORDED);
    EXPECT_EQ(rows[0].displaced, model::kNoSequence);
  }
}

TEST_F(SqliteStoreTest, ARetryHearsTheFirstReceiptAndStoresNothing) {
  const model::NewResponse first = Checked(1);
  Append(first);
  model::NewResponse retry = first;
  retry.received_at += absl::Hours(1);
  retry.clock_offset_ms = 250;  // measured anew
  const model::Stored stored = Append(retry);
  EXPECT_EQ(stored.outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(stored.first_outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(stored.received_at, first.received_at);
  EXPECT_FALSE(stored.content_differs);
  // Also within one batch.
  const std::vector<model::NewResponse> twice = {Checked(2), Checked(2)};
  const auto batch = store_->AppendResponses(twice);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ((*batch)[0].outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ((*batch)[1].outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(SqliteStoreTest, TheSameIdWithAnyOtherContentIsToldAndNotStored) {
  model::NewResponse first = Of(1, 1);
  first.content.comments = {{.question = 4, .text = "nhanh"}};
  Append(first);
  const auto differs = [&](auto change) {
    model::NewResponse other = first;
    change(other);
    const model::Stored stored = Append(other);
    EXPECT_EQ(stored.outcome, v1::OUTCOME_ALREADY_RECORDED);
    return stored.content_differs;
  };
  EXPECT_FALSE(differs([](auto&) {}));
  EXPECT_TRUE(differs([](auto& r) { r.content.unit_id = "74.STC"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.receiving_unit_id = "718"; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.submitted_at_us; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.duration_ms; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.device_sequence; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.form_id = "counter"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.answers[0] = 5; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.counter = "3"; }));
  EXPECT_TRUE(differs([](auto& r) {
    r.content.partial = true;
    r.flags |= model::FlagBit(v1::FLAG_PARTIAL);
  }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments.clear(); }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments[0].text = "chậm"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments[0].question = 3; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments.push_back({.question = 5, .text = "x"}); }));
  EXPECT_TRUE(differs([](auto& r) { r.respondent_key = sample::Key(2); }));
  EXPECT_TRUE(differs([](auto& r) { r.respondent_key.reset(); }));
  v1::Round april = sample::Round();
  april.set_round_id("april");
  const auto catalog = *sample::Catalog()->With(
      {model::RoundRecord{.number = model::RoundNumber{2}, .round = april}});
  EXPECT_TRUE(differs([&](auto& r) { r.round = catalog->FindRound("april"); }));
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(SqliteStoreTest, ARetryAfterTheSealNeedsNoKey) {
  Append(Of(1, 1));
  const auto sealed =
      sample::CatalogWithRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_SEALED); });
  model::NewResponse retry = Checked(1);
  retry.round = sealed->FindRound("march");
  retry.late = true;
  EXPECT_FALSE(Append(retry).content_differs);
}

TEST_F(SqliteStoreTest, OfOneCitizenTheLatestCounts) {
  EXPECT_EQ(Append(Of(1, 5)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Of(1, 6)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Append(Of(1, 4)).outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
  EXPECT_EQ(Append(Of(2, 1)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Of(1, 7)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_THAT(
      Chain(),
      ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0), std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                  std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0),
                  std::pair(v1::OUTCOME_RECORDED, 0), std::pair(v1::OUTCOME_RECORDED_COUNTS, 2)));
}

TEST_F(SqliteStoreTest, WhatCountsInsteadIsFoundForEach) {
  const model::NewResponse first = Of(1, 5);
  const model::NewResponse counting = Of(1, 7);
  const model::NewResponse other = Of(2, 1);
  for (const auto& one : {first, counting, Of(1, 6), other, Checked(8)}) Append(one);
  const auto find = [&](std::vector<int64_t> asked) {
    std::vector<model::Sequence> sequences;
    for (const int64_t one : asked) sequences.push_back(model::Sequence{one});
    return store_->FindCounting(sequences);
  };
  const auto found = find({1, 3, 5, 4, 2});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found,
              ElementsAre(counting.content.response_id, counting.content.response_id, std::nullopt,
                          other.content.response_id, counting.content.response_id));
  EXPECT_TRUE(find({}).value().empty());
  EXPECT_EQ(find({1, 6}).status().code(), absl::StatusCode::kInternal);
  Tamper("UPDATE responses SET response_id = x'01' WHERE sequence = 2");
  EXPECT_EQ(find({1}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(find({4}).ok()) << "the statement goes on";
}

TEST_F(SqliteStoreTest, TheCorrectedClockDecidesWhichIsLatest) {
  Append(Of(1, 5));
  model::NewResponse fast_clock = Of(1, 6);
  fast_clock.clock_offset_ms = -120'000;  // it was in fact given in minute 4
  EXPECT_EQ(Append(fast_clock).outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
}

TEST_F(SqliteStoreTest, OfOneCitizenTheFirstCounts) {
  SetPolicy(v1::DUPLICATE_POLICY_FIRST);
  Append(Of(1, 5));
  Append(Of(1, 6));
  Append(Of(1, 4));
  Append(Of(1, 3));
  EXPECT_THAT(Chain(), ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 3)));
}

TEST_F(SqliteStoreTest, OfOneCitizenTheBestChannelCounts) {
  SetPolicy(v1::DUPLICATE_POLICY_CHANNEL_ORDER, {v1::CHANNEL_KIOSK, v1::CHANNEL_WEB});
  Append(Of(1, 5, v1::CHANNEL_ZALO));
  Append(Of(1, 4, v1::CHANNEL_WEB));
  Append(Of(1, 1, v1::CHANNEL_KIOSK));
  Append(Of(1, 9, v1::CHANNEL_WEB));
  EXPECT_THAT(Chain(), ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 2),
                                   std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0)));
}

TEST_F(SqliteStoreTest, ALateResponseIsStoredAndNeverContends) {
  model::NewResponse late = Of(1, 9);
  late.late = true;
  EXPECT_EQ(Append(late).outcome, v1::OUTCOME_RECORDED_LATE);
  // The citizen's first that counts, though another is stored.
  EXPECT_EQ(Append(Of(1, 5)).outcome, v1::OUTCOME_RECORDED);
  late.content.response_id = Checked(10).content.response_id;
  EXPECT_EQ(Append(late).outcome, v1::OUTCOME_RECORDED_LATE);
  EXPECT_EQ(Append(Of(1, 6)).outcome, v1::OUTCOME_RECORDED_COUNTS);
}

TEST_F(SqliteStoreTest, TheCursorWalksARoundAndSeesOnlyIt) {
  v1::Round april = sample::Round();
  april.set_round_id("april");
  const auto catalog = *sample::Catalog()->With(
      {model::RoundRecord{.number = model::RoundNumber{2}, .round = april}});
  for (uint64_t n = 1; n <= 9; ++n) {
    Append(sample::Checked(catalog->FindRound(n % 3 == 0 ? "april" : "march"), n));
  }
  std::vector<int64_t> seen;
  model::Sequence after = model::kNoSequence;
  for (int page = 0; page < 10; ++page) {
    ASSERT_TRUE(store_
                    ->ReadResponses(sample::kRoundNumber, after, 2, false,
                                    [&](const model::ResponseRow& row) {
                                      after = row.sequence;
                                      seen.push_back(static_cast<int64_t>(row.sequence));
                                      return true;
                                    })
                    .ok());
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 4, 5, 7, 8));
  int visits = 0;
  ASSERT_TRUE(store_
                  ->ReadResponses(sample::kRoundNumber, model::kNoSequence, 100, false,
                                  [&](const model::ResponseRow&) { return ++visits < 3; })
                  .ok());
  EXPECT_EQ(visits, 3);
  EXPECT_EQ(store_->LastSequence(sample::kRoundNumber).value(), model::Sequence{8});
  EXPECT_EQ(store_->LastSequence(model::RoundNumber{2}).value(), model::Sequence{9});
  EXPECT_EQ(store_->LastSequence(model::RoundNumber{3}).value(), model::kNoSequence);
  std::vector<int64_t> newest;
  ASSERT_TRUE(store_
                  ->ReadNewest(3,
                               [&](const model::ResponseRow& row) {
                                 newest.push_back(static_cast<int64_t>(row.sequence));
                               })
                  .ok());
  EXPECT_THAT(newest, ElementsAre(7, 8, 9));
}

TEST_F(SqliteStoreTest, ACollectorIsLastSeenWhenItLastSent) {
  model::NewResponse second = Checked(2);
  Append(second);
  Append(Checked(1));  // an outbox out of order does not turn time back
  const auto seen = store_->ReadCollectorsSeen();
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(seen->front().last_seen_at, second.received_at);
}

// The slow obvious way to runs: a set of numbers.
std::vector<SequenceRange> RunsOf(const std::map<uint32_t, std::set<uint64_t>>& arrived) {
  std::vector<SequenceRange> runs;
  for (const auto& [collector, numbers] : arrived) {
    for (const uint64_t number : numbers) {
      if (!numbers.contains(number - 1)) {
        runs.push_back({model::CollectorNumber{collector}, number, number});
      }
      runs.back().last = number;
    }
  }
  return runs;
}

TEST_F(SqliteStoreTest, DeviceSequencesMergeIntoTheRunsOfASet) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  std::map<uint32_t, std::set<uint64_t>> arrived;
  uint64_t id = 0;
  for (int batch = 0; batch < 150; ++batch) {
    std::vector<model::NewResponse> responses;
    for (uint32_t i = 1 + below(8); i > 0; --i) {
      // Some come again under a new id, as from a device that was reset.
      model::NewResponse response = Checked(++id);
      response.collector = model::CollectorNumber{1 + below(3)};
      response.content.device_sequence = below(200);
      if (response.content.device_sequence > 0) {
        arrived[static_cast<uint32_t>(response.collector)].insert(response.content.device_sequence);
      }
      responses.push_back(std::move(response));
    }
    ASSERT_TRUE(store_->AppendResponses(responses).ok());
    ASSERT_EQ(store_->ReadSequenceRanges().value(), RunsOf(arrived)) << "after batch " << batch;
  }
}

TEST_F(SqliteStoreTest, EachReadSeesOneSnapshot) {
  Append(Checked(1));
  int visits = 0;
  ASSERT_TRUE(store_
                  ->ReadResponses(sample::kRoundNumber, model::kNoSequence, 100, true,
                                  [&](const model::ResponseRow&) {
                                    ++visits;
                                    Append(Checked(static_cast<uint64_t>(visits) + 1));
                                    return true;
                                  })
                  .ok());
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(Rows().size(), 2u);
}

}  // namespace
}  // namespace hailong::store
