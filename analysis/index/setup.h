// What every way of scoring begins with: the plan, the weights, the strata; and how rows are split
// for it.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/estimate/stratified.h"
#include "analysis/frame/frame.h"
#include "analysis/index/domains.h"
#include "analysis/index/framework.h"
#include "analysis/index/margins.h"
#include "analysis/index/plan.h"
#include "analysis/index/scan.h"
#include "analysis/index/score.h"
#include "analysis/weighting/weighting.h"

namespace hailong::index {

struct Setup {
  Plan plan;
  weighting::Weights weights;
  // By unit of the frame; weights are those of the result.
  std::vector<estimate::Stratum> strata;
  // Of a plan with steps.
  std::optional<CellWeighting> cells;
  MarginSteps steps;
};

// Errors: those of ScoreIndex().
absl::StatusOr<Setup> SetUp(const frame::Frame& frame, const Framework& framework,
                            std::span<const UnitInput> units, const ScoreOptions& options);

// The setup and the frame outlive it.
Domains::Basis BasisOf(const frame::Frame& frame, const Setup& setup, const ScoreOptions& options);

// A split into the layers that the weights know. Errors: those of SplitRows().
absl::StatusOr<Partition> Split(const frame::Frame& frame, const Setup& setup, SplitBy by,
                                const ScoreOptions& options);

// By unit: it is included and has a weight.
std::vector<uint8_t> UnitsInResult(std::span<const UnitInput> units, const Setup& setup);

// The overall index is the plain mean over the respondent groups.
bool GroupsCountEqually(const Framework& framework);

// Calls `visit` with domains of which number u is unit u by itself, for the units with which[u]:
// once for those that have weights by cell, once for all other included ones.
using UnitVisitor = std::function<void(const Plan& plan, const std::vector<uint8_t>& which,
                                       const Domains& domains)>;
absl::Status ScoreEachUnit(const frame::Frame& frame, std::span<const UnitInput> units,
                           const ScoreOptions& options, Setup setup, const UnitVisitor& visit);

}  // namespace hailong::index
