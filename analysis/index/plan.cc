#include "analysis/index/plan.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hailong::index {
namespace {

// Slots of a column with this many options: no answer, the steps, not applicable.
Scale EmptyScale(uint8_t options) {
  Scale scale;
  scale.values.resize(options + 2u, 0);
  scale.scored.resize(options + 2u, 0);
  return scale;
}

void SetRange(Scale& scale) {
  bool first = true;
  for (size_t slot = 0; slot < scale.values.size(); ++slot) {
    if (!scale.scored[slot]) continue;
    const double value = scale.values[slot];
    scale.range.low = first ? value : std::min(scale.range.low, value);
    scale.range.high = first ? value : std::max(scale.range.high, value);
    first = false;
  }
}

// The last step that is scored.
uint8_t ScoredSteps(const v1::IndexFramework& framework, v1::Scoring scoring, uint8_t options) {
  if (scoring != v1::SCORING_OPTION_WEIGHTS) return options;
  return static_cast<uint8_t>(std::min(static_cast<int>(options), framework.option_weights_size()));
}

// Least number of options with which the strategy tells answers apart.
uint8_t OptionsMin(v1::Scoring scoring) {
  if (scoring == v1::SCORING_TOP2) return 3;
  return scoring == v1::SCORING_OPTION_WEIGHTS ? 1 : 2;
}

double ScoreOf(const v1::IndexFramework& framework, v1::Scoring scoring, int step, int options) {
  switch (scoring) {
    case v1::SCORING_TOP2:
      return step >= options - 1 ? 100 : 0;
    case v1::SCORING_MEAN_OF_MAXIMUM:
      return 100.0 * step / options;
    case v1::SCORING_MEAN_OF_RANGE:
      return 100.0 * (step - 1) / (options - 1);
    case v1::SCORING_OPTION_WEIGHTS:
      return 100.0 * framework.option_weights(step - 1);
    default:
      return 0;
  }
}

absl::Status CheckStrategies(const Framework& framework, v1::Scoring scoring,
                             v1::Composition composition) {
  if (scoring < v1::SCORING_TOP2 || scoring > v1::SCORING_OPTION_WEIGHTS) {
    return absl::InvalidArgumentError(
        absl::StrCat("scoring ", static_cast<int>(scoring), " is none of the strategies"));
  }
  if (composition < v1::COMPOSITION_MEAN_OF_ITEMS || composition > v1::COMPOSITION_POINTS) {
    return absl::InvalidArgumentError(
        absl::StrCat("composition ", static_cast<int>(composition), " is none of the strategies"));
  }
  const std::string& id = framework.proto().framework_id();
  if (scoring == v1::SCORING_OPTION_WEIGHTS && framework.proto().option_weights().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("framework ", id, " has no option weights; OPTION_WEIGHTS needs them"));
  }
  if (composition == v1::COMPOSITION_POINTS && framework.proto().max_points() == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("framework ", id, " gives no points; POINTS needs them"));
  }
  return absl::OkStatus();
}

// `what` asks the question.
absl::StatusOr<Item> CreateItem(const frame::Frame& frame, const v1::IndexFramework& framework,
                                v1::Scoring scoring, const std::string& what,
                                const std::string& question_id, size_t column) {
  Item item;
  item.component = Item::kNoComponent;
  item.column = column;
  item.options = frame.columns()[column].options;
  if (item.options < OptionsMin(scoring)) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, ": question ", question_id, " has ", static_cast<int>(item.options), " options; ",
        v1::Scoring_Name(scoring), " needs at least ", static_cast<int>(OptionsMin(scoring))));
  }
  item.index = EmptyScale(item.options);
  item.step = EmptyScale(item.options);
  for (int step = 1; step <= ScoredSteps(framework, scoring, item.options); ++step) {
    const size_t slot = static_cast<size_t>(step);
    item.index.values[slot] = ScoreOf(framework, scoring, step, item.options);
    item.step.values[slot] = step;
    item.index.scored[slot] = item.step.scored[slot] = 1;
  }
  SetRange(item.index);
  SetRange(item.step);
  return item;
}

absl::StatusOr<Item> CreateComponentItem(const frame::Frame& frame, const Framework& framework,
                                         v1::Scoring scoring, size_t component) {
  const v1::Component& proto = framework.component(component);
  const std::string what = absl::StrCat("component ", proto.component_id());
  const std::optional<size_t> column = frame.FindColumn(proto.question_id());
  if (!column.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the frame has no column for question ", proto.question_id()));
  }
  absl::StatusOr<Item> item =
      CreateItem(frame, framework.proto(), scoring, what, proto.question_id(), *column);
  if (!item.ok()) return item.status();
  item->component = component;
  item->max_points = proto.max_points();
  return item;
}

}  // namespace

absl::StatusOr<Plan> CreatePlan(const frame::Frame& frame, const Framework& framework,
                                v1::Scoring scoring, v1::Composition composition) {
  const v1::IndexFramework& proto = framework.proto();
  Plan plan;
  plan.scoring = scoring == v1::SCORING_UNSPECIFIED ? proto.scoring() : scoring;
  plan.composition = composition == v1::COMPOSITION_UNSPECIFIED ? proto.composition() : composition;
  absl::Status status = CheckStrategies(framework, plan.scoring, plan.composition);
  if (!status.ok()) return status;

  if (!proto.group_question_id().empty()) {
    plan.group_column = frame.FindColumn(proto.group_question_id());
    if (!plan.group_column.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat("the frame has no column for question ",
                                                        proto.group_question_id(),
                                                        ", which names the groups"));
    }
  }

  plan.aggregates.emplace_back();
  // Where each component went: into items or into aggregates.
  std::vector<size_t> place(framework.size(), 0);
  for (size_t c = 0; c < framework.size(); ++c) {
    if (framework.is_item(c)) {
      absl::StatusOr<Item> item = CreateComponentItem(frame, framework, plan.scoring, c);
      if (!item.ok()) return item.status();
      place[c] = plan.items.size();
      plan.items.push_back(*std::move(item));
    } else if (!framework.is_leaf(c)) {
      place[c] = plan.aggregates.size();
      plan.aggregates.push_back(
          {.component = c, .items = {}, .child_items = {}, .child_aggregates = {}});
    }
  }
  for (Aggregate& aggregate : plan.aggregates) {
    const bool overall = !aggregate.component.has_value();
    const std::vector<size_t>& children =
        overall ? framework.tops() : framework.children(*aggregate.component);
    for (const size_t child : children) {
      if (framework.is_item(child)) {
        aggregate.child_items.push_back(place[child]);
      } else if (!framework.is_leaf(child)) {
        aggregate.child_aggregates.push_back(place[child]);
      }
      for (const size_t leaf : framework.Leaves(child)) {
        if (framework.is_item(leaf)) aggregate.items.push_back(place[leaf]);
      }
    }
  }
  return plan;
}

absl::StatusOr<std::vector<size_t>> AddExpectations(const frame::Frame& frame,
                                                    const Framework& framework, Plan& plan) {
  std::vector<size_t> added;
  const v1::IndexFramework& proto = framework.proto();
  for (int e = 0; e < proto.expectations_size(); ++e) {
    const std::string& question_id = proto.expectations(e).question_id();
    const std::optional<size_t> column = frame.FindColumn(question_id);
    if (!column.has_value()) continue;
    absl::StatusOr<Item> item =
        CreateItem(frame, proto, proto.expectation_scoring(),
                   absl::StrCat("expectation ", question_id), question_id, *column);
    if (!item.ok()) return item.status();
    plan.items.push_back(*std::move(item));
    added.push_back(static_cast<size_t>(e));
  }
  return added;
}

}  // namespace hailong::index
