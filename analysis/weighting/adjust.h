// Steps from design weights to final weights, the account of each, and what they leave of a
// linearised variable.
//
// Steps are described once, checked against the sample, and then applied to any weights: those of
// the design, and those of each replicate. A weight of 0 stays 0 and its row takes no part.
//
//   post-stratification   g_c = N_c / sum of d in cell c (SSW 1992, ch. 7)
//   raking                the margins in turn until all hold (Deming & Stephan 1940)
//   calibration           w = d F(x'lambda), sum w x = known totals (Deville & Särndal 1992 JASA
//                         87:376; Deville, Särndal & Sautory 1993 JASA 88:1013)
//   trimming              weights beyond a bound are set to it; the excess goes, in equal amounts,
//                         to those never trimmed, repeated until none is beyond (trimWeights(strict
//                         = TRUE) of R's survey from 4.5 on)
//   non-response          within a cell, the weight of those who did not respond goes to those who
//                         did, in proportion
//
// Post-stratification and raking know rows by their cell alone, so a caller whose weights are equal
// within cells may give one row per cell, with the cell's sum of weights.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/design/factor.h"

namespace hailong::weighting {

// A variable whose population is known by level.
struct Margin {
  design::Factor factor;
  // By level of the factor.
  std::vector<double> population;
};

struct PostStratification {
  Margin cells;
  // Cells of the population without a row are left out (reported), rather than refused.
  bool partial = false;
};

struct Raking {
  std::vector<Margin> margins;
  // Stops when no level of a margin is off by more than this part of its population.
  double tolerance = 1e-12;
  uint32_t iterations_max = 1000;
};

enum class Distance { kLinear, kRaking, kLogit };

// A numeric variable with a known total.
struct Covariate {
  std::string name;
  // By row.
  std::vector<double> values;
  double total = 0;
};

struct Calibration {
  std::vector<Covariate> covariates;
  Distance distance = Distance::kLinear;
  // Bounds of w / d, below and above 1; kLogit needs both. With the other distances F is cut at
  // them.
  std::optional<double> lower = std::nullopt;
  std::optional<double> upper = std::nullopt;
  // On |misfit| / (1 + |total|), beyond what rounding makes of the sum.
  double tolerance = 1e-12;
  uint32_t iterations_max = 200;
};

// Bounds of the weights themselves; at least one.
struct Trimming {
  std::optional<double> lower = std::nullopt;
  std::optional<double> upper = std::nullopt;
};

struct NonResponse {
  design::Factor cells;
  // By row: not 0 if it responded.
  std::vector<uint8_t> responded;
};

using Step = std::variant<PostStratification, Raking, Calibration, Trimming, NonResponse>;

// What one step did, whatever it worked on.
struct StepFigures {
  // "post-stratification", "raking", ...
  std::string step;
  // Cycles, Newton steps or rounds of trimming; 0: it does not iterate.
  uint32_t iterations = 0;
  // The largest relative error of a known total after the step, and where; after trimming, of the
  // totals of the steps before.
  double margin_error_max = 0;
  std::string margin_error_at;
  // Range of w after / w before, over rows with a weight.
  double factor_min = 1;
  double factor_max = 1;
  // Kish: n sum w^2 / (sum w)^2, before and after.
  double kish_before = 1;
  double kish_after = 1;
};

// What one step did to rows.
struct StepReport : StepFigures {
  // Always true of a step that was applied: the others are errors.
  bool converged = true;
  // What a reader must know: cells left out, redundant columns dropped, negative weights.
  std::vector<std::string> notes;
};

// Final weights and how to take out of a linearised variable what known totals explain.
class Weighted {
 public:
  const std::vector<double>& weights() const { return weights_; }
  const std::vector<StepReport>& reports() const { return reports_; }

  // Replaces z, by row, by its residual from the regression on each calibrating step's variables in
  // turn, weighted by the weights before that step (SSW 1992, sec. 6.6; calibrate() of R's survey).
  // Where a later step changed the weights again, z enters a regression times final weight / weight
  // after that step, and leaves it divided by that, as in svyrecvar() of R's survey. Rows whose
  // final weight is 0 get a z without meaning, but finite. No calibrating step: leaves z as it is.
  void Residualise(std::span<double> z) const;
  // Whether Residualise() changes anything.
  bool calibrates() const { return !projections_.empty(); }

  struct Projection;

 private:
  friend class Adjustment;
  std::vector<double> weights_;
  std::vector<StepReport> reports_;
  std::vector<std::shared_ptr<const Projection>> projections_;
};

// Checked steps, ready to be applied.
class Adjustment {
 public:
  // `rows` is the length of every column. Errors: INVALID_ARGUMENT, naming step, variable and
  // level: lengths, missing codes, populations that are negative or not finite, margins whose
  // totals differ (relative 1e-9), bounds that exclude 1.
  static absl::StatusOr<Adjustment> Create(size_t rows, std::vector<Step> steps);

  // Length of every column.
  size_t rows() const;

  // Applies all steps in order. Errors: INVALID_ARGUMENT, naming the row: another number of
  // weights, weights that are negative or not finite. FAILED_PRECONDITION, naming step, margin and
  // level: a cell with a population and no weight, or a weight and no population; no convergence
  // (with the margin that is worst off and by how much); no weights within the bounds; weights that
  // a step before left negative.
  absl::StatusOr<Weighted> Apply(std::vector<double> weights) const;

  // The weights alone, for replicates: no report, no projection, the same bits.
  absl::StatusOr<std::vector<double>> ApplyWeights(std::vector<double> weights) const;

 private:
  struct Parts;
  explicit Adjustment(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

}  // namespace hailong::weighting
