#include "server/results/asked.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "analysis/index/by.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::results {

using base::Cat;

absl::StatusOr<std::optional<estimate::IntervalChoice>> ChoiceOf(v1::Interval interval,
                                                                 double confidence) {
  estimate::IntervalChoice choice;
  switch (interval) {
    case v1::INTERVAL_UNSPECIFIED:
    case v1::INTERVAL_NORMAL:
      break;
    case v1::INTERVAL_T:
      choice.kind = estimate::IntervalKind::kT;
      break;
    case v1::INTERVAL_LOGIT:
      choice.kind = estimate::IntervalKind::kLogit;
      break;
    case v1::INTERVAL_BETA:
      choice.kind = estimate::IntervalKind::kBeta;
      break;
    default:
      return refusal::Field("interval", Cat("found ", static_cast<int>(interval),
                                            ", which is none of the intervals"));
  }
  if (interval == v1::INTERVAL_UNSPECIFIED && confidence == 0) {
    return std::optional<estimate::IntervalChoice>();
  }
  if (confidence != 0) {
    // Written so that NaN is refused.
    if (!(confidence > 0.5 && confidence < 1)) {
      return refusal::Field(
          "confidence", Cat("found ", confidence, ", allowed are 0.5 to 1 without the ends: 0.95"));
    }
    choice.confidence = confidence;
  }
  return std::optional<estimate::IntervalChoice>(choice);
}

absl::StatusOr<std::vector<std::string>> QuestionsOf(const v1::GetSipasRequest& request,
                                                     const model::Questionnaire& questionnaire) {
  std::vector<std::string> questions;
  if (static_cast<size_t>(request.by_size()) > index::kByMax) {
    return refusal::Field("by",
                          Cat("found ", request.by_size(), ", allowed are 0..", index::kByMax));
  }
  for (int i = 0; i < request.by_size(); ++i) {
    const std::string& by = request.by(i);
    if (by == index::kByUnit || by == index::kByLevel) continue;
    const int position = questionnaire.Find(by, 0);
    if (position < 0 || questionnaire.questions()[static_cast<size_t>(position)].size != 1) {
      return refusal::Field(Cat("by[", i, "]"),
                            Cat("found '", base::Utf8Prefix(by, limits::kQuestionIdBytesMax),
                                "', allowed are 'unit', 'level' and the single choices and ratings "
                                "of questionnaire '",
                                questionnaire.definition().questionnaire_id(), "'"));
    }
    questions.push_back(by);
  }
  return questions;
}

void AddMarginQuestions(const v1::WeightingPlan& plan, std::vector<std::string>& questions) {
  for (const v1::WeightingStep& step : plan.steps()) {
    if (step.has_post_stratify()) questions.push_back(step.post_stratify().question_id());
    for (const std::string& id : step.rake().question_ids()) questions.push_back(id);
  }
}

void SetWeighting(const v1::WeightingPlan& plan, v1::WeightingMode asked,
                  index::ScoreOptions& options) {
  options.weighting = asked == v1::WEIGHTING_MODE_UNSPECIFIED ? plan.mode() : asked;
  if (asked != v1::WEIGHTING_MODE_UNSPECIFIED) return;
  options.steps.assign(plan.steps().begin(), plan.steps().end());
}

std::vector<std::string> ExpectationQuestions(const index::Framework& framework,
                                              const model::Questionnaire& questionnaire) {
  std::vector<std::string> ids;
  for (const v1::Expectation& expectation : framework.proto().expectations()) {
    const int position = questionnaire.Find(expectation.question_id(), 0);
    if (position < 0) continue;
    const v1::Question& question = questionnaire.definition().questions(position);
    if (question.kind() == v1::QUESTION_KIND_RATING) ids.push_back(question.question_id());
  }
  return ids;
}

bool IsProtected(const model::Round& round) { return round.definition().disclosure().n_min() > 0; }

absl::Status CheckLift(const model::Principal& caller, bool without_protection) {
  const bool may = caller.role == v1::ROLE_ADMIN && caller.unit_id.empty();
  return without_protection && !may ? refusal::ProtectionStays() : absl::OkStatus();
}

absl::Status CheckPublished(const model::Round& round, const Protection& protection, bool whole,
                            const v1::GetSipasRequest& request) {
  const v1::WeightingPlan& plan = round.definition().weighting_plan();
  const bool plan_alone = request.weighting_mode() == plan.mode() && plan.steps().empty();
  if (request.weighting_mode() != v1::WEIGHTING_MODE_UNSPECIFIED && !plan_alone) {
    return refusal::NotPublished(round.id(), "other weights than the round's plan",
                                 "the weights of the plan");
  }
  if (request.by().empty()) return absl::OkStatus();
  std::vector<std::string> by(request.by().begin(), request.by().end());
  const bool has_unit = std::find(by.begin(), by.end(), model::kTableByUnit) != by.end();
  if (!whole && !has_unit) by.emplace_back(model::kTableByUnit);
  if (protection.Publishes(by)) return absl::OkStatus();
  return refusal::NotPublished(round.id(), Cat("domains by [", absl::StrJoin(by, ", "), "]"),
                               Cat("those of its tables: ", protection.Published()));
}

absl::Status CheckFlagged(const model::Round& round, bool without_flagged) {
  if (!without_flagged) return absl::OkStatus();
  return refusal::NotPublished(round.id(), "without_flagged",
                               "results with flagged responses, as all responses that count are");
}

std::vector<index::UnitInput> InputsOf(const model::Round& round,
                                       const model::Catalog::Populations* populations,
                                       const std::vector<bool>& included) {
  std::vector<index::UnitInput> inputs(round.units().size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].included = included[i];
    inputs[i].unit_id = round.units()[i].unit_id();
    inputs[i].level = round.units()[i].level();
    if (populations == nullptr) continue;
    const auto found = populations->find(round.units()[i].unit_id());
    if (found == populations->end()) continue;
    inputs[i].population = found->second.size();
    inputs[i].margins.assign(found->second.margins().begin(), found->second.margins().end());
  }
  return inputs;
}

std::vector<report::UnitLabel> LabelsOf(const model::Round& round,
                                        const std::vector<index::UnitInput>& inputs) {
  std::vector<report::UnitLabel> labels;
  labels.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const v1::Unit& unit = round.units()[i];
    labels.push_back({.unit_id = unit.unit_id(),
                      .name = unit.name(),
                      .level = unit.level(),
                      .parent_unit_id = unit.parent_unit_id(),
                      .population = inputs[i].population});
  }
  return labels;
}

}  // namespace hailong::results
