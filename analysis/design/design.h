// How the rows of a sample were drawn, and the variance that follows from it.
//
// A design has stages. At each, sampling units are drawn within strata; the units of a stage are
// the strata's parts of the stage above. The last stage may draw the rows themselves.
//
//   one stage          strata, units, with or without the number of units in the population
//   several stages     V = V_1 + sum over strata and units of (n_h / N_h) V_2(unit), recursively
//                      (Särndal, Swensson, Wretman 1992, ch. 4; Bellhouse 1985); without the
//                      population of the first stage only that stage is used (ultimate clusters)
//   V_1 = sum_h (1 - n_h/N_h) n_h/(n_h - 1) sum_i (t_hi - mean_h(t))^2
// with t_hi the sum of u over the rows of unit i. All units of a stratum take part, those without a
// row in the domain with t = 0: a domain is not a subset.
//
// A stratum of which every unit was drawn adds nothing. Strata count for the rules of lonely units
// where some variable has a row: a stratum wholly outside a domain is no reason to fail.
//
// Agrees with svydesign() and svyrecvar() of R's survey; where R is silent about bad input, this
// refuses it.
//
// Threads: immutable once created; any number may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/design/factor.h"

namespace hailong::design {

// What a stratum with one sampling unit contributes, unless it was taken in full (then 0).
enum class LonelyPsu {
  // An error that names the stratum.
  kFail,
  // 0.
  kRemove,
  // 0: the unit was certain to be drawn.
  kCertainty,
  // Its square about the mean of all units drawn at the stage (within one unit of the stage above).
  kAdjust,
  // The mean contribution of the strata that have several (within one unit of the stage above).
  // Where there is none, as kFail.
  kAverage,
};

struct Stage {
  // No codes: one stratum.
  Factor strata;
  // No codes: each row is a unit; at the last stage only.
  Factor units;
  // By row: how many units the stratum has in the population, the same for all rows of a stratum;
  // infinite, or empty for all: not known, no finite population correction.
  std::vector<double> population;
};

inline constexpr size_t kStagesMax = 8;

// What was told of a sample.
struct Sampling {
  size_t rows = 0;
  // Design weights by row, finite and not negative; 0: sampled, but outside every domain. Empty:
  // the inverse of the sampling fractions of all stages; 1 if no stage knows any.
  std::vector<double> weights;
  // Empty: one stage, rows drawn with replacement.
  std::vector<Stage> stages;
  // Units of one name in two strata are different units; otherwise that is refused.
  bool nested = false;
};

// A variable that is 0 in all rows but some.
struct SparseVariable {
  // Different rows, in any order.
  std::span<const uint32_t> rows;
  // By entry of `rows`.
  std::span<const double> values;
};

class Design {
 public:
  // Errors: INVALID_ARGUMENT, naming the column, row (from 1) or stratum: lengths that differ,
  // missing codes, weights that are negative or not finite, a population below the units drawn or
  // that varies within its stratum, a unit in two strata, one unit in all, no weights where only
  // some stages know their population.
  static absl::StatusOr<Design> Create(Sampling sampling);

  size_t rows() const;
  // By row.
  const std::vector<double>& weights() const;

  // Sampling units of the first stage as dense codes by row, and their strata.
  const std::vector<uint32_t>& first_stage_units() const;
  const std::vector<uint32_t>& stratum_of_unit() const;
  size_t stratum_count() const;
  std::string_view stratum_name(size_t stratum) const;
  // n_h / N_h of the first stage by stratum; 0: not known.
  const std::vector<double>& sampling_fractions() const;

  // The covariance matrix of the totals over rows of each of `variables`, by row (k x k, row
  // major). For an estimate, a variable is w z with z its linearised variable.
  // Errors: FAILED_PRECONDITION (a lonely unit under kFail; kAverage with nothing to average),
  // naming stratum and stage.
  absl::StatusOr<std::vector<double>> Covariance(std::span<const std::vector<double>> variables,
                                                 LonelyPsu lonely) const;
  // The same for variables that are 0 in most rows.
  absl::StatusOr<std::vector<double>> Covariance(std::span<const SparseVariable> variables,
                                                 LonelyPsu lonely) const;

  // The diagonal alone, each as if asked by itself.
  absl::StatusOr<std::vector<double>> Variances(std::span<const SparseVariable> variables,
                                                LonelyPsu lonely) const;

  // Units less strata of the first stage, counting those with a row for which `inside` is not 0 and
  // whose weight is not 0.
  double DegreesOfFreedom(std::span<const uint8_t> inside) const;
  // The same, counting those with one of `rows`, whatever its weight.
  double DegreesOfFreedomAmong(std::span<const uint32_t> rows) const;

  // False where all of `rows` lie in one unit of a stage that was not taken in full: what units
  // differ by cannot be seen, and a variance of 0 would say that they do not.
  bool ShowsVariation(std::span<const uint32_t> rows) const;
  // Every stratum that `rows` lie in was taken in full, at every stage: no sampling error.
  bool TakenInFull(std::span<const uint32_t> rows) const;

  // For this folder.
  struct Parts;

 private:
  explicit Design(std::shared_ptr<const Parts> parts);
  std::shared_ptr<const Parts> parts_;
};

}  // namespace hailong::design
