#include "analysis/priorities/contribution.h"

#include <algorithm>
#include <utility>

namespace hailong::priorities {

using estimate::Estimate;
using index::Linear;
using index::Scale;
using index::Term;

Estimate Shortfall(const Estimate& estimate, double target, double part) {
  Estimate shortfall = estimate;
  shortfall.value = part * (target - estimate.value);
  if (estimate.standard_error) shortfall.standard_error = part * *estimate.standard_error;
  if (estimate.ci_high) shortfall.ci_low = part * (target - *estimate.ci_high);
  if (estimate.ci_low) shortfall.ci_high = part * (target - *estimate.ci_low);
  return shortfall;
}

Scale Opposite(const Scale& scale, double from) {
  Scale opposite = scale;
  for (double& value : opposite.values) value = from - value;
  opposite.range = {from - scale.range.high, from - scale.range.low};
  return opposite;
}

PooledScales::PooledScales(const index::Plan& plan, double target_value) : target(target_value) {
  for (const index::Item& item : plan.items) {
    shortfall.push_back(Opposite(item.index, target));
    Scale& none = presence.emplace_back(item.index);
    std::fill(none.values.begin(), none.values.end(), 0);
    none.range = {0, 0};
  }
}

Linear PooledContribution(const PooledScales& scales, std::span<const Linear* const> items,
                          std::span<const size_t> overall, const std::vector<bool>& in_s) {
  // Of an item: z = (y - M) / W, so the factor is 1 / W.
  const auto weight = [&](size_t j) { return 1 / items[j]->terms[0].factor; };
  Linear contribution;
  double all = 0;
  double missing = 0;
  for (const size_t j : overall) {
    if (!items[j]->defined) continue;
    contribution.defined = true;
    all += weight(j);
    if (in_s[j]) missing += weight(j) * (scales.target - items[j]->value);
  }
  if (!contribution.defined) return contribution;
  contribution.value = missing / all;
  // Of any part of the answers, between none and all.
  contribution.range = {0, 0};
  for (const size_t j : overall) {
    if (!items[j]->defined) continue;
    const Scale& scale = in_s[j] ? scales.shortfall[j] : scales.presence[j];
    contribution.range.low = std::min(contribution.range.low, scale.range.low);
    contribution.range.high = std::max(contribution.range.high, scale.range.high);
    contribution.terms.push_back({.item = j,
                                  .domain = items[j]->terms[0].domain,
                                  .scale = &scale,
                                  .factor = 1 / all,
                                  .centre = contribution.value});
  }
  return contribution;
}

Linear Subtract(const Linear& a, const Linear& b, const std::vector<Scale>& negated) {
  if (!a.defined || !b.defined) return {};
  Linear difference = a;
  difference.value = a.value - b.value;
  difference.range = {a.range.low - b.range.high, a.range.high - b.range.low};
  for (Term term : b.terms) {
    term.scale = &negated[term.item];
    term.centre = -term.centre;
    difference.terms.push_back(term);
  }
  return difference;
}

}  // namespace hailong::priorities
