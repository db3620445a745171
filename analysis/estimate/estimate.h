// A number with what is known of its error.
//
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <optional>

namespace hailong::estimate {

// The normal quantile of a two-sided 95% interval, qnorm(0.975).
inline constexpr double kNormal95 = 1.959963984540054;

// The smallest and the largest value a scale allows.
struct Range {
  double low = 0;
  double high = 100;
};

struct Estimate {
  // Percent for index values, steps for mean scores. Meaningless when !defined.
  double value = 0;
  // In the unit of the value; absent: not estimable.
  std::optional<double> standard_error = std::nullopt;
  // value -+ kNormal95 * standard_error, cut to the range of the scale; absent with the error.
  std::optional<double> ci_low = std::nullopt;
  std::optional<double> ci_high = std::nullopt;
  // Respondents with an answer.
  uint64_t n = 0;
  // n / design_effect; absent: not estimable, or the design effect is 0 (everybody was asked).
  std::optional<double> n_effective = std::nullopt;
  // Variance over that of simple random sampling with replacement (deff = "replace" in R's survey);
  // absent: not estimable.
  std::optional<double> design_effect = std::nullopt;
  // There was an answer.
  bool defined = false;
  // Respondents with an answer less the strata they are in.
  uint64_t degrees_of_freedom = 0;
  // Every stratum with an answer was asked in full: there is no sampling error.
  bool taken_in_full = false;
};

// Keeps the value and n; what is known of the error is not known after all.
inline void RemoveError(Estimate& estimate) {
  estimate.standard_error = estimate.ci_low = estimate.ci_high = std::nullopt;
  estimate.n_effective = estimate.design_effect = std::nullopt;
}

}  // namespace hailong::estimate
