#include "analysis/frame/frame.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hailong::frame {
namespace {

using Answers = std::vector<uint8_t>;

Frame TwoQuestions(size_t units) { return Frame({{"q1", 5}, {"q2", 3}}, units); }

TEST(Frame, CountsAnswersByUnitAndStep) {
  Frame frame = TwoQuestions(2);
  frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = Answers{5, 1}});
  frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = Answers{5, kNotApplicable}});
  frame.Append({.unit = 1, .counted = true, .flags = 0, .answers = Answers{2, kNoAnswer}});
  EXPECT_EQ(frame.Responses(0, false), 2u);
  EXPECT_EQ(frame.Count(0, 0, 5, false), 2u);
  EXPECT_EQ(frame.Count(0, 1, 1, false), 1u);
  EXPECT_EQ(frame.Count(0, 1, kNotApplicable, false), 1u);
  EXPECT_EQ(frame.Count(1, 1, kNoAnswer, false), 1u);
  EXPECT_EQ(frame.Count(1, 0, 5, false), 0u);
}

TEST(Frame, ARowThatDoesNotCountIsKeptAndMayCountLater) {
  Frame frame = TwoQuestions(1);
  const size_t row =
      frame.Append({.unit = 0, .counted = false, .flags = 0, .answers = Answers{4, 2}});
  EXPECT_EQ(frame.rows(), 1u);
  EXPECT_EQ(frame.Responses(0, false), 0u);
  frame.SetCounted(row, true);
  frame.SetCounted(row, true);
  EXPECT_EQ(frame.Responses(0, false), 1u);
  EXPECT_EQ(frame.Count(0, 0, 4, false), 1u);
  frame.SetCounted(row, false);
  EXPECT_EQ(frame.Count(0, 0, 4, false), 0u);
}

TEST(Frame, FlaggedRowsCanBeLeftOut) {
  Frame frame = TwoQuestions(1);
  frame.Append({.unit = 0, .counted = true, .flags = 0b100, .answers = Answers{4, 2}});
  frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = Answers{4, 2}});
  EXPECT_EQ(frame.Responses(0, false), 2u);
  EXPECT_EQ(frame.Responses(0, true), 1u);
  EXPECT_EQ(frame.Count(0, 0, 4, true), 1u);
}

TEST(Frame, CountsEqualACountOfItsRowsAfterAnyHistory) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  constexpr size_t kUnits = 3;
  Frame frame = TwoQuestions(kUnits);
  const uint8_t codes[2][6] = {{0, 1, 2, 4, 5, 255}, {0, 1, 2, 3, 3, 255}};
  // More than two blocks.
  for (size_t i = 0; i < 2 * kBlockRows + 100; ++i) {
    const Answers answers = {codes[0][engine() % 6], codes[1][engine() % 6]};
    const size_t row = frame.Append({.unit = static_cast<uint16_t>(engine() % kUnits),
                                     .counted = engine() % 2 == 0,
                                     .flags = static_cast<uint8_t>(engine() % 3),
                                     .answers = answers});
    ASSERT_EQ(frame.answer(row, 0), answers[0]);
    ASSERT_EQ(frame.answer(row, 1), answers[1]);
    frame.SetCounted(engine() % frame.rows(), engine() % 2 == 0);
  }
  for (const bool without_flagged : {false, true}) {
    for (size_t unit = 0; unit < kUnits; ++unit) {
      uint64_t responses = 0;
      uint64_t fives = 0;
      uint64_t not_applicable = 0;
      for (size_t row = 0; row < frame.rows(); ++row) {
        if (frame.unit(row) != unit || !frame.counted(row)) continue;
        if (without_flagged && frame.flags(row) != 0) continue;
        ++responses;
        fives += frame.answer(row, 0) == 5 ? 1u : 0u;
        not_applicable += frame.answer(row, 1) == kNotApplicable ? 1u : 0u;
      }
      EXPECT_EQ(frame.Responses(unit, without_flagged), responses);
      EXPECT_EQ(frame.Count(unit, 0, 5, without_flagged), fives);
      EXPECT_EQ(frame.Count(unit, 1, kNotApplicable, without_flagged), not_applicable);
    }
  }
}

TEST(FrameDeathTest, AnAnswerBeyondTheOptionsStopsTheProcess) {
  Frame frame = TwoQuestions(1);
  EXPECT_DEATH(frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = Answers{6, 1}}),
               "beyond the options");
}

TEST(FrameDeathTest, ARowOfAnUnknownUnitStopsTheProcess) {
  Frame frame = TwoQuestions(1);
  EXPECT_DEATH(frame.Append({.unit = 1, .counted = true, .flags = 0, .answers = Answers{1, 1}}),
               "not in the frame");
}

TEST(Frame, HoldsAboutOneByteForEachAnswer) {
  std::vector<Column> columns;
  for (int c = 0; c < 40; ++c) columns.push_back({"q" + std::to_string(c), 5});
  Frame frame(columns, 1);
  const Answers answers(40, 3);
  for (size_t i = 0; i < 20 * kBlockRows; ++i) {
    frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = answers});
  }
  EXPECT_LT(static_cast<double>(frame.bytes()) / static_cast<double>(frame.rows()), 48);
}

}  // namespace
}  // namespace hailong::frame
