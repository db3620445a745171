// Samples that R and C++ both see, and textbook variances of them. For the comparisons with R.
// One thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/design/factor.h"
#include "analysis/replicate/replicates.h"

namespace hailong::r_agreement {

using design::Factor;
using replicate::FirstStage;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
using Table = std::map<std::string, std::vector<std::string>>;

inline Table ReadCsv(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  std::vector<std::string> names;
  Table table;
  std::string line, field;
  for (bool head = true; std::getline(in, line); head = false) {
    std::istringstream fields(line);
    for (size_t i = 0; std::getline(fields, field, ','); ++i) {
      std::erase(field, '"');
      if (head) {
        names.push_back(field);
      } else {
        table[names.at(i)].push_back(field);
      }
    }
  }
  return table;
}

inline std::vector<double> Numbers(const Table& table, const std::string& column) {
  std::vector<double> numbers;
  for (const std::string& text : table.at(column)) {
    numbers.push_back(text == "NA" ? kNone : std::atof(text.c_str()));
  }
  return numbers;
}

inline Factor FactorOf(const Table& table, const std::string& column) {
  Factor factor{.name = column, .levels = table.at(column), .codes = {}};
  std::ranges::sort(factor.levels);
  factor.levels.erase(std::unique(factor.levels.begin(), factor.levels.end()), factor.levels.end());
  for (const std::string& text : table.at(column)) {
    factor.codes.push_back(static_cast<uint32_t>(std::ranges::lower_bound(factor.levels, text) -
                                                 factor.levels.begin()));
  }
  return factor;
}

// A sample as R sees it, and the columns that are estimated from.
struct Sample {
  Table table;
  FirstStage stage;

  size_t rows() const { return stage.weights.size(); }
  std::vector<double> operator[](const std::string& column) const { return Numbers(table, column); }
};

// `units` names the column of sampling units within strata; empty: rows. `population`: of units by
// stratum; empty: not known.
inline Sample MakeSample(Table table, const std::string& weights, const std::string& strata,
                         const std::string& units, const std::string& population) {
  Sample sample{.table = std::move(table), .stage = {}};
  FirstStage& stage = sample.stage;
  stage.weights = Numbers(sample.table, weights);
  const size_t rows = stage.weights.size();
  const Factor stratum =
      strata.empty()
          ? Factor{.name = "all", .levels = {"all"}, .codes = std::vector<uint32_t>(rows, 0)}
          : FactorOf(sample.table, strata);
  stage.stratum_names = stratum.levels;
  std::map<std::string, uint32_t> number;
  for (size_t r = 0; r < rows; ++r) {
    const std::string name = stratum.levels[stratum.codes[r]] + "/" +
                             (units.empty() ? std::to_string(r) : sample.table.at(units)[r]);
    const auto [at, is_new] = number.try_emplace(name, static_cast<uint32_t>(number.size()));
    if (is_new) stage.stratum_of_unit.push_back(stratum.codes[r]);
    stage.units.push_back(at->second);
  }
  stage.sampling_fractions.resize(stratum.levels.size(), 0);
  if (population.empty()) return sample;
  const std::vector<double> sizes = Numbers(sample.table, population);
  for (size_t r = 0; r < rows; ++r) {
    const uint32_t h = stratum.codes[r];
    stage.sampling_fractions[h] =
        static_cast<double>(std::ranges::count(stage.stratum_of_unit, h)) / sizes[r];
  }
  return sample;
}

// The textbook variance of sum w z, z by row.
inline double Taylor(const FirstStage& stage, const std::vector<double>& weights,
                     const std::vector<double>& z) {
  const size_t strata = stage.stratum_names.size();
  std::vector<double> totals(stage.stratum_of_unit.size(), 0), n(strata, 0), mean(strata, 0);
  for (size_t r = 0; r < z.size(); ++r) totals[stage.units[r]] += weights[r] * z[r];
  for (const uint32_t h : stage.stratum_of_unit) n[h] += 1;
  for (size_t u = 0; u < totals.size(); ++u) {
    mean[stage.stratum_of_unit[u]] += totals[u] / n[stage.stratum_of_unit[u]];
  }
  double variance = 0;
  for (size_t u = 0; u < totals.size(); ++u) {
    const uint32_t h = stage.stratum_of_unit[u];
    variance += (1 - stage.sampling_fractions[h]) * n[h] / (n[h] - 1) * (totals[u] - mean[h]) *
                (totals[u] - mean[h]);
  }
  return variance;
}

// An estimate sum w a / sum w b, or sum w a without b.
struct Figure {
  std::string name;
  std::vector<double> a;
  std::vector<double> b;
};

inline std::vector<Figure> FiguresOf(const Sample& sample) {
  const std::vector<double> y = sample["y"], q = sample["q"], part = sample["part"];
  const std::vector<double> one(y.size(), 1);
  std::vector<double> inside = part, y_inside = part, q_known = q, q_there = one;
  for (size_t r = 0; r < y.size(); ++r) {
    y_inside[r] *= y[r];
    if (!std::isnan(q[r])) continue;
    q_known[r] = q_there[r] = 0;
  }
  return {{"total", y, {}},
          {"mean", y, one},
          {"missing", q_known, q_there},
          {"domain", y_inside, inside},
          {"ratio", y, sample["z"]}};
}

inline std::vector<Figure> SchoolFigures(const Sample& sample) {
  return {{"total", sample["enroll"], {}},
          {"mean", sample["api00"], std::vector<double>(sample.rows(), 1)}};
}

inline double Dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

inline double Value(const Figure& figure, std::span<const double> weights) {
  return Dot(weights, figure.a) / (figure.b.empty() ? 1 : Dot(weights, figure.b));
}

inline std::vector<double> Linearised(const Figure& figure, std::span<const double> weights) {
  std::vector<double> z = figure.a;
  if (figure.b.empty()) return z;
  const double value = Value(figure, weights), size = Dot(weights, figure.b);
  for (size_t r = 0; r < z.size(); ++r) z[r] = (z[r] - value * figure.b[r]) / size;
  return z;
}

// Generated samples: strata of several units of several rows.
inline Table Generate(std::mt19937_64& engine, size_t strata, size_t units_min, size_t units_max) {
  const auto below = [&](uint64_t bound) { return engine() % bound; };
  Table table;
  const auto add = [&](const std::string& column, const auto& value) {
    std::ostringstream text;
    text << std::setprecision(17) << value;
    table[column].push_back(text.str());
  };
  for (size_t h = 0; h < strata; ++h) {
    const size_t units = units_min + below(units_max - units_min + 1);
    const uint64_t mood = below(20);
    for (size_t u = 0; u < units; ++u) {
      const double weight = 5 + static_cast<double>(below(4000)) / 100;
      const uint64_t own = below(15);
      for (size_t r = 0, rows = 8 + below(8); r < rows; ++r) {
        const double x1 = static_cast<double>(20 + below(60));
        const double x2 = static_cast<double>(below(1000)) / 1000 + x1 / 50;
        const double y = static_cast<double>(mood + own + below(30)) + x1 / 2;
        add("stratum", "s" + std::to_string(h));
        add("psu", u);
        add("d", weight * (1 + static_cast<double>(below(50)) / 100));
        add("sex", below(2) == 0 ? "f" : "m");
        add("age", std::string(1, "abc"[below(3)]));
        add("x1", x1);
        add("x2", x2);
        add("y", y);
        add("z", 1 + y / 3 + static_cast<double>(below(10)));
        if (below(8) == 0) {
          add("q", "NA");
        } else {
          add("q", below(2));
        }
        add("part", below(4) == 0 ? 1 : 0);
      }
    }
  }
  return table;
}

inline void WriteCsv(const Table& table, const std::string& path) {
  std::ofstream out(path);
  std::string line;
  for (const auto& [name, values] : table) line += (line.empty() ? "" : ",") + name;
  out << line << '\n';
  for (size_t r = 0; r < table.begin()->second.size(); ++r) {
    line.clear();
    for (const auto& [name, values] : table) line += (line.empty() ? "" : ",") + values[r];
    out << line << '\n';
  }
}

}  // namespace hailong::r_agreement
