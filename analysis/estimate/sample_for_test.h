// Random samples for tests: strata of clusters, missing answers, zero weights, domains.
//
// Threads: pure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "analysis/estimate/sample.h"

namespace hailong::estimate {

inline uint64_t PrintedSeed() {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// Columns by row.
struct RandomSample {
  std::vector<uint32_t> strata;
  std::vector<uint32_t> clusters;
  std::vector<double> population;
  std::vector<double> weights;
  std::vector<double> y;
  std::vector<double> x;
  std::vector<double> share;
  design::Factor group;
  design::Factor cell;

  size_t rows() const { return weights.size(); }

  static RandomSample Make(std::mt19937_64& engine) {
    const auto below = [&](uint64_t bound) { return static_cast<uint32_t>(engine() % bound); };
    std::normal_distribution<double> normal;
    const double missing = std::numeric_limits<double>::quiet_NaN();
    RandomSample s;
    s.group = {"group", {"a", "b", "c", "lone", "none"}, {}};
    s.cell = {"cell", {"p", "q"}, {}};
    const uint32_t strata = 2 + below(4);
    uint32_t cluster = 0;
    for (uint32_t h = 0; h < strata; ++h) {
      const uint32_t drawn = 2 + below(5);
      const double population = below(4) == 0 ? drawn : drawn + 1 + below(20);
      for (uint32_t i = 0; i < drawn; ++i, ++cluster) {
        const double effect = normal(engine);
        for (uint32_t k = 0, rows = 1 + below(6); k < rows; ++k) {
          s.strata.push_back(h);
          s.clusters.push_back(cluster);
          s.population.push_back(population);
          s.weights.push_back(below(12) == 0 ? 0 : 1 + below(30) / 7.0);
          s.y.push_back(below(9) == 0 ? missing : 3 + effect + normal(engine));
          s.x.push_back(below(9) == 0 ? missing : 2 + below(5));
          s.share.push_back(below(9) == 0 ? missing : below(2));
          s.group.codes.push_back(below(8) == 0 ? design::Factor::kMissing : below(3));
          s.cell.codes.push_back(below(2));
        }
      }
    }
    // One row has a level to itself, none has the last; some have no level.
    s.group.codes[0] = 3;
    s.weights[0] = 2.5;
    s.y[0] = s.x[0] = 4;
    s.share[0] = 1;
    return s;
  }

  // The rows in another order.
  RandomSample Permuted(const std::vector<size_t>& order) const {
    RandomSample s = *this;
    const auto permute = [&](const auto& from, auto& to) {
      for (size_t r = 0; r < order.size(); ++r) to[r] = from[order[r]];
    };
    permute(strata, s.strata);
    permute(clusters, s.clusters);
    permute(population, s.population);
    permute(weights, s.weights);
    permute(y, s.y);
    permute(x, s.x);
    permute(share, s.share);
    permute(group.codes, s.group.codes);
    permute(cell.codes, s.cell.codes);
    return s;
  }

  Sample ToSample() const {
    design::Sampling sampling;
    sampling.rows = rows();
    sampling.weights = weights;
    design::Stage stage;
    stage.strata = {"stratum", std::vector<std::string>(1 + strata.back() + 64), strata};
    stage.units = {"cluster", std::vector<std::string>(rows()), clusters};
    stage.population = population;
    sampling.stages.push_back(std::move(stage));
    auto design = design::Design::Create(std::move(sampling));
    EXPECT_TRUE(design.ok()) << design.status();
    return Unadjusted(*std::move(design));
  }

  // The weights after post-stratification of `cell` to given totals, and the residual that belongs
  // to it: z less its mean in the cell, weighted by the design.
  Sample ToPostStratified(double total_p, double total_q) const {
    Sample sample = ToSample();
    const double totals[] = {total_p, total_q};
    double sums[] = {0, 0};
    for (size_t r = 0; r < rows(); ++r) sums[cell.codes[r]] += weights[r];
    for (size_t r = 0; r < rows(); ++r) {
      sample.weights[r] *= totals[cell.codes[r]] / sums[cell.codes[r]];
    }
    sample.residualise = [weights = weights, codes = cell.codes](std::span<double> z) {
      double of_z[] = {0, 0};
      double of_d[] = {0, 0};
      for (size_t r = 0; r < z.size(); ++r) {
        of_z[codes[r]] += weights[r] * z[r];
        of_d[codes[r]] += weights[r];
      }
      for (size_t r = 0; r < z.size(); ++r) z[r] -= of_z[codes[r]] / of_d[codes[r]];
    };
    return sample;
  }
};

}  // namespace hailong::estimate
