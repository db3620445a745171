// What to improve in a round, and what changed since another.
#include <algorithm>
#include <map>
#include <optional>

#include "analysis/report/improvement.h"
#include "base/status.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/results/asked.h"
#include "server/results/hide.h"
#include "server/results/results.h"

namespace hailong::results {
namespace {

using base::Cat;

// Improvements are long: a page of more would be near the largest message of a stock client.
constexpr uint32_t kUnitsDefault = 50;
constexpr uint32_t kUnitsMax = 100;

absl::Status Check(const v1::ListImprovementsRequest& request) {
  if (request.target() != 0 && !(request.target() > 0 && request.target() <= 100)) {
    return refusal::Field(
        "target", Cat("found ", request.target(), ", allowed is above 0 and at most 100; 0 is ",
                      priorities::kTargetDefault));
  }
  if (!request.previous_round_id().empty() && request.previous_round_id() == request.round_id()) {
    return refusal::Field("previous_round_id",
                          Cat("found '", request.previous_round_id(),
                              "', which is the round itself; allowed is another, or none"));
  }
  if (!v1::Adjustment_IsValid(request.adjustment())) {
    return refusal::Field("adjustment", Cat("found ", static_cast<int>(request.adjustment()),
                                            ", which is none of the adjustments"));
  }
  return absl::OkStatus();
}

// By question, what was asked and could be answered; sections and translations do not matter.
std::map<std::string, std::string> WordingOf(const model::Questionnaire& questionnaire) {
  std::map<std::string, std::string> wording;
  for (const v1::Question& question : questionnaire.definition().questions()) {
    v1::Question asked;
    asked.set_kind(question.kind());
    asked.mutable_text()->set_vi(question.text().vi());
    for (const v1::Option& option : question.options()) {
      asked.add_options()->mutable_text()->set_vi(option.text().vi());
    }
    wording[question.question_id()] = model::DeterministicBytes(asked);
  }
  return wording;
}

// Adds what is not verified to the response.
void AddFacts(std::vector<v1::Provenance> facts, v1::ListImprovementsResponse& response) {
  for (v1::Provenance& fact : facts) *response.add_unverified() = std::move(fact);
}

}  // namespace

absl::StatusOr<priorities::RoundPriorities> Results::FindPriorities(
    const Scoring& scoring, const Scope& scope, const v1::ListImprovementsRequest& request,
    double target, std::shared_ptr<const Protection>* protection) {
  if (scoring.framework == nullptr) {
    return refusal::NoFramework(scoring.round->id(), scoring.round->definition().framework_id());
  }
  Cell& cell = CellOf(scoring.round->id());
  base::MutexLock lock(cell.mutex);
  ASSIGN_OR_RETURN(
      RoundFrame* const frame,
      FrameOf(cell, scoring,
              ExpectationQuestions(*scoring.framework, scoring.round->questionnaire())));
  ASSIGN_OR_RETURN(*protection, ProtectionOf(cell, scoring, *frame, request.without_protection()));
  if (*protection != nullptr) {
    RETURN_IF_ERROR(CheckFlagged(*scoring.round, request.without_flagged()));
  }
  index::ScoreOptions how = {.without_flagged = request.without_flagged(), .threads = threads_};
  SetWeighting(scoring.round->definition().weighting_plan(), v1::WEIGHTING_MODE_UNSPECIFIED, how);
  auto found = priorities::FindPriorities(
      frame->frame(), *scoring.framework,
      InputsOf(*scoring.round, scoring.populations.get(), scope.included), how, target);
  if (!found.ok()) return refusal::CannotScore(scoring.round->id(), found.status());
  return found;
}

absl::StatusOr<Results::ShownChanges> Results::FindChanges(
    Caller caller, const v1::ListImprovementsRequest& request, const Scoring& scoring,
    const Scope& scope, const priorities::RoundPriorities& found, const std::vector<bool>& listed) {
  ASSIGN_OR_RETURN(const Scoring before, FindScoring(request.previous_round_id()));
  // The same subtree as it was then; of a round without it nothing can be said.
  const auto top = before.round->FindUnit(scope.unit_id);
  Scope then = {.unit_id = scope.unit_id,
                .included = std::vector<bool>(before.round->units().size(), false)};
  if (top.has_value()) {
    ASSIGN_OR_RETURN(then, FindScope(caller, *before.round, scope.unit_id));
  }
  std::shared_ptr<const Protection> protection;
  ASSIGN_OR_RETURN(const priorities::RoundPriorities found_before,
                   FindPriorities(before, then, request, priorities::kTargetDefault, &protection));
  const bool whole_shown = protection == nullptr || !top.has_value() ||
                           protection->Shows({.unit = *top}, Protection::kOverall);
  std::vector<priorities::UnitPair> units;
  for (size_t u = 0; u < listed.size(); ++u) {
    priorities::UnitPair& unit = units.emplace_back();
    unit.listed = listed[u];
    const auto was = before.round->FindUnit(scoring.round->units()[u].unit_id());
    if (!was.has_value() || !then.included[*was]) continue;
    unit.before = *was;
    const bool shown = protection == nullptr ||
                       protection->ShowsPooled({.unit = *was, .alone = true}, Protection::kOverall);
    unit.listed = unit.listed && shown;
  }
  priorities::RoundChanges changes = priorities::CompareRounds(
      {{*before.framework, WordingOf(before.round->questionnaire())}, found_before},
      {{*scoring.framework, WordingOf(scoring.round->questionnaire())}, found}, top.has_value(),
      units);
  ShownChanges shown;
  shown.synthetic = before.round->definition().synthetic();
  shown.is_protected = protection != nullptr;
  if (whole_shown) shown.whole = std::move(changes.whole);
  shown.units.resize(units.size());
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u].listed) shown.units[u] = std::move(changes.units[u]);
  }
  return shown;
}

absl::StatusOr<v1::ListImprovementsResponse> Results::ListImprovements(
    Caller caller, const v1::ListImprovementsRequest& request) {
  RETURN_IF_ERROR(Check(request));
  RETURN_IF_ERROR(CheckLift(caller, request.without_protection()));
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  ASSIGN_OR_RETURN(const Scope scope, FindScope(caller, *scoring.round, request.unit_id()));
  const uint32_t page_size =
      request.page_size() == 0 ? kUnitsDefault : std::min(request.page_size(), kUnitsMax);
  ASSIGN_OR_RETURN(model::Pager pager, model::Pager::Create(page_size, request.page_token()));
  const double target = request.target() == 0 ? priorities::kTargetDefault : request.target();
  std::shared_ptr<const Protection> protection;
  ASSIGN_OR_RETURN(const priorities::RoundPriorities found,
                   FindPriorities(scoring, scope, request, target, &protection));
  const std::vector<index::UnitInput> inputs =
      InputsOf(*scoring.round, scoring.populations.get(), scope.included);
  const std::vector<report::UnitLabel> labels = LabelsOf(*scoring.round, inputs);
  std::vector<bool> listed;
  // Of these, those that are not hidden: what is hidden is in no family of tests either.
  std::vector<bool> shown;
  for (size_t u = 0; u < labels.size(); ++u) {
    // As ListUnitScores has it.
    const bool rated = found.units[u].responses > 0 || inputs[u].population > 0;
    listed.push_back(scope.included[u] && rated &&
                     (request.level().empty() || labels[u].level == request.level()));
    shown.push_back(listed[u] &&
                    (protection == nullptr ||
                     protection->ShowsPooled({.unit = u, .alone = true}, Protection::kOverall)));
  }
  ShownChanges changes;
  changes.units.resize(labels.size());
  if (!request.previous_round_id().empty()) {
    ASSIGN_OR_RETURN(changes, FindChanges(caller, request, scoring, scope, found, shown));
  }
  const auto build = [&](const priorities::Priorities& priorities,
                         const std::optional<priorities::Changes>& change, size_t unit,
                         bool alone) {
    v1::Improvement improvement = report::BuildImprovement(*scoring.framework, priorities, change,
                                                           request.adjustment(), labels[unit]);
    if (protection != nullptr) {
      HideImprovement(*protection, {.unit = unit, .alone = alone}, improvement);
    }
    if (protection != nullptr || changes.is_protected) RoundImprovement(improvement);
    return improvement;
  };
  v1::ListImprovementsResponse response;
  if (request.page_token().empty()) {
    const size_t top = *scoring.round->FindUnit(scope.unit_id);
    *response.mutable_whole() = build(found.whole, changes.whole, top, /*alone=*/false);
  }
  for (size_t u = 0; u < labels.size(); ++u) {
    if (!listed[u] || labels[u].unit_id <= pager.after()) continue;
    if (!pager.Take(labels[u].unit_id)) break;
    *response.add_units() = build(found.units[u], changes.units[u], u, /*alone=*/true);
  }
  response.set_next_page_token(pager.next_page_token());
  response.set_target(target);
  response.set_significance_level(priorities::kSignificanceLevel);
  response.set_synthetic(scoring.round->definition().synthetic() || changes.synthetic);
  if (IsProtected(*scoring.round)) {
    *response.mutable_disclosure() = DisclosureOf(*scoring.round, protection.get());
  }
  const v1::IndexFramework& framework = scoring.framework->proto();
  AddFacts(report::Unverified(*scoring.framework, framework.scoring(), framework.composition()),
           response);
  AddFacts(report::UnverifiedExpectations(*scoring.framework), response);
  return response;
}

}  // namespace hailong::results
