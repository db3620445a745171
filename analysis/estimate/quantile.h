// Weighted quantiles by domain with Woodruff intervals.
//
//   quantile    the smallest x with F(x) >= p, F(x) = sum w D 1(y <= x) / sum w D
//               (qrule = "math" of svyquantile() of R's survey)
//   interval    the t interval of the proportion F at the quantile, its ends taken back through F
//   by
//               the same rule (Woodruff 1952)
//   error       width of the interval / (2 t)
// F is compared with p up to 1e-12: which side of a tie the rounding of a sum falls on is not left
// to chance.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/domains.h"
#include "analysis/estimate/sample.h"

namespace hailong::estimate {

struct Quantile {
  // There was an answer. Otherwise nothing but n means anything.
  bool defined = false;
  double value = 0;
  // Absent: the interval of F reaches beyond 0 or 1 there, or the error of F is not known.
  std::optional<double> low;
  std::optional<double> high;
  // Absent: one of the ends is.
  std::optional<double> standard_error;
  uint64_t n = 0;
  double degrees_of_freedom = 0;
};

// By domain, then by probability. `y` by row, NaN: no answer. Probabilities and `confidence` are
// above 0 and below 1; `threads` >= 1.
// Errors: INVALID_ARGUMENT: y of another length than the sample, infinite values, a probability
// outside; those of design::Design::Covariance.
absl::StatusOr<std::vector<std::vector<Quantile>>> Quantiles(const Sample& sample,
                                                             std::span<const double> y,
                                                             const Domains& domains,
                                                             std::span<const double> probabilities,
                                                             double confidence, int threads);

}  // namespace hailong::estimate
