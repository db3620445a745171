#include "server/intake/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/model/limits.h"
#include "server/testing/sample.h"

namespace hailong::intake {
namespace {

constexpr uint32_t kPressInterval = FlagBit(v1::FLAG_PRESS_INTERVAL);
constexpr uint32_t kSpeeder = FlagBit(v1::FLAG_SPEEDER);
constexpr uint32_t kStraightLiner = FlagBit(v1::FLAG_STRAIGHT_LINER);
constexpr uint32_t kBurst = FlagBit(v1::FLAG_BURST);
constexpr uint32_t kClockSkew = FlagBit(v1::FLAG_CLOCK_SKEW);

std::shared_ptr<const model::Round> SampleRound() { return sample::Catalog()->FindRound("march"); }

template <typename Change>
std::shared_ptr<const model::Round> RoundWith(Change change) {
  return sample::CatalogWithRound(
             [&](v1::Round& round) { change(*round.mutable_flag_thresholds()); })
      ->FindRound("march");
}

// With answers to the questions at these positions of the questionnaire.
model::NewResponse WithAnswers(const std::shared_ptr<const model::Round>& round,
                               const std::vector<std::pair<size_t, uint8_t>>& answers) {
  model::NewResponse response = sample::Checked(round, 1);
  response.content.answers.assign(response.content.answers.size(), '\0');
  for (const auto& [question, answer] : answers) {
    response.content.answers[round->questionnaire().questions()[question].offset] =
        static_cast<char>(answer);
  }
  return response;
}

TEST(FlagAlone, ASpeederIsBelowTheTimeForItsAnswers) {
  model::NewResponse response = WithAnswers(SampleRound(), {{0, 4}, {1, 5}, {3, 1}});
  response.content.duration_ms = 3000;
  EXPECT_EQ(FlagAlone(response), 0u);
  response.content.duration_ms = 2999;
  EXPECT_EQ(FlagAlone(response), kSpeeder);
  // The text of a text question is an answer; that of an option belongs to its answer.
  response.content.duration_ms = 3000;
  response.content.comments = {{.question = 3, .text = "khác"}};
  EXPECT_EQ(FlagAlone(response), 0u);
  response.content.comments.push_back({.question = 4, .text = "nhanh"});
  EXPECT_EQ(FlagAlone(response), kSpeeder);
  response.content.duration_ms = 4000;
  EXPECT_EQ(FlagAlone(response), 0u);
  // Not known how long it took.
  response.content.duration_ms = 0;
  EXPECT_EQ(FlagAlone(response), 0u);
}

TEST(FlagAlone, AStraightLineIsLongAndWithinOneScale) {
  const auto round = SampleRound();
  const auto flags = [&](const std::vector<std::pair<size_t, uint8_t>>& answers) {
    return FlagAlone(WithAnswers(round, answers));
  };
  EXPECT_EQ(flags({{0, 4}, {1, 4}, {5, 4}, {6, 4}, {7, 4}}), kStraightLiner);
  EXPECT_EQ(flags({{0, 4}, {1, 4}, {5, 4}, {6, 4}}), 0u);
  EXPECT_EQ(flags({{0, 4}, {1, 4}, {5, 4}, {6, 4}, {7, 5}}), 0u);
  EXPECT_EQ(flags({{0, 5}, {1, 4}, {5, 4}, {6, 4}, {7, 4}}), 0u);
  // Not applicable is no rating, a single choice neither, and the four-step scale is another one.
  EXPECT_EQ(flags({{0, 4}, {1, 255}, {5, 4}, {6, 4}, {7, 4}}), 0u);
  EXPECT_EQ(flags({{0, 3}, {2, 3}, {5, 3}, {6, 3}, {7, 3}}), 0u);
  EXPECT_EQ(flags({{0, 4}, {5, 4}, {6, 4}, {7, 4}, {8, 4}}), 0u);
  EXPECT_EQ(flags({{0, 4}, {1, 4}, {5, 4}, {6, 4}, {7, 4}, {8, 1}}), kStraightLiner);
}

TEST(FlagAlone, AClockOffByMoreThanAllowedEitherWayIsSkewed) {
  model::NewResponse response = sample::Checked(SampleRound(), 1);
  for (const int64_t sign : {int64_t{1}, int64_t{-1}}) {
    response.clock_offset_ms = sign * 120'000;
    response.received_at = response.submitted_at();
    EXPECT_EQ(FlagAlone(response), 0u);
    response.clock_offset_ms = sign * 120'001;
    response.received_at = response.submitted_at();
    EXPECT_EQ(FlagAlone(response), kClockSkew);
  }
  // Not measured, but from the future.
  response.clock_offset_ms = 0;
  response.received_at = response.submitted_at() - absl::Seconds(120);
  EXPECT_EQ(FlagAlone(response), 0u);
  response.received_at -= absl::Microseconds(1);
  EXPECT_EQ(FlagAlone(response), kClockSkew);
  // Long ago is an outbox, not a clock.
  response.received_at = response.submitted_at() + absl::Hours(24);
  EXPECT_EQ(FlagAlone(response), 0u);
}

TEST(FlagAlone, AnUnfinishedAnswerIsFlaggedWhateverTheRoundsThresholds) {
  model::NewResponse response = sample::Checked(sample::Catalog()->FindRound("march"), 1);
  EXPECT_EQ(FlagAlone(response) & FlagBit(v1::FLAG_PARTIAL), 0u);
  response.content.partial = true;
  EXPECT_EQ(FlagAlone(response) & FlagBit(v1::FLAG_PARTIAL), FlagBit(v1::FLAG_PARTIAL));
}

TEST(FlagAlone, EachFlagIsSwitchedOffByItsRound) {
  const auto round = RoundWith([](v1::FlagThresholds& thresholds) { thresholds.Clear(); });
  model::NewResponse response = WithAnswers(round, {{0, 4}, {1, 4}, {5, 4}, {6, 4}, {7, 4}});
  response.content.duration_ms = 1;
  response.clock_offset_ms = 1'000'000'000;
  EXPECT_EQ(FlagAlone(response), 0u);
}

class PaceFlagsTest : public ::testing::Test {
 protected:
  // Judges a press of kiosk-1 so long after nine o'clock.
  uint32_t Press(absl::Duration at, uint64_t id) { return pace_.Judge(At(at, id)); }
  model::NewResponse At(absl::Duration at, uint64_t id) {
    model::NewResponse response = sample::Checked(round_, id);
    response.content.submitted_at_us =
        absl::ToUnixMicros(sample::At("2025-03-05T09:00:00+07:00") + at);
    return response;
  }
  std::shared_ptr<const model::Round> round_ = SampleRound();
  PaceFlags pace_;
};

TEST_F(PaceFlagsTest, APressTooSoonAfterTheOneBeforeItIsFlagged) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  EXPECT_EQ(Press(absl::Seconds(10), 2), 0u);
  EXPECT_EQ(Press(absl::Milliseconds(19'999), 3), kPressInterval);
  EXPECT_EQ(Press(absl::Milliseconds(29'999), 4), kBurst);  // the fourth in a minute
}

TEST_F(PaceFlagsTest, PressesAtOneMomentAreTooSoon) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  EXPECT_EQ(Press(absl::Seconds(0), 2), kPressInterval);
}

TEST_F(PaceFlagsTest, MoreThanTheCountInAWindowIsABurst) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  EXPECT_EQ(Press(absl::Seconds(20), 2), 0u);
  EXPECT_EQ(Press(absl::Seconds(40), 3), 0u);
  // The window is as long as it says: a minute after the first, that one is out of it.
  EXPECT_EQ(Press(absl::Seconds(60), 4), 0u);
  EXPECT_EQ(Press(absl::Seconds(79), 5), kBurst);
}

TEST_F(PaceFlagsTest, EachCollectorHasItsOwnPace) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  model::NewResponse other = At(absl::Seconds(1), 2);
  other.collector = sample::Web().collector;
  EXPECT_EQ(pace_.Judge(other), 0u);
}

TEST_F(PaceFlagsTest, ACitizenWithAKeyHasNoPace) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  model::NewResponse known = At(absl::Seconds(1), 2);
  known.respondent_key = sample::Key(1);
  EXPECT_EQ(pace_.Judge(known), 0u);
  EXPECT_EQ(Press(absl::Seconds(10), 3), 0u);
}

TEST_F(PaceFlagsTest, TheManyPhonesOfOneLinkHaveNoPace) {
  for (uint64_t id = 1; id <= 10; ++id) {
    model::NewResponse phone = At(absl::Seconds(0), id);
    phone.collector = sample::Web().collector;
    phone.channel = v1::CHANNEL_WEB;
    EXPECT_EQ(pace_.Judge(phone), 0u);
  }
}

TEST_F(PaceFlagsTest, ARetryIsNoSecondPress) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  // Neither with a clock measured anew.
  EXPECT_EQ(Press(absl::Seconds(5), 1), 0u);
  EXPECT_EQ(Press(absl::Seconds(14), 2), 0u);
}

TEST_F(PaceFlagsTest, AnOutboxOutOfOrderIsJudgedByTheDeviceClock) {
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);
  EXPECT_EQ(Press(absl::Minutes(10), 2), 0u);
  // Arrives last, was pressed in between, far from the press before it.
  EXPECT_EQ(Press(absl::Minutes(5), 3), 0u);
  EXPECT_EQ(Press(absl::Minutes(5) + absl::Seconds(3), 4), kPressInterval);
  EXPECT_EQ(Press(absl::Minutes(10) + absl::Seconds(3), 5), kPressInterval);
}

TEST_F(PaceFlagsTest, WhatWasStoredBeforeARestartCounts) {
  const model::NewResponse before = At(absl::Seconds(0), 1);
  pace_.Remember(before.collector, before.content.response_id, before.submitted_at());
  EXPECT_EQ(Press(absl::Seconds(0), 1), 0u);  // its retry
  EXPECT_EQ(Press(absl::Seconds(3), 2), kPressInterval);
}

TEST_F(PaceFlagsTest, EachFlagIsSwitchedOffByItsRound) {
  round_ = RoundWith([](v1::FlagThresholds& thresholds) { thresholds.set_press_interval_ms(0); });
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(Press(absl::Seconds(0), id), 0u);
  EXPECT_EQ(Press(absl::Seconds(0), 4), kBurst);
  round_ = RoundWith([](v1::FlagThresholds& thresholds) {
    thresholds.set_burst_count_max(0);
    thresholds.set_burst_window_ms(0);
  });
  EXPECT_EQ(Press(absl::Seconds(1), 5), kPressInterval);
  round_ = RoundWith([](v1::FlagThresholds& thresholds) { thresholds.Clear(); });
  EXPECT_EQ(Press(absl::Seconds(1), 6), 0u);
}

TEST_F(PaceFlagsTest, RemembersAsFarAsTheLargestBurst) {
  round_ = RoundWith([](v1::FlagThresholds& thresholds) {
    thresholds.Clear();
    thresholds.set_burst_count_max(limits::kBurstCountMax);
    thresholds.set_burst_window_ms(3'600'000);
  });
  for (uint64_t id = 1; id <= limits::kBurstCountMax; ++id) {
    ASSERT_EQ(Press(absl::Seconds(id), id), 0u);
  }
  EXPECT_EQ(Press(absl::Seconds(2000), 5000), kBurst);
  EXPECT_EQ(Press(absl::Seconds(2001), 5001), kBurst);
}

}  // namespace
}  // namespace hailong::intake
