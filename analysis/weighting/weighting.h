// Weights of responses by unit, and the account of how they came about.
//
// A unit is a stratum: of its population N (dossiers settled) n responded, all with one weight w.
//   kPopulation  w = N / n: the result stands for the population of the units that answered
//   kEqualUnits  w = sum(n) / (units * n): every unit that answered counts the same
//   kNone        w = 1: every response counts the same
// The sampling fraction f = n / N is used for the finite population correction in every mode where
// N is known.
//
// What is wrong with a unit never stops a result; it is reported, and the rule is:
//   no population        under kPopulation left out with weight 0; it still has a score of its own
//   population below n   the population must be wrong: left out likewise, otherwise without f
//   no response          has a population but is not represented; the result covers the others
//   single response      takes part; see estimate/stratified.h for its variance
// One response from a population of one is a census, not an issue.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hailong::weighting {

enum class Mode { kPopulation, kEqualUnits, kNone };

enum class Issue { kNone, kNoResponse, kNoPopulation, kPopulationBelowSample, kSingleResponse };

// One unit of the frame.
struct UnitSize {
  // N; 0: not known.
  uint64_t population = 0;
  // n: responses that count.
  uint64_t responses = 0;
  // The unit belongs to the subtree of the result.
  bool included = false;
};

// A unit that has an issue.
struct UnitReport {
  // Its index in the frame.
  size_t unit = 0;
  uint64_t population = 0;
  uint64_t responses = 0;
  double weight = 0;
  Issue issue = Issue::kNone;
};

// What the weighting did; published with every result.
struct Report {
  Mode mode = Mode::kPopulation;
  // Sum of the weights of all responses.
  double weight_sum = 0;
  // Population of the units in the result, and of all units of the subtree.
  uint64_t population_covered = 0;
  uint64_t population_total = 0;
  // Kish: n * sum w^2 / (sum w)^2; 1 when nothing has a weight.
  double kish_design_effect = 1;
  // In the order of units.
  std::vector<UnitReport> issues;
  // Of steps that iterate (raking); 0: none ran.
  uint32_t iterations = 0;
  // Largest relative error of a known margin after the last step.
  double margin_error_max = 0;
  // Smallest and largest factor between the design weight of a unit and a final weight.
  double adjustment_min = 1;
  double adjustment_max = 1;
};

// What estimation takes: one weight per unit. A later step (post-stratification, raking, trimming)
// takes a Weights and the frame, adds factors by cell of the margins, and rewrites the report;
// unit_weight stays the design weight.
struct Weights {
  // By unit of the frame; 0: the unit is not in the result.
  std::vector<double> unit_weight;
  // f = n / N by unit, 0 where N is not known or not used.
  std::vector<double> sampling_fraction;
  // By unit, whether it is in the result or not.
  std::vector<Issue> unit_issue;
  Report report;
};

// Weights for the units of a frame; one element per unit.
Weights WeightUnits(Mode mode, std::span<const UnitSize> units);

}  // namespace hailong::weighting
