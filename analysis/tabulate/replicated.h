// Errors from replicates instead of Taylor's. For tabulate.cc.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/replicate/estimates.h"
#include "analysis/tabulate/tabulate.h"

namespace hailong::tabulate {

struct Replicated {
  replicate::ReplicateEstimates estimates;
  // By question: which of the estimates of a domain it is.
  std::vector<size_t> places;

  size_t At(size_t question, size_t domain) const {
    return domain * places.size() + places[question];
  }
};

// Every question, none of them a quantile, in every domain under all replicates. `adjustment` may
// be null.
absl::StatusOr<Replicated> Replicate(const replicate::Replicates& replicates,
                                     const weighting::Adjustment* adjustment,
                                     std::span<const Question> questions,
                                     const estimate::Domains& domains, int threads,
                                     const Progress& progress);

// 1 for a row that counts in a share, 0 for another with an answer, NaN for none.
std::vector<double> IndicatorOf(const Question& share);

}  // namespace hailong::tabulate
