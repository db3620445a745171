#include "analysis/index/score.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/estimate/stratified.h"
#include "analysis/index/by.h"
#include "analysis/index/domains.h"
#include "analysis/index/margins.h"
#include "analysis/index/plan.h"
#include "analysis/index/scan.h"
#include "analysis/index/setup.h"

namespace hailong::index {
namespace {

using estimate::Estimate;

// The estimates of all components, by result.
std::vector<std::vector<ComponentEstimate>> ComponentEstimates(
    const Framework& framework, const Plan& plan, const Domains& domains, Combine combine,
    const std::vector<std::vector<Estimate>>& aggregates) {
  const size_t results = aggregates[0].size();
  std::vector<std::vector<ComponentEstimate>> components(
      results, std::vector<ComponentEstimate>(framework.size()));
  for (size_t j = 0; j < plan.items.size(); ++j) {
    const std::vector<Estimate> index = domains.ItemIndex(j, combine);
    const std::vector<Estimate> mean = domains.ItemMean(j, combine);
    std::vector<Steps> steps = domains.ItemSteps(j, combine);
    for (size_t result = 0; result < results; ++result) {
      ComponentEstimate& component = components[result][plan.items[j].component];
      component.index = index[result];
      component.mean_score = mean[result];
      component.shares = std::move(steps[result].shares);
      component.counts = std::move(steps[result].counts);
    }
  }
  for (size_t a = 0; a < plan.aggregates.size(); ++a) {
    if (!plan.aggregates[a].component.has_value()) continue;
    for (size_t result = 0; result < results; ++result) {
      components[result][*plan.aggregates[a].component].index = aggregates[a][result];
    }
  }
  return components;
}

// The domains that were asked for, into the score.
absl::Status ScoreDomains(const frame::Frame& frame, const Framework& framework,
                          std::span<const UnitInput> units, const ScoreOptions& options,
                          const Setup& setup, const std::vector<uint8_t>& taking_part,
                          bool equal_groups, IndexScore& score) {
  std::vector<uint8_t> listed;
  for (size_t u = 0; u < units.size(); ++u) {
    const bool rated = setup.strata[u].responses > 0 || units[u].population > 0;
    listed.push_back(units[u].included && rated ? 1 : 0);
  }
  const std::optional<size_t> group =
      equal_groups ? setup.plan.group_column : std::optional<size_t>();
  const absl::StatusOr<Crossing> crossing =
      CreateCrossing(frame, units, taking_part, listed, options.by, group, options.without_flagged);
  if (!crossing.ok()) return crossing.status();
  if (options.domain_components &&
      crossing->domains.size() * (framework.size() + 1) > kDomainValuesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "by: found ", crossing->domains.size(), " domains of ", framework.size() + 1,
        " values, allowed are ", kDomainValuesMax, " values; leave the components out"));
  }
  const absl::StatusOr<Partition> partition = Split(frame, setup, crossing->split, options);
  if (!partition.ok()) return partition.status();
  const Combine combine{group.has_value() ? frame.columns()[*group].options : size_t{1}};
  const Domains domains(BasisOf(frame, setup, options), *partition);
  const std::vector<std::vector<Estimate>> aggregates =
      domains.Aggregates(options.domain_components ? setup.plan.aggregates.size() : 1, combine);
  std::vector<std::vector<ComponentEstimate>> components;
  if (options.domain_components) {
    components = ComponentEstimates(framework, setup.plan, domains, combine, aggregates);
  }
  for (const DomainKey& key : crossing->domains) {
    DomainEstimate& domain = score.domains.emplace_back();
    domain.keys = key.keys;
    domain.overall = aggregates[0][key.domain];
    if (options.domain_components) domain.components = std::move(components[key.domain]);
  }
  return absl::OkStatus();
}

}  // namespace

v1::UnitIssue IssueToProto(weighting::Issue issue) {
  switch (issue) {
    case weighting::Issue::kNone:
      return v1::UNIT_ISSUE_UNSPECIFIED;
    case weighting::Issue::kNoResponse:
      return v1::UNIT_ISSUE_NO_RESPONSE;
    case weighting::Issue::kNoPopulation:
      return v1::UNIT_ISSUE_NO_POPULATION;
    case weighting::Issue::kPopulationBelowSample:
      return v1::UNIT_ISSUE_POPULATION_BELOW_SAMPLE;
    case weighting::Issue::kSingleResponse:
      return v1::UNIT_ISSUE_SINGLE_RESPONSE;
  }
  return v1::UNIT_ISSUE_UNSPECIFIED;
}

absl::StatusOr<IndexScore> ScoreIndex(const frame::Frame& frame, const Framework& framework,
                                      std::span<const UnitInput> units,
                                      const ScoreOptions& options) {
  absl::StatusOr<Setup> setup = SetUp(frame, framework, units, options);
  if (!setup.ok()) return setup.status();
  const Plan& plan = setup->plan;

  IndexScore score;
  score.scoring = plan.scoring;
  score.composition = plan.composition;
  score.without_flagged = options.without_flagged;
  score.by = options.by;
  score.interval = options.interval;
  score.weighting = setup->weights.report;
  if (setup->cells.has_value()) {
    score.steps = {.question_ids = setup->steps.question_ids,
                   .steps = setup->cells->weights.reports(),
                   .margins = setup->cells->weights.margins()};
  }

  const std::vector<uint8_t> weighted = UnitsInResult(units, *setup);

  const SplitBy all = OneBlock(weighted, options.without_flagged);
  std::optional<Partition> by_group;
  std::optional<Domains> group_domains;
  if (plan.group_column.has_value()) {
    SplitBy groups = all;
    groups.domain_columns = {*plan.group_column};
    absl::StatusOr<Partition> split = Split(frame, *setup, std::move(groups), options);
    if (!split.ok()) return split.status();
    by_group = *std::move(split);
    group_domains.emplace(BasisOf(frame, *setup, options), *by_group);
    const std::vector<Estimate> estimates = group_domains->Aggregates(1, Combine{1})[0];
    for (size_t g = 0; g < estimates.size(); ++g) {
      score.groups.push_back({.group = static_cast<uint32_t>(g + 1), .index = estimates[g]});
    }
  }
  const bool equal_groups = GroupsCountEqually(framework);
  std::optional<Partition> one;
  std::optional<Domains> pooled;
  if (!equal_groups) {
    absl::StatusOr<Partition> split = Split(frame, *setup, all, options);
    if (!split.ok()) return split.status();
    one = *std::move(split);
    pooled.emplace(BasisOf(frame, *setup, options), *one);
  }
  const Domains& domains = equal_groups ? *group_domains : *pooled;
  const Combine combine{equal_groups ? by_group->domains : size_t{1}};

  const std::vector<std::vector<Estimate>> aggregates =
      domains.Aggregates(plan.aggregates.size(), combine);
  score.overall = aggregates[0][0];
  score.components =
      std::move(ComponentEstimates(framework, plan, domains, combine, aggregates)[0]);
  if (!options.by.empty()) {
    absl::Status status =
        ScoreDomains(frame, framework, units, options, *setup, weighted, equal_groups, score);
    if (!status.ok()) return status;
  }
  return score;
}

absl::StatusOr<std::vector<bool>> UnitsWithWeight(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options) {
  const absl::StatusOr<Setup> setup = SetUp(frame, framework, units, options);
  if (!setup.ok()) return setup.status();
  std::vector<bool> in;
  for (size_t u = 0; u < units.size(); ++u) {
    in.push_back(units[u].included && setup->weights.unit_weight[u] > 0);
  }
  return in;
}

absl::StatusOr<std::vector<UnitScore>> ScoreUnits(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options,
                                                  bool with_components) {
  absl::StatusOr<Setup> setup = SetUp(frame, framework, units, options);
  if (!setup.ok()) return setup.status();

  std::vector<UnitScore> scores(units.size());
  for (size_t u = 0; u < units.size(); ++u) {
    if (!units[u].included) continue;
    scores[u].responses = setup->strata[u].responses;
    scores[u].weight = setup->weights.unit_weight[u];
    scores[u].issue = IssueToProto(setup->weights.unit_issue[u]);
  }
  const absl::Status status = ScoreEachUnit(
      frame, units, options, *std::move(setup),
      [&](const Plan& plan, const std::vector<uint8_t>& which, const Domains& domains) {
        const std::vector<std::vector<Estimate>> aggregates =
            domains.Aggregates(with_components ? plan.aggregates.size() : 1, Combine{1});
        std::vector<std::vector<ComponentEstimate>> components;
        if (with_components) {
          components = ComponentEstimates(framework, plan, domains, Combine{1}, aggregates);
        }
        for (size_t u = 0; u < units.size(); ++u) {
          if (!which[u]) continue;
          scores[u].overall = aggregates[0][u];
          if (with_components) scores[u].components = std::move(components[u]);
        }
      });
  if (!status.ok()) return status;
  return scores;
}

}  // namespace hailong::index
