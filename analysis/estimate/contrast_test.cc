#include "analysis/estimate/contrast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/estimate/sample_for_test.h"

namespace hailong::estimate {
namespace {

using ::testing::HasSubstr;

struct Case {
  RandomSample data;
  Sample sample;
  Estimates means;
  Estimates totals;
  Estimates ratios;

  static Case Make(std::mt19937_64& engine, bool calibrated) {
    RandomSample s = RandomSample::Make(engine);
    Sample sample = calibrated ? s.ToPostStratified(200, 90) : s.ToSample();
    const std::vector<design::Factor> factors = {s.group};
    const auto domains = Domains::Cross(s.rows(), factors);
    const auto compute = [&](StatisticKind kind) {
      return *Estimates::Compute(sample, {kind, s.y, s.x}, *domains, 1);
    };
    Estimates means = compute(StatisticKind::kMean);
    Estimates totals = compute(StatisticKind::kTotal);
    Estimates ratios = compute(StatisticKind::kRatio);
    return {std::move(s), std::move(sample), std::move(means), std::move(totals),
            std::move(ratios)};
  }
};

class ContrastOfRandomSamples : public testing::Test {
 protected:
  // Where both of two domains have a standard error.
  template <typename Check>
  void ForEachCase(const Check& check) {
    const uint64_t seed = PrintedSeed();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 engine(seed);
    int checked = 0;
    for (int round = 0; round < 40; ++round) {
      const Case c = Case::Make(engine, round % 2 == 1);
      if (!c.ratios.by_domain()[0].standard_error.has_value() ||
          !c.ratios.by_domain()[1].standard_error.has_value()) {
        continue;
      }
      ++checked;
      check(c);
    }
    EXPECT_GT(checked, 20);
  }
};

TEST_F(ContrastOfRandomSamples, ADifferenceHasTheVarianceOfItsCovarianceMatrix) {
  ForEachCase([](const Case& c) {
    const Term terms[] = {{&c.means, 0}, {&c.means, 1}};
    const auto covariance = Covariance(c.sample, terms);
    const auto difference = Difference(c.sample, terms[0], terms[1]);
    ASSERT_TRUE(covariance.ok() && difference.ok());
    const auto& by_domain = c.means.by_domain();
    EXPECT_DOUBLE_EQ(difference->value, by_domain[0].value - by_domain[1].value);
    const double variance = (*covariance)[0] + (*covariance)[3] - 2 * (*covariance)[1];
    EXPECT_NEAR(*difference->standard_error * *difference->standard_error, variance,
                1e-12 * (1 + (*covariance)[0] + (*covariance)[3]));
    EXPECT_NEAR((*covariance)[0], std::pow(*by_domain[0].standard_error, 2), 1e-12);
    EXPECT_EQ((*covariance)[1], (*covariance)[2]);
  });
}

TEST_F(ContrastOfRandomSamples, ADifferenceToItselfIsExact) {
  ForEachCase([](const Case& c) {
    const auto none = Difference(c.sample, {&c.totals, 0}, {&c.totals, 0});
    ASSERT_TRUE(none.ok());
    EXPECT_EQ(none->value, 0);
    EXPECT_EQ(*none->standard_error, 0);
  });
}

// A mean is a ratio of totals, whichever way its error is found.
TEST_F(ContrastOfRandomSamples, AFunctionOfTotalsHasTheErrorOfTheEstimateItIs) {
  ForEachCase([](const Case& c) {
    std::vector<double> ones(c.data.rows(), 1.0);
    for (size_t r = 0; r < ones.size(); ++r) {
      if (std::isnan(c.data.y[r])) ones[r] = c.data.y[r];
    }
    const std::vector<design::Factor> factors = {c.data.group};
    const auto counts = Estimates::Compute(c.sample, {StatisticKind::kTotal, ones},
                                           *Domains::Cross(ones.size(), factors), 1);
    ASSERT_TRUE(counts.ok());
    const Term terms[] = {{&c.totals, 0}, {&*counts, 0}};
    const double y = c.totals.by_domain()[0].value;
    const double n = counts->by_domain()[0].value;
    const double gradient[] = {1 / n, -y / (n * n)};
    const auto mean = Combine(c.sample, terms, y / n, gradient);
    ASSERT_TRUE(mean.ok());
    const DomainEstimate& direct = c.means.by_domain()[0];
    EXPECT_NEAR(mean->value, direct.value, 1e-12);
    EXPECT_NEAR(*mean->standard_error, *direct.standard_error, 1e-11);
    EXPECT_EQ(mean->degrees_of_freedom, direct.degrees_of_freedom);
  });
}

TEST(Contrast, WithoutDataIsNotDefined) {
  std::mt19937_64 engine(7);
  const Case c = Case::Make(engine, false);
  // The last level has no rows.
  const auto difference = Difference(c.sample, {&c.means, 0}, {&c.means, 4});
  ASSERT_TRUE(difference.ok());
  EXPECT_FALSE(difference->defined);
  EXPECT_FALSE(difference->standard_error.has_value());
  const Term terms[] = {{&c.means, 0}, {&c.means, 4}};
  EXPECT_THAT(std::string(Covariance(c.sample, terms).status().message()),
              HasSubstr("term 2: no data"));
}

TEST(Contrast, WithATermOfUnknownErrorHasAValueOnly) {
  design::Sampling sampling;
  sampling.rows = 4;
  const Sample sample = Unadjusted(*design::Design::Create(std::move(sampling)));
  const std::vector<double> y = {1, 2, 4, 9};
  const std::vector<design::Factor> factors = {{"group", {"a", "b"}, {0, 0, 0, 1}}};
  const auto means =
      Estimates::Compute(sample, {StatisticKind::kMean, y}, *Domains::Cross(4, factors), 1);
  ASSERT_TRUE(means.ok());
  const auto difference = Difference(sample, {&*means, 1}, {&*means, 0});
  ASSERT_TRUE(difference.ok());
  EXPECT_TRUE(difference->defined);
  EXPECT_DOUBLE_EQ(difference->value, 9 - 7.0 / 3);
  EXPECT_FALSE(difference->standard_error.has_value());
  const Term terms[] = {{&*means, 1}};
  EXPECT_THAT(std::string(Covariance(sample, terms).status().message()),
              HasSubstr("term 1: its error is not known"));
}

TEST(Contrast, OfIndependentSamplesAddsVariances) {
  DomainEstimate a, b;
  a.defined = b.defined = true;
  a.value = 7;
  b.value = 5;
  a.standard_error = 3;
  b.standard_error = 4;
  a.degrees_of_freedom = 10;
  b.degrees_of_freedom = 20;
  const Contrast difference = IndependentDifference(a, b);
  EXPECT_EQ(difference.value, 2);
  EXPECT_DOUBLE_EQ(*difference.standard_error, 5);
  EXPECT_DOUBLE_EQ(difference.degrees_of_freedom, 625 / (81.0 / 10 + 256.0 / 20));
  b.standard_error.reset();
  EXPECT_FALSE(IndependentDifference(a, b).standard_error.has_value());
  b.defined = false;
  EXPECT_FALSE(IndependentDifference(a, b).defined);
}

}  // namespace
}  // namespace hailong::estimate
