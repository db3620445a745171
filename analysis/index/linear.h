// The value of a component in a domain as a linear combination of its items, which is also its
// linearised variable.
//
// With W_j the weighted number of answers to item j and M_j its mean (of values in percent, or of
// steps):
//   item                    value M_j                         z = (y_j - M_j) / W_j
//   MEAN_OF_ITEMS, POINTS   value sum a_j M_j                 z = sum a_j (y_j - M_j) / W_j
//   MEAN_OF_CHILDREN        the same
//   POOLED_ANSWERS          value R = sum W_j M_j / sum W_j   z = sum (y_j - R) / sum W_j
// with a_j = 1 / items, or max_points_j / sum of max_points, or the product of 1 / children down to
// the item, in this order,
// where y_j counts only if it was answered. So z of a respondent is a sum, over items answered, of
// factor * (y - centre): a Term each.
//
// An item without any answer in the domain is left out, and the items or children that have answers
// share its part; a component none of whose items has an answer is not defined. A component over
// items without points is not defined under POINTS.
//
// Where groups count equally, an item's value is the plain mean of its values in the groups that
// answered it, and components are made of these, so that points still add up when a group is not
// asked everything; POOLED_ANSWERS is pooled within each group. A plain mean over domains adds the
// terms of all of them, each shrunk by their number.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "analysis/index/plan.h"

namespace hailong::index {

// z of a respondent in the domain gains factor * (scale.values[slot] - centre) when the slot is
// scored.
struct Term {
  size_t item = 0;
  size_t domain = 0;
  const Scale* scale = nullptr;
  double factor = 0;
  double centre = 0;
};

struct Linear {
  bool defined = false;
  double value = 0;
  // At most one for an item and a domain.
  std::vector<Term> terms;
  // From the lowest to the highest value of the scales of its items.
  estimate::Range range;
};

// Weighted numbers of answers by slot, in one domain.
using SlotWeights = std::span<const double>;

// One item in a domain, on one of its two scales.
Linear ItemLinear(size_t item, size_t domain, const Scale& scale, SlotWeights weights);

// The plain mean of those that are defined.
Linear MeanOf(std::span<const Linear> linears);

// All aggregates of a plan whose composition takes the values of items.
std::vector<Linear> ComposeItems(const Plan& plan, std::span<const Linear> items);

// By item of the plan: its part a_j in the overall index, which is sum a_j M_j over `items`; 0
// where it is not defined. For compositions that take the values of items.
std::vector<double> PartsOfItems(const Plan& plan, std::span<const Linear> items);

// All aggregates of a plan, their answers pooled in a domain; `weights` by item.
std::vector<Linear> PoolAnswers(const Plan& plan, size_t domain,
                                std::span<const SlotWeights> weights);

}  // namespace hailong::index
