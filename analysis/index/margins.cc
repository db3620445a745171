#include "analysis/index/margins.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/index/scan.h"
#include "analysis/index/score.h"

namespace hailong::index {
namespace {

// Gives each question of the steps its number.
class Questions {
 public:
  Questions(const frame::Frame& frame, MarginSteps& steps) : frame_(frame), steps_(steps) {}

  absl::StatusOr<size_t> NumberOf(const std::string& question_id) {
    const auto known =
        std::find(steps_.question_ids.begin(), steps_.question_ids.end(), question_id);
    if (known != steps_.question_ids.end()) {
      return static_cast<size_t>(known - steps_.question_ids.begin());
    }
    const std::optional<size_t> column = frame_.FindColumn(question_id);
    if (!column.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat("the frame has no column for question ",
                                                        question_id, ", which the weighting uses"));
    }
    steps_.question_ids.push_back(question_id);
    steps_.columns.push_back(*column);
    return steps_.columns.size() - 1;
  }

 private:
  const frame::Frame& frame_;
  MarginSteps& steps_;
};

// Sizes of a question in a unit; empty: not known.
std::vector<uint64_t> SizesOf(const UnitInput& unit, const std::string& question_id) {
  for (const v1::PopulationMargin& margin : unit.margins) {
    if (margin.question_id() == question_id) return {margin.sizes().begin(), margin.sizes().end()};
  }
  return {};
}

// The cells of a partition as rows for the weighting.
weighting::CellTable TableOf(const frame::Frame& frame, const MarginSteps& steps,
                             const Partition& partition, std::span<const UnitInput> units) {
  weighting::CellTable table;
  for (const UnitInput& unit : units) table.unit_ids.push_back(unit.unit_id);
  table.unit = partition.cell_unit;
  table.responses = partition.cell_rows;
  size_t weight = partition.layers;
  for (size_t q = 0; q < steps.columns.size(); ++q) {
    weighting::MarginQuestion& question = table.questions.emplace_back();
    question.question_id = steps.question_ids[q];
    question.options = frame.columns()[steps.columns[q]].options;
    weight /= question.options + 1;
    for (const uint32_t layer : partition.cell_layer) {
      question.level.push_back(static_cast<uint32_t>(layer / weight % (question.options + 1)));
    }
    for (const UnitInput& unit : units) {
      question.population.push_back(SizesOf(unit, question.question_id));
    }
  }
  return table;
}

}  // namespace

absl::StatusOr<MarginSteps> CreateMarginSteps(const frame::Frame& frame,
                                              std::span<const v1::WeightingStep> steps) {
  MarginSteps made;
  Questions questions(frame, made);
  for (const v1::WeightingStep& step : steps) {
    switch (step.step_case()) {
      case v1::WeightingStep::kPostStratify: {
        const auto question = questions.NumberOf(step.post_stratify().question_id());
        if (!question.ok()) return question.status();
        made.steps.emplace_back(weighting::CellPostStratification{*question});
        break;
      }
      case v1::WeightingStep::kRake: {
        weighting::CellRaking raking;
        for (const std::string& id : step.rake().question_ids()) {
          const auto question = questions.NumberOf(id);
          if (!question.ok()) return question.status();
          raking.questions.push_back(*question);
        }
        made.steps.emplace_back(std::move(raking));
        break;
      }
      case v1::WeightingStep::kTrim:
        made.steps.emplace_back(
            weighting::CellTrimming{.lower = step.trim().lower(), .upper = step.trim().upper()});
        break;
      case v1::WeightingStep::STEP_NOT_SET:
        return absl::InvalidArgumentError("a weighting step without a kind");
    }
  }
  return made;
}

absl::StatusOr<CellWeighting> WeighCells(const frame::Frame& frame, const MarginSteps& steps,
                                         std::span<const UnitInput> units,
                                         std::span<const estimate::Stratum> strata,
                                         bool without_flagged, int threads) {
  std::vector<uint8_t> weighted;
  std::vector<double> unit_weights;
  for (const estimate::Stratum& stratum : strata) {
    weighted.push_back(stratum.weight > 0 ? 1 : 0);
    unit_weights.push_back(stratum.weight);
  }
  SplitBy by = OneBlock(weighted, without_flagged);
  by.layer_columns = steps.columns;
  absl::StatusOr<Partition> partition = SplitRows(frame, by, threads);
  if (!partition.ok()) return partition.status();
  if (partition->steps.empty()) {
    for (const uint32_t unit : partition->cell_unit) {
      partition->cell_rows.push_back(strata[unit].responses);
    }
  }
  absl::StatusOr<weighting::CellWeights> weights =
      weighting::WeightCells(TableOf(frame, steps, *partition, units), unit_weights, steps.steps);
  if (!weights.ok()) return weights.status();

  CellWeighting made;
  made.layers = partition->layers;
  made.cell_of.resize(units.size() * made.layers, CellWeighting::kNowhere);
  for (size_t c = 0; c < partition->cells; ++c) {
    const uint32_t unit = partition->cell_unit[c];
    const double weight = weights->weights()[c];
    made.cell_of[unit * made.layers + partition->cell_layer[c]] = static_cast<uint32_t>(c);
    made.cells.push_back({.stratum = unit, .responses = partition->cell_rows[c], .weight = weight});
    const double factor = weight / unit_weights[unit];
    made.factor_min = c == 0 ? factor : std::min(made.factor_min, factor);
    made.factor_max = c == 0 ? factor : std::max(made.factor_max, factor);
  }
  made.weights = *std::move(weights);
  return made;
}

}  // namespace hailong::index
