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
  // Of a plan with steps.
  std::optional<CellWeighting> cells;
  MarginSteps steps;
};

std::vector<Stratum> StrataOf(std::span<const weighting::UnitSize> sizes,
                              const weighting::Weights& weights) {
  std::vector<Stratum> strata;
  for (size_t u = 0; u < sizes.size(); ++u) {
    strata.push_back({.responses = sizes[u].responses,
                      .weight = weights.unit_weight[u],
                      .sampling_fraction = weights.sampling_fraction[u]});
  }
  return strata;
}

// Puts what the steps did into the account of the weights of the included units.
void ReportSteps(std::span<const UnitInput> units, Setup& setup) {
  weighting::Report& report = setup.weights.report;
  const CellWeighting& cells = *setup.cells;
  std::vector<double> sums(units.size(), 0);
  double responses = 0;
  double squares = 0;
  report.weight_sum = 0;
  for (const estimate::WeightedCell& cell : cells.cells) {
    const double n = static_cast<double>(cell.responses);
    sums[cell.stratum] += n * cell.weight;
    if (!units[cell.stratum].included) continue;
    responses += n;
    report.weight_sum += n * cell.weight;
    squares += n * cell.weight * cell.weight;
  }
  report.kish_design_effect =
      report.weight_sum > 0 ? responses * squares / (report.weight_sum * report.weight_sum) : 1;
  for (size_t u = 0; u < units.size(); ++u) {
    double& weight = setup.weights.unit_weight[u];
    if (weight > 0) weight = sums[u] / static_cast<double>(setup.strata[u].responses);
  }
  for (weighting::UnitReport& issue : report.issues) {
    issue.weight = setup.weights.unit_weight[issue.unit];
  }
  for (const weighting::CellStepReport& step : cells.weights.reports()) {
    report.iterations += step.iterations;
    report.margin_error_max = step.margin_error_max;
  }
  report.adjustment_min = cells.factor_min;
  report.adjustment_max = cells.factor_max;
}

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
  setup.strata = StrataOf(sizes, setup.weights);
  if (options.steps.empty()) return setup;

  // The weights are those of all units, whichever are asked for.
  absl::StatusOr<MarginSteps> steps = CreateMarginSteps(frame, options.steps);
  if (!steps.ok()) return steps.status();
  setup.steps = *std::move(steps);
  for (weighting::UnitSize& size : sizes) size.included = true;
  setup.strata = StrataOf(sizes, weighting::WeightUnits(*mode, sizes));
  absl::StatusOr<CellWeighting> cells =
      WeighCells(frame, setup.steps, units, setup.strata, options.without_flagged, options.threads);
  if (!cells.ok()) return cells.status();
  setup.cells = *std::move(cells);
  ReportSteps(units, setup);
  return setup;
}

Domains::Basis BasisOf(const frame::Frame& frame, const Setup& setup, const ScoreOptions& options) {
  return {.frame = frame,
          .plan = setup.plan,
          .strata = setup.strata,
          .weighting = setup.cells.has_value() ? &*setup.cells : nullptr,
          .interval = options.interval,
          .threads = options.threads};
}

// A split into the layers that the weights know.
absl::StatusOr<Partition> Split(const frame::Frame& frame, const Setup& setup, SplitBy by,
                                const ScoreOptions& options) {
  by.layer_columns = setup.steps.columns;
  return SplitRows(frame, by, options.threads);
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

  std::vector<uint8_t> weighted;
  for (size_t u = 0; u < units.size(); ++u) {
    weighted.push_back(units[u].included && setup->strata[u].weight > 0 ? 1 : 0);
  }

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
  const bool equal_groups = group_domains.has_value() && framework.proto().group_composition() ==
                                                             v1::GROUP_COMPOSITION_EQUAL_GROUPS;
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

absl::StatusOr<std::vector<UnitScore>> ScoreUnits(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options,
                                                  bool with_components) {
  absl::StatusOr<Setup> setup = SetUp(frame, framework, units, options);
  if (!setup.ok()) return setup.status();
  const Plan& plan = setup->plan;

  std::vector<UnitScore> scores(units.size());
  // Units in the result, and those that only have one of their own.
  std::vector<uint8_t> weighted(units.size(), 0);
  std::vector<uint8_t> others(units.size(), 0);
  for (size_t u = 0; u < units.size(); ++u) {
    if (!units[u].included) continue;
    scores[u].responses = setup->strata[u].responses;
    scores[u].weight = setup->weights.unit_weight[u];
    scores[u].issue = IssueToProto(setup->weights.unit_issue[u]);
    const bool steps = setup->cells.has_value() && setup->strata[u].weight > 0;
    (steps ? weighted : others)[u] = 1;
    // By itself a unit is one stratum, so a weight of all of it does not matter.
    setup->strata[u].weight = 1;
  }
  const auto score = [&](const std::vector<uint8_t>& which,
                         const CellWeighting* cells) -> absl::Status {
    SplitBy by = BlockByUnit(which, options.without_flagged);
    if (cells != nullptr) by.layer_columns = setup->steps.columns;
    const absl::StatusOr<Partition> by_unit = SplitRows(frame, by, options.threads);
    if (!by_unit.ok()) return by_unit.status();
    Domains::Basis basis = BasisOf(frame, *setup, options);
    basis.weighting = cells;
    const Domains domains(basis, *by_unit);
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
    return absl::OkStatus();
  };
  absl::Status status = score(others, nullptr);
  if (status.ok() && setup->cells.has_value()) status = score(weighted, &*setup->cells);
  if (!status.ok()) return status;
  return scores;
}

}  // namespace hailong::index
