// Estimates and Taylor variances by domain against a slow computation that follows the definitions
// with a variable as long as the sample for each domain. It shares no code with what it tests.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "analysis/estimate/sample_for_test.h"
#include "analysis/estimate/statistic.h"

namespace hailong::estimate {
namespace {

struct Oracle {
  size_t n = 0;
  double value = 0;
  double variance = 0;
  double simple_variance = 0;
  double degrees = 0;
  std::set<uint32_t> clusters;
  bool in_full = true;
};

double OracleVariance(const RandomSample& s, const std::vector<double>& u) {
  std::map<uint32_t, std::map<uint32_t, double>> totals;
  std::map<uint32_t, double> population;
  for (size_t r = 0; r < u.size(); ++r) {
    totals[s.strata[r]][s.clusters[r]] += u[r];
    population[s.strata[r]] = s.population[r];
  }
  double variance = 0;
  for (const auto& [stratum, clusters] : totals) {
    const double n = static_cast<double>(clusters.size());
    double mean = 0;
    for (const auto& [_, total] : clusters) mean += total / n;
    for (const auto& [_, total] : clusters) {
      variance += (1 - n / population[stratum]) * n / (n - 1) * (total - mean) * (total - mean);
    }
  }
  return variance;
}

Oracle Compute(const RandomSample& s, const Sample& sample, const Statistic& statistic,
               uint32_t group, bool calibrated) {
  const size_t rows = s.rows();
  const bool is_ratio = statistic.kind == StatisticKind::kRatio;
  const bool is_total = statistic.kind == StatisticKind::kTotal;
  std::vector<bool> inside(rows);
  Oracle oracle;
  double weight = 0, y = 0, x = 0;
  std::set<uint32_t> strata;
  for (size_t r = 0; r < rows; ++r) {
    inside[r] = s.group.codes[r] == group && sample.weights[r] > 0 && !std::isnan(statistic.y[r]) &&
                (!is_ratio || !std::isnan(statistic.x[r]));
    if (!inside[r]) continue;
    ++oracle.n;
    weight += sample.weights[r];
    y += sample.weights[r] * statistic.y[r];
    x += sample.weights[r] * (is_ratio ? statistic.x[r] : 1);
    oracle.clusters.insert(s.clusters[r]);
    strata.insert(s.strata[r]);
    const double drawn = static_cast<double>([&] {
      std::set<uint32_t> in_stratum;
      for (size_t k = 0; k < rows; ++k) {
        if (s.strata[k] == s.strata[r]) in_stratum.insert(s.clusters[k]);
      }
      return in_stratum.size();
    }());
    oracle.in_full = oracle.in_full && drawn == s.population[r];
  }
  if (oracle.n == 0) return oracle;
  oracle.degrees = static_cast<double>(oracle.clusters.size()) - static_cast<double>(strata.size());
  oracle.value = is_total ? y : y / x;
  std::vector<double> z(rows);
  double squares = 0;
  for (size_t r = 0; r < rows; ++r) {
    if (!inside[r]) continue;
    z[r] = is_total   ? statistic.y[r]
           : is_ratio ? (statistic.y[r] - oracle.value * statistic.x[r]) / x
                      : (statistic.y[r] - oracle.value) / x;
    const double centred = is_total ? z[r] - y / weight : z[r];
    squares += sample.weights[r] * centred * centred;
  }
  const double n = static_cast<double>(oracle.n);
  const double s2 = n / (n - 1) * squares / weight;
  oracle.simple_variance = weight * weight * s2 / n;
  std::vector<double> u(rows);
  for (size_t r = 0; r < rows; ++r) {
    double mean = 0;
    if (calibrated) {
      double of_z = 0, of_d = 0;
      for (size_t k = 0; k < rows; ++k) {
        if (s.cell.codes[k] != s.cell.codes[r]) continue;
        of_z += s.weights[k] * z[k];
        of_d += s.weights[k];
      }
      mean = of_z / of_d;
    }
    u[r] = sample.weights[r] * (z[r] - mean);
  }
  oracle.variance = OracleVariance(s, u);
  return oracle;
}

TEST(TaylorOracle, AgreesByDomainWithAndWithoutCalibration) {
  const uint64_t seed = PrintedSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 engine(seed);
  int compared = 0, without_error = 0, empty = 0;
  for (int round = 0; round < 40; ++round) {
    const RandomSample s = RandomSample::Make(engine);
    const std::vector<design::Factor> factors = {s.group};
    const auto domains = Domains::Cross(s.rows(), factors);
    ASSERT_TRUE(domains.ok()) << domains.status();
    for (const bool calibrated : {false, true}) {
      const Sample sample = calibrated ? s.ToPostStratified(120, 75) : s.ToSample();
      const Statistic statistics[] = {{StatisticKind::kTotal, s.y},
                                      {StatisticKind::kMean, s.y},
                                      {StatisticKind::kProportion, s.share},
                                      {StatisticKind::kRatio, s.y, s.x}};
      for (const Statistic& statistic : statistics) {
        const auto estimates = Estimates::Compute(sample, statistic, *domains, 2);
        ASSERT_TRUE(estimates.ok()) << estimates.status();
        for (uint32_t g = 0; g < s.group.levels.size(); ++g) {
          SCOPED_TRACE(testing::Message()
                       << "case " << round << ", calibrated " << calibrated << ", kind "
                       << static_cast<int>(statistic.kind) << ", group " << g);
          const DomainEstimate& ours = estimates->by_domain()[g];
          const Oracle oracle = Compute(s, sample, statistic, g, calibrated);
          ASSERT_EQ(ours.n, oracle.n);
          ASSERT_EQ(ours.defined, oracle.n > 0);
          if (!ours.defined) {
            ++empty;
            EXPECT_FALSE(ours.standard_error.has_value());
            continue;
          }
          EXPECT_NEAR(ours.value, oracle.value, 1e-12 * (1 + std::abs(oracle.value)));
          EXPECT_EQ(ours.degrees_of_freedom, oracle.degrees);
          EXPECT_EQ(ours.taken_in_full, oracle.in_full);
          ASSERT_EQ(ours.standard_error.has_value(), oracle.clusters.size() > 1 || oracle.in_full);
          if (!ours.standard_error.has_value()) {
            ++without_error;
            EXPECT_FALSE(ours.design_effect.has_value());
            continue;
          }
          ++compared;
          const double variance = *ours.standard_error * *ours.standard_error;
          const double noise = 1e-26 * (1 + oracle.value * oracle.value);
          EXPECT_NEAR(variance, oracle.variance, 1e-11 * oracle.variance + noise);
          if (!ours.design_effect.has_value()) {
            EXPECT_LT(oracle.n == 1 ? 0 : oracle.simple_variance, noise);
            continue;
          }
          EXPECT_NEAR(*ours.design_effect, oracle.variance / oracle.simple_variance,
                      1e-10 * (1 + *ours.design_effect));
          if (ours.n_effective.has_value()) {
            EXPECT_NEAR(*ours.n_effective * *ours.design_effect, static_cast<double>(oracle.n),
                        1e-9);
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(without_error, 0);
  EXPECT_GE(empty, 40 * 2 * 4);
}

}  // namespace
}  // namespace hailong::estimate
