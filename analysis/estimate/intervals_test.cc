#include "analysis/estimate/intervals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hailong::estimate {
namespace {

constexpr IntervalKind kAll[] = {IntervalKind::kNormal, IntervalKind::kT, IntervalKind::kLogit,
                                 IntervalKind::kBeta};
constexpr IntervalKind kForShares[] = {IntervalKind::kLogit, IntervalKind::kBeta};

// Values by R: qnorm(0.975), qt(0.975, 5), qt(0.95, 2.5).
TEST(Intervals, QuantilesAreThoseOfR) {
  EXPECT_NEAR(NormalQuantile(0.95), 1.9599639845400545, 1e-14);
  EXPECT_NEAR(TQuantile(0.95, 5), 2.570581835636314, 1e-13);
  EXPECT_NEAR(TQuantile(0.9, 2.5), 2.5582186141359453, 1e-10);
}

TEST(Intervals, ALargerConfidenceIsWider) {
  for (const IntervalKind kind : kAll) {
    double last = 0;
    for (const double confidence : {0.5, 0.8, 0.9, 0.95, 0.99}) {
      const auto interval = IntervalOf(kind, Measured{0.3, 0.05, 12, 90, false}, confidence);
      ASSERT_TRUE(interval.has_value());
      EXPECT_LT(interval->low, 0.3);
      EXPECT_GT(interval->high, 0.3);
      EXPECT_GT(interval->high - interval->low, last);
      last = interval->high - interval->low;
    }
  }
}

TEST(Intervals, AreSymmetricInYesAndNo) {
  for (const IntervalKind kind : kForShares) {
    for (const double p : {0.0, 0.01, 0.2, 0.5}) {
      const double error = 0.3 * std::sqrt(p * (1 - p)) / 4;
      const auto yes = IntervalOf(kind, Measured{p, error, 9, 40, false}, 0.95);
      const auto no = IntervalOf(kind, Measured{1 - p, error, 9, 40, false}, 0.95);
      ASSERT_TRUE(yes.has_value() && no.has_value());
      EXPECT_NEAR(yes->low, 1 - no->high, 1e-12);
      EXPECT_NEAR(yes->high, 1 - no->low, 1e-12);
      EXPECT_GE(yes->low, 0);
      EXPECT_LE(yes->high, 1);
    }
  }
}

// With n - 1 degrees of freedom the interval is that of binom.test(0, n): [0, 1 - (a/2)^(1/n)].
TEST(Intervals, AtZeroAndOneAreClopperPearson) {
  for (const IntervalKind kind : kForShares) {
    const auto zero = IntervalOf(kind, Measured{0, 0, 19, 20, false}, 0.95);
    ASSERT_TRUE(zero.has_value());
    EXPECT_EQ(zero->low, 0);
    EXPECT_NEAR(zero->high, 1 - std::pow(0.025, 1.0 / 20), 1e-12);
    // Fewer degrees of freedom are worth fewer answers.
    const auto clustered = IntervalOf(kind, Measured{0, 0, 2, 20, false}, 0.95);
    ASSERT_TRUE(clustered.has_value());
    EXPECT_GT(clustered->high, zero->high);
    // More never make more answers.
    const auto one = IntervalOf(kind, Measured{1, 0, 500, 20, false}, 0.95);
    ASSERT_TRUE(one.has_value());
    EXPECT_EQ(one->high, 1);
    EXPECT_NEAR(one->low, std::pow(0.025, 1.0 / 20), 1e-12);
  }
}

TEST(Intervals, OfACensusAreAPoint) {
  for (const IntervalKind kind : kAll) {
    for (const double p : {0.0, 0.4, 1.0}) {
      const auto interval = IntervalOf(kind, Measured{p, 0, 19, 20, true}, 0.95);
      ASSERT_TRUE(interval.has_value());
      EXPECT_EQ(interval->low, p);
      EXPECT_EQ(interval->high, p);
    }
  }
}

TEST(Intervals, AreAbsentWhereTheyAreNotKnown) {
  for (const IntervalKind kind : {IntervalKind::kT, IntervalKind::kLogit, IntervalKind::kBeta}) {
    EXPECT_FALSE(IntervalOf(kind, Measured{0.4, 0.1, 0, 20, false}, 0.95).has_value());
  }
  EXPECT_TRUE(
      IntervalOf(IntervalKind::kNormal, Measured{0.4, 0.1, 0, 20, false}, 0.95).has_value());
  for (const IntervalKind kind : kForShares) {
    EXPECT_FALSE(IntervalOf(kind, Measured{1.2, 0.1, 9, 20, false}, 0.95).has_value());
    EXPECT_FALSE(IntervalOf(kind, Measured{-0.1, 0.1, 9, 20, false}, 0.95).has_value());
    EXPECT_FALSE(IntervalOf(kind, Measured{0, 0, 9, 1, false}, 0.95).has_value());
  }
  DomainEstimate estimate;
  estimate.defined = true;
  estimate.value = 0.5;
  estimate.n = 1;
  EXPECT_FALSE(IntervalOf(IntervalKind::kNormal, estimate, 0.95).has_value());
  EXPECT_FALSE(IntervalOf(IntervalKind::kT, Contrast{}, 0.95).has_value());
}

}  // namespace
}  // namespace hailong::estimate
