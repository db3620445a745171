// Priorities against the slow and obvious way, on random frames: values are loops over rows,
// written as their definitions; the linearised variable is the derivative of the value by the
// weight of each row, taken with dual numbers. Shares no code with the product but the weight of a
// unit in the whole, which index/score_oracle_test.cc holds.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/priorities/priorities.h"
#include "analysis/testing/random_case.h"

namespace hailong::priorities {
namespace {

using estimate::Estimate;
using index::RandomCase;
using index::Row;

constexpr double kTarget = 90;

// A number and its derivative.
struct Dual {
  double value = 0;
  double slope = 0;
};
Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
Dual operator*(Dual a, Dual b) {
  return {a.value * b.value, a.slope * b.value + a.value * b.slope};
}
Dual operator/(Dual a, Dual b) {
  return {a.value / b.value, (a.slope * b.value - a.value * b.slope) / (b.value * b.value)};
}

using Weights = std::vector<Dual>;
using Value = std::function<std::optional<Dual>(const Weights&)>;

class Oracle {
 public:
  explicit Oracle(const RandomCase& random) : random_(random), proto_(random.framework) {}

  size_t Column(const std::string& question_id) const {
    size_t column = 0;
    while (random_.columns[column].question_id != question_id) ++column;
    return column;
  }

  std::optional<double> Score(v1::Scoring scoring, size_t column, const Row& row) const {
    const int k = random_.columns[column].options;
    const int s = row.answers[column];
    if (s < 1 || s > k) return std::nullopt;
    switch (scoring) {
      case v1::SCORING_OPTION_WEIGHTS:
        if (s > proto_.option_weights_size()) return std::nullopt;
        return 100 * proto_.option_weights(s - 1);
      case v1::SCORING_TOP2:
        return s >= k - 1 ? 100 : 0;
      case v1::SCORING_MEAN_OF_MAXIMUM:
        return 100.0 * s / k;
      default:
        return 100.0 * (s - 1) / (k - 1);
    }
  }

  // The parts of a domain that count equally: by row, its part, or -1. One part without groups.
  std::vector<int> PartsOf(bool equal_groups) const {
    std::vector<int> parts;
    for (const Row& row : random_.rows) {
      if (!equal_groups) {
        parts.push_back(0);
        continue;
      }
      const size_t column = Column(proto_.group_question_id());
      const int group = row.answers[column];
      parts.push_back(group >= 1 && group <= random_.columns[column].options ? group - 1 : -1);
    }
    return parts;
  }

  bool IsBelow(const v1::Component& leaf, const std::string& component_id) const {
    if (component_id.empty()) return true;
    const v1::Component* at = &leaf;
    while (at->component_id() != component_id) {
      const v1::Component* parent = nullptr;
      for (const v1::Component& one : proto_.components()) {
        if (one.component_id() == at->parent_id()) parent = &one;
      }
      if (parent == nullptr) return false;
      at = parent;
    }
    return true;
  }

  // sum w y / sum w of one question, the plain mean over the parts.
  std::optional<Dual> Mean(v1::Scoring scoring, const std::string& question_id,
                           const std::vector<int>& parts, const Weights& weights) const {
    const size_t column = Column(question_id);
    Dual sum, count;
    for (int part = 0; part < 4; ++part) {
      Dual above, below;
      for (size_t r = 0; r < random_.rows.size(); ++r) {
        const auto y = Score(scoring, column, random_.rows[r]);
        if (parts[r] != part || !y || weights[r].value == 0) continue;
        above = above + weights[r] * Dual{*y, 0};
        below = below + weights[r];
      }
      if (below.value == 0) continue;
      sum = sum + above / below;
      count.value += 1;
    }
    if (count.value == 0) return std::nullopt;
    return sum / count;
  }

  // The part of an item in the value of `above` ("": the index) times its value less `from`, summed
  // over the items at or below `component_id`, by the definition of the composition.
  std::optional<Dual> Composed(const std::string& above, const std::string& component_id,
                               double from, const std::vector<int>& parts,
                               const Weights& weights) const {
    if (proto_.composition() == v1::COMPOSITION_POOLED_ANSWERS) {
      return Pooled(above, component_id, from, parts, weights);
    }
    if (proto_.composition() == v1::COMPOSITION_MEAN_OF_CHILDREN) {
      return OfChildren(above, component_id, from, parts, weights);
    }
    Dual sum, all;
    for (const v1::Component& leaf : proto_.components()) {
      if (leaf.question_id().empty() || !IsBelow(leaf, above)) continue;
      const auto mean = Mean(proto_.scoring(), leaf.question_id(), parts, weights);
      if (!mean) continue;
      const bool points = proto_.composition() == v1::COMPOSITION_POINTS;
      const Dual part = {points ? leaf.max_points() : 1, 0};
      all = all + part;
      if (IsBelow(leaf, component_id)) sum = sum + part * (Dual{from, 0} - *mean);
    }
    if (all.value == 0) return std::nullopt;
    return sum / all;
  }

  std::optional<Dual> Pooled(const std::string& above, const std::string& component_id, double from,
                             const std::vector<int>& parts, const Weights& weights) const {
    Dual sum, count;
    for (int part = 0; part < 4; ++part) {
      Dual missing, all;
      for (const v1::Component& leaf : proto_.components()) {
        if (leaf.question_id().empty() || !IsBelow(leaf, above)) continue;
        const size_t column = Column(leaf.question_id());
        for (size_t r = 0; r < random_.rows.size(); ++r) {
          const auto y = Score(proto_.scoring(), column, random_.rows[r]);
          if (parts[r] != part || !y || weights[r].value == 0) continue;
          all = all + weights[r];
          if (IsBelow(leaf, component_id)) missing = missing + weights[r] * Dual{from - *y, 0};
        }
      }
      if (all.value == 0) continue;
      sum = sum + missing / all;
      count.value += 1;
    }
    if (count.value == 0) return std::nullopt;
    return sum / count;
  }

  std::optional<Dual> OfChildren(const std::string& node, const std::string& component_id,
                                 double from, const std::vector<int>& parts,
                                 const Weights& weights) const {
    for (const v1::Component& leaf : proto_.components()) {
      if (leaf.component_id() != node || leaf.question_id().empty()) continue;
      const auto mean = Mean(proto_.scoring(), leaf.question_id(), parts, weights);
      if (!mean) return std::nullopt;
      return IsBelow(leaf, component_id) ? Dual{from, 0} - *mean : Dual{};
    }
    Dual sum, count;
    for (const v1::Component& child : proto_.components()) {
      if (child.parent_id() != node) continue;
      const auto value = OfChildren(child.component_id(), component_id, from, parts, weights);
      if (!value) continue;
      sum = sum + *value;
      count.value += 1;
    }
    if (count.value == 0) return std::nullopt;
    return sum / count;
  }

  // The value of a component.
  std::optional<Dual> Index(const std::string& component_id, const std::vector<int>& parts,
                            const Weights& weights) const {
    const auto less = Composed(component_id, component_id, 0, parts, weights);
    if (!less) return std::nullopt;
    return Dual{} - *less;
  }

  bool Counts(const Row& row) const {
    return row.counted && !(random_.options.without_flagged && row.flags != 0);
  }

  double Responses(size_t unit) const {
    double n = 0;
    for (const Row& row : random_.rows) n += row.unit == unit && Counts(row) ? 1 : 0;
    return n;
  }

  // The standard error of a value under unit weights: sum by unit of (1 - f) n/(n-1) sum (wz)^2,
  // centred.
  double Error(const Value& value, const std::vector<double>& unit_weights) const {
    Weights weights = WeightsOf(unit_weights);
    double variance = 0;
    std::vector<double> wz(random_.rows.size(), 0);
    for (size_t r = 0; r < wz.size(); ++r) {
      if (weights[r].value == 0) continue;
      weights[r].slope = 1;
      wz[r] = weights[r].value * value(weights)->slope;
      weights[r].slope = 0;
    }
    for (size_t u = 0; u < random_.units.size(); ++u) {
      const double n = Responses(u);
      const double population = static_cast<double>(random_.units[u].population);
      if (unit_weights[u] == 0 || n == 0) continue;
      const double fraction = population >= n ? n / population : 0;
      double mean = 0;
      for (size_t r = 0; r < wz.size(); ++r) mean += random_.rows[r].unit == u ? wz[r] / n : 0;
      if (n == 1) mean = 0;
      double spread = 0;
      for (size_t r = 0; r < wz.size(); ++r) {
        if (random_.rows[r].unit != u || weights[r].value == 0) continue;
        spread += (wz[r] - mean) * (wz[r] - mean);
      }
      variance += (1 - fraction) * (n == 1 ? 1 : n / (n - 1)) * spread;
    }
    return std::sqrt(variance);
  }

  Weights WeightsOf(const std::vector<double>& unit_weights) const {
    Weights weights;
    for (const Row& row : random_.rows) {
      weights.push_back({Counts(row) ? unit_weights[row.unit] : 0, 0});
    }
    return weights;
  }

 private:
  const RandomCase& random_;
  const v1::IndexFramework& proto_;
};

void ExpectSame(const Estimate& got, const Oracle& oracle, const Value& value,
                const std::vector<double>& unit_weights, size_t* errors) {
  const std::optional<Dual> wanted = value(oracle.WeightsOf(unit_weights));
  ASSERT_EQ(got.defined, wanted.has_value());
  if (!got.defined) return;
  EXPECT_NEAR(got.value, wanted->value, 1e-9);
  if (!got.standard_error) return;
  ++*errors;
  EXPECT_NEAR(*got.standard_error, oracle.Error(value, unit_weights), 1e-8);
  EXPECT_LE(*got.ci_low, got.value + 1e-9);
  EXPECT_GE(*got.ci_high, got.value - 1e-9);
}

// A random frame with two expectations: of the last component, and of nothing.
RandomCase CreateCase(uint64_t seed) {
  RandomCase random = index::CreateRandomCase(seed);
  std::mt19937_64 engine(seed);
  random.framework.set_expectation_scoring(v1::SCORING_TOP2);
  random.framework.mutable_expectation_scoring_provenance()->set_source("made up");
  const int last = random.framework.components_size() - 1;
  for (const int component : {last, static_cast<int>(engine() % 2) - 1}) {
    v1::Expectation& expectation = *random.framework.add_expectations();
    expectation.set_question_id(absl::StrCat("x", random.framework.expectations_size()));
    if (component >= 0) {
      expectation.set_component_id(random.framework.components(component).component_id());
    }
    expectation.mutable_title()->set_vi("mong muốn");
    expectation.mutable_provenance()->set_source("made up");
    random.columns.push_back({.question_id = expectation.question_id(), .options = 4});
    for (Row& row : random.rows) {
      row.answers.push_back(static_cast<uint8_t>(engine() % 5));
    }
  }
  return random;
}

void ComparePriorities(const Priorities& got, const RandomCase& random, const Oracle& oracle,
                       bool equal_groups, const std::vector<double>& unit_weights, size_t* errors) {
  const std::vector<int> parts = oracle.PartsOf(equal_groups);
  const auto contribution = [&](const std::string& id) {
    return [&oracle, &parts, id](const Weights& weights) {
      return oracle.Composed("", id, kTarget, parts, weights);
    };
  };
  {
    SCOPED_TRACE("distance");
    ExpectSame(got.distance, oracle, contribution(""), unit_weights, errors);
  }
  if (!got.overall.defined) return;
  double sum = 0;
  std::map<std::string, double> below;
  for (int c = 0; c < random.framework.components_size(); ++c) {
    const v1::Component& component = random.framework.components(c);
    const Contribution& one = got.components[static_cast<size_t>(c)];
    SCOPED_TRACE(component.component_id());
    const Value index = [&](const Weights& weights) {
      return oracle.Index(component.component_id(), parts, weights);
    };
    ExpectSame(one.index, oracle, index, unit_weights, errors);
    ASSERT_EQ(one.contribution.defined, one.index.defined);
    if (!one.index.defined) continue;
    ExpectSame(one.contribution, oracle, contribution(component.component_id()), unit_weights,
               errors);
    below[component.parent_id()] += one.contribution.value;
    if (!component.question_id().empty()) sum += one.contribution.value;
  }
  // They add up, all the way.
  EXPECT_NEAR(sum, got.distance.value, 1e-9);
  EXPECT_NEAR(sum, kTarget - got.overall.value, 1e-9);
  for (int c = 0; c < random.framework.components_size(); ++c) {
    const v1::Component& component = random.framework.components(c);
    const Contribution& one = got.components[static_cast<size_t>(c)];
    if (!below.contains(component.component_id()) || !one.index.defined) continue;
    EXPECT_NEAR(one.contribution.value, below[component.component_id()], 1e-9);
  }
  // One from the top for each item, in order.
  uint32_t ranked = 0;
  for (const Contribution& one : got.components) {
    for (const Contribution& other : got.components) {
      if (one.rank == 0 || other.rank <= one.rank) continue;
      EXPECT_GE(one.contribution.value, other.contribution.value);
    }
    ranked = std::max(ranked, one.rank);
  }
  EXPECT_GE(ranked, 1u);

  ASSERT_EQ(got.expectations.size(), 2u);
  for (const ExpectationGap& one : got.expectations) {
    const v1::Expectation& expectation =
        random.framework.expectations(static_cast<int>(one.expectation));
    SCOPED_TRACE(expectation.question_id());
    const auto wanted = [&](const Weights& weights) {
      return oracle.Mean(v1::SCORING_TOP2, expectation.question_id(), parts, weights);
    };
    ExpectSame(one.wanted, oracle, wanted, unit_weights, errors);
    ASSERT_EQ(one.gap.has_value(), !expectation.component_id().empty());
    if (!one.gap.has_value()) continue;
    const Value gap = [&](const Weights& weights) -> std::optional<Dual> {
      const auto share = wanted(weights);
      const auto satisfied = oracle.Index(expectation.component_id(), parts, weights);
      if (!share || !satisfied) return std::nullopt;
      return *share - *satisfied;
    };
    ExpectSame(*one.gap, oracle, gap, unit_weights, errors);
  }
}

void CompareWithOracle(uint64_t seed, size_t* errors) {
  const RandomCase random = CreateCase(seed);
  SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << random.framework.DebugString());
  const auto framework = index::Framework::Create(random.framework);
  ASSERT_TRUE(framework.ok()) << framework.status();
  const frame::Frame frame = FrameOf(random);
  const auto found = FindPriorities(frame, *framework, random.units, random.options, kTarget);
  ASSERT_TRUE(found.ok()) << found.status();
  const auto scores = ScoreUnits(frame, *framework, random.units, random.options, false);
  ASSERT_TRUE(scores.ok()) << scores.status();
  const Oracle oracle(random);
  std::vector<double> weights;
  for (const index::UnitScore& score : *scores) weights.push_back(score.weight);
  {
    SCOPED_TRACE("whole");
    const bool equal_groups =
        random.framework.group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS;
    ComparePriorities(found->whole, random, oracle, equal_groups, weights, errors);
  }
  for (size_t u = 0; u < random.units.size(); ++u) {
    if (!random.units[u].included) {
      EXPECT_FALSE(found->units[u].overall.defined);
      continue;
    }
    SCOPED_TRACE(testing::Message() << "unit " << u);
    std::vector<double> alone(random.units.size(), 0);
    alone[u] = 1;
    ComparePriorities(found->units[u], random, oracle, false, alone, errors);
  }
}

TEST(PrioritiesOracle, AgreesOnSeedsThatAreAlwaysTried) {
  size_t errors = 0;
  for (uint64_t seed = 1; seed <= 120 && !testing::Test::HasFailure(); ++seed) {
    CompareWithOracle(seed, &errors);
  }
  EXPECT_GT(errors, 1000u) << "standard errors that were compared";
}

TEST(PrioritiesOracle, AgreesOnFreshSeeds) {
  const uint64_t first =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  size_t errors = 0;
  for (uint64_t seed = first; seed < first + 60 && !testing::Test::HasFailure(); ++seed) {
    CompareWithOracle(seed, &errors);
  }
}

}  // namespace
}  // namespace hailong::priorities
