// Weights of a round beyond unit weights: steps that bring them to known sizes, computed by cell.
//
// A cell is the responses of one unit with the same answers to the questions of the steps. No step
// tells two of them apart, so they have one weight, and cells are all that a step needs to see:
// each is a row of weighting/adjust.h whose weight is that of all its responses.
//
// What is known are the sizes of the options of a question within a unit. They count as shares of
// what the unit counts for: D_u = w_u n_u, its population under Mode::kPopulation.
//   post-stratification   cell totals of one question in unit u:  D_u N_uo / N_u
//   raking                unit totals D_u, and for each question: sum_u D_u N_uo / N_u
//   trimming              bounds are multiples of the mean weight of a response before the step;
//                         the excess goes in equal amounts to the responses not cut, repeated until
//                         none is beyond (trimWeights(strict = TRUE) of R's survey 4.5)
// Respondents who did not answer a question are a level of their own, which keeps the share of the
// weight it has before the step; the known shares are those of the rest. That share counts as
// known.
//
// A step that cannot be done is an error, never another result.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/weighting/adjust.h"

namespace hailong::weighting {

// A question that steps use.
struct MarginQuestion {
  std::string question_id;
  uint32_t options = 0;
  // By cell: the answer 1..options; 0: not stated.
  std::vector<uint32_t> level;
  // By unit: sizes of the options 1..options; empty: not known.
  std::vector<std::vector<uint64_t>> population;
};

// The responses that have a unit weight.
struct CellTable {
  // By unit, for messages.
  std::vector<std::string> unit_ids;
  // By cell: its unit, and how many responses it has, at least one.
  std::vector<uint32_t> unit;
  std::vector<uint64_t> responses;
  std::vector<MarginQuestion> questions;
};

// Questions are indices into CellTable::questions.
struct CellPostStratification {
  size_t question = 0;
};
struct CellRaking {
  std::vector<size_t> questions;
};
// Multiples of the mean weight; 0: no bound.
struct CellTrimming {
  double lower = 0;
  double upper = 0;
};
using CellStep = std::variant<CellPostStratification, CellRaking, CellTrimming>;

// A sentence in the languages of a report.
struct Note {
  std::string vi;
  std::string en;
};

// What one step did to cells; margin_error_at is "gender: 2", "unit 25747", "gender: 2 in unit
// 25747" or empty: no error. The margins are those that this step or one before it used.
struct CellStepReport : StepFigures {
  std::vector<size_t> questions;
  std::vector<Note> notes;
};

// One level of a question, before and after. Shares are in percent.
struct MarginShare {
  // 0: not stated.
  uint32_t option = 0;
  uint64_t responses = 0;
  double sample = 0;
  double unit_weighted = 0;
  double weighted = 0;
  // Of those that are known; absent for option 0.
  std::optional<double> population;
};

class CellWeights {
 public:
  // Of each response, by cell.
  const std::vector<double>& weights() const { return weights_; }
  const std::vector<CellStepReport>& reports() const { return reports_; }
  // By question of the table; option 0 only if somebody did not state it.
  const std::vector<std::vector<MarginShare>>& margins() const { return margins_; }

  // Takes out of a linearised variable what the known sizes explain. `z_means` is its mean over the
  // responses of each cell; afterwards, that of the residuals z - x'b, with b from the regression
  // on the variables of each calibrating step in turn, weighted by the weights before that step
  // (SSW 1992, sec. 6.6; where later steps changed the weights, as svyrecvar() of R's survey). x'b
  // is the same for all responses of a cell.
  void Residualise(std::span<double> z_means) const;

 private:
  friend class CellWeigher;
  std::vector<double> weights_;
  std::vector<CellStepReport> reports_;
  std::vector<std::vector<MarginShare>> margins_;
  struct Calibrated {
    // With the totals of cells as weights.
    Weighted weighted;
    // The weight of each response after the step.
    std::vector<double> after;
  };
  std::vector<Calibrated> calibrated_;
};

// `unit_weight` is by unit and above 0 for every unit of a cell. Without cells no step is done.
// Errors: FAILED_PRECONDITION, naming step, question, unit and level: sizes that are not known, a
// level with a size and no response or a response and no size, no convergence, no weights within
// the bounds.
absl::StatusOr<CellWeights> WeightCells(const CellTable& table, std::span<const double> unit_weight,
                                        std::span<const CellStep> steps);

}  // namespace hailong::weighting
