// Many means, shares and ratios by domain, under all replicates at once.
//
// Every estimate here is sum w a / sum w b over the rows of a domain. Replicates are taken eight at
// a time, their weights side by side, so that what is read of a row serves eight of them and the
// inner loop is vector arithmetic. An item with few answers is one byte a row: its weights are
// summed by domain and answer, and a and b are looked up once per answer at the end, so that 119
// domains cost what one does.
//
// Threads: pure; splits replicates over threads of its own. Same bits for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/replicate/estimates.h"
#include "analysis/replicate/replicates.h"
#include "analysis/weighting/adjust.h"

namespace hailong::replicate {

// A question with up to 256 answers. The share of 4-5 among 1-5, with 0 for no answer: numerator
// {0, 0, 0, 0, 1, 1}, denominator {0, 1, 1, 1, 1, 1}; its mean: numerator {0, 1, 2, 3, 4, 5}.
struct CodedItem {
  // By row.
  std::vector<uint8_t> codes;
  // a and b by code.
  std::vector<double> numerator;
  std::vector<double> denominator;
};

// Any other: a and b by row, both 0 where there is no answer. No denominators: a total, sum w a.
struct NumericItem {
  std::vector<double> numerator;
  std::vector<double> denominator;
};

struct RatioRequest {
  std::vector<CodedItem> coded;
  std::vector<NumericItem> numeric;
  static constexpr uint32_t kNowhere = UINT32_MAX;
  // The domain of each row, or kNowhere. Empty: one domain, all rows.
  std::vector<uint32_t> domains;
  size_t domain_count = 1;

  size_t items() const { return coded.size() + numeric.size(); }
};

// Estimate d * items() + i is item i, coded ones first, in domain d; no data where the sum of w b
// is 0. `on_replicates` is told, from any thread, of replicates as they are done.
// Errors: INVALID_ARGUMENT, naming item and row: lengths that differ, codes without a and b,
// numbers that are not finite, domains out of range; and those of Estimate().
absl::StatusOr<ReplicateEstimates> EstimateRatios(
    const Replicates& replicates, const weighting::Adjustment* adjustment,
    const RatioRequest& request, size_t threads,
    const std::function<void(size_t count)>& on_replicates = {});

}  // namespace hailong::replicate
