// From linearised variables to variances: calibrating steps, weights, design.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/sample.h"

namespace hailong::estimate {

// z of one estimate before calibrating steps; 0 in all other rows.
struct Linearised {
  // Different rows, ascending.
  std::span<const uint32_t> rows;
  // By entry of `rows`.
  std::span<const double> z;
};

// The variance of each. `threads` >= 1. Errors: those of design::Design::Covariance.
absl::StatusOr<std::vector<double>> VariancesOf(const Sample& sample,
                                                std::span<const Linearised> estimates, int threads);

// Their covariance matrix (k x k, row major).
absl::StatusOr<std::vector<double>> CovarianceOf(const Sample& sample,
                                                 std::span<const Linearised> estimates);

}  // namespace hailong::estimate
