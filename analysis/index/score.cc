#include "analysis/index/score.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/estimate/stratified.h"
#include "analysis/index/domains.h"
#include "analysis/index/plan.h"
#include "analysis/index/scan.h"

namespace hailong::index {
namespace {

using estimate::Estimate;
using estimate::Stratum;

absl::StatusOr<weighting::Mode> ModeOf(v1::WeightingMode mode) {
  switch (mode) {
    case v1::WEIGHTING_MODE_UNSPECIFIED:
    case v1::WEIGHTING_MODE_POPULATION:
      return weighting::Mode::kPopulation;
    case v1::WEIGHTING_MODE_EQUAL_UNITS:
      return weighting::Mode::kEqualUnits;
    case v1::WEIGHTING_MODE_NONE:
      return weighting::Mode::kNone;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("weighting mode ", static_cast<int>(mode), " is none of the modes"));
  }
}

// What both ways of scoring begin with.
struct Setup {
  Plan plan;
  weighting::Weights weights;
  // By unit of the frame; weights are those of the result.
  std::vector<Stratum> strata;
};

absl::StatusOr<Setup> SetUp(const frame::Frame& frame, const Framework& framework,
                            std::span<const UnitInput> units, const ScoreOptions& options) {
  if (units.size() != frame.unit_count()) {
    return absl::InvalidArgumentError(
        absl::StrCat("inputs for ", units.size(), " units; the frame has ", frame.unit_count()));
  }
  if (options.threads < 1 || options.threads > kThreadsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.threads, " threads; allowed are 1 to ", kThreadsMax));
  }
  const absl::StatusOr<weighting::Mode> mode = ModeOf(options.weighting);
  if (!mode.ok()) return mode.status();
  absl::StatusOr<Plan> plan = CreatePlan(frame, framework, options.scoring, options.composition);
  if (!plan.ok()) return plan.status();

  std::vector<weighting::UnitSize> sizes;
  for (size_t u = 0; u < units.size(); ++u) {
    sizes.push_back({.population = units[u].population,
                     .responses = frame.Responses(u, options.without_flagged),
                     .included = units[u].included});
  }
  Setup setup;
  setup.plan = *std::move(plan);
  setup.weights = weighting::WeightUnits(*mode, sizes);
  for (size_t u = 0; u < units.size(); ++u) {
    setup.strata.push_back({.responses = sizes[u].responses,
                            .weight = setup.weights.unit_weight[u],
                            .sampling_fraction = setup.weights.sampling_fraction[u]});
  }
  return setup;
}

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
  score.weighting = std::move(setup->weights.report);

  std::vector<uint8_t> weighted;
  for (const Stratum& stratum : setup->strata) weighted.push_back(stratum.weight > 0 ? 1 : 0);

  Partition all = OneDomain(weighted, options.without_flagged);
  Partition groups;
  std::optional<Domains> by_group;
  if (plan.group_column.has_value()) {
    const uint8_t group_count = frame.columns()[*plan.group_column].options;
    groups = DomainByGroup(weighted, options.without_flagged, *plan.group_column, group_count);
    by_group.emplace(frame, plan, groups, setup->strata, options.threads);
    const std::vector<Estimate> estimates = by_group->Aggregates(1, Combine::kEach)[0];
    for (size_t g = 0; g < estimates.size(); ++g) {
      score.groups.push_back({.group = static_cast<uint32_t>(g + 1), .index = estimates[g]});
    }
  }
  const bool equal_groups = by_group.has_value() && framework.proto().group_composition() ==
                                                        v1::GROUP_COMPOSITION_EQUAL_GROUPS;
  std::optional<Domains> pooled;
  if (!equal_groups) pooled.emplace(frame, plan, all, setup->strata, options.threads);
  const Domains& domains = equal_groups ? *by_group : *pooled;

  const std::vector<std::vector<Estimate>> aggregates =
      domains.Aggregates(plan.aggregates.size(), Combine::kMean);
  score.overall = aggregates[0][0];
  score.components =
      std::move(ComponentEstimates(framework, plan, domains, Combine::kMean, aggregates)[0]);
  return score;
}

absl::StatusOr<std::vector<UnitScore>> ScoreUnits(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options,
                                                  bool with_components) {
  absl::StatusOr<Setup> setup = SetUp(frame, framework, units, options);
  if (!setup.ok()) return setup.status();
  const Plan& plan = setup->plan;

  std::vector<UnitScore> scores(units.size());
  std::vector<uint8_t> included;
  for (size_t u = 0; u < units.size(); ++u) {
    included.push_back(units[u].included ? 1 : 0);
    if (!units[u].included) continue;
    scores[u].responses = setup->strata[u].responses;
    scores[u].weight = setup->weights.unit_weight[u];
    scores[u].issue = IssueToProto(setup->weights.unit_issue[u]);
    // By itself a unit is one stratum, so its weight does not matter.
    setup->strata[u].weight = 1;
  }

  const Partition by_unit = DomainByUnit(included, options.without_flagged);
  const Domains domains(frame, plan, by_unit, setup->strata, options.threads);
  const std::vector<std::vector<Estimate>> aggregates =
      domains.Aggregates(with_components ? plan.aggregates.size() : 1, Combine::kEach);
  for (size_t u = 0; u < units.size(); ++u) scores[u].overall = aggregates[0][u];
  if (with_components) {
    std::vector<std::vector<ComponentEstimate>> components =
        ComponentEstimates(framework, plan, domains, Combine::kEach, aggregates);
    for (size_t u = 0; u < units.size(); ++u) {
      if (units[u].included) scores[u].components = std::move(components[u]);
    }
  }
  return scores;
}

}  // namespace hailong::index
