#include "analysis/estimate/quantile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/estimate/intervals.h"
#include "analysis/estimate/sample_for_test.h"
#include "analysis/estimate/statistic.h"

namespace hailong::estimate {
namespace {

using ::testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Quantile OfRows(const std::vector<double>& y, double probability,
                std::vector<double> weights = {}) {
  design::Sampling sampling;
  sampling.rows = y.size();
  sampling.weights = std::move(weights);
  const Sample sample = Unadjusted(*design::Design::Create(std::move(sampling)));
  const auto quantiles =
      Quantiles(sample, y, Domains::Whole(y.size()), std::span(&probability, 1), 0.95, 1);
  EXPECT_TRUE(quantiles.ok()) << quantiles.status();
  return quantiles->front().front();
}

TEST(Quantile, IsTheSmallestValueWithEnoughBelow) {
  EXPECT_EQ(OfRows({5, 1, 3, 2, 4}, 0.5).value, 3);
  EXPECT_EQ(OfRows({5, 1, 3, 2}, 0.5).value, 2);
  EXPECT_EQ(OfRows({5, 1, 3, 2}, 0.51).value, 3);
  EXPECT_EQ(OfRows({5, 1, 3, 2}, 0.01).value, 1);
  EXPECT_EQ(OfRows({5, 1, 3, 2}, 0.99).value, 5);
  EXPECT_EQ(OfRows({5, 1, kMissing, 3, 2, 0}, 0.3, {4, 1, 1, 1, 1, 0}).value, 3);
}

TEST(Quantile, ATieIsNotLeftToRounding) {
  // Ten times 0.1 is not 1 in doubles, five of them are half of it all the same.
  EXPECT_EQ(OfRows({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.5, std::vector<double>(10, 0.1)).value, 5);
  EXPECT_EQ(OfRows({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.3, std::vector<double>(10, 0.1)).value, 3);
}

TEST(Quantile, TheIntervalIsThatOfTheShareTakenBack) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  int with_interval = 0;
  for (int round = 0; round < 30; ++round) {
    const RandomSample s = RandomSample::Make(engine);
    const Sample sample = round % 2 == 0 ? s.ToSample() : s.ToPostStratified(60, 60);
    const Domains whole = Domains::Whole(s.rows());
    const double probabilities[] = {0.25, 0.5, 0.8};
    const auto quantiles = Quantiles(sample, s.y, whole, probabilities, 0.9, 2);
    ASSERT_TRUE(quantiles.ok()) << quantiles.status();
    // By the definitions, with a share for every value.
    const auto share_below = [&](double value) {
      double below = 0, all = 0;
      for (size_t r = 0; r < s.rows(); ++r) {
        if (std::isnan(s.y[r])) continue;
        all += sample.weights[r];
        if (s.y[r] <= value) below += sample.weights[r];
      }
      return below / all;
    };
    const auto invert = [&](double share) {
      double best = std::numeric_limits<double>::infinity();
      for (size_t r = 0; r < s.rows(); ++r) {
        if (sample.weights[r] > 0 && s.y[r] < best && share_below(s.y[r]) >= share - 1e-12) {
          best = s.y[r];
        }
      }
      return best;
    };
    for (size_t p = 0; p < 3; ++p) {
      const Quantile& ours = quantiles->front()[p];
      ASSERT_TRUE(ours.defined);
      EXPECT_EQ(ours.value, invert(probabilities[p]));
      std::vector<double> at_most;
      for (const double y : s.y) at_most.push_back(std::isnan(y) ? y : y <= ours.value);
      const auto share =
          Estimates::Compute(sample, {StatisticKind::kProportion, at_most}, whole, 1);
      ASSERT_TRUE(share.ok());
      const auto interval = IntervalOf(IntervalKind::kT, share->by_domain().front(), 0.9);
      ASSERT_TRUE(interval.has_value());
      EXPECT_EQ(ours.low.has_value(), interval->low >= 0);
      EXPECT_EQ(ours.high.has_value(), interval->high <= 1);
      if (ours.low.has_value()) {
        EXPECT_EQ(*ours.low, invert(interval->low));
      }
      if (ours.high.has_value()) {
        EXPECT_EQ(*ours.high, invert(interval->high));
      }
      ASSERT_EQ(ours.standard_error.has_value(), ours.low.has_value() && ours.high.has_value());
      if (!ours.standard_error.has_value()) continue;
      ++with_interval;
      EXPECT_DOUBLE_EQ(*ours.standard_error,
                       (*ours.high - *ours.low) / (2 * TQuantile(0.9, ours.degrees_of_freedom)));
    }
  }
  EXPECT_GT(with_interval, 40);
}

TEST(Quantile, OfEqualAnswersIsExactAndOfOneRespondentIsNot) {
  const Quantile equal = OfRows({2, 2, 2}, 0.5);
  EXPECT_EQ(equal.value, 2);
  EXPECT_EQ(*equal.low, 2);
  EXPECT_EQ(*equal.high, 2);
  EXPECT_EQ(*equal.standard_error, 0);
  const Quantile lone = OfRows({kMissing, 2, kMissing}, 0.5);
  EXPECT_EQ(lone.value, 2);
  EXPECT_FALSE(lone.low.has_value() || lone.high.has_value() || lone.standard_error.has_value());
  EXPECT_FALSE(OfRows({kMissing, kMissing}, 0.5).defined);
}

TEST(Quantile, RefusesWhatCannotBe) {
  design::Sampling sampling;
  sampling.rows = 2;
  const Sample sample = Unadjusted(*design::Design::Create(std::move(sampling)));
  const auto message = [&](std::vector<double> y, double probability) {
    const auto quantiles =
        Quantiles(sample, y, Domains::Whole(2), std::span(&probability, 1), 0.95, 1);
    return std::string(quantiles.status().message());
  };
  EXPECT_THAT(message({1}, 0.5), HasSubstr("y: 1 values for 2 rows"));
  EXPECT_THAT(message({1, -std::numeric_limits<double>::infinity()}, 0.5),
              HasSubstr("row 2: y is -inf"));
  EXPECT_THAT(message({1, 2}, 1.0), HasSubstr("probability 1; allowed: above 0 and below 1"));
}

}  // namespace
}  // namespace hailong::estimate
