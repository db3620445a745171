#include "analysis/index/linear.h"

#include <algorithm>
#include <utility>

namespace hailong::index {
namespace {

// A weighted mean that is exact when all values are equal, so that a constant has no error of
// rounding.
class Mean {
 public:
  void Add(double weight, double value) {
    if (weight == 0) return;
    if (weight_ == 0) first_ = value;
    weight_ += weight;
    excess_ += weight * (value - first_);
  }

  double weight() const { return weight_; }
  double value() const { return first_ + excess_ / weight_; }

 private:
  double first_ = 0;
  double weight_ = 0;
  double excess_ = 0;
};

void AddSlots(const Scale& scale, SlotWeights weights, Mean& mean) {
  for (size_t slot = 0; slot < scale.values.size(); ++slot) {
    if (scale.scored[slot]) mean.Add(weights[slot], scale.values[slot]);
  }
}

void Widen(estimate::Range& range, const estimate::Range& other, bool first) {
  range.low = first ? other.low : std::min(range.low, other.low);
  range.high = first ? other.high : std::max(range.high, other.high);
}

// One part of a mean of components.
struct Part {
  double weight;
  const Linear* linear;
};

// The mean of the parts that are defined.
Linear WeightedMeanOf(std::span<const Part> parts) {
  Linear result;
  Mean mean;
  for (const Part& part : parts) {
    if (!part.linear->defined || part.weight == 0) continue;
    Widen(result.range, part.linear->range, !result.defined);
    result.defined = true;
    mean.Add(part.weight, part.linear->value);
  }
  if (!result.defined) return result;
  result.value = mean.value();
  for (const Part& part : parts) {
    if (!part.linear->defined || part.weight == 0) continue;
    for (Term term : part.linear->terms) {
      term.factor *= part.weight / mean.weight();
      result.terms.push_back(term);
    }
  }
  return result;
}

}  // namespace

Linear ItemLinear(size_t item, size_t domain, const Scale& scale, SlotWeights weights) {
  Mean mean;
  AddSlots(scale, weights, mean);
  if (mean.weight() == 0) return {};
  const Term term = {.item = item,
                     .domain = domain,
                     .scale = &scale,
                     .factor = 1 / mean.weight(),
                     .centre = mean.value()};
  return {.defined = true, .value = mean.value(), .terms = {term}, .range = scale.range};
}

Linear MeanOf(std::span<const Linear> linears) {
  std::vector<Part> parts;
  for (const Linear& linear : linears) parts.push_back({1, &linear});
  return WeightedMeanOf(parts);
}

std::vector<Linear> ComposeItems(const Plan& plan, std::span<const Linear> items) {
  std::vector<Linear> aggregates(plan.aggregates.size());
  // Children stand after their parents.
  for (size_t a = plan.aggregates.size(); a-- > 0;) {
    const Aggregate& aggregate = plan.aggregates[a];
    std::vector<Part> parts;
    if (plan.composition == v1::COMPOSITION_MEAN_OF_CHILDREN) {
      for (const size_t j : aggregate.child_items) parts.push_back({1, &items[j]});
      for (const size_t c : aggregate.child_aggregates) parts.push_back({1, &aggregates[c]});
    } else {
      const bool points = plan.composition == v1::COMPOSITION_POINTS;
      for (const size_t j : aggregate.items) {
        parts.push_back({points ? plan.items[j].max_points : 1, &items[j]});
      }
    }
    aggregates[a] = WeightedMeanOf(parts);
  }
  return aggregates;
}

std::vector<double> PartsOfItems(const Plan& plan, std::span<const Linear> items) {
  std::vector<double> parts(items.size(), 0);
  if (plan.composition != v1::COMPOSITION_MEAN_OF_CHILDREN) {
    double sum = 0;
    for (const size_t j : plan.aggregates[0].items) {
      if (!items[j].defined) continue;
      parts[j] = plan.composition == v1::COMPOSITION_POINTS ? plan.items[j].max_points : 1;
      sum += parts[j];
    }
    for (double& part : parts) part = sum > 0 ? part / sum : 0;
    return parts;
  }
  const auto defined = [&](size_t j) { return items[j].defined; };
  std::vector<double> of_aggregates(plan.aggregates.size(), 0);
  of_aggregates[0] = 1;
  // Parents stand before their children.
  for (size_t a = 0; a < plan.aggregates.size(); ++a) {
    const Aggregate& aggregate = plan.aggregates[a];
    const auto counts = [&](size_t child) {
      const std::vector<size_t>& below = plan.aggregates[child].items;
      return std::any_of(below.begin(), below.end(), defined);
    };
    const auto children =
        std::count_if(aggregate.child_items.begin(), aggregate.child_items.end(), defined) +
        std::count_if(aggregate.child_aggregates.begin(), aggregate.child_aggregates.end(), counts);
    if (children == 0) continue;
    const double share = of_aggregates[a] / static_cast<double>(children);
    for (const size_t j : aggregate.child_items) parts[j] = items[j].defined ? share : 0;
    for (const size_t c : aggregate.child_aggregates) of_aggregates[c] = share;
  }
  return parts;
}

std::vector<Linear> PoolAnswers(const Plan& plan, size_t domain,
                                std::span<const SlotWeights> weights) {
  std::vector<Linear> aggregates;
  for (const Aggregate& aggregate : plan.aggregates) {
    Linear& pooled = aggregates.emplace_back();
    Mean mean;
    for (const size_t j : aggregate.items) {
      const Scale& scale = plan.items[j].index;
      const Linear item = ItemLinear(j, domain, scale, weights[j]);
      if (!item.defined) continue;
      Widen(pooled.range, scale.range, !pooled.defined);
      pooled.defined = true;
      pooled.terms.push_back({.item = j, .domain = domain, .scale = &scale});
      AddSlots(scale, weights[j], mean);
    }
    if (!pooled.defined) continue;
    pooled.value = mean.value();
    for (Term& term : pooled.terms) {
      term.factor = 1 / mean.weight();
      term.centre = pooled.value;
    }
  }
  return aggregates;
}

}  // namespace hailong::index
