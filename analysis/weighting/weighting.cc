#include "analysis/weighting/weighting.h"

namespace hailong::weighting {
namespace {

Issue FindIssue(Mode mode, const UnitSize& unit) {
  if (unit.responses == 0) return unit.population == 0 ? Issue::kNone : Issue::kNoResponse;
  if (unit.population == 0 && mode == Mode::kPopulation) return Issue::kNoPopulation;
  if (unit.population != 0 && unit.population < unit.responses) {
    return Issue::kPopulationBelowSample;
  }
  if (unit.responses == 1 && unit.population != 1) return Issue::kSingleResponse;
  return Issue::kNone;
}

// Whether a unit with responses takes part under the mode.
bool TakesPart(Mode mode, const UnitSize& unit) {
  if (!unit.included || unit.responses == 0) return false;
  return mode != Mode::kPopulation || unit.population >= unit.responses;
}

}  // namespace

Weights WeightUnits(Mode mode, std::span<const UnitSize> units) {
  Weights weights;
  weights.unit_weight.resize(units.size(), 0);
  weights.sampling_fraction.resize(units.size(), 0);
  weights.unit_issue.resize(units.size(), Issue::kNone);
  Report& report = weights.report;
  report.mode = mode;

  uint64_t responses = 0;
  uint64_t taking_part = 0;
  for (const UnitSize& unit : units) {
    if (!TakesPart(mode, unit)) continue;
    responses += unit.responses;
    ++taking_part;
  }

  double sum_of_squares = 0;
  for (size_t u = 0; u < units.size(); ++u) {
    const UnitSize& unit = units[u];
    const double n = static_cast<double>(unit.responses);
    const double population = static_cast<double>(unit.population);
    if (unit.responses > 0 && unit.population >= unit.responses) {
      weights.sampling_fraction[u] = n / population;
    }
    if (!unit.included) continue;
    report.population_total += unit.population;
    weights.unit_issue[u] = FindIssue(mode, unit);
    if (TakesPart(mode, unit)) {
      double& weight = weights.unit_weight[u];
      switch (mode) {
        case Mode::kPopulation:
          weight = population / n;
          break;
        case Mode::kEqualUnits:
          weight = static_cast<double>(responses) / (static_cast<double>(taking_part) * n);
          break;
        case Mode::kNone:
          weight = 1;
          break;
      }
      report.population_covered += unit.population;
      report.weight_sum += weight * n;
      sum_of_squares += weight * weight * n;
    }
    if (weights.unit_issue[u] != Issue::kNone) {
      report.issues.push_back({.unit = u,
                               .population = unit.population,
                               .responses = unit.responses,
                               .weight = weights.unit_weight[u],
                               .issue = weights.unit_issue[u]});
    }
  }
  if (report.weight_sum > 0) {
    report.kish_design_effect =
        static_cast<double>(responses) * sum_of_squares / (report.weight_sum * report.weight_sum);
  }
  return weights;
}

}  // namespace hailong::weighting
