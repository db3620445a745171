// What each component adds to the distance of the index from a target.
//
// With a_j the part of item j in the index, which is sum_j a_j M_j with sum_j a_j = 1 (see
// index/linear.h):
//   contribution_j = a_j (target - M_j),   sum_j contribution_j = target - index
// and that of a component is the sum of those of its items. Where a_j is a number of the
// composition, it is a_c (target - value_c) with a_c = sum a_j, and its error is a_c times that of
// the value. Under POOLED_ANSWERS a_j = W_j / sum_k W_k is itself an estimate, and the contribution
// of the items S a ratio of totals:
//   C_S = sum_{j in S} W_j (target - M_j) / sum_k W_k
//   z   = [ sum_{j in S} (target - y_j) - C_S * answers ] / sum_k W_k
// (Woodruff 1971), a row's y_j and answer counting where it was answered.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "analysis/index/linear.h"
#include "analysis/index/plan.h"

namespace hailong::priorities {

// part * (target - estimate), with its error and interval.
estimate::Estimate Shortfall(const estimate::Estimate& estimate, double target, double part);

// The scale that is worth `from` less than what `scale` is worth: from - y.
index::Scale Opposite(const index::Scale& scale, double from);

// The scales that pooled contributions are made of; by item of a plan. They outlive what is made of
// them.
struct PooledScales {
  PooledScales(const index::Plan& plan, double target);

  double target;
  // target - y.
  std::vector<index::Scale> shortfall;
  // 0 for every answer that is scored.
  std::vector<index::Scale> presence;
};

// C_S in one domain, whose items are `items` and whose index is made of those in `overall`; not
// defined without an answer to any of them. `in_s` is by item.
index::Linear PooledContribution(const PooledScales& scales,
                                 std::span<const index::Linear* const> items,
                                 std::span<const size_t> overall, const std::vector<bool>& in_s);

// a - b in the same domains, of linear combinations without an item in common. `negated` is
// by item Opposite(scale, 0).
index::Linear Subtract(const index::Linear& a, const index::Linear& b,
                       const std::vector<index::Scale>& negated);

}  // namespace hailong::priorities
