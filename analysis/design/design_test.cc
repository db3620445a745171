#include "analysis/design/design.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hailong::design {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Factor MakeFactor(std::string name, std::vector<uint32_t> codes) {
  return {std::move(name), {"A", "B", "C", "D", "E", "F"}, std::move(codes)};
}

// Two strata of region with two and three units of school, one row each but the first two.
Sampling MakeSampling() {
  Sampling sampling;
  sampling.rows = 6;
  sampling.weights = {1, 1, 2, 3, 3, 4};
  sampling.stages.push_back({.strata = MakeFactor("region", {0, 0, 0, 1, 1, 1}),
                             .units = MakeFactor("school", {0, 0, 1, 2, 3, 4}),
                             .population = {}});
  return sampling;
}

void ExpectRefused(Sampling sampling, const std::string& reason) {
  const auto design = Design::Create(std::move(sampling));
  ASSERT_FALSE(design.ok()) << reason;
  EXPECT_EQ(design.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(design.status().message()), HasSubstr(reason));
}

TEST(Design, NumbersUnitsByStratumWhateverTheOrderOfRows) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].strata.codes = {1, 0, 0, 1, 1, 0};
  sampling.stages[0].units.codes = {4, 0, 1, 2, 3, 0};
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  EXPECT_THAT(design->first_stage_units(), ElementsAre(4, 0, 1, 2, 3, 0));
  EXPECT_THAT(design->stratum_of_unit(), ElementsAre(0, 0, 1, 1, 1));
  EXPECT_EQ(design->stratum_count(), 2u);
  EXPECT_EQ(design->stratum_name(1), "B");
  EXPECT_THAT(design->sampling_fractions(), ElementsAre(0, 0));
}

TEST(Design, WeightsAreTheInverseOfTheFractionsOfAllStages) {
  Sampling sampling = MakeSampling();
  sampling.weights.clear();
  sampling.stages[0].population = {4, 4, 4, 9, 9, 9};
  sampling.stages.push_back({.strata = {}, .units = {}, .population = {10, 10, 5, 7, 7, 7}});
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  EXPECT_THAT(design->weights(), ElementsAre(10, 10, 10, 21, 21, 21));
}

TEST(Design, WeightsAreOneWhereNothingIsKnown) {
  Sampling sampling = MakeSampling();
  sampling.weights.clear();
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  EXPECT_THAT(design->weights(), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST(Design, NoStagesMeansRowsDrawnWithReplacement) {
  Sampling sampling;
  sampling.rows = 3;
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  // n / (n - 1) times the squares of 1, 2, 6 about 3.
  const std::vector<std::vector<double>> variables = {{1, 2, 6}};
  const auto variance = design->Covariance(variables, LonelyPsu::kFail);
  ASSERT_TRUE(variance.ok()) << variance.status();
  EXPECT_THAT(*variance, ElementsAre(1.5 * (4 + 1 + 9)));
}

TEST(Design, DegreesOfFreedomAreUnitsLessStrataInside) {
  Sampling sampling = MakeSampling();
  sampling.weights[5] = 0;
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  EXPECT_EQ(design->DegreesOfFreedom(std::vector<uint8_t>(6, 1)), 2);
  EXPECT_EQ(design->DegreesOfFreedom(std::vector<uint8_t>{1, 1, 0, 0, 1, 1}), 0);
  EXPECT_EQ(design->DegreesOfFreedomAmong(std::vector<uint32_t>{0, 2, 3, 4, 5}), 3);
}

TEST(Design, ALoneUnitShowsNoVariationUnlessItWasCertain) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].population = {2, 2, 2, 9, 9, 9};
  sampling.stages.push_back({.strata = {}, .units = {}, .population = {10, 10, 1, 1, 1, 1}});
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  const auto rows = [](std::vector<uint32_t> of_rows) { return of_rows; };
  EXPECT_FALSE(design->ShowsVariation(rows({})));
  EXPECT_FALSE(design->ShowsVariation(rows({3})));
  EXPECT_TRUE(design->ShowsVariation(rows({3, 4})));
  // School A was certain, its two rows were not.
  EXPECT_TRUE(design->ShowsVariation(rows({0, 1})));
  EXPECT_FALSE(design->ShowsVariation(rows({1})));
  EXPECT_FALSE(design->TakenInFull(rows({0, 1})));
  EXPECT_TRUE(design->ShowsVariation(rows({2})));
  EXPECT_TRUE(design->TakenInFull(rows({2})));
}

TEST(Design, RefusesColumnsOfAnotherLength) {
  Sampling sampling = MakeSampling();
  sampling.weights.pop_back();
  ExpectRefused(std::move(sampling), "design weights: 5 values for 6 rows");
  sampling = MakeSampling();
  sampling.stages[0].units.codes.pop_back();
  ExpectRefused(std::move(sampling), "units school of stage 1: 5 codes for 6 rows");
  sampling = MakeSampling();
  sampling.stages[0].population = {9};
  ExpectRefused(std::move(sampling), "population of stage 1: 1 values for 6 rows");
  ExpectRefused(Sampling{}, "a sample of 0 rows");
}

TEST(Design, RefusesMissingAndUnknownCodes) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].strata.codes[2] = Factor::kMissing;
  ExpectRefused(std::move(sampling), "row 3: region is missing");
  sampling = MakeSampling();
  sampling.stages[0].units.codes[5] = 6;
  ExpectRefused(std::move(sampling), "row 6: code 6 of school is not among its 6 levels");
}

TEST(Design, RefusesWeightsThatAreNone) {
  for (const double weight : {-1.0, std::nan(""), kInfinity}) {
    Sampling sampling = MakeSampling();
    sampling.weights[1] = weight;
    ExpectRefused(std::move(sampling), "row 2: design weight ");
  }
}

TEST(Design, RefusesPopulationsThatCannotBe) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].population = {5, 5, 5, 2, 2, 2};
  ExpectRefused(std::move(sampling), "population 2 of stratum \"B\" of region, but 3 units drawn");
  sampling = MakeSampling();
  sampling.stages[0].population = {5, 5, 6, 9, 9, 9};
  ExpectRefused(std::move(sampling),
                "row 3: population 6 of stage 1, but 5 in other rows of stratum");
  sampling = MakeSampling();
  sampling.stages[0].population = {5, 5, 5, 9, 9, std::nan("")};
  ExpectRefused(std::move(sampling), "row 6: population nan");
  sampling = MakeSampling();
  sampling.weights.clear();
  sampling.stages[0].population = {5, 5, 5, kInfinity, kInfinity, kInfinity};
  ExpectRefused(std::move(sampling), "no design weights, and only some populations");
}

TEST(Design, AUnitInTwoStrataIsRefusedUnlessNested) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].units.codes = {0, 0, 1, 1, 2, 3};
  Sampling nested = sampling;
  nested.nested = true;
  ExpectRefused(std::move(sampling),
                "unit \"B\" of school at stage 1 is in two strata, \"A\" of region and \"B\"");
  const auto design = Design::Create(std::move(nested));
  ASSERT_TRUE(design.ok()) << design.status();
  EXPECT_EQ(design->stratum_of_unit().size(), 5u);
}

TEST(Design, RefusesOneUnitInAll) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].strata.codes.clear();
  sampling.stages[0].units.codes.assign(6, 2);
  ExpectRefused(std::move(sampling), "the whole sample is one sampling unit");
}

TEST(Design, RefusesStagesThatCannotBe) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].units.codes.clear();
  sampling.stages.emplace_back();
  ExpectRefused(std::move(sampling), "stage 1 of 2 has no units");
  sampling = MakeSampling();
  sampling.stages.resize(kStagesMax + 1);
  ExpectRefused(std::move(sampling), "9 stages; allowed: 1 to 8");
}

TEST(Design, ALonelyUnitIsNamedWithItsStageAndTheUnitItLiesIn) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].units.codes = {0, 0, 1, 2, 2, 2};
  const auto first = Design::Create(sampling);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::vector<std::vector<double>> variables = {{1, 2, 3, 4, 5, 6}};
  const auto refused = first->Covariance(variables, LonelyPsu::kFail);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("stratum \"B\" of region at stage 1 has one sampling unit"));

  sampling = MakeSampling();
  sampling.stages[0].population = {4, 4, 4, 9, 9, 9};
  sampling.stages.push_back({.strata = MakeFactor("grade", {0, 1, 0, 0, 0, 0}),
                             .units = {},
                             .population = {1, 3, 1, 1, 1, 1}});
  const auto second = Design::Create(sampling);
  ASSERT_TRUE(second.ok()) << second.status();
  for (const LonelyPsu lonely : {LonelyPsu::kFail, LonelyPsu::kRemove}) {
    const auto variance = second->Covariance(variables, lonely);
    EXPECT_EQ(variance.ok(), lonely == LonelyPsu::kRemove);
    if (variance.ok()) continue;
    EXPECT_THAT(
        std::string(variance.status().message()),
        HasSubstr("stratum \"B\" of grade in unit \"A\" of school at stage 2 has one sampling"));
  }
}

TEST(Design, AStratumOutsideTheDomainIsNoReasonToFail) {
  Sampling sampling = MakeSampling();
  sampling.stages[0].units.codes = {0, 0, 1, 2, 2, 2};
  const auto design = Design::Create(std::move(sampling));
  ASSERT_TRUE(design.ok()) << design.status();
  const std::vector<uint32_t> rows = {2, 0};
  const std::vector<double> values = {5, 1};
  const SparseVariable variable = {rows, values};
  const auto variance = design->Variances(std::span(&variable, 1), LonelyPsu::kFail);
  ASSERT_TRUE(variance.ok()) << variance.status();
  EXPECT_THAT(*variance, ElementsAre(2 * (4 + 4)));
}

}  // namespace
}  // namespace hailong::design
