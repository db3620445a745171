#include "analysis/estimate/stratified.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hailong::estimate {
namespace {

// z in a fixed point of 1000: enough for numbers written with three digits.
constexpr double kScale = 1000;
constexpr Range kPercent = {0, 100};

Sums SumsOf(const std::vector<double>& z) {
  Sums sums;
  for (const double value : z) {
    const Int128 fixed = static_cast<Int128>(std::llround(value * kScale));
    sums.z += fixed;
    sums.z_squared += fixed * fixed;
    ++sums.answered;
  }
  return sums;
}

TEST(Stratified, AMeanOfASimpleSampleHasTheErrorOfTheTextbook) {
  // y = 0, 100, 100, 100: M = 75, z = (y - M) / 4, S2 = 2500.
  const std::vector<Stratum> strata = {{.responses = 4, .weight = 1, .sampling_fraction = 0}};
  const Estimate estimate =
      EstimateFrom(75, kPercent, kScale, strata, std::vector{SumsOf({-18.75, 6.25, 6.25, 6.25})});
  EXPECT_DOUBLE_EQ(*estimate.standard_error, 25);
  EXPECT_DOUBLE_EQ(*estimate.ci_low, 75 - 25 * kNormal95);
  EXPECT_EQ(*estimate.ci_high, 100);
  EXPECT_DOUBLE_EQ(*estimate.design_effect, 1);
  EXPECT_DOUBLE_EQ(*estimate.n_effective, 4);
}

TEST(Stratified, TheFinitePopulationCorrectionShrinksTheVariance) {
  const std::vector<Stratum> strata = {{.responses = 4, .weight = 2, .sampling_fraction = 0.5}};
  const Estimate estimate = EstimateFrom(75, kPercent, kScale, strata,
                                         std::vector{SumsOf({-9.375, 3.125, 3.125, 3.125})});
  EXPECT_DOUBLE_EQ(*estimate.standard_error, 25 * std::sqrt(0.5));
}

TEST(Stratified, AStratumAskedInFullAddsNothing) {
  const std::vector<Stratum> strata = {{.responses = 2, .weight = 1, .sampling_fraction = 1}};
  const Estimate estimate =
      EstimateFrom(50, kPercent, kScale, strata, std::vector{SumsOf({-25, 25})});
  EXPECT_EQ(*estimate.standard_error, 0);
  EXPECT_EQ(*estimate.design_effect, 0);
  EXPECT_FALSE(estimate.n_effective.has_value());
}

TEST(Stratified, ASingleResponseAmongOthersIsCentredAtZero) {
  const std::vector<Stratum> strata = {{.responses = 1, .weight = 3, .sampling_fraction = 0.25},
                                       {.responses = 2, .weight = 1, .sampling_fraction = 0}};
  const Estimate estimate =
      EstimateFrom(50, kPercent, kScale, strata, std::vector{SumsOf({4}), SumsOf({-5, -7})});
  EXPECT_DOUBLE_EQ(*estimate.standard_error, std::sqrt(0.75 * 9 * 16 + 2 * (1 + 1)));
}

TEST(Stratified, ALoneRespondentHasAValueButNoError) {
  const std::vector<Stratum> strata = {{.responses = 10, .weight = 1, .sampling_fraction = 0.1}};
  const Estimate estimate = EstimateFrom(100, kPercent, kScale, strata, std::vector{SumsOf({0})});
  EXPECT_TRUE(estimate.defined);
  EXPECT_EQ(estimate.n, 1u);
  EXPECT_FALSE(estimate.standard_error.has_value());
  EXPECT_FALSE(estimate.ci_low.has_value());
  EXPECT_FALSE(estimate.design_effect.has_value());
}

TEST(Stratified, ALoneRespondentOfACensusIsKnownExactly) {
  const std::vector<Stratum> strata = {{.responses = 1, .weight = 1, .sampling_fraction = 1}};
  const Estimate estimate = EstimateFrom(100, kPercent, kScale, strata, std::vector{SumsOf({0})});
  EXPECT_EQ(estimate.standard_error, 0);
}

TEST(Stratified, EqualAnswersHaveNoErrorAndNoDesignEffect) {
  const std::vector<Stratum> strata = {{.responses = 3, .weight = 1, .sampling_fraction = 0}};
  const Estimate estimate =
      EstimateFrom(100, kPercent, kScale, strata, std::vector{SumsOf({0, 0, 0})});
  EXPECT_EQ(estimate.standard_error, 0);
  EXPECT_EQ(estimate.ci_low, 100);
  EXPECT_FALSE(estimate.design_effect.has_value());
}

TEST(Stratified, AStratumOfEqualNumbersHasExactlyNoSpread) {
  // Large z of no round value: in doubles the difference of the two sums would be noise.
  const double scale = FixedPointScale(1);
  const Int128 z = static_cast<Int128>(std::llround(scale / 3));
  const Sums equal = {.z = 7 * z, .z_squared = 7 * z * z, .answered = 7};
  const std::vector<Stratum> strata = {{.responses = 7, .weight = 1, .sampling_fraction = 0}};
  EXPECT_EQ(EstimateFrom(50, kPercent, scale, strata, std::vector{equal}).standard_error, 0);
}

TEST(Stratified, WithoutAnswersNothingIsDefined) {
  const std::vector<Stratum> strata = {{.responses = 5, .weight = 1, .sampling_fraction = 0}};
  EXPECT_FALSE(EstimateFrom(0, kPercent, kScale, strata, std::vector{Sums{}}).defined);
}

TEST(Stratified, AScaleBringsABoundJustBelowTheFixedPoint) {
  for (const double bound : {1e-9, 0.3, 1.0, 77.0, 1e12}) {
    const double top = bound * FixedPointScale(bound);
    EXPECT_GE(top, std::ldexp(1.0, kFractionBits - 1)) << bound;
    EXPECT_LT(top, std::ldexp(1.0, kFractionBits)) << bound;
  }
  EXPECT_EQ(FixedPointScale(0), 1);
}

}  // namespace
}  // namespace hailong::estimate
