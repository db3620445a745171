// The variance formula against a slow one that follows its definition: by recursion over the
// stages, with a sum over rows for every unit. It shares no code with what it tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "analysis/design/design.h"

namespace hailong::design {
namespace {

// A row as the oracle sees it: at each stage stratum, unit and population.
struct Row {
  std::vector<uint32_t> strata;
  std::vector<uint32_t> units;
  std::vector<double> population;
};

struct Case {
  std::vector<Row> rows;
  bool with_population = false;
  size_t stages = 1;
  std::vector<std::vector<double>> variables;
  // By variable and row: the row is one of the variable's.
  std::vector<std::vector<bool>> present;
};

// Of the rows `inside`, all of one unit of the stage above.
std::optional<double> OracleCovariance(const Case& c, size_t a, size_t b, LonelyPsu lonely,
                                       const std::vector<size_t>& inside, size_t stage) {
  std::map<uint32_t, std::map<uint32_t, std::vector<size_t>>> strata;
  size_t unit_count = 0;
  for (const size_t r : inside)
    strata[c.rows[r].strata[stage]][c.rows[r].units[stage]].push_back(r);
  std::vector<std::pair<double, double>> all_totals;
  const auto total = [&](const std::vector<size_t>& rows, size_t variable) {
    double sum = 0;
    for (const size_t r : rows) sum += c.variables[variable][r];
    return sum;
  };
  double mean_a = 0, mean_b = 0;
  for (const auto& [_, units] : strata) {
    for (const auto& [_unit, rows] : units) {
      ++unit_count;
      mean_a += total(rows, a);
      mean_b += total(rows, b);
    }
  }
  mean_a /= static_cast<double>(unit_count);
  mean_b /= static_cast<double>(unit_count);

  double sum = 0, below = 0;
  int counted = 0, lonely_strata = 0;
  for (const auto& [_, units] : strata) {
    bool touched = false;
    double population = INFINITY;
    for (const auto& [_unit, rows] : units) {
      for (const size_t r : rows) {
        touched = touched || c.present[a][r] || c.present[b][r];
        if (c.with_population) population = c.rows[r].population[stage];
      }
    }
    if (!touched) continue;
    ++counted;
    const double n = static_cast<double>(units.size());
    const double rest = 1 - n / population;
    if (c.with_population && stage + 1 < c.stages) {
      for (const auto& [_unit, rows] : units) {
        const auto part = OracleCovariance(c, a, b, lonely, rows, stage + 1);
        if (!part.has_value()) return std::nullopt;
        below += n / population * *part;
      }
    }
    if (n == 1 && rest > 0) {
      ++lonely_strata;
      if (lonely == LonelyPsu::kFail) return std::nullopt;
      if (lonely == LonelyPsu::kAdjust) {
        const auto& rows = units.begin()->second;
        sum += rest * (total(rows, a) - mean_a) * (total(rows, b) - mean_b);
      }
      continue;
    }
    if (n == 1) continue;
    double centre_a = 0, centre_b = 0, squares = 0;
    for (const auto& [_unit, rows] : units) {
      centre_a += total(rows, a) / n;
      centre_b += total(rows, b) / n;
    }
    for (const auto& [_unit, rows] : units) {
      squares += (total(rows, a) - centre_a) * (total(rows, b) - centre_b);
    }
    sum += rest * n / (n - 1) * squares;
  }
  if (lonely == LonelyPsu::kAverage && lonely_strata > 0) {
    if (counted == lonely_strata) return std::nullopt;
    sum *= static_cast<double>(counted) / (counted - lonely_strata);
  }
  return sum + below;
}

Case MakeCase(std::mt19937_64& engine) {
  const auto below = [&](uint64_t bound) { return static_cast<uint32_t>(engine() % bound); };
  Case c;
  c.stages = 1 + below(3);
  c.with_population = below(3) > 0;
  std::normal_distribution<double> normal;
  // Units have names of their own, so that no stage is told of strata below others.
  uint32_t next_unit = 0;
  const auto grow = [&](const auto& self, Row row, size_t stage) -> void {
    if (stage == c.stages) {
      const uint32_t copies = 1 + below(3);
      for (uint32_t i = 0; i < copies; ++i) c.rows.push_back(row);
      return;
    }
    const uint32_t strata = 1 + below(stage == 0 ? 4 : 2);
    for (uint32_t h = 0; h < strata; ++h) {
      const uint32_t units = (stage == 0 && h == 0) ? 2 + below(4) : 1 + below(4);
      const double population = below(5) == 0 ? units : units + 1 + below(9);
      for (uint32_t i = 0; i < units; ++i) {
        Row next = row;
        next.strata.push_back(h);
        next.units.push_back(next_unit++);
        next.population.push_back(population);
        self(self, next, stage + 1);
      }
    }
  };
  grow(grow, {}, 0);
  std::shuffle(c.rows.begin(), c.rows.end(), engine);
  for (size_t v = 0; v < 3; ++v) {
    c.variables.emplace_back(c.rows.size());
    c.present.emplace_back(c.rows.size(), true);
    const uint32_t stratum = below(4);
    for (size_t r = 0; r < c.rows.size(); ++r) {
      // The first everywhere, the second in some rows, the third in one stratum.
      if (v == 1) c.present[v][r] = below(2) == 0;
      if (v == 2) c.present[v][r] = c.rows[r].strata[0] == stratum;
      c.variables[v][r] = c.present[v][r] ? normal(engine) : 0;
    }
  }
  return c;
}

Sampling SamplingOf(const Case& c) {
  Sampling sampling;
  sampling.rows = c.rows.size();
  sampling.weights.assign(c.rows.size(), 1.0);
  for (size_t s = 0; s < c.stages; ++s) {
    Stage stage;
    stage.strata.name = "stratum";
    stage.units.name = "unit";
    for (const Row& row : c.rows) {
      stage.strata.codes.push_back(row.strata[s]);
      stage.units.codes.push_back(row.units[s]);
      if (c.with_population) stage.population.push_back(row.population[s]);
    }
    stage.strata.levels.resize(4);
    stage.units.levels.resize(
        1 + *std::max_element(stage.units.codes.begin(), stage.units.codes.end()));
    sampling.stages.push_back(std::move(stage));
  }
  return sampling;
}

TEST(Covariance, AgreesWithTheDefinitionInRandomDesigns) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 engine(seed);
  constexpr LonelyPsu kRules[] = {LonelyPsu::kFail, LonelyPsu::kRemove, LonelyPsu::kCertainty,
                                  LonelyPsu::kAdjust, LonelyPsu::kAverage};
  int compared = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    const Case c = MakeCase(engine);
    const auto design = Design::Create(SamplingOf(c));
    ASSERT_TRUE(design.ok()) << design.status();
    std::vector<size_t> all(c.rows.size());
    std::vector<std::vector<uint32_t>> rows(c.variables.size());
    std::vector<std::vector<double>> values(c.variables.size());
    for (size_t r = 0; r < all.size(); ++r) {
      all[r] = r;
      for (size_t v = 0; v < rows.size(); ++v) {
        if (!c.present[v][r]) continue;
        rows[v].push_back(static_cast<uint32_t>(r));
        values[v].push_back(c.variables[v][r]);
      }
    }
    for (const LonelyPsu lonely : kRules) {
      SCOPED_TRACE(testing::Message() << "case " << round << ", rule " << static_cast<int>(lonely));
      for (size_t a = 0; a < rows.size(); ++a) {
        for (size_t b = a; b < rows.size(); ++b) {
          const SparseVariable pair[] = {{rows[a], values[a]}, {rows[b], values[b]}};
          const auto ours = design->Covariance(pair, lonely);
          const auto aa = OracleCovariance(c, a, b, lonely, all, 0);
          ASSERT_EQ(ours.ok(), aa.has_value()) << a << "," << b << ": " << ours.status();
          if (!ours.ok()) {
            ++refused;
            continue;
          }
          ++compared;
          const double scale = 1 + std::abs((*ours)[0]) + std::abs((*ours)[3]);
          EXPECT_NEAR((*ours)[1], *aa, 1e-12 * scale);
          EXPECT_EQ((*ours)[1], (*ours)[2]);
          if (a != b) continue;
          const auto alone = design->Variances(std::span(pair, 1), lonely);
          ASSERT_TRUE(alone.ok()) << alone.status();
          EXPECT_NEAR(alone->front(), *aa, 1e-12 * scale);
        }
      }
      const auto dense = design->Covariance(std::span(c.variables).first(1), lonely);
      const auto expected = OracleCovariance(c, 0, 0, lonely, all, 0);
      ASSERT_EQ(dense.ok(), expected.has_value());
      if (!dense.ok()) continue;
      EXPECT_NEAR(dense->front(), *expected, 1e-12 * (1 + *expected));
    }
  }
  // A generator of cases that are all refused, or none, would show nothing.
  EXPECT_GT(compared, 3000);
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace hailong::design
