#include "analysis/estimate/statistic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/estimate/sample_for_test.h"

namespace hailong::estimate {
namespace {

using ::testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Sample Rows(size_t rows, std::vector<double> weights = {}) {
  design::Sampling sampling;
  sampling.rows = rows;
  sampling.weights = std::move(weights);
  return Unadjusted(*design::Design::Create(std::move(sampling)));
}

DomainEstimate OfAll(const Sample& sample, StatisticKind kind, const std::vector<double>& y,
                     const std::vector<double>& x = {}) {
  const auto estimates =
      Estimates::Compute(sample, {kind, y, x}, Domains::Whole(sample.weights.size()), 1);
  EXPECT_TRUE(estimates.ok()) << estimates.status();
  return estimates->by_domain().front();
}

TEST(Statistic, AMeanOfRowsIsTheTextbookOne) {
  const DomainEstimate mean = OfAll(Rows(4), StatisticKind::kMean, {1, 2, 3, 6});
  EXPECT_DOUBLE_EQ(mean.value, 3);
  // s^2 / n with s^2 = 14 / 3.
  EXPECT_DOUBLE_EQ(*mean.standard_error, std::sqrt(14.0 / 12));
  EXPECT_DOUBLE_EQ(*mean.design_effect, 1);
  EXPECT_EQ(mean.n, 4u);
  EXPECT_EQ(mean.weight, 4);
  EXPECT_EQ(mean.degrees_of_freedom, 3);
  // Weights of 1 say nothing of the population.
  EXPECT_FALSE(mean.design_effect_without_replacement.has_value());
}

TEST(Statistic, MissingAnswersAndZeroWeightsAreOutsideTheDomainButInTheSample) {
  const Sample sample = Rows(6, {1, 1, 1, 1, 1, 0});
  const DomainEstimate mean = OfAll(sample, StatisticKind::kMean, {1, 2, 3, 6, kMissing, 99});
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_EQ(mean.n, 4u);
  // 6 / 5 sum of ((y - 3) / 4)^2.
  EXPECT_DOUBLE_EQ(*mean.standard_error, std::sqrt(1.2 * 14 / 16));
  EXPECT_EQ(mean.degrees_of_freedom, 3);
}

TEST(Statistic, NoAnswerIsNoData) {
  for (const StatisticKind kind :
       {StatisticKind::kTotal, StatisticKind::kMean, StatisticKind::kProportion}) {
    const DomainEstimate none = OfAll(Rows(2), kind, {kMissing, kMissing});
    EXPECT_FALSE(none.defined);
    EXPECT_FALSE(none.standard_error.has_value());
    EXPECT_EQ(none.n, 0u);
  }
}

TEST(Statistic, ARatioToNothingIsNotDefined) {
  const DomainEstimate ratio = OfAll(Rows(2), StatisticKind::kRatio, {1, 2}, {0, 0});
  EXPECT_FALSE(ratio.defined);
  EXPECT_FALSE(ratio.standard_error.has_value());
  EXPECT_EQ(ratio.n, 2u);
}

TEST(Statistic, ALoneRespondentHasNoStandardError) {
  for (const StatisticKind kind :
       {StatisticKind::kTotal, StatisticKind::kMean, StatisticKind::kProportion}) {
    const DomainEstimate lone = OfAll(Rows(3), kind, {kMissing, 1, kMissing});
    EXPECT_TRUE(lone.defined);
    EXPECT_EQ(lone.value, 1);
    EXPECT_FALSE(lone.standard_error.has_value());
    EXPECT_FALSE(lone.design_effect.has_value());
  }
}

TEST(Statistic, EqualAnswersHaveNoErrorAndNoDesignEffectToTheLastBit) {
  const std::vector<double> weights = {0.1, 0.7, 1.3, 17, 0.3};
  const DomainEstimate mean =
      OfAll(Rows(5, weights), StatisticKind::kMean, {4.7, 4.7, 4.7, 4.7, 4.7});
  EXPECT_EQ(mean.value, 4.7);
  EXPECT_EQ(*mean.standard_error, 0);
  EXPECT_FALSE(mean.design_effect.has_value());
  const DomainEstimate ratio =
      OfAll(Rows(5, weights), StatisticKind::kRatio, {0, 3, 6, 9, 3}, {0, 7, 14, 21, 7});
  EXPECT_EQ(ratio.value, 3.0 / 7);
  EXPECT_EQ(*ratio.standard_error, 0);
  const DomainEstimate unequal =
      OfAll(Rows(5, weights), StatisticKind::kRatio, {1, 3, 6, 9, 3}, {0, 7, 14, 21, 7});
  EXPECT_GT(*unequal.standard_error, 0);
}

TEST(Statistic, RefusesColumnsThatCannotBe) {
  const Sample sample = Rows(2);
  const auto message = [&](Statistic statistic) {
    const auto estimates = Estimates::Compute(sample, statistic, Domains::Whole(2), 1);
    EXPECT_EQ(estimates.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(estimates.status().message());
  };
  const std::vector<double> shorter = {1};
  const std::vector<double> infinite = {1, std::numeric_limits<double>::infinity()};
  const std::vector<double> fine = {1, 2};
  EXPECT_THAT(message({StatisticKind::kMean, shorter}), HasSubstr("y: 1 values for 2 rows"));
  EXPECT_THAT(message({StatisticKind::kMean, infinite}), HasSubstr("row 2: y is inf"));
  EXPECT_THAT(message({StatisticKind::kProportion, fine}),
              HasSubstr("row 2: y of a proportion is 2; allowed: 0, 1 or missing"));
  EXPECT_THAT(message({StatisticKind::kRatio, fine, infinite}), HasSubstr("row 2: x is inf"));
}

// What is expected to stay must stay to the last bit, what is computed in another order up to its
// rounding.
void ExpectEqual(const DomainEstimate& a, const DomainEstimate& b, double tolerance,
                 double value_factor = 1) {
  ASSERT_EQ(a.defined, b.defined);
  EXPECT_EQ(a.n, b.n);
  EXPECT_EQ(a.degrees_of_freedom, b.degrees_of_freedom);
  EXPECT_EQ(a.taken_in_full, b.taken_in_full);
  ASSERT_EQ(a.standard_error.has_value(), b.standard_error.has_value());
  if (!a.defined) return;
  EXPECT_NEAR(a.value * value_factor, b.value, tolerance * std::abs(b.value));
  if (!a.standard_error.has_value()) return;
  EXPECT_NEAR(*a.standard_error * value_factor, *b.standard_error,
              tolerance * *b.standard_error + 1e-13 * tolerance * std::abs(b.value));
  ASSERT_EQ(a.design_effect.has_value(), b.design_effect.has_value());
  if (a.design_effect.has_value()) {
    EXPECT_NEAR(*a.design_effect, *b.design_effect, 1e3 * tolerance * (1 + *b.design_effect));
  }
}

class StatisticProperty : public testing::TestWithParam<StatisticKind> {
 protected:
  static Statistic Of(const RandomSample& s) {
    const StatisticKind kind = GetParam();
    return {kind, kind == StatisticKind::kProportion ? s.share : s.y, s.x};
  }
  static Estimates Compute(const RandomSample& s, const Sample& sample, int threads) {
    const std::vector<design::Factor> factors = {s.group, s.cell};
    auto estimates = Estimates::Compute(sample, Of(s), *Domains::Cross(s.rows(), factors), threads);
    EXPECT_TRUE(estimates.ok()) << estimates.status();
    return *std::move(estimates);
  }
};

TEST_P(StatisticProperty, TheOrderOfRowsDoesNotMatter) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  for (int round = 0; round < 20; ++round) {
    const RandomSample s = RandomSample::Make(engine);
    std::vector<size_t> order(s.rows());
    std::iota(order.begin(), order.end(), size_t{0});
    std::shuffle(order.begin(), order.end(), engine);
    const RandomSample other = s.Permuted(order);
    for (const bool calibrated : {false, true}) {
      const Estimates a = Compute(s, calibrated ? s.ToPostStratified(70, 90) : s.ToSample(), 1);
      const Estimates b =
          Compute(other, calibrated ? other.ToPostStratified(70, 90) : other.ToSample(), 1);
      for (size_t d = 0; d < a.by_domain().size(); ++d) {
        ExpectEqual(a.by_domain()[d], b.by_domain()[d], 1e-11);
      }
    }
  }
}

TEST_P(StatisticProperty, WeightsTimesAConstantMultiplyTotalsAndLeaveTheRest) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  for (int round = 0; round < 20; ++round) {
    const RandomSample s = RandomSample::Make(engine);
    RandomSample scaled = s;
    for (double& weight : scaled.weights) weight *= 3.7;
    const Estimates a = Compute(s, s.ToSample(), 1);
    const Estimates b = Compute(scaled, scaled.ToSample(), 1);
    const double factor = GetParam() == StatisticKind::kTotal ? 3.7 : 1;
    for (size_t d = 0; d < a.by_domain().size(); ++d) {
      ExpectEqual(a.by_domain()[d], b.by_domain()[d], 1e-11, factor);
    }
  }
}

TEST_P(StatisticProperty, ADomainOfAllIsTheWhole) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  const RandomSample s = RandomSample::Make(engine);
  const Sample sample = s.ToSample();
  const std::vector<design::Factor> one = {
      {"one", {"none", "all"}, std::vector<uint32_t>(s.rows(), 1)}};
  const auto by_one = Estimates::Compute(sample, Of(s), *Domains::Cross(s.rows(), one), 1);
  const auto whole = Estimates::Compute(sample, Of(s), Domains::Whole(s.rows()), 1);
  ASSERT_TRUE(by_one.ok() && whole.ok());
  EXPECT_FALSE(by_one->by_domain()[0].defined);
  ASSERT_TRUE(by_one->by_domain()[1].defined);
  ExpectEqual(by_one->by_domain()[1], whole->by_domain()[0], 0);
}

TEST_P(StatisticProperty, AnyNumberOfThreadsGivesTheSameBits) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  RandomSample s = RandomSample::Make(engine);
  // More domains than a block of work.
  s.group.levels.resize(40);
  for (uint32_t& code : s.group.codes) code = static_cast<uint32_t>(engine() % 40);
  for (const bool calibrated : {false, true}) {
    const Sample sample = calibrated ? s.ToPostStratified(70, 90) : s.ToSample();
    const Estimates one = Compute(s, sample, 1);
    for (const int threads : {2, 3, 7}) {
      const Estimates several = Compute(s, sample, threads);
      for (size_t d = 0; d < one.by_domain().size(); ++d) {
        ExpectEqual(one.by_domain()[d], several.by_domain()[d], 0);
      }
    }
  }
}

std::string KindName(const testing::TestParamInfo<StatisticKind>& kind) {
  constexpr const char* kNames[] = {"Total", "Mean", "Proportion", "Ratio"};
  return kNames[static_cast<size_t>(kind.param)];
}

INSTANTIATE_TEST_SUITE_P(Kinds, StatisticProperty,
                         testing::Values(StatisticKind::kTotal, StatisticKind::kMean,
                                         StatisticKind::kProportion, StatisticKind::kRatio),
                         KindName);

}  // namespace
}  // namespace hailong::estimate
