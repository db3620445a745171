#include "analysis/weighting/weighting.h"

#include <gtest/gtest.h>

#include <vector>

namespace hailong::weighting {
namespace {

UnitSize Unit(uint64_t population, uint64_t responses) {
  return {.population = population, .responses = responses, .included = true};
}

TEST(Weighting, ByPopulationAResponseStandsForItsShareOfTheUnit) {
  const Weights weights = WeightUnits(Mode::kPopulation, std::vector{Unit(100, 4), Unit(30, 30)});
  EXPECT_EQ(weights.unit_weight, (std::vector<double>{25, 1}));
  EXPECT_EQ(weights.sampling_fraction, (std::vector<double>{0.04, 1}));
  EXPECT_EQ(weights.report.weight_sum, 130);
  EXPECT_EQ(weights.report.population_covered, 130u);
  EXPECT_TRUE(weights.report.issues.empty());
}

TEST(Weighting, ByEqualUnitsEachUnitHasTheSameTotalAndTheWeightsSumToTheResponses) {
  const Weights weights =
      WeightUnits(Mode::kEqualUnits, std::vector{Unit(0, 4), Unit(50, 16), Unit(9, 0)});
  EXPECT_DOUBLE_EQ(weights.unit_weight[0] * 4, weights.unit_weight[1] * 16);
  EXPECT_DOUBLE_EQ(weights.report.weight_sum, 20);
  EXPECT_EQ(weights.unit_weight[2], 0);
}

TEST(Weighting, KishDesignEffectIsThatOfTheFormula) {
  const Weights weights = WeightUnits(Mode::kPopulation, std::vector{Unit(20, 2), Unit(6, 3)});
  // Weights 10, 10, 2, 2, 2: 5 * 212 / 26^2.
  EXPECT_DOUBLE_EQ(weights.report.kish_design_effect, 5 * 212.0 / (26 * 26));
}

TEST(Weighting, UnitsThatCannotBeWeightedAreLeftOutAndReported) {
  const std::vector<UnitSize> units = {Unit(100, 10), Unit(0, 7), Unit(5, 6), Unit(40, 0),
                                       Unit(12, 1)};
  const Weights weights = WeightUnits(Mode::kPopulation, units);
  EXPECT_EQ(weights.unit_weight, (std::vector<double>{10, 0, 0, 0, 12}));
  ASSERT_EQ(weights.report.issues.size(), 4u);
  EXPECT_EQ(weights.report.issues[0].issue, Issue::kNoPopulation);
  EXPECT_EQ(weights.report.issues[1].issue, Issue::kPopulationBelowSample);
  EXPECT_EQ(weights.report.issues[2].issue, Issue::kNoResponse);
  EXPECT_EQ(weights.report.issues[3].issue, Issue::kSingleResponse);
  EXPECT_EQ(weights.report.population_covered, 112u);
  EXPECT_EQ(weights.report.population_total, 157u);
}

TEST(Weighting, WithoutPopulationWeightsAnUnknownPopulationIsNoIssue) {
  const Weights weights = WeightUnits(Mode::kNone, std::vector{Unit(0, 7), Unit(5, 6)});
  EXPECT_EQ(weights.unit_weight, (std::vector<double>{1, 1}));
  EXPECT_EQ(weights.sampling_fraction, (std::vector<double>{0, 0}));
  ASSERT_EQ(weights.report.issues.size(), 1u);
  EXPECT_EQ(weights.report.issues[0].issue, Issue::kPopulationBelowSample);
}

TEST(Weighting, OneResponseOfAPopulationOfOneIsACensus) {
  const Weights weights = WeightUnits(Mode::kPopulation, std::vector{Unit(1, 1)});
  EXPECT_EQ(weights.sampling_fraction[0], 1);
  EXPECT_TRUE(weights.report.issues.empty());
}

TEST(Weighting, UnitsOutsideTheSubtreeHaveNoPartInTheResult) {
  std::vector<UnitSize> units = {Unit(100, 10), Unit(50, 1), Unit(8, 0)};
  units[1].included = units[2].included = false;
  const Weights weights = WeightUnits(Mode::kPopulation, units);
  EXPECT_EQ(weights.unit_weight[1], 0);
  EXPECT_EQ(weights.report.population_total, 100u);
  EXPECT_TRUE(weights.report.issues.empty());
}

TEST(Weighting, NothingAtAllGivesAnEmptyReport) {
  const Weights weights = WeightUnits(Mode::kPopulation, {});
  EXPECT_EQ(weights.report.weight_sum, 0);
  EXPECT_EQ(weights.report.kish_design_effect, 1);
}

}  // namespace
}  // namespace hailong::weighting
