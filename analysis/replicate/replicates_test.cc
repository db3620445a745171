// Replicates against closed forms, their refusals, and chance that does not depend on threads.
#include "analysis/replicate/replicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "analysis/replicate/estimates.h"
#include "analysis/replicate/random.h"
#include "analysis/testing/refused_for_test.h"

namespace hailong::replicate {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;

// Strata A, B, ... of the given numbers of units; each unit has `per_unit` rows.
FirstStage MakeStage(const std::vector<size_t>& sizes, size_t per_unit, uint64_t seed,
                     double fraction = 0) {
  std::mt19937_64 engine(seed);
  FirstStage stage;
  uint32_t unit = 0;
  for (size_t h = 0; h < sizes.size(); ++h) {
    stage.stratum_names.emplace_back(1, static_cast<char>('A' + static_cast<char>(h)));
    stage.sampling_fractions.push_back(fraction);
    for (size_t i = 0; i < sizes[h]; ++i, ++unit) {
      stage.stratum_of_unit.push_back(static_cast<uint32_t>(h));
      for (size_t r = 0; r < per_unit; ++r) {
        stage.units.push_back(unit);
        stage.weights.push_back(1 + static_cast<double>(engine() % 1000) / 100);
      }
    }
  }
  return stage;
}

std::vector<double> RandomValues(size_t rows, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> values(rows);
  for (double& value : values) value = static_cast<double>(engine() % 10000) / 100;
  return values;
}

// sum_h (1 - f) n_h/(n_h - 1) sum_i (t_hi - mean t_h)^2 of the total of w y.
double VarianceOfTotal(const FirstStage& stage, const std::vector<double>& y) {
  std::vector<double> totals(stage.stratum_of_unit.size(), 0);
  for (size_t r = 0; r < y.size(); ++r) totals[stage.units[r]] += stage.weights[r] * y[r];
  double variance = 0;
  for (size_t h = 0; h < stage.stratum_names.size(); ++h) {
    double n = 0, sum = 0, squares = 0;
    for (size_t u = 0; u < totals.size(); ++u) {
      if (stage.stratum_of_unit[u] != h) continue;
      n += 1;
      sum += totals[u];
    }
    for (size_t u = 0; u < totals.size(); ++u) {
      if (stage.stratum_of_unit[u] == h) squares += (totals[u] - sum / n) * (totals[u] - sum / n);
    }
    variance += (1 - stage.sampling_fractions[h]) * n / (n - 1) * squares;
  }
  return variance;
}

Estimator TotalOf(const std::vector<double>& y) {
  return [&y](std::span<const double> weights) {
    return std::vector<double>{std::inner_product(weights.begin(), weights.end(), y.begin(), 0.0)};
  };
}

std::vector<double> FactorsOf(const Replicates& replicates, size_t replicate) {
  std::vector<double> factors(replicates.units());
  replicates.Factors(replicate, factors);
  return factors;
}

double VarianceBy(const FirstStage& stage, const Method& method, const std::vector<double>& y,
                  Centre centre = Centre::kMean) {
  const auto replicates = Replicates::Create(stage, method);
  EXPECT_TRUE(replicates.ok()) << replicates.status();
  const auto estimates = Estimate(*replicates, nullptr, TotalOf(y), 2);
  EXPECT_TRUE(estimates.ok()) << estimates.status();
  return estimates->Variance(0, centre).value();
}

// For totals, jackknives and balanced halves are the textbook variance exactly.
TEST(Replicates, OfATotalHaveTheVarianceOfTheFormula) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const double fraction : {0.0, 0.3, 1.0}) {
    const FirstStage one = MakeStage({9}, 3, seed, fraction);
    const std::vector<double> y = RandomValues(one.weights.size(), seed + 1);
    const double expected = VarianceOfTotal(one, y);
    EXPECT_NEAR(VarianceBy(one, Jackknife1{}, y), expected, 1e-9 * expected);
    EXPECT_NEAR(VarianceBy(one, JackknifeN{}, y), expected, 1e-9 * expected);
    const FirstStage several = MakeStage({2, 5, 3}, 2, seed, fraction);
    const std::vector<double> z = RandomValues(several.weights.size(), seed + 2);
    const double of_several = VarianceOfTotal(several, z);
    EXPECT_NEAR(VarianceBy(several, JackknifeN{}, z), of_several, 1e-9 * of_several);
    EXPECT_NEAR(VarianceBy(several, JackknifeN{}, z, Centre::kFullSample), of_several,
                1e-9 * of_several);
  }
  for (size_t strata = 1; strata <= 9; ++strata) {
    const FirstStage pairs = MakeStage(std::vector<size_t>(strata, 2), 2, seed);
    const std::vector<double> y = RandomValues(pairs.weights.size(), seed + strata);
    const double expected = VarianceOfTotal(pairs, y);
    for (const double rho : {0.0, 0.3, 0.9}) {
      EXPECT_NEAR(VarianceBy(pairs, BalancedHalves{rho}, y), expected, 1e-9 * expected) << strata;
    }
  }
}

TEST(Replicates, OfTheBootstrapComeNearTheFormula) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  // The variance of 4000 replicates has a coefficient of variation of sqrt(2 / 4000) = 2.2%.
  constexpr double kSixSigma = 0.14;
  FirstStage stage = MakeStage({2, 40, 3}, 2, seed);
  const std::vector<double> y = RandomValues(stage.weights.size(), seed + 1);
  const Bootstrap bootstrap{.replicates = 4000, .seed = seed};
  EXPECT_NEAR(VarianceBy(stage, bootstrap, y) / VarianceOfTotal(stage, y), 1, kSixSigma);
  stage.sampling_fractions = {0.5, 0.75, 0.2};
  const Bootstrap corrected{.replicates = 4000, .seed = seed, .finite_population = true};
  EXPECT_NEAR(VarianceBy(stage, corrected, y) / VarianceOfTotal(stage, y), 1, kSixSigma);
}

TEST(Replicates, OfTheBootstrapDrawOneUnitLessThanThereAre) {
  const auto replicates =
      Replicates::Create(MakeStage({2, 6}, 1, 1), Bootstrap{.replicates = 200, .seed = 3});
  ASSERT_TRUE(replicates.ok());
  EXPECT_EQ(replicates->count(), 200u);
  EXPECT_DOUBLE_EQ(replicates->scale(), 1.0 / 199);
  for (size_t r = 0; r < replicates->count(); ++r) {
    const std::vector<double> factors = FactorsOf(*replicates, r);
    EXPECT_EQ(factors[0] + factors[1], 2);
    EXPECT_NEAR(std::accumulate(factors.begin() + 2, factors.end(), 0.0), 6, 1e-12);
    double draws = 0;
    for (size_t u = 2; u < 8; ++u) {
      const double count = factors[u] * 5 / 6;
      EXPECT_NEAR(count, std::round(count), 1e-12);
      draws += std::round(count);
    }
    EXPECT_EQ(draws, 5);
  }
}

TEST(Replicates, AReplicateIsTheSameWheneverItIsMade) {
  const auto make = [](uint64_t seed) {
    return *Replicates::Create(MakeStage({30, 20}, 1, 1),
                               Bootstrap{.replicates = 100, .seed = seed});
  };
  const Replicates first = make(5), again = make(5), other = make(6);
  std::set<std::vector<double>> seen;
  for (const size_t r : {99u, 3u, 0u, 50u}) {
    EXPECT_EQ(FactorsOf(first, r), FactorsOf(again, r));
    EXPECT_NE(FactorsOf(first, r), FactorsOf(other, r));
    seen.insert(FactorsOf(first, r));
  }
  EXPECT_EQ(seen.size(), 4u);
}

// The functions of design::Design that are asked for.
struct TwoStrata {
  size_t stratum_count() const { return 2; }
  std::string_view stratum_name(size_t h) const { return h == 0 ? "north" : "south"; }
  const std::vector<double>& weights() const { return stage.weights; }
  const std::vector<uint32_t>& first_stage_units() const { return stage.units; }
  const std::vector<uint32_t>& stratum_of_unit() const { return stage.stratum_of_unit; }
  const std::vector<double>& sampling_fractions() const { return stage.sampling_fractions; }
  FirstStage stage = MakeStage({3, 1}, 2, 1, 0.25);
};

TEST(Replicates, TakeTheFirstStageOfADesign) {
  const FirstStage stage = FirstStageOf(TwoStrata());
  EXPECT_THAT(stage.units, ElementsAre(0, 0, 1, 1, 2, 2, 3, 3));
  EXPECT_THAT(stage.stratum_of_unit, ElementsAre(0, 0, 0, 1));
  EXPECT_REFUSED(Replicates::Create(stage, JackknifeN{}), kFailed, HasSubstr("stratum south"));
  EXPECT_EQ(stage.weights, TwoStrata().stage.weights);
  EXPECT_THAT(stage.sampling_fractions, ElementsAre(0.25, 0.25));
}

TEST(Replicates, JackknivesLeaveOutOneUnitEach) {
  const auto replicates = Replicates::Create(MakeStage({2, 3}, 1, 1, 0.25), JackknifeN{});
  ASSERT_TRUE(replicates.ok());
  ASSERT_EQ(replicates->count(), 5u);
  EXPECT_THAT(FactorsOf(*replicates, 1), ElementsAre(2, 0, 1, 1, 1));
  EXPECT_THAT(FactorsOf(*replicates, 4), ElementsAre(1, 1, 1.5, 1.5, 0));
  EXPECT_THAT(replicates->rscales(), ElementsAre(0.375, 0.375, 0.5, 0.5, 0.5));
  EXPECT_THAT(replicates->notes(), IsEmpty());
}

TEST(Replicates, BalancedHalvesAreBalanced) {
  const auto replicates =
      Replicates::Create(MakeStage(std::vector<size_t>(7, 2), 1, 1), BalancedHalves{0.5});
  ASSERT_TRUE(replicates.ok());
  EXPECT_EQ(replicates->count(), 8u);
  EXPECT_DOUBLE_EQ(replicates->scale(), 1 / (8 * 0.25));
  for (size_t g = 0; g < 7; ++g) {
    for (size_t h = 0; h < 7; ++h) {
      double sum = 0, product = 0;
      for (size_t r = 0; r < 8; ++r) {
        const std::vector<double> factors = FactorsOf(*replicates, r);
        EXPECT_EQ(factors[2 * h] + factors[2 * h + 1], 2);
        sum += factors[2 * h] - 1;
        product += (factors[2 * g] - 1) * (factors[2 * h] - 1);
      }
      EXPECT_EQ(sum, 0);
      EXPECT_EQ(product, g == h ? 8 * 0.25 : 0);
    }
  }
}

TEST(Replicates, AStratumOfOneUnitIsRefusedByName) {
  const FirstStage stage = MakeStage({4, 1, 3}, 2, 1);
  for (const Method& method : {Method(JackknifeN{}), Method(Bootstrap{})}) {
    EXPECT_REFUSED(Replicates::Create(stage, method), kFailed,
                   HasSubstr("stratum B has one sampling unit"));
  }
  EXPECT_REFUSED(Replicates::Create(MakeStage({1}, 2, 1), Jackknife1{}), kFailed,
                 HasSubstr("stratum A has one sampling unit"));
}

TEST(Replicates, RefuseAMethodThatIsNotForTheDesign) {
  EXPECT_REFUSED(Replicates::Create(MakeStage({3, 3}, 1, 1), Jackknife1{}), kFailed,
                 HasSubstr("the sample has 2 strata; JK1 is for one"));
  EXPECT_REFUSED(Replicates::Create(MakeStage({2, 3}, 1, 1), BalancedHalves{}), kFailed,
                 HasSubstr("stratum B has 3 sampling units; balanced halves need exactly 2"));
  for (const double rho : {-0.1, 1.0, std::nan("")}) {
    EXPECT_REFUSED(Replicates::Create(MakeStage({2, 2}, 1, 1), BalancedHalves{rho}), kInvalid,
                   HasSubstr("rho is "));
  }
  EXPECT_REFUSED(Replicates::Create(MakeStage({2}, 1, 1), Bootstrap{.replicates = 1}), kInvalid,
                 HasSubstr("number of replicates is 1"));
}

TEST(Replicates, RefuseASampleThatDoesNotFitTogether) {
  const auto refuse = [](const FirstStage& stage, const std::string& what) {
    EXPECT_REFUSED(Replicates::Create(stage, JackknifeN{}), kInvalid, HasSubstr(what));
  };
  const FirstStage good = MakeStage({2, 2}, 1, 1);
  refuse({}, "no rows");
  FirstStage bad = good;
  bad.units.pop_back();
  refuse(bad, "sampling units for 3 of 4 rows");
  bad = good;
  bad.units[2] = 4;
  refuse(bad, "the sampling unit of row 3 is 4; there are 4 units");
  bad = good;
  bad.weights[1] = -1;
  refuse(bad, "the weight of row 2 is -1");
  bad = good;
  bad.stratum_of_unit[3] = 2;
  refuse(bad, "the stratum of unit 3 is 2; there are 2 strata");
  bad = good;
  bad.sampling_fractions[1] = 1.5;
  refuse(bad, "sampling fraction of stratum B is 1.5");
  bad = good;
  bad.sampling_fractions.pop_back();
  refuse(bad, "sampling fractions for 1 of 2 strata");
}

TEST(Replicates, SayWhenTheyDoNotCorrectForAFinitePopulation) {
  const FirstStage stage = MakeStage({2, 2}, 1, 1, 0.5);
  for (const Method& method : {Method(BalancedHalves{}), Method(Bootstrap{})}) {
    EXPECT_THAT(Replicates::Create(stage, method)->notes(), ElementsAre(HasSubstr("2 strata")));
  }
  EXPECT_THAT(Replicates::Create(stage, Bootstrap{.finite_population = true})->notes(), IsEmpty());
}

TEST(Stream, IsTheGeneratorItSaysItIs) {
  // By a separate implementation in Python.
  Stream stream(2026, 17);
  EXPECT_EQ(stream.Next(), 0xcc751bb2e8f7194cu);
  EXPECT_EQ(stream.Next(), 0xe1b66f1b18d88b8au);
  EXPECT_EQ(stream.Next(), 0xd0f8b1d88a95899u);
}

TEST(Stream, BelowIsUniform) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Stream stream(seed, 0);
  constexpr uint32_t kBound = 7;
  constexpr double kDraws = 70000;
  std::vector<double> counts(kBound, 0);
  for (int i = 0; i < static_cast<int>(kDraws); ++i) ++counts[stream.Below(kBound)];
  // Seven standard deviations of a count.
  EXPECT_THAT(counts, Each(DoubleNear(kDraws / kBound, 7 * std::sqrt(kDraws / kBound))));
}

TEST(ReplicateEstimates, ReplicatesWithoutDataAreLeftOutAndCounted) {
  const double none = std::nan("");
  const ReplicateEstimates estimates({5, none}, {4, 1, none, 2, 7, 3, 1, none}, 0.5, {1, 1, 1, 1});
  EXPECT_EQ(estimates.Discarded(0), 1u);
  EXPECT_EQ(estimates.Discarded(1), 1u);
  EXPECT_DOUBLE_EQ(estimates.Variance(0).value(), 0.5 * (0 + 9 + 9));
  EXPECT_DOUBLE_EQ(estimates.Variance(0, Centre::kFullSample).value(), 0.5 * (1 + 4 + 16));
  EXPECT_FALSE(estimates.Variance(1).has_value());
  EXPECT_THAT(estimates.DiscardNote(),
              AllOf(HasSubstr("left out of 1 of 2 estimates"), HasSubstr("at most 1 of 4")));
}

TEST(ReplicateEstimates, WithoutReplicatesThereIsNoVariance) {
  const double none = std::nan("");
  EXPECT_FALSE(ReplicateEstimates({5}, {4, none}, 1, {1, 1}).Variance(0).has_value());
  EXPECT_EQ(ReplicateEstimates({5}, {4, 7}, 1, {0, 0}).Variance(0), 0);
  EXPECT_EQ(ReplicateEstimates({5}, {4, 7}, 1, {1, 1}).DiscardNote(), "");
}

TEST(ReplicateEstimates, CentreAtTheMeanOfReplicatesWithAScale) {
  // The third stratum was taken in full.
  const ReplicateEstimates estimates({5, 1}, {4, 2, 8, 6, 100, 7}, 1, {0.5, 0.25, 0});
  EXPECT_DOUBLE_EQ(estimates.Variance(0).value(), 0.5 * 4 + 0.25 * 4);
  EXPECT_DOUBLE_EQ(estimates.Covariance(0, 1).value(), 0.5 * (-2 * -2) + 0.25 * (2 * 2));
}

}  // namespace
}  // namespace hailong::replicate
