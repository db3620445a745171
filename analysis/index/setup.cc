#include "analysis/index/setup.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hailong::index {
namespace {

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

}  // namespace

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

absl::StatusOr<Partition> Split(const frame::Frame& frame, const Setup& setup, SplitBy by,
                                const ScoreOptions& options) {
  by.layer_columns = setup.steps.columns;
  return SplitRows(frame, by, options.threads);
}

std::vector<uint8_t> UnitsInResult(std::span<const UnitInput> units, const Setup& setup) {
  std::vector<uint8_t> in;
  for (size_t u = 0; u < units.size(); ++u) {
    in.push_back(units[u].included && setup.strata[u].weight > 0 ? 1 : 0);
  }
  return in;
}

bool GroupsCountEqually(const Framework& framework) {
  return framework.proto().group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS;
}

absl::Status ScoreEachUnit(const frame::Frame& frame, std::span<const UnitInput> units,
                           const ScoreOptions& options, Setup setup, const UnitVisitor& visit) {
  // Units in the result of weights by cell, and those that only have one of their own.
  std::vector<uint8_t> weighted(units.size(), 0);
  std::vector<uint8_t> others(units.size(), 0);
  for (size_t u = 0; u < units.size(); ++u) {
    if (!units[u].included) continue;
    const bool steps = setup.cells.has_value() && setup.strata[u].weight > 0;
    (steps ? weighted : others)[u] = 1;
    // By itself a unit is one stratum, so a weight of all of it does not matter.
    setup.strata[u].weight = 1;
  }
  const auto score = [&](const std::vector<uint8_t>& which,
                         const CellWeighting* cells) -> absl::Status {
    SplitBy by = BlockByUnit(which, options.without_flagged);
    if (cells != nullptr) by.layer_columns = setup.steps.columns;
    const absl::StatusOr<Partition> by_unit = SplitRows(frame, by, options.threads);
    if (!by_unit.ok()) return by_unit.status();
    Domains::Basis basis = BasisOf(frame, setup, options);
    basis.weighting = cells;
    visit(setup.plan, which, Domains(basis, *by_unit));
    return absl::OkStatus();
  };
  const absl::Status status = score(others, nullptr);
  if (!status.ok() || !setup.cells.has_value()) return status;
  return score(weighted, &*setup.cells);
}

}  // namespace hailong::index
