// Weighting steps on random samples, beside a slow oracle that shares no code, and what must hold
// whatever the sample is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "analysis/weighting/adjust.h"

namespace hailong::weighting {
namespace {

using design::Factor;
using Matrix = std::vector<std::vector<long double>>;

// A sample, and a population that it can be weighted to: totals are those of other positive
// weights.
struct Case {
  std::vector<double> weights;
  Raking raking;
  std::vector<Covariate> covariates;
  std::vector<double> z;
};

Case MakeCase(uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto below = [&](uint64_t bound) { return static_cast<uint32_t>(engine() % bound); };
  Case made;
  const size_t rows = 60 + below(400);
  std::vector<double> other;
  for (size_t r = 0; r < rows; ++r) {
    made.weights.push_back(below(12) == 0 ? 0 : 1 + below(1000) / 50.0);
    other.push_back(made.weights.back() * (0.8 + below(1000) / 2000.0));
    made.z.push_back(below(1000) / 10.0);
  }
  const size_t margins = 1 + below(3);
  for (size_t m = 0; m < margins; ++m) {
    Margin margin{.factor = {.name = "m" + std::to_string(m), .levels = {}, .codes = {}},
                  .population = std::vector<double>(2 + below(5), 0)};
    for (size_t l = 0; l < margin.population.size(); ++l) {
      margin.factor.levels.push_back("l" + std::to_string(l));
    }
    for (size_t r = 0; r < rows; ++r) {
      margin.factor.codes.push_back(below(margin.population.size()));
      margin.population[margin.factor.codes[r]] += other[r];
    }
    made.raking.margins.push_back(std::move(margin));
  }
  const double units[] = {1, 1e4, 1e-3};
  for (size_t j = 0; j < 3; ++j) {
    Covariate covariate{.name = "x" + std::to_string(j), .values = {}, .total = 0};
    for (size_t r = 0; r < rows; ++r) {
      covariate.values.push_back(j == 0 ? 1 : units[j] * (10 + below(1000) / 100.0));
      covariate.total += other[r] * covariate.values[r];
    }
    made.covariates.push_back(std::move(covariate));
  }
  return made;
}

// Gauss-Jordan with full pivoting of A x = b; what is redundant is 0.
std::vector<long double> Solve(Matrix a, std::vector<long double> b) {
  const size_t n = b.size();
  std::vector<size_t> pivot_of_row(n, n);
  std::vector<bool> used(n, false);
  long double largest = 0;
  for (const auto& row : a) {
    for (const long double x : row) largest = std::max(largest, std::abs(x));
  }
  for (size_t step = 0; step < n; ++step) {
    size_t row = n, column = n;
    long double best = largest * 1e-13L;
    for (size_t i = 0; i < n; ++i) {
      if (pivot_of_row[i] != n) continue;
      for (size_t j = 0; j < n; ++j) {
        if (used[j] || std::abs(a[i][j]) <= best) continue;
        best = std::abs(a[i][j]);
        row = i;
        column = j;
      }
    }
    if (row == n) break;
    pivot_of_row[row] = column;
    used[column] = true;
    for (size_t i = 0; i < n; ++i) {
      if (i == row) continue;
      const long double factor = a[i][column] / a[row][column];
      for (size_t j = 0; j < n; ++j) a[i][j] -= factor * a[row][j];
      b[i] -= factor * b[row];
    }
  }
  std::vector<long double> x(n, 0);
  for (size_t i = 0; i < n; ++i) {
    if (pivot_of_row[i] != n) x[pivot_of_row[i]] = b[i] / a[i][pivot_of_row[i]];
  }
  return x;
}

// Residual of z from the columns, brought to one length, by the normal equations under d.
std::vector<double> Residual(Matrix columns, const std::vector<double>& d,
                             const std::vector<double>& z) {
  const size_t k = columns.size();
  for (auto& column : columns) {
    long double squares = 0;
    for (size_t r = 0; r < z.size(); ++r) squares += d[r] * column[r] * column[r];
    if (squares == 0) continue;
    for (long double& value : column) value /= std::sqrt(squares);
  }
  Matrix a(k, std::vector<long double>(k, 0));
  std::vector<long double> b(k, 0);
  for (size_t i = 0; i < k; ++i) {
    for (size_t r = 0; r < z.size(); ++r) {
      b[i] += d[r] * columns[i][r] * z[r];
      for (size_t j = 0; j < k; ++j) a[i][j] += d[r] * columns[i][r] * columns[j][r];
    }
  }
  const std::vector<long double> slopes = Solve(a, b);
  std::vector<double> residual;
  for (size_t r = 0; r < z.size(); ++r) {
    long double rest = z[r];
    for (size_t i = 0; i < k; ++i) rest -= slopes[i] * columns[i][r];
    residual.push_back(static_cast<double>(rest));
  }
  return residual;
}

Matrix DummiesOf(const std::vector<Margin>& margins) {
  Matrix columns;
  for (const Margin& margin : margins) {
    for (size_t l = 0; l < margin.population.size(); ++l) {
      columns.emplace_back();
      for (const uint32_t code : margin.factor.codes) columns.back().push_back(code == l ? 1 : 0);
    }
  }
  return columns;
}

Matrix ColumnsOf(const std::vector<Covariate>& covariates) {
  Matrix columns;
  for (const Covariate& covariate : covariates) {
    columns.emplace_back(covariate.values.begin(), covariate.values.end());
  }
  return columns;
}

// By rows, in long double, for a fixed number of cycles.
std::vector<double> Rake(const Case& made) {
  std::vector<long double> w(made.weights.begin(), made.weights.end());
  for (int cycle = 0; cycle < 400; ++cycle) {
    for (const Margin& margin : made.raking.margins) {
      std::vector<long double> sums(margin.population.size(), 0);
      for (size_t r = 0; r < w.size(); ++r) sums[margin.factor.codes[r]] += w[r];
      for (size_t r = 0; r < w.size(); ++r) {
        w[r] *= margin.population[margin.factor.codes[r]] / sums[margin.factor.codes[r]];
      }
    }
  }
  return {w.begin(), w.end()};
}

// All that are not trimmed yet get the same; repeated.
std::vector<double> Trim(std::vector<double> w, double lower, double upper) {
  std::vector<bool> trimmed(w.size(), false);
  for (;;) {
    long double excess = 0;
    size_t free = 0;
    bool any = false;
    for (size_t r = 0; r < w.size(); ++r) {
      if (trimmed[r] || w[r] == 0) continue;
      const double cut = std::min(std::max(w[r], lower), upper);
      trimmed[r] = cut != w[r];
      any = any || trimmed[r];
      free += trimmed[r] ? 0 : 1;
      excess += w[r] - cut;
      w[r] = cut;
    }
    if (!any) return w;
    for (size_t r = 0; r < w.size(); ++r) {
      if (!trimmed[r] && w[r] != 0) w[r] += static_cast<double>(excess) / static_cast<double>(free);
    }
  }
}

void ExpectClose(const std::vector<double>& ours, const std::vector<double>& theirs,
                 double tolerance) {
  ASSERT_EQ(ours.size(), theirs.size());
  double size = 0;
  for (const double value : theirs) size = std::max(size, std::abs(value));
  for (size_t r = 0; r < ours.size(); ++r) {
    ASSERT_NEAR(ours[r], theirs[r], tolerance * size) << "row " << r;
  }
}

// Residuals have no meaning where there is no weight.
std::vector<double> WhereWeighted(std::vector<double> z, const std::vector<double>& weights) {
  for (size_t r = 0; r < z.size(); ++r) z[r] = weights[r] != 0 ? z[r] : 0;
  return z;
}

class AdjustOracle : public testing::Test {
 protected:
  static constexpr int kCases = 40;
  const uint64_t seed_ = std::random_device()();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(seed_)};
};

TEST_F(AdjustOracle, RakingIsThatByRowsAndItsResidualsThoseOfTheDummies) {
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    const auto adjustment = Adjustment::Create(made.weights.size(), {made.raking});
    ASSERT_TRUE(adjustment.ok()) << adjustment.status();
    const auto weighted = adjustment->Apply(made.weights);
    ASSERT_TRUE(weighted.ok()) << weighted.status();
    ExpectClose(weighted->weights(), Rake(made), 1e-10);
    EXPECT_LE(weighted->reports()[0].margin_error_max, 1e-11);
    std::vector<double> z = made.z;
    weighted->Residualise(z);
    ExpectClose(
        WhereWeighted(z, made.weights),
        WhereWeighted(Residual(DummiesOf(made.raking.margins), made.weights, made.z), made.weights),
        1e-9);
  }
}

// F of each distance, turned around: u = x'lambda must be a combination of the covariates.
double Inverse(const Calibration& step, double g) {
  switch (step.distance) {
    case Distance::kLinear:
      return g - 1;
    case Distance::kRaking:
      return std::log(g);
    case Distance::kLogit:
      break;
  }
  const double low = *step.lower, high = *step.upper;
  const double a = (high - low) / ((1 - low) * (high - 1));
  return std::log((g - low) * (high - 1) / ((high - g) * (1 - low))) / a;
}

TEST_F(AdjustOracle, CalibrationMeetsItsTotalsWithFactorsOfItsDistance) {
  size_t cut = 0;
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    for (const Distance distance : {Distance::kLinear, Distance::kRaking, Distance::kLogit}) {
      for (const bool bounded : {false, true}) {
        Calibration step{.covariates = made.covariates, .distance = distance};
        if (bounded || distance == Distance::kLogit) {
          step.lower = 0.6;
          step.upper = 1.6;
        }
        // So that some rows are at the bound.
        if (bounded && distance != Distance::kLogit) step.upper = 1.07;
        const auto adjustment = Adjustment::Create(made.weights.size(), {step});
        const auto weighted = adjustment->Apply(made.weights);
        if (bounded && !weighted.ok()) continue;  // There may be no such weights.
        ASSERT_TRUE(weighted.ok()) << weighted.status();
        EXPECT_LE(weighted->reports()[0].margin_error_max, 1e-10);
        // Away from the bounds, u has no residual from the covariates.
        std::vector<double> inside, u;
        for (size_t r = 0; r < made.weights.size(); ++r) {
          const double g = made.weights[r] == 0 ? 1 : weighted->weights()[r] / made.weights[r];
          const bool at_bound =
              bounded && distance != Distance::kLogit && (g >= 1.07 - 1e-9 || g <= 0.6 + 1e-9);
          if (bounded) {
            EXPECT_TRUE(g <= *step.upper + 1e-12 && g >= *step.lower - 1e-12) << g;
          }
          inside.push_back(at_bound ? 0 : made.weights[r]);
          u.push_back(at_bound ? 0 : Inverse(step, g));
          cut += at_bound ? 1 : 0;
        }
        const std::vector<double> rest = Residual(ColumnsOf(made.covariates), inside, u);
        for (size_t r = 0; r < rest.size(); ++r) {
          if (inside[r] != 0) {
            EXPECT_NEAR(rest[r], 0, 1e-9) << "row " << r;
          }
        }
      }
    }
  }
  EXPECT_GT(cut, 0u) << "no case tried a bound";
}

TEST_F(AdjustOracle, ResidualsOfCalibrationAreThoseOfTheNormalEquations) {
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    const auto adjustment = Adjustment::Create(
        made.weights.size(),
        {Calibration{.covariates = made.covariates, .distance = Distance::kRaking}});
    const auto weighted = adjustment->Apply(made.weights);
    ASSERT_TRUE(weighted.ok()) << weighted.status();
    std::vector<double> z = made.z;
    weighted->Residualise(z);
    ExpectClose(
        WhereWeighted(z, made.weights),
        WhereWeighted(Residual(ColumnsOf(made.covariates), made.weights, made.z), made.weights),
        1e-9);
    // What is left has nothing more to give, and the covariates leave nothing.
    std::vector<double> again = z;
    weighted->Residualise(again);
    ExpectClose(again, z, 1e-12);
    std::vector<double> x = made.covariates[1].values;
    weighted->Residualise(x);
    for (const double value : WhereWeighted(x, made.weights)) EXPECT_NEAR(value, 0, 1e-5);
  }
}

TEST_F(AdjustOracle, StepsInARowTakeOutInARowWhatEachKnows) {
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    const Calibration second{.covariates = made.covariates, .distance = Distance::kRaking};
    const auto one = Adjustment::Create(made.weights.size(), {made.raking})->Apply(made.weights);
    const auto both =
        Adjustment::Create(made.weights.size(), {made.raking, second})->Apply(made.weights);
    ASSERT_TRUE(one.ok() && both.ok()) << both.status();
    // svyrecvar(): z w / w1 from the dummies under d, then times w1 / w from x under w1.
    std::vector<double> z = made.z, ratio(z.size(), 0);
    for (size_t r = 0; r < z.size(); ++r) {
      if (one->weights()[r] != 0) ratio[r] = both->weights()[r] / one->weights()[r];
      z[r] *= ratio[r];
    }
    z = Residual(DummiesOf(made.raking.margins), made.weights, z);
    for (size_t r = 0; r < z.size(); ++r) z[r] = ratio[r] != 0 ? z[r] / ratio[r] : 0;
    z = Residual(ColumnsOf(made.covariates), one->weights(), z);
    std::vector<double> ours = made.z;
    both->Residualise(ours);
    ExpectClose(WhereWeighted(ours, made.weights), WhereWeighted(z, made.weights), 1e-9);
  }
}

TEST_F(AdjustOracle, TrimmingKeepsTheSumAndTheBounds) {
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    const Trimming step{.lower = 3.0, .upper = 17.0};
    const auto weighted = Adjustment::Create(made.weights.size(), {step})->Apply(made.weights);
    ASSERT_TRUE(weighted.ok()) << weighted.status();
    const std::vector<double>& w = weighted->weights();
    ExpectClose(w, Trim(made.weights, 3, 17), 1e-12);
    const double before = std::accumulate(made.weights.begin(), made.weights.end(), 0.0);
    EXPECT_NEAR(std::accumulate(w.begin(), w.end(), 0.0), before, 1e-9 * before);
    for (size_t r = 0; r < w.size(); ++r) {
      EXPECT_TRUE(w[r] == 0 ? made.weights[r] == 0 : w[r] >= 3 && w[r] <= 17) << w[r];
    }
  }
}

TEST_F(AdjustOracle, TheOrderOfRowsDoesNotMatter) {
  for (uint64_t seed = seed_; seed < seed_ + kCases; ++seed) {
    const Case made = MakeCase(seed);
    std::vector<size_t> order(made.weights.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
    Case other = made;
    for (size_t r = 0; r < order.size(); ++r) {
      other.weights[r] = made.weights[order[r]];
      for (size_t m = 0; m < made.raking.margins.size(); ++m) {
        other.raking.margins[m].factor.codes[r] = made.raking.margins[m].factor.codes[order[r]];
      }
      for (size_t j = 0; j < made.covariates.size(); ++j) {
        other.covariates[j].values[r] = made.covariates[j].values[order[r]];
      }
    }
    const auto apply = [](const Case& c) {
      return Adjustment::Create(
                 c.weights.size(),
                 {c.raking, Calibration{.covariates = c.covariates, .distance = Distance::kRaking}})
          ->Apply(c.weights);
    };
    const auto first = apply(made);
    const auto second = apply(other);
    ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
    std::vector<double> sorted(order.size());
    for (size_t r = 0; r < order.size(); ++r) sorted[order[r]] = second->weights()[r];
    ExpectClose(sorted, first->weights(), 1e-10);
  }
}

// Margins of so many levels that a table of their crossing would be larger than is kept.
TEST_F(AdjustOracle, AHugeCrossingIsRakedToo) {
  std::mt19937_64 engine(seed_);
  constexpr size_t kRows = 6000;
  constexpr size_t kLevels = 1500;
  Raking raking;
  for (int m = 0; m < 2; ++m) {
    Margin margin{.factor = {.name = "m" + std::to_string(m), .levels = {}, .codes = {}},
                  .population = std::vector<double>(kLevels, 0)};
    for (size_t l = 0; l < kLevels; ++l) margin.factor.levels.push_back(std::to_string(l));
    for (size_t r = 0; r < kRows; ++r) {
      const size_t code = r < kLevels ? r : engine() % kLevels;
      margin.factor.codes.push_back(static_cast<uint32_t>(code));
      margin.population[code] += 1 + static_cast<double>(r % 3) / 4;
    }
    raking.margins.push_back(std::move(margin));
  }
  raking.tolerance = 1e-6;
  raking.iterations_max = 100000;
  const auto weighted = Adjustment::Create(kRows, {raking})->Apply(std::vector<double>(kRows, 1));
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  for (const Margin& margin : raking.margins) {
    std::vector<double> sums(kLevels, 0);
    for (size_t r = 0; r < kRows; ++r) sums[margin.factor.codes[r]] += weighted->weights()[r];
    for (size_t l = 0; l < kLevels; ++l) {
      EXPECT_NEAR(sums[l], margin.population[l], 1e-5 * margin.population[l]);
    }
  }
}

}  // namespace
}  // namespace hailong::weighting
