#include "analysis/weighting/cell_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hailong::weighting {
namespace {

using testing::HasSubstr;

// Units a (N 100) and b (N 300), 10 responses each: 6 men and 4 women; 2 men, 5 women and 3 who did
// not say.
CellTable TwoUnits() {
  CellTable table;
  table.unit_ids = {"a", "b"};
  table.unit = {0, 0, 1, 1, 1};
  table.responses = {6, 4, 3, 2, 5};
  MarginQuestion& gender = table.questions.emplace_back();
  gender.question_id = "gender";
  gender.options = 2;
  gender.level = {1, 2, 0, 1, 2};
  gender.population = {{50, 50}, {100, 200}};
  return table;
}
const std::vector<double> kUnitWeights = {10, 30};

TEST(CellWeights, PostStratificationHoldsWithinEveryUnit) {
  const auto weights =
      WeightCells(TwoUnits(), kUnitWeights, std::vector<CellStep>{CellPostStratification{0}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  const std::vector<double>& w = weights->weights();
  EXPECT_NEAR(w[0] * 6, 50, 1e-9);
  EXPECT_NEAR(w[1] * 4, 50, 1e-9);
  // Three of ten did not say: they keep 90 of 300, and 210 are divided as 100 to 200.
  EXPECT_NEAR(w[2] * 3, 90, 1e-9);
  EXPECT_NEAR(w[3] * 2, 70, 1e-9);
  EXPECT_NEAR(w[4] * 5, 140, 1e-9);
  ASSERT_EQ(weights->reports().size(), 1u);
  const CellStepReport& report = weights->reports()[0];
  EXPECT_LT(report.margin_error_max, 1e-12);
  EXPECT_NEAR(report.factor_min, 50.0 / 60, 1e-12);
  EXPECT_NEAR(report.factor_max, 50.0 / 40, 1e-12);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0].en, HasSubstr("3 responses did not state gender"));
}

TEST(CellWeights, RakingHoldsForUnitsAndQuestions) {
  const auto weights =
      WeightCells(TwoUnits(), kUnitWeights, std::vector<CellStep>{CellRaking{{0}}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  const std::vector<double>& w = weights->weights();
  EXPECT_NEAR(w[0] * 6 + w[1] * 4, 100, 1e-8);
  EXPECT_NEAR(w[2] * 3 + w[3] * 2 + w[4] * 5, 300, 1e-8);
  // Not stated: 90 of 400. Of the other 310, men are 150 in 400.
  EXPECT_NEAR(w[2] * 3, 90, 1e-8);
  EXPECT_NEAR(w[0] * 6 + w[3] * 2, 310 * 150.0 / 400, 1e-8);
  EXPECT_GT(weights->reports()[0].iterations, 0u);
  const std::vector<MarginShare>& margin = weights->margins()[0];
  ASSERT_EQ(margin.size(), 3u);
  EXPECT_EQ(margin[0].option, 0u);
  EXPECT_FALSE(margin[0].population.has_value());
  EXPECT_EQ(margin[1].responses, 8u);
  EXPECT_NEAR(margin[1].sample, 40, 1e-12);
  EXPECT_NEAR(margin[1].unit_weighted, 100.0 * (60 + 60) / 400, 1e-12);
  EXPECT_NEAR(*margin[1].population, 37.5, 1e-12);
}

TEST(CellWeights, UnderEqualUnitsAMarginDividesWhatTheUnitCountsFor) {
  const std::vector<double> equal = {1, 1};
  const auto weights =
      WeightCells(TwoUnits(), equal, std::vector<CellStep>{CellPostStratification{0}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_NEAR(weights->weights()[0] * 6, 5, 1e-12);
}

TEST(CellWeights, TrimmingKeepsTheSumAndReportsWhatItCosts) {
  const std::vector<CellStep> steps = {CellPostStratification{0}, CellTrimming{.upper = 1.6}};
  const auto weights = WeightCells(TwoUnits(), kUnitWeights, steps);
  ASSERT_TRUE(weights.ok()) << weights.status();
  double sum = 0;
  const CellTable table = TwoUnits();
  for (size_t c = 0; c < table.unit.size(); ++c) {
    sum += weights->weights()[c] * static_cast<double>(table.responses[c]);
    EXPECT_LE(weights->weights()[c], 1.6 * 20 * (1 + 1e-9));
  }
  EXPECT_NEAR(sum, 400, 1e-9);
  EXPECT_GT(weights->reports()[1].margin_error_max, 0.01);
  EXPECT_THAT(weights->reports()[1].margin_error_at, HasSubstr("gender: "));
  EXPECT_LT(weights->reports()[1].kish_after, weights->reports()[1].kish_before);
}

TEST(CellWeights, ResidualsOfWhatTheMarginsExplainAreZero) {
  const auto weights =
      WeightCells(TwoUnits(), kUnitWeights, std::vector<CellStep>{CellRaking{{0}}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  // 2 in unit a, 5 in unit b, 3 more for men, 1 more for those who did not say.
  std::vector<double> z = {5, 2, 6, 8, 5};
  weights->Residualise(z);
  for (const double residual : z) EXPECT_NEAR(residual, 0, 1e-9);
}

void ExpectRefused(const CellTable& table, const CellStep& step, const char* words) {
  const auto weights = WeightCells(table, kUnitWeights, std::vector<CellStep>{step});
  EXPECT_TRUE(absl::IsFailedPrecondition(weights.status())) << weights.status();
  EXPECT_THAT(std::string(weights.status().message()), HasSubstr(words));
  EXPECT_THAT(std::string(weights.status().message()), HasSubstr("weighting step 1"));
}

TEST(CellWeights, WhatCannotBeDoneIsNamed) {
  CellTable table = TwoUnits();
  table.questions[0].population[1].clear();
  ExpectRefused(table, CellRaking{{0}}, "not known in units with responses: b");
  ExpectRefused(table, CellPostStratification{0}, "not known in units with responses: b");

  table = TwoUnits();
  table.questions[0].level[0] = 2;
  ExpectRefused(table, CellPostStratification{0}, "without a response: option 1 in unit a");
  table.questions[0].level[3] = 2;
  ExpectRefused(table, CellRaking{{0}}, "without a response: option 1");

  table = TwoUnits();
  table.questions[0].population[0] = {100, 0};
  ExpectRefused(table, CellPostStratification{0}, "population is 0: option 2 in unit a");

  ExpectRefused(TwoUnits(), CellTrimming{.lower = 0.99, .upper = 1.01}, "no weights lie within");
}

TEST(CellWeights, AUnitWhereNobodySaidKeepsItsWeights) {
  CellTable table = TwoUnits();
  table.questions[0].level = {1, 2, 0, 0, 0};
  const auto weights =
      WeightCells(table, kUnitWeights, std::vector<CellStep>{CellPostStratification{0}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  for (size_t c = 2; c < 5; ++c) EXPECT_NEAR(weights->weights()[c], 30, 1e-12);
  EXPECT_THAT(weights->reports()[0].notes[0].en, HasSubstr("Nobody answered question gender"));
}

TEST(CellWeights, WithoutResponsesNoStepIsDone) {
  CellTable table;
  table.questions.emplace_back().question_id = "gender";
  const auto weights = WeightCells(table, {}, std::vector<CellStep>{CellRaking{{0}}});
  ASSERT_TRUE(weights.ok());
  EXPECT_TRUE(weights->reports().empty());
}

}  // namespace
}  // namespace hailong::weighting
