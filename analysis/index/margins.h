// The steps of a weighting plan over a frame: which columns they read, and the weights of cells
// (weighting/cell_weights.h) that come of them.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/calibrated.h"
#include "analysis/estimate/stratified.h"
#include "analysis/frame/frame.h"
#include "analysis/weighting/cell_weights.h"
#include "hailong/v1/registry_service.pb.h"

namespace hailong::index {

struct UnitInput;

// The steps of a plan with their questions by number.
struct MarginSteps {
  std::vector<weighting::CellStep> steps;
  // Every question that a step uses, once, and its column.
  std::vector<std::string> question_ids;
  std::vector<size_t> columns;
};

// Errors: FAILED_PRECONDITION (the frame lacks a question), INVALID_ARGUMENT (a step that is none).
absl::StatusOr<MarginSteps> CreateMarginSteps(const frame::Frame& frame,
                                              std::span<const v1::WeightingStep> steps);

// Weights that differ within units, by layer: the answers to the questions of the steps.
struct CellWeighting {
  static constexpr uint32_t kNowhere = UINT32_MAX;

  // The cell of a layer of a unit.
  size_t Find(size_t unit, size_t layer) const { return cell_of[unit * layers + layer]; }
  // Replaces means of z by cell by those of the residuals.
  void Residualise(std::span<double> z_means) const { weights.Residualise(z_means); }

  size_t layers = 1;
  // By unit and layer; kNowhere: no response.
  std::vector<uint32_t> cell_of;
  // In the order of those of the weights.
  std::vector<estimate::WeightedCell> cells;
  weighting::CellWeights weights;
  // Smallest and largest factor of a weight to the unit weight.
  double factor_min = 1;
  double factor_max = 1;
};

// Weights the responses of all units with a weight; `strata` is by unit of the frame. Errors: those
// of weighting::WeightCells() and SplitRows().
absl::StatusOr<CellWeighting> WeighCells(const frame::Frame& frame, const MarginSteps& steps,
                                         std::span<const UnitInput> units,
                                         std::span<const estimate::Stratum> strata,
                                         bool without_flagged, int threads);

}  // namespace hailong::index
