#include "analysis/estimate/scale_interval.h"

#include <gtest/gtest.h>

namespace hailong::estimate {
namespace {

Estimate Made(double value, double error) {
  Estimate estimate;
  estimate.defined = true;
  estimate.value = value;
  estimate.standard_error = error;
  estimate.ci_low = estimate.ci_high = 0;
  estimate.n = 100;
  estimate.degrees_of_freedom = 95;
  return estimate;
}

TEST(ScaleInterval, IsThatOfTheProportionTimesTheRange) {
  const std::optional<Interval> proportion = IntervalOf(
      IntervalKind::kLogit,
      Measured{.value = 0.9, .standard_error = 0.02, .degrees_of_freedom = 95, .n = 100}, 0.9);
  ASSERT_TRUE(proportion.has_value());
  Estimate percent = Made(90, 2);
  SetInterval({IntervalKind::kLogit, 0.9}, {0, 100}, percent);
  EXPECT_NEAR(*percent.ci_low, 100 * proportion->low, 1e-12);
  EXPECT_NEAR(*percent.ci_high, 100 * proportion->high, 1e-12);
  Estimate steps = Made(1 + 4 * 0.9, 4 * 0.02);
  SetInterval({IntervalKind::kLogit, 0.9}, {1, 5}, steps);
  EXPECT_NEAR(*steps.ci_low, 1 + 4 * proportion->low, 1e-12);
}

TEST(ScaleInterval, IsCutToTheRange) {
  Estimate estimate = Made(99, 2);
  SetInterval({IntervalKind::kT, 0.95}, {0, 100}, estimate);
  EXPECT_EQ(*estimate.ci_high, 100);
  EXPECT_LT(*estimate.ci_low, 99 - 1.96 * 2);
}

TEST(ScaleInterval, OfTheDefaultIsTheDefault) {
  Estimate estimate = Made(50, 2);
  SetInterval({}, {0, 100}, estimate);
  EXPECT_NEAR(*estimate.ci_low, 50 - kNormal95 * 2, 1e-10);
}

TEST(ScaleInterval, IsAbsentWithoutAnError) {
  Estimate estimate = Made(50, 2);
  estimate.standard_error = std::nullopt;
  SetInterval({}, {0, 100}, estimate);
  EXPECT_FALSE(estimate.ci_low.has_value());
  EXPECT_FALSE(estimate.ci_high.has_value());
}

TEST(ScaleInterval, OfUnanimousAnswersIsNotAPoint) {
  Estimate estimate = Made(100, 0);
  SetInterval({IntervalKind::kBeta, 0.95}, {0, 100}, estimate);
  ASSERT_TRUE(estimate.ci_low.has_value());
  EXPECT_LT(*estimate.ci_low, 99);
  EXPECT_EQ(*estimate.ci_high, 100);
}

}  // namespace
}  // namespace hailong::estimate
