// Functions of several estimates: differences, combinations, anything smooth.
//
// Of one sample: z of f(a, b, ...) is f_a z_a + f_b z_b + ..., so covariances are accounted for
// (svycontrast() of R's survey; the delta method). Of different samples: variances add.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/sample.h"
#include "analysis/estimate/statistic.h"

namespace hailong::estimate {

// One estimate of a table.
struct Term {
  const Estimates* estimates = nullptr;
  size_t domain = 0;
};

struct Contrast {
  // Every term was defined. Otherwise nothing means anything.
  bool defined = false;
  double value = 0;
  // Absent: that of some term is not known.
  std::optional<double> standard_error;
  // One sample: first-stage units less strata among the rows of all terms. Different samples:
  // Satterthwaite 1946, (V_a + V_b)^2 / (V_a^2/df_a + V_b^2/df_b).
  double degrees_of_freedom = 0;
};

// The covariance matrix of `terms` (k x k, row major). All are of `sample`.
// Errors: FAILED_PRECONDITION: a term (from 1) without an estimate or a standard error; those of
// design::Design::Covariance.
absl::StatusOr<std::vector<double>> Covariance(const Sample& sample, std::span<const Term> terms);

// f of `terms`, whose value is `value` and whose derivative by each term is `gradient`.
// Errors: those of design::Design::Covariance.
absl::StatusOr<Contrast> Combine(const Sample& sample, std::span<const Term> terms, double value,
                                 std::span<const double> gradient);

// sum of coefficient * estimate.
absl::StatusOr<Contrast> CombineLinearly(const Sample& sample, std::span<const Term> terms,
                                         std::span<const double> coefficients);

// a - b, of one sample.
absl::StatusOr<Contrast> Difference(const Sample& sample, Term a, Term b);

// a - b, of samples drawn independently (two rounds).
Contrast IndependentDifference(const DomainEstimate& a, const DomainEstimate& b);
Contrast IndependentDifference(const Contrast& a, const Contrast& b);

}  // namespace hailong::estimate
