#include "analysis/priorities/priorities.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/index/domains.h"
#include "analysis/index/linear.h"
#include "analysis/index/plan.h"
#include "analysis/index/scan.h"
#include "analysis/index/setup.h"
#include "analysis/priorities/contribution.h"

namespace hailong::priorities {
namespace {

using estimate::Estimate;
using index::Combine;
using index::Domains;
using index::Linear;

// Variables that are evaluated at once: each holds tables of all its items.
constexpr size_t kAtOnce = 16;

// Where the parts of a plan stand in the framework.
struct Layout {
  // By component: its aggregate or its item; both absent of a leaf with index_of.
  std::vector<std::optional<size_t>> aggregate_of;
  std::vector<std::optional<size_t>> item_of;
  // Numbers of the expectations, whose items are the last of the plan.
  std::vector<size_t> expectations;
  size_t first_expectation_item = 0;
};

absl::StatusOr<Layout> LayOut(const frame::Frame& frame, const index::Framework& framework,
                              index::Plan& plan) {
  Layout layout;
  layout.aggregate_of.resize(framework.size());
  layout.item_of.resize(framework.size());
  for (size_t a = 1; a < plan.aggregates.size(); ++a) {
    layout.aggregate_of[*plan.aggregates[a].component] = a;
  }
  for (size_t j = 0; j < plan.items.size(); ++j) layout.item_of[plan.items[j].component] = j;
  layout.first_expectation_item = plan.items.size();
  absl::StatusOr<std::vector<size_t>> added = index::AddExpectations(frame, framework, plan);
  if (!added.ok()) return added.status();
  layout.expectations = *std::move(added);
  return layout;
}

// The priorities of every result of some domains.
class Finder {
 public:
  Finder(const index::Framework& framework, const index::Plan& plan, const Layout& layout,
         const Domains& domains, Combine combine, double target)
      : framework_(framework),
        plan_(plan),
        layout_(layout),
        domains_(domains),
        combine_(combine),
        target_(target),
        linears_(domains.Linearise(combine)),
        results_(linears_.aggregates[0].size()) {}

  std::vector<Priorities> Find() {
    aggregates_ = domains_.Aggregates(plan_.aggregates.size(), combine_);
    for (size_t j = 0; j < plan_.items.size(); ++j) {
      items_.push_back(domains_.ItemIndex(j, combine_));
    }
    std::vector<Priorities> found(results_);
    for (size_t result = 0; result < results_; ++result) {
      found[result].overall = aggregates_[0][result];
      found[result].distance = Shortfall(aggregates_[0][result], target_, 1);
      found[result].components.resize(framework_.size());
      for (size_t c = 0; c < framework_.size(); ++c) {
        if (const Estimate* index = IndexOf(c, result)) {
          found[result].components[c].index = *index;
        }
      }
    }
    if (plan_.composition == v1::COMPOSITION_POOLED_ANSWERS) {
      AddPooledContributions(found);
    } else {
      for (size_t result = 0; result < results_; ++result) AddContributions(result, found[result]);
    }
    for (Priorities& priorities : found) Rank(priorities);
    AddExpectations(found);
    return found;
  }

 private:
  // Null of a leaf with index_of.
  const Estimate* IndexOf(size_t component, size_t result) const {
    if (const auto a = layout_.aggregate_of[component]) return &aggregates_[*a][result];
    if (const auto j = layout_.item_of[component]) return &items_[*j][result];
    return nullptr;
  }

  const Linear& LinearOf(size_t component, size_t result) const {
    if (const auto a = layout_.aggregate_of[component]) return linears_.aggregates[*a][result];
    return linears_.items[*layout_.item_of[component]][result];
  }

  void AddContributions(size_t result, Priorities& priorities) const {
    std::vector<Linear> items;
    for (const std::vector<Linear>& item : linears_.items) items.push_back(item[result]);
    const std::vector<double> parts = index::PartsOfItems(plan_, items);
    for (size_t c = 0; c < framework_.size(); ++c) {
      Contribution& component = priorities.components[c];
      if (!component.index.defined) continue;
      double part = 0;
      for (const size_t leaf : framework_.Leaves(c)) {
        if (const auto j = layout_.item_of[leaf]) part += parts[*j];
      }
      component.contribution = Shortfall(component.index, target_, part);
    }
  }

  void AddPooledContributions(std::vector<Priorities>& found) const {
    const PooledScales scales(plan_, target_);
    // By domain, before groups count as one.
    std::optional<Domains::Linears> split;
    if (combine_.domains > 1) split = domains_.Linearise(Combine{1});
    const Domains::Linears& single = split.has_value() ? *split : linears_;
    std::vector<size_t> components;
    std::vector<std::vector<Linear>> variables;
    const auto evaluate = [&] {
      const auto estimates = domains_.Evaluate(std::move(variables), combine_);
      for (size_t v = 0; v < components.size(); ++v) {
        for (size_t result = 0; result < results_; ++result) {
          Contribution& component = found[result].components[components[v]];
          if (!component.index.defined) continue;
          component.contribution = estimates[v][result];
          // A lone respondent among those of other items.
          if (!component.index.standard_error) estimate::RemoveError(component.contribution);
        }
      }
      components.clear();
      variables.clear();
    };
    for (size_t c = 0; c < framework_.size(); ++c) {
      std::vector<bool> below(plan_.items.size(), false);
      bool any = false;
      for (const size_t leaf : framework_.Leaves(c)) {
        if (const auto j = layout_.item_of[leaf]) below[*j] = any = true;
      }
      if (!any) continue;
      components.push_back(c);
      variables.push_back(PooledLinears(scales, single, below));
      if (components.size() == kAtOnce) evaluate();
    }
    if (!components.empty()) evaluate();
  }

  // By result.
  std::vector<Linear> PooledLinears(const PooledScales& scales, const Domains::Linears& single,
                                    const std::vector<bool>& below) const {
    std::vector<Linear> results;
    for (size_t result = 0; result < results_; ++result) {
      std::vector<Linear> domains;
      for (size_t i = 0; i < combine_.domains; ++i) {
        const size_t domain = result * combine_.domains + i;
        std::vector<const Linear*> items;
        for (const std::vector<Linear>& item : single.items) items.push_back(&item[domain]);
        domains.push_back(PooledContribution(scales, items, plan_.aggregates[0].items, below));
      }
      results.push_back(combine_.domains == 1 ? std::move(domains[0]) : index::MeanOf(domains));
    }
    return results;
  }

  void Rank(Priorities& priorities) const {
    std::vector<Contribution*> items;
    for (size_t c = 0; c < framework_.size(); ++c) {
      const bool item = layout_.item_of[c].has_value();
      Contribution& component = priorities.components[c];
      if (item && component.contribution.defined) items.push_back(&component);
    }
    std::stable_sort(items.begin(), items.end(), [](const Contribution* a, const Contribution* b) {
      return a->contribution.value > b->contribution.value;
    });
    for (size_t i = 0; i < items.size(); ++i) items[i]->rank = static_cast<uint32_t>(i + 1);
  }

  void AddExpectations(std::vector<Priorities>& found) const {
    std::vector<index::Scale> negated;
    for (const index::Item& item : plan_.items) negated.push_back(Opposite(item.index, 0));
    std::vector<std::vector<Linear>> variables;
    // By expectation: the component beside it.
    std::vector<std::optional<size_t>> beside;
    for (size_t i = 0; i < layout_.expectations.size(); ++i) {
      const size_t item = layout_.first_expectation_item + i;
      const int number = static_cast<int>(layout_.expectations[i]);
      std::optional<size_t> component =
          framework_.Find(framework_.proto().expectations(number).component_id());
      if (component.has_value() && results_ > 0 && IndexOf(*component, 0) == nullptr) {
        component = std::nullopt;
      }
      beside.push_back(component);
      std::vector<Linear>& gap = variables.emplace_back(results_);
      for (size_t result = 0; result < results_ && component.has_value(); ++result) {
        gap[result] = Subtract(linears_.items[item][result], LinearOf(*component, result), negated);
      }
    }
    if (variables.empty()) return;
    const auto gaps = domains_.Evaluate(std::move(variables), combine_);
    for (size_t i = 0; i < layout_.expectations.size(); ++i) {
      for (size_t result = 0; result < results_; ++result) {
        ExpectationGap gap = {.expectation = layout_.expectations[i],
                              .wanted = items_[layout_.first_expectation_item + i][result]};
        if (beside[i].has_value()) {
          gap.satisfaction = *IndexOf(*beside[i], result);
          gap.gap = gaps[i][result];
          // What is not known of one is not known of the difference.
          const bool known = gap.wanted.standard_error && gap.satisfaction->standard_error;
          if (!known) estimate::RemoveError(*gap.gap);
        }
        found[result].expectations.push_back(std::move(gap));
      }
    }
  }

  const index::Framework& framework_;
  const index::Plan& plan_;
  const Layout& layout_;
  const Domains& domains_;
  const Combine combine_;
  const double target_;
  const Domains::Linears linears_;
  const size_t results_;
  // By aggregate or item of the plan, and result.
  std::vector<std::vector<Estimate>> aggregates_;
  std::vector<std::vector<Estimate>> items_;
};

}  // namespace

absl::StatusOr<RoundPriorities> FindPriorities(const frame::Frame& frame,
                                               const index::Framework& framework,
                                               std::span<const index::UnitInput> units,
                                               const index::ScoreOptions& options, double target) {
  if (!(target > 0 && target <= 100)) {
    return absl::InvalidArgumentError(
        absl::StrCat("target: ", target, " found, allowed is above 0 and at most 100"));
  }
  index::ScoreOptions plain = options;
  plain.by.clear();
  plain.interval = std::nullopt;
  absl::StatusOr<index::Setup> setup = index::SetUp(frame, framework, units, plain);
  if (!setup.ok()) return setup.status();
  const absl::StatusOr<Layout> layout = LayOut(frame, framework, setup->plan);
  if (!layout.ok()) return layout.status();

  RoundPriorities found;
  index::SplitBy by = index::OneBlock(index::UnitsInResult(units, *setup), plain.without_flagged);
  Combine combine{1};
  if (index::GroupsCountEqually(framework)) {
    by.domain_columns = {*setup->plan.group_column};
    combine.domains = frame.columns()[*setup->plan.group_column].options;
  }
  const absl::StatusOr<index::Partition> all = index::Split(frame, *setup, std::move(by), plain);
  if (!all.ok()) return all.status();
  const Domains domains(index::BasisOf(frame, *setup, plain), *all);
  found.whole =
      std::move(Finder(framework, setup->plan, *layout, domains, combine, target).Find()[0]);

  found.units.resize(units.size());
  for (size_t u = 0; u < units.size(); ++u) {
    if (!units[u].included) continue;
    found.units[u].responses = setup->strata[u].responses;
    if (setup->strata[u].weight > 0) found.whole.responses += setup->strata[u].responses;
  }
  const absl::Status status = index::ScoreEachUnit(
      frame, units, plain, *std::move(setup),
      [&](const index::Plan& plan, const std::vector<uint8_t>& which, const Domains& each) {
        std::vector<Priorities> of_units =
            Finder(framework, plan, *layout, each, Combine{1}, target).Find();
        for (size_t u = 0; u < units.size(); ++u) {
          if (!which[u]) continue;
          of_units[u].responses = found.units[u].responses;
          found.units[u] = std::move(of_units[u]);
        }
      });
  if (!status.ok()) return status;
  return found;
}

}  // namespace hailong::priorities
