#include "analysis/testing/oracle.h"

#include <algorithm>
#include <cmath>

namespace hailong::index {
namespace {

using estimate::Estimate;

// A number and its derivative.
struct Dual {
  double value = 0;
  double slope = 0;
};
Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
Dual operator*(Dual a, Dual b) {
  return {a.value * b.value, a.slope * b.value + a.value * b.slope};
}
Dual operator/(Dual a, Dual b) {
  return {a.value / b.value, (a.slope * b.value - a.value * b.slope) / (b.value * b.value)};
}

// Evaluates values over rows, each with its own weight.
class Evaluator {
 public:
  Evaluator(const RandomCase& random, bool mean_of_steps, bool equal_groups)
      : random_(random),
        framework_(random.framework),
        mean_of_steps_(mean_of_steps),
        equal_groups_(equal_groups) {}

  // What an answer of a leaf is worth; absent: it is outside the domain.
  std::optional<double> Score(const v1::Component& leaf, const Row& row) const {
    const size_t column = Column(leaf.question_id());
    const int k = random_.columns[column].options;
    const int s = row.answers[column];
    if (s < 1 || s > k) return std::nullopt;
    if (framework_.scoring() == v1::SCORING_OPTION_WEIGHTS) {
      if (s > framework_.option_weights_size()) return std::nullopt;
      return mean_of_steps_ ? s : 100 * framework_.option_weights(s - 1);
    }
    if (mean_of_steps_) return s;
    if (framework_.scoring() == v1::SCORING_TOP2) return s == k || s == k - 1 ? 100 : 0;
    if (framework_.scoring() == v1::SCORING_MEAN_OF_MAXIMUM) return 100.0 * s / k;
    return 100.0 * (s - 1) / (k - 1);
  }

  int Group(const Row& row) const {
    const size_t column = Column(framework_.group_question_id());
    const int group = row.answers[column];
    return group >= 1 && group <= random_.columns[column].options ? group : 0;
  }

  // All leaves at or below a component; "": all.
  std::vector<const v1::Component*> Leaves(const std::string& component_id) const {
    std::vector<const v1::Component*> leaves;
    for (const v1::Component& component : framework_.components()) {
      if (component.question_id().empty()) continue;
      bool below = component_id.empty();
      std::string at = component.component_id();
      while (!at.empty() && !below) {
        below = at == component_id;
        at = ParentOf(at);
      }
      if (below) leaves.push_back(&component);
    }
    return leaves;
  }

  // The value of a component, absent without answers. Rows with in[r] == false are outside the
  // domain.
  std::optional<Dual> Value(const std::string& component_id, const std::vector<Dual>& weights,
                            const std::vector<bool>& in) const {
    const std::vector<const v1::Component*> leaves = Leaves(component_id);
    const bool is_leaf = leaves.size() == 1 && leaves[0]->component_id() == component_id;
    if (is_leaf) return MeanOverGroups(leaves, weights, in);
    if (framework_.composition() == v1::COMPOSITION_POOLED_ANSWERS) {
      return MeanOverGroups(leaves, weights, in);
    }
    Dual sum, parts;
    if (framework_.composition() == v1::COMPOSITION_MEAN_OF_CHILDREN) {
      for (const v1::Component& child : framework_.components()) {
        if (child.parent_id() != component_id) continue;
        const std::optional<Dual> value = Value(child.component_id(), weights, in);
        if (!value) continue;
        sum = sum + *value;
        parts.value += 1;
      }
    } else {
      for (const v1::Component* leaf : leaves) {
        const std::optional<Dual> value = Value(leaf->component_id(), weights, in);
        if (!value) continue;
        const bool points = framework_.composition() == v1::COMPOSITION_POINTS;
        const Dual part = {points ? leaf->max_points() : 1, 0};
        sum = sum + part * *value;
        parts = parts + part;
      }
    }
    if (parts.value == 0) return std::nullopt;
    return sum / parts;
  }

 private:
  size_t Column(const std::string& question_id) const {
    size_t column = 0;
    while (random_.columns[column].question_id != question_id) ++column;
    return column;
  }

  std::string ParentOf(const std::string& component_id) const {
    for (const v1::Component& component : framework_.components()) {
      if (component.component_id() == component_id) return component.parent_id();
    }
    return "";
  }

  // All answers to the leaves as one ratio.
  std::optional<Dual> Ratio(const std::vector<const v1::Component*>& leaves,
                            const std::vector<Dual>& weights, const std::vector<bool>& in) const {
    Dual above, below;
    for (size_t r = 0; r < random_.rows.size(); ++r) {
      if (!in[r]) continue;
      for (const v1::Component* leaf : leaves) {
        const std::optional<double> score = Score(*leaf, random_.rows[r]);
        if (!score) continue;
        above = above + weights[r] * Dual{*score, 0};
        below = below + weights[r];
      }
    }
    if (below.value == 0) return std::nullopt;
    return above / below;
  }

  std::optional<Dual> MeanOverGroups(const std::vector<const v1::Component*>& leaves,
                                     const std::vector<Dual>& weights,
                                     const std::vector<bool>& in) const {
    if (!equal_groups_) return Ratio(leaves, weights, in);
    Dual sum, groups;
    for (int group = 1; group <= 4; ++group) {
      std::vector<bool> in_group = in;
      bool any = false;
      for (size_t r = 0; r < in.size(); ++r) {
        if (Group(random_.rows[r]) != group) in_group[r] = false;
        any = any || in_group[r];
      }
      if (!any) continue;
      const std::optional<Dual> value = Ratio(leaves, weights, in_group);
      if (!value) continue;
      sum = sum + *value;
      groups.value += 1;
    }
    if (groups.value == 0) return std::nullopt;
    return sum / groups;
  }

  const RandomCase& random_;
  const v1::IndexFramework& framework_;
  bool mean_of_steps_;
  bool equal_groups_;
};

bool Counts(const RandomCase& random, const Row& row) {
  return row.counted && !(random.options.without_flagged && row.flags != 0);
}

double ResponsesOf(const RandomCase& random, size_t unit) {
  double n = 0;
  for (const Row& row : random.rows) {
    if (row.unit == unit && Counts(random, row)) n += 1;
  }
  return n;
}

std::vector<double> UnitWeights(const RandomCase& random) {
  std::vector<double> weights(random.units.size(), 0);
  double all = 0;
  double answered = 0;
  for (size_t u = 0; u < random.units.size(); ++u) {
    const double n = ResponsesOf(random, u);
    if (!random.units[u].included || n == 0) continue;
    all += n;
    answered += 1;
  }
  for (size_t u = 0; u < random.units.size(); ++u) {
    const double n = ResponsesOf(random, u);
    const double population = static_cast<double>(random.units[u].population);
    if (!random.units[u].included || n == 0) continue;
    if (random.options.weighting == v1::WEIGHTING_MODE_NONE) {
      weights[u] = 1;
    } else if (random.options.weighting == v1::WEIGHTING_MODE_EQUAL_UNITS) {
      weights[u] = all / answered / n;
    } else if (population >= n) {
      weights[u] = population / n;
    }
  }
  return weights;
}

// The design-based variance of a value with this z, over rows with a weight.
Estimate Describe(const RandomCase& random, const Evaluator& evaluator,
                  const std::string& component_id, const std::vector<double>& unit_weights,
                  const std::vector<bool>& in) {
  std::vector<Dual> weights;
  for (size_t r = 0; r < random.rows.size(); ++r) {
    weights.push_back({in[r] ? unit_weights[random.rows[r].unit] : 0, 0});
  }
  Estimate result;
  const std::optional<Dual> value = evaluator.Value(component_id, weights, in);
  if (!value) return result;
  result.defined = true;
  result.value = value->value;

  const std::vector<const v1::Component*> leaves = evaluator.Leaves(component_id);
  std::vector<double> z(random.rows.size(), 0);
  double weight_sum = 0;
  double squares = 0;
  bool sampled = false;
  for (size_t r = 0; r < random.rows.size(); ++r) {
    if (!in[r]) continue;
    weights[r].slope = 1;
    z[r] = evaluator.Value(component_id, weights, in)->slope;
    weights[r].slope = 0;
    const bool answered = std::any_of(leaves.begin(), leaves.end(), [&](const auto* leaf) {
      return evaluator.Score(*leaf, random.rows[r]).has_value();
    });
    if (!answered) continue;
    result.n += 1;
    weight_sum += weights[r].value;
    squares += weights[r].value * z[r] * z[r];
    const size_t unit = random.rows[r].unit;
    if (static_cast<double>(random.units[unit].population) != ResponsesOf(random, unit)) {
      sampled = true;
    }
  }

  double variance = 0;
  for (size_t u = 0; u < random.units.size(); ++u) {
    const double n = ResponsesOf(random, u);
    const double population = static_cast<double>(random.units[u].population);
    const double fraction = population >= n && n > 0 ? n / population : 0;
    double mean = 0;
    for (size_t r = 0; r < random.rows.size(); ++r) {
      if (random.rows[r].unit == u && in[r]) mean += weights[r].value * z[r] / n;
    }
    double spread = 0;
    for (size_t r = 0; r < random.rows.size(); ++r) {
      if (random.rows[r].unit != u || !Counts(random, random.rows[r])) continue;
      const double deviation = (in[r] ? weights[r].value * z[r] : 0) - (n == 1 ? 0 : mean);
      spread += deviation * deviation;
    }
    variance += (1 - fraction) * (n == 1 ? 1 : n / (n - 1)) * spread;
  }
  if (result.n == 1 && sampled) return result;
  result.standard_error = std::sqrt(variance);
  const double n = static_cast<double>(result.n);
  // All answers equal but for rounding.
  if (result.n > 1 && squares * weight_sum > 1e-20) {
    result.design_effect = variance / (weight_sum * squares / (n - 1));
  }
  return result;
}

// Rows that count in units with a weight.
std::vector<bool> InResult(const RandomCase& random, const std::vector<double>& unit_weights) {
  std::vector<bool> in;
  for (const Row& row : random.rows) {
    in.push_back(Counts(random, row) && unit_weights[row.unit] > 0);
  }
  return in;
}

bool EqualGroups(const RandomCase& random) {
  return random.framework.group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS;
}

Estimate Overall(const RandomCase& random, const std::string& component_id, bool mean_of_steps) {
  const std::vector<double> weights = UnitWeights(random);
  const std::vector<bool> in = InResult(random, weights);
  const Evaluator evaluator(random, mean_of_steps, EqualGroups(random));
  if (!EqualGroups(random)) return Describe(random, evaluator, component_id, weights, in);
  // Only respondents who named a group are in the domain, and a group of one leaves the error
  // unknown.
  std::vector<bool> grouped = in;
  for (size_t r = 0; r < in.size(); ++r) {
    if (evaluator.Group(random.rows[r]) == 0) grouped[r] = false;
  }
  Estimate result = Describe(random, evaluator, component_id, weights, grouped);
  const Evaluator within(random, mean_of_steps, false);
  for (int group = 1; group <= 4; ++group) {
    std::vector<bool> in_group = grouped;
    for (size_t r = 0; r < in.size(); ++r) {
      if (evaluator.Group(random.rows[r]) != group) in_group[r] = false;
    }
    const Estimate alone = Describe(random, within, component_id, weights, in_group);
    if (alone.defined && !alone.standard_error) estimate::RemoveError(result);
  }
  return result;
}

}  // namespace

Estimate OracleIndex(const RandomCase& random, const std::string& component_id) {
  return Overall(random, component_id, false);
}

Estimate OracleMeanScore(const RandomCase& random, const std::string& component_id) {
  return Overall(random, component_id, true);
}

Estimate OracleGroup(const RandomCase& random, int group) {
  const std::vector<double> weights = UnitWeights(random);
  std::vector<bool> in = InResult(random, weights);
  const Evaluator evaluator(random, false, false);
  for (size_t r = 0; r < in.size(); ++r) {
    if (evaluator.Group(random.rows[r]) != group) in[r] = false;
  }
  return Describe(random, evaluator, "", weights, in);
}

Estimate OracleUnit(const RandomCase& random, size_t unit, const std::string& component_id) {
  std::vector<bool> in;
  for (const Row& row : random.rows) in.push_back(row.unit == unit && Counts(random, row));
  const std::vector<double> weights(random.units.size(), 1);
  return Describe(random, Evaluator(random, false, false), component_id, weights, in);
}

}  // namespace hailong::index
