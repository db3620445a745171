#include "analysis/estimate/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace hailong::estimate {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using PValues = std::vector<std::optional<double>>;

TEST(TwoSidedP, IsThatOfTheTables) {
  // qnorm(0.975); qt(0.975, 1) = tan(pi * 0.475); with 2 degrees P(|T| > t) = 1 - t/sqrt(2 + t^2).
  EXPECT_NEAR(TwoSidedP(1.959963984540054, kInfinity), 0.05, 1e-14);
  EXPECT_NEAR(TwoSidedP(-12.706204736174707, 1), 0.05, 1e-14);
  EXPECT_NEAR(TwoSidedP(3, 2), 1 - 3 / std::sqrt(11.0), 1e-14);
  EXPECT_EQ(TwoSidedP(0, 5), 1);
  EXPECT_EQ(TwoSidedP(kInfinity, 5), 0);
}

TEST(TwoSidedP, KeepsItsDigitsFarOut) {
  // 2 * pnorm(-10).
  EXPECT_NEAR(TwoSidedP(10, kInfinity) / 1.523970604832094e-23, 1, 1e-12);
}

TEST(Adjust, ByHandOnFour) {
  const PValues p = {0.01, 0.04, 0.03, 0.005};
  const PValues holm = AdjustByHolm(p);
  const double wanted_holm[] = {0.03, 0.06, 0.06, 0.02};
  const PValues bh = AdjustByBenjaminiHochberg(p);
  const double wanted_bh[] = {0.02, 0.04, 0.04, 0.02};
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(*holm[i], wanted_holm[i], 1e-15) << i;
    EXPECT_NEAR(*bh[i], wanted_bh[i], 1e-15) << i;
  }
}

TEST(Adjust, LeavesOutWhatWasNotCompared) {
  const PValues with = {std::nullopt, 0.2, std::nullopt, 0.01};
  const PValues without = {0.2, 0.01};
  for (const auto adjust : {AdjustByHolm, AdjustByBenjaminiHochberg}) {
    const PValues a = adjust(with);
    const PValues b = adjust(without);
    EXPECT_FALSE(a[0].has_value() || a[2].has_value());
    EXPECT_EQ(a[1], b[0]);
    EXPECT_EQ(a[3], b[1]);
  }
  EXPECT_TRUE(AdjustByHolm({}).empty());
}

// With every hypothesis true, Holm makes a false claim in at most 5 % of families; canary: without
// an adjustment nearly every family of 50 has one.
TEST(Adjust, HolmHoldsTheFamilyWiseErrorWhereNothingIsTrue) {
  std::mt19937_64 engine(20250101);
  std::uniform_real_distribution<double> uniform;
  constexpr int kFamilies = 4000;
  int claims = 0;
  int unadjusted = 0;
  for (int family = 0; family < kFamilies; ++family) {
    PValues p(50);
    bool any = false;
    for (auto& one : p) {
      one = uniform(engine);
      any = any || *one < 0.05;
    }
    unadjusted += any ? 1 : 0;
    bool claimed = false;
    for (const auto& one : AdjustByHolm(p)) claimed = claimed || *one < 0.05;
    claims += claimed ? 1 : 0;
  }
  // 1 - (1 - 0.05/50)^50 = 0.0488, give or take four standard errors of 0.0034.
  EXPECT_NEAR(claims / double{kFamilies}, 0.0488, 0.014);
  EXPECT_GT(unadjusted / double{kFamilies}, 0.85);
}

}  // namespace
}  // namespace hailong::estimate
