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

// The weights of rows, and what takes out of a z by row what the weighting explains. Rows that are
// not sampled take no part.
struct Weighting {
  std::vector<double> weights;
  std::vector<bool> sampled;
  // Of each calibrating step: the variables it knows by row, the weights before and after it.
  struct Step {
    std::vector<std::vector<double>> variables;
    std::vector<double> before;
    std::vector<double> after;
  };
  std::vector<Step> steps;
};

// Solves a symmetric system by elimination; what is not determined becomes 0.
std::vector<double> Solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const size_t n = b.size();
  std::vector<size_t> order;
  std::vector<bool> used(n, false);
  for (size_t round = 0; round < n; ++round) {
    size_t pivot = n;
    for (size_t i = 0; i < n; ++i) {
      if (!used[i] && (pivot == n || a[i][i] > a[pivot][pivot])) pivot = i;
    }
    if (a[pivot][pivot] <= 1e-10) break;
    used[pivot] = true;
    for (size_t i = 0; i < n; ++i) {
      if (i == pivot) continue;
      const double factor = a[i][pivot] / a[pivot][pivot];
      for (size_t j = 0; j < n; ++j) a[i][j] -= factor * a[pivot][j];
      b[i] -= factor * b[pivot];
    }
  }
  for (size_t i = 0; i < n; ++i) b[i] = used[i] ? b[i] / a[i][i] : 0;
  return b;
}

std::vector<double> Residuals(const Weighting& weighting, std::vector<double> z) {
  for (const Weighting::Step& step : weighting.steps) {
    const size_t k = step.variables.size();
    std::vector<std::vector<double>> a(k, std::vector<double>(k, 0));
    std::vector<double> b(k, 0);
    for (size_t r = 0; r < z.size(); ++r) {
      if (!weighting.sampled[r]) continue;
      z[r] *= weighting.weights[r] / step.after[r];
      for (size_t i = 0; i < k; ++i) {
        const double x = step.before[r] * step.variables[i][r];
        b[i] += x * z[r];
        for (size_t j = 0; j < k; ++j) a[i][j] += x * step.variables[j][r];
      }
    }
    const std::vector<double> slopes = Solve(a, b);
    for (size_t r = 0; r < z.size(); ++r) {
      if (!weighting.sampled[r]) continue;
      for (size_t i = 0; i < k; ++i) z[r] -= slopes[i] * step.variables[i][r];
      z[r] *= step.after[r] / weighting.weights[r];
    }
  }
  return z;
}

// The design-based variance of a value with this z, over rows with a weight.
Estimate Describe(const RandomCase& random, const Evaluator& evaluator,
                  const std::string& component_id, const Weighting& weighting,
                  const std::vector<bool>& in) {
  std::vector<Dual> weights;
  for (size_t r = 0; r < random.rows.size(); ++r) {
    weights.push_back({in[r] ? weighting.weights[r] : 0, 0});
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

  const std::vector<double> residuals = Residuals(weighting, z);
  double all = 0;
  double rows = 0;
  for (size_t r = 0; r < random.rows.size(); ++r) {
    if (!weighting.sampled[r]) continue;
    all += weighting.weights[r] * residuals[r];
    rows += 1;
  }
  double variance = 0;
  for (size_t u = 0; u < random.units.size(); ++u) {
    const double n = ResponsesOf(random, u);
    const double population = static_cast<double>(random.units[u].population);
    const double fraction = population >= n && n > 0 ? n / population : 0;
    double mean = 0;
    for (size_t r = 0; r < random.rows.size(); ++r) {
      if (random.rows[r].unit == u && weighting.sampled[r]) {
        mean += weighting.weights[r] * residuals[r] / n;
      }
    }
    double spread = 0;
    for (size_t r = 0; r < random.rows.size(); ++r) {
      if (random.rows[r].unit != u || !weighting.sampled[r]) continue;
      const double deviation = weighting.weights[r] * residuals[r] - (n == 1 ? all / rows : mean);
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

// The weight of its unit for every row that counts there.
Weighting UnitWeighting(const RandomCase& random, const std::vector<double>& unit_weights) {
  Weighting weighting;
  for (const Row& row : random.rows) {
    weighting.sampled.push_back(Counts(random, row) && unit_weights[row.unit] > 0);
    weighting.weights.push_back(weighting.sampled.back() ? unit_weights[row.unit] : 0);
  }
  return weighting;
}

// A known size: the rows it is of, and their number in the population.
struct Size {
  std::vector<bool> rows;
  double size = 0;
};

double SumOf(const std::vector<double>& weights, const std::vector<bool>& rows) {
  double sum = 0;
  for (size_t r = 0; r < rows.size(); ++r) sum += rows[r] ? weights[r] : 0;
  return sum;
}

// Sizes of the options of a question among `among`, whose unit weights add up by unit to `totals`.
std::vector<Size> QuestionSizes(const RandomCase& random, const Weighting& weighting,
                                const std::string& question_id, const std::vector<bool>& among,
                                const std::vector<double>& totals) {
  size_t column = 0;
  while (random.columns[column].question_id != question_id) ++column;
  const int options = random.columns[column].options;
  std::vector<Size> sizes(static_cast<size_t>(options) + 1);
  for (Size& size : sizes) size.rows.resize(random.rows.size(), false);
  double whole = 0;
  for (size_t u = 0; u < random.units.size(); ++u) {
    if (totals[u] == 0) continue;
    whole += totals[u];
    for (const v1::PopulationMargin& margin : random.units[u].margins) {
      if (margin.question_id() != question_id) continue;
      double unit = 0;
      for (const uint64_t size : margin.sizes()) unit += static_cast<double>(size);
      for (int o = 0; o < options; ++o) {
        sizes[static_cast<size_t>(o) + 1].size +=
            totals[u] * static_cast<double>(margin.sizes(o)) / unit;
      }
    }
  }
  for (size_t r = 0; r < random.rows.size(); ++r) {
    if (!among[r]) continue;
    const int answer = random.rows[r].answers[column];
    sizes[answer >= 1 && answer <= options ? static_cast<size_t>(answer) : 0].rows[r] = true;
  }
  const double not_stated =
      SumOf(weighting.weights, sizes[0].rows) / SumOf(weighting.weights, among);
  sizes[0].size = whole * not_stated;
  for (size_t o = 1; o < sizes.size(); ++o) sizes[o].size *= 1 - not_stated;
  return sizes;
}

// Brings weights to sizes, over and over.
void Rake(const std::vector<Size>& sizes, Weighting& weighting) {
  Weighting::Step step;
  step.before = weighting.weights;
  for (const Size& size : sizes) {
    if (size.size == 0) continue;
    std::vector<double>& variable = step.variables.emplace_back();
    for (const bool row : size.rows) variable.push_back(row ? 1 : 0);
  }
  double error = 1;
  for (int cycle = 0; cycle < 3000 && error > 1e-14; ++cycle) {
    error = 0;
    for (const Size& size : sizes) {
      const double sum = SumOf(weighting.weights, size.rows);
      if (sum > 0) error = std::max(error, std::abs(size.size / sum - 1));
      for (size_t r = 0; r < size.rows.size(); ++r) {
        if (size.rows[r] && sum > 0) weighting.weights[r] *= size.size / sum;
      }
    }
  }
  step.after = weighting.weights;
  weighting.steps.push_back(std::move(step));
}

// Cuts weights beyond the bounds, over and over.
void Trim(const v1::Trimming& trimming, Weighting& weighting) {
  double n = 0;
  double sum = 0;
  for (size_t r = 0; r < weighting.weights.size(); ++r) {
    n += weighting.sampled[r] ? 1 : 0;
    sum += weighting.weights[r];
  }
  const double low = trimming.lower() * sum / n;
  const double high = trimming.upper() > 0 ? trimming.upper() * sum / n : HUGE_VAL;
  std::vector<bool> cut(weighting.weights.size(), false);
  for (bool again = true; again;) {
    again = false;
    double excess = 0;
    for (size_t r = 0; r < cut.size(); ++r) {
      if (!weighting.sampled[r] || cut[r]) continue;
      const double weight = std::clamp(weighting.weights[r], low, high);
      if (std::abs(weight - weighting.weights[r]) <= 1e-12 * weight) continue;
      excess += weighting.weights[r] - weight;
      weighting.weights[r] = weight;
      cut[r] = again = true;
    }
    double rest = 0;
    for (size_t r = 0; r < cut.size(); ++r) rest += weighting.sampled[r] && !cut[r] ? 1 : 0;
    for (size_t r = 0; r < cut.size(); ++r) {
      if (weighting.sampled[r] && !cut[r]) weighting.weights[r] += excess / rest;
    }
  }
}

// Unit weights and then the steps.
Weighting PlanWeighting(const RandomCase& random) {
  RandomCase whole = random;
  for (UnitInput& unit : whole.units) unit.included = true;
  const std::vector<double> unit_weights = UnitWeights(whole);
  Weighting weighting = UnitWeighting(whole, unit_weights);
  std::vector<double> totals;
  std::vector<std::vector<bool>> of_unit;
  for (size_t u = 0; u < random.units.size(); ++u) {
    std::vector<bool>& rows = of_unit.emplace_back();
    for (size_t r = 0; r < random.rows.size(); ++r) {
      rows.push_back(weighting.sampled[r] && random.rows[r].unit == u);
    }
    totals.push_back(SumOf(weighting.weights, rows));
  }
  for (const v1::WeightingStep& step : random.options.steps) {
    std::vector<Size> sizes;
    if (step.has_trim()) {
      Trim(step.trim(), weighting);
      continue;
    }
    for (size_t u = 0; u < totals.size(); ++u) {
      if (totals[u] == 0) continue;
      if (step.has_rake()) {
        sizes.push_back({of_unit[u], totals[u]});
        continue;
      }
      std::vector<double> alone(totals.size(), 0);
      alone[u] = totals[u];
      for (Size& size : QuestionSizes(random, weighting, step.post_stratify().question_id(),
                                      of_unit[u], alone)) {
        sizes.push_back(std::move(size));
      }
    }
    for (const std::string& id : step.rake().question_ids()) {
      for (Size& size : QuestionSizes(random, weighting, id, weighting.sampled, totals)) {
        sizes.push_back(std::move(size));
      }
    }
    Rake(sizes, weighting);
  }
  return weighting;
}

bool EqualGroups(const RandomCase& random) {
  return random.framework.group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS;
}

// The weights of a result over the included units.
Weighting WeightingOf(const RandomCase& random) {
  return random.options.steps.empty() ? UnitWeighting(random, UnitWeights(random))
                                      : PlanWeighting(random);
}

// A component in a domain.
Estimate InDomain(const RandomCase& random, const std::string& component_id, bool mean_of_steps,
                  const Weighting& weighting, const std::vector<bool>& in) {
  const Evaluator evaluator(random, mean_of_steps, EqualGroups(random));
  if (!EqualGroups(random)) return Describe(random, evaluator, component_id, weighting, in);
  // Only respondents who named a group are in the domain, and a group of one leaves the error
  // unknown.
  std::vector<bool> grouped = in;
  for (size_t r = 0; r < in.size(); ++r) {
    if (evaluator.Group(random.rows[r]) == 0) grouped[r] = false;
  }
  Estimate result = Describe(random, evaluator, component_id, weighting, grouped);
  const Evaluator within(random, mean_of_steps, false);
  for (int group = 1; group <= 4; ++group) {
    std::vector<bool> in_group = grouped;
    for (size_t r = 0; r < in.size(); ++r) {
      if (evaluator.Group(random.rows[r]) != group) in_group[r] = false;
    }
    const Estimate alone = Describe(random, within, component_id, weighting, in_group);
    if (alone.defined && !alone.standard_error) estimate::RemoveError(result);
  }
  return result;
}

std::vector<bool> Included(const RandomCase& random, const Weighting& weighting) {
  std::vector<bool> in = weighting.sampled;
  for (size_t r = 0; r < in.size(); ++r) {
    if (!random.units[random.rows[r].unit].included) in[r] = false;
  }
  return in;
}

Estimate Overall(const RandomCase& random, const std::string& component_id, bool mean_of_steps) {
  const Weighting weighting = WeightingOf(random);
  return InDomain(random, component_id, mean_of_steps, weighting, Included(random, weighting));
}

}  // namespace

Estimate OracleIndex(const RandomCase& random, const std::string& component_id) {
  return Overall(random, component_id, false);
}

Estimate OracleMeanScore(const RandomCase& random, const std::string& component_id) {
  return Overall(random, component_id, true);
}

Estimate OracleGroup(const RandomCase& random, int group) {
  const Weighting weighting = WeightingOf(random);
  std::vector<bool> in = Included(random, weighting);
  const Evaluator evaluator(random, false, false);
  for (size_t r = 0; r < in.size(); ++r) {
    if (evaluator.Group(random.rows[r]) != group) in[r] = false;
  }
  return Describe(random, evaluator, "", weighting, in);
}

Estimate OracleDomain(const RandomCase& random, const std::vector<std::string>& keys,
                      const std::string& component_id) {
  const Weighting weighting = WeightingOf(random);
  std::vector<bool> in = Included(random, weighting);
  for (size_t r = 0; r < in.size(); ++r) {
    const Row& row = random.rows[r];
    for (size_t i = 0; i < keys.size(); ++i) {
      const std::string& by = random.options.by[i];
      std::string key;
      if (by == "unit") {
        key = random.units[row.unit].unit_id;
      } else if (by == "level") {
        key = random.units[row.unit].level;
      } else {
        size_t column = 0;
        while (random.columns[column].question_id != by) ++column;
        key = std::to_string(row.answers[column]);
      }
      if (key != keys[i]) in[r] = false;
    }
  }
  return InDomain(random, component_id, false, weighting, in);
}

Estimate OracleUnit(const RandomCase& random, size_t unit, const std::string& component_id) {
  std::vector<bool> in;
  for (const Row& row : random.rows) in.push_back(row.unit == unit && Counts(random, row));
  const Evaluator evaluator(random, false, false);
  const Weighting weighting = WeightingOf(random);
  bool weighted = false;
  for (size_t r = 0; r < in.size(); ++r) weighted = weighted || (in[r] && weighting.sampled[r]);
  if (weighted && !random.options.steps.empty()) {
    return Describe(random, evaluator, component_id, weighting, in);
  }
  const std::vector<double> ones(random.units.size(), 1);
  return Describe(random, evaluator, component_id, UnitWeighting(random, ones), in);
}

}  // namespace hailong::index
