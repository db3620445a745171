#include "server/results/results.h"

#include <algorithm>

#include "analysis/index/score.h"
#include "analysis/report/report.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/results/asked.h"
#include "server/results/export.h"
#include "server/results/hide.h"

namespace hailong::results {
namespace {

using base::Cat;

// The names of respondent groups: the options of the question that asks for the group.
std::vector<v1::LocalizedText> GroupTitles(const model::Round& round,
                                           const index::Framework& framework) {
  std::vector<v1::LocalizedText> titles;
  const int position = round.questionnaire().Find(framework.proto().group_question_id(), 0);
  if (framework.proto().group_question_id().empty() || position < 0) return titles;
  for (const v1::Option& option :
       round.questionnaire().definition().questions(position).options()) {
    titles.push_back(option.text());
  }
  return titles;
}

bool IsUnitBelow(const model::Round& round, size_t unit, const std::string& root) {
  size_t at = unit;
  for (size_t depth = 0; depth <= limits::kUnitDepthMax; ++depth) {
    if (round.units()[at].unit_id() == root) return true;
    const auto parent = round.FindUnit(round.units()[at].parent_unit_id());
    if (!parent.has_value()) return false;
    at = *parent;
  }
  return false;
}

// Results of rounds that were sealed before keep their words.
bool NamesCollection(const v1::SealedScoring* seal) {
  return seal == nullptr || seal->seal().scoring_version() >= 2;
}

// What the weighting says of units that are not in the part that was asked for.
void HideWholeRound(v1::IndexResult& result) {
  result.mutable_weighting()->clear_margins();
  for (v1::WeightingStepReport& step : *result.mutable_weighting()->mutable_steps()) {
    step.clear_margin_error_at();
    step.clear_notes();
  }
}

bool IsWhole(const std::vector<bool>& included) {
  return std::find(included.begin(), included.end(), false) == included.end();
}

bool SameUnits(const model::Round& a, const model::Round& b) {
  return std::equal(
      a.units().begin(), a.units().end(), b.units().begin(), b.units().end(),
      [](const v1::Unit& x, const v1::Unit& y) { return x.unit_id() == y.unit_id(); });
}

}  // namespace

absl::StatusOr<Frameworks> MakeFrameworks(const std::vector<v1::IndexFramework>& definitions) {
  Frameworks frameworks;
  for (const v1::IndexFramework& definition : definitions) {
    ASSIGN_OR_RETURN(auto framework, index::Framework::Create(definition));
    const bool added = frameworks
                           .emplace(definition.framework_id(),
                                    std::make_shared<const index::Framework>(std::move(framework)))
                           .second;
    if (!added) {
      return absl::InvalidArgumentError(
          Cat("framework '", definition.framework_id(), "' is there twice"));
    }
  }
  return frameworks;
}

absl::Status Results::CheckRound(const model::Round& round) const {
  const std::string& framework_id = round.definition().framework_id();
  const model::Questionnaire& questionnaire = round.questionnaire();
  const auto found = frameworks_.find(framework_id);
  if (found == frameworks_.end()) return refusal::NotFound("index framework", framework_id);
  for (const std::string& id : found->second->question_ids()) {
    const int position = questionnaire.Find(id, 0);
    if (position < 0 || questionnaire.questions()[static_cast<size_t>(position)].size != 1) {
      return refusal::Field(
          "round.framework_id",
          Cat("framework '", framework_id, "' scores question '", id, "', which questionnaire '",
              questionnaire.definition().questionnaire_id(),
              "' does not have as a rating or single choice"));
    }
  }
  return Protection::Check(round, *found->second);
}

absl::StatusOr<Results::Scoring> Results::FindScoring(const std::string& round_id) const {
  const auto catalog = catalog_.Get();
  Scoring scoring;
  scoring.round = catalog->FindRound(round_id);
  if (scoring.round == nullptr) return refusal::NotFound("round", round_id);
  scoring.seal = catalog->FindSeal(round_id);
  if (scoring.seal != nullptr) {
    scoring.sealed_stored = scoring.seal->seal().stored();
    auto populations = std::make_shared<model::Catalog::Populations>();
    for (const v1::Population& population : scoring.seal->populations()) {
      (*populations)[population.unit_id()] = population;
    }
    scoring.populations = std::move(populations);
    if (scoring.seal->has_framework()) {
      ASSIGN_OR_RETURN(auto framework, index::Framework::Create(scoring.seal->framework()));
      scoring.framework = std::make_shared<const index::Framework>(std::move(framework));
    }
    return scoring;
  }
  scoring.populations = catalog->FindPopulations(round_id);
  const auto framework = frameworks_.find(scoring.round->definition().framework_id());
  if (framework != frameworks_.end()) scoring.framework = framework->second;
  return scoring;
}

absl::StatusOr<Results::Scope> Results::FindScope(Caller caller, const model::Round& round,
                                                  const std::string& unit_id) const {
  Scope scope;
  scope.unit_id = unit_id;
  if (scope.unit_id.empty()) {
    scope.unit_id = caller.unit_id.empty() ? round.definition().root_unit_id() : caller.unit_id;
    // Bound to a unit above the round's root: all of the round.
    if (!round.FindUnit(scope.unit_id).has_value()) {
      scope.unit_id = round.definition().root_unit_id();
    }
  }
  if (!round.FindUnit(scope.unit_id).has_value()) {
    return refusal::NotFound("unit", Cat(base::Utf8Prefix(scope.unit_id, limits::kUnitIdBytesMax),
                                         "' in round '", round.id()));
  }
  if (!caller.unit_id.empty() &&
      !catalog_.Get()->units().IsWithin(scope.unit_id, caller.unit_id,
                                        base::DayInVietnam(round.opens_at()))) {
    return refusal::OutsideSubtree(scope.unit_id, caller.unit_id);
  }
  scope.included.resize(round.units().size());
  for (size_t i = 0; i < scope.included.size(); ++i) {
    scope.included[i] = IsUnitBelow(round, i, scope.unit_id);
  }
  return scope;
}

Results::Cell& Results::CellOf(const std::string& round_id) {
  base::MutexLock lock(mutex_);
  std::unique_ptr<Cell>& cell = cells_[round_id];
  if (cell == nullptr) cell = std::make_unique<Cell>();
  return *cell;
}

absl::StatusOr<RoundFrame*> Results::FrameOf(Cell& cell, const Scoring& scoring,
                                             const std::vector<std::string>& also) {
  std::vector<std::string> question_ids;
  if (scoring.framework != nullptr) question_ids = scoring.framework->question_ids();
  for (const std::string& id : question_ids) {
    const int position = scoring.round->questionnaire().Find(id, 0);
    if (position < 0 ||
        scoring.round->questionnaire().questions()[static_cast<size_t>(position)].size != 1) {
      return absl::FailedPreconditionError(
          Cat("framework '", scoring.framework->proto().framework_id(), "' scores question '", id,
              "', which the questionnaire of round '", scoring.round->id(),
              "' does not have as a rating or single choice"));
    }
  }
  // What the weighting needs, and what was ever asked for: a frame is made anew for a question that
  // it lacks, and keeps it.
  std::vector<std::string> more;
  AddMarginQuestions(scoring.round->definition().weighting_plan(), more);
  AddTableQuestions(scoring.round->definition().disclosure(), more);
  // A mask is over all that is ever asked for.
  if (IsProtected(*scoring.round) && scoring.framework != nullptr) {
    for (std::string& id :
         ExpectationQuestions(*scoring.framework, scoring.round->questionnaire())) {
      more.push_back(std::move(id));
    }
  }
  cell.also.insert(also.begin(), also.end());
  more.insert(more.end(), cell.also.begin(), cell.also.end());
  for (const std::string& id : more) {
    if (std::find(question_ids.begin(), question_ids.end(), id) == question_ids.end()) {
      question_ids.push_back(id);
    }
  }
  const bool fits = cell.frame != nullptr && cell.frame->question_ids() == question_ids &&
                    cell.frame->sealed_stored() == scoring.sealed_stored &&
                    SameUnits(cell.frame->round(), *scoring.round);
  if (!fits) {
    cell.frame =
        std::make_unique<RoundFrame>(scoring.round, std::move(question_ids), scoring.sealed_stored);
  }
  if (absl::Status status = cell.frame->Refresh(store_); !status.ok()) {
    cell.frame.reset();  // half refreshed: begin again
    return status;
  }
  return cell.frame.get();
}

absl::StatusOr<std::shared_ptr<const Protection>> Results::ProtectionOf(Cell& cell,
                                                                        const Scoring& scoring,
                                                                        const RoundFrame& frame,
                                                                        bool lifted) const {
  if (lifted || !IsProtected(*scoring.round)) return std::shared_ptr<const Protection>();
  const Cell::State state{.round = scoring.round,
                          .populations = scoring.seal == nullptr ? scoring.populations : nullptr,
                          .sealed_stored = scoring.sealed_stored,
                          .last_sequence = frame.last_sequence()};
  if (cell.protection != nullptr && cell.protected_state == state) return cell.protection;
  // Who has a weight in the result of the round.
  const std::vector<bool> all(scoring.round->units().size(), true);
  const std::vector<index::UnitInput> inputs =
      InputsOf(*scoring.round, scoring.populations.get(), all);
  index::ScoreOptions how = {.threads = threads_};
  SetWeighting(scoring.round->definition().weighting_plan(), v1::WEIGHTING_MODE_UNSPECIFIED, how);
  const auto taking_part = index::UnitsWithWeight(frame.frame(), *scoring.framework, inputs, how);
  if (!taking_part.ok()) return refusal::CannotScore(scoring.round->id(), taking_part.status());
  ASSIGN_OR_RETURN(Protection made, Protection::Create(*scoring.round, *scoring.framework,
                                                       frame.frame(), *taking_part, threads_));
  cell.protection = std::make_shared<const Protection>(std::move(made));
  cell.protected_state = state;
  return cell.protection;
}

absl::StatusOr<v1::IndexResult> Results::Score(const RoundFrame& frame, const Scoring& scoring,
                                               const Scope& scope,
                                               const v1::GetSipasRequest& options,
                                               const Protection* protection,
                                               index::IndexScore* score) const {
  const bool whole = IsWhole(scope.included);
  std::vector<bool> counted = scope.included;
  if (protection != nullptr) {
    RETURN_IF_ERROR(CheckFlagged(*scoring.round, options.without_flagged()));
    RETURN_IF_ERROR(CheckPublished(*scoring.round, *protection, whole, options));
    for (size_t u = 0; u < counted.size(); ++u) {
      if (protection->IsHiddenApart(u)) counted[u] = false;
    }
  }
  const std::vector<index::UnitInput> inputs =
      InputsOf(*scoring.round, scoring.populations.get(), scope.included);
  ASSIGN_OR_RETURN(const auto interval, ChoiceOf(options.interval(), options.confidence()));
  index::ScoreOptions how = {.scoring = options.scoring(),
                             .composition = options.composition(),
                             .without_flagged = options.without_flagged(),
                             .threads = threads_,
                             .by = {options.by().begin(), options.by().end()},
                             .domain_components = options.domain_components(),
                             .interval = interval};
  SetWeighting(scoring.round->definition().weighting_plan(), options.weighting_mode(), how);
  absl::StatusOr<index::IndexScore> scored =
      index::ScoreIndex(frame.frame(), *scoring.framework, inputs, how);
  if (!scored.ok()) return refusal::CannotScore(scoring.round->id(), scored.status());
  *score = *std::move(scored);
  if (protection != nullptr) DropIssues(*protection, *score);
  const std::vector<report::UnitLabel> labels = LabelsOf(*scoring.round, inputs);
  const std::vector<v1::LocalizedText> groups = GroupTitles(*scoring.round, *scoring.framework);
  v1::IndexResult result =
      report::BuildIndexResult(*scoring.framework, *score,
                               {.round_id = scoring.round->id(),
                                .unit_id = scope.unit_id,
                                .units = labels,
                                .counts = frame.CountsOf(counted),
                                .synthetic = scoring.round->definition().synthetic(),
                                .group_titles = groups,
                                .questionnaire = &scoring.round->questionnaire().definition(),
                                .names_collection = NamesCollection(scoring.seal.get())});
  if (!whole) HideWholeRound(result);
  if (protection != nullptr) {
    HideResult(*protection, *scoring.round, *scoring.framework,
               *scoring.round->FindUnit(scope.unit_id), result);
  }
  if (IsProtected(*scoring.round)) {
    *result.mutable_disclosure() = DisclosureOf(*scoring.round, protection);
  }
  return result;
}

absl::StatusOr<v1::GetSipasResponse> Results::GetSipas(Caller caller,
                                                       const v1::GetSipasRequest& request) {
  RETURN_IF_ERROR(CheckLift(caller, request.without_protection()));
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  if (scoring.framework == nullptr) {
    return refusal::NoFramework(scoring.round->id(), scoring.round->definition().framework_id());
  }
  ASSIGN_OR_RETURN(const Scope scope, FindScope(caller, *scoring.round, request.unit_id()));
  ASSIGN_OR_RETURN(const std::vector<std::string> questions,
                   QuestionsOf(request, scoring.round->questionnaire()));
  Cell& cell = CellOf(request.round_id());
  base::MutexLock lock(cell.mutex);
  ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring, questions));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Protection> protection,
                   ProtectionOf(cell, scoring, *frame, request.without_protection()));
  index::IndexScore score;
  v1::GetSipasResponse response;
  ASSIGN_OR_RETURN(*response.mutable_result(),
                   Score(*frame, scoring, scope, request, protection.get(), &score));
  response.set_state(scoring.round->state());
  if (scoring.seal != nullptr) {
    *response.mutable_seal() = scoring.seal->seal();
    response.set_late_after_seal(frame->late_after_seal());
    response.set_matches_seal(model::DeterministicBytes(response.result()) ==
                              model::DeterministicBytes(scoring.seal->result()));
  }
  return response;
}

absl::StatusOr<v1::ListUnitScoresResponse> Results::ListUnitScores(
    Caller caller, const v1::ListUnitScoresRequest& request) {
  RETURN_IF_ERROR(CheckLift(caller, request.without_protection()));
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  if (scoring.framework == nullptr) {
    return refusal::NoFramework(scoring.round->id(), scoring.round->definition().framework_id());
  }
  ASSIGN_OR_RETURN(const Scope scope, FindScope(caller, *scoring.round, request.unit_id()));
  ASSIGN_OR_RETURN(model::Pager pager,
                   model::Pager::Create(request.page_size(), request.page_token()));
  Cell& cell = CellOf(request.round_id());
  base::MutexLock lock(cell.mutex);
  ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Protection> protection,
                   ProtectionOf(cell, scoring, *frame, request.without_protection()));
  if (protection != nullptr) {
    RETURN_IF_ERROR(CheckFlagged(*scoring.round, request.without_flagged()));
  }
  const std::vector<index::UnitInput> inputs =
      InputsOf(*scoring.round, scoring.populations.get(), scope.included);
  ASSIGN_OR_RETURN(const auto interval, ChoiceOf(request.interval(), request.confidence()));
  index::ScoreOptions how = {
      .without_flagged = request.without_flagged(), .threads = threads_, .interval = interval};
  SetWeighting(scoring.round->definition().weighting_plan(), v1::WEIGHTING_MODE_UNSPECIFIED, how);
  const auto scores =
      index::ScoreUnits(frame->frame(), *scoring.framework, inputs, how, request.with_components());
  if (!scores.ok()) return refusal::CannotScore(scoring.round->id(), scores.status());
  const std::vector<report::UnitLabel> labels = LabelsOf(*scoring.round, inputs);
  v1::ListUnitScoresResponse response;
  for (size_t i = 0; i < scores->size(); ++i) {
    // Units that only hold others (a province, a district without an office in the round) have
    // nothing to show.
    const bool rated = (*scores)[i].responses > 0 || inputs[i].population > 0;
    if (!scope.included[i] || !rated || labels[i].unit_id <= pager.after() ||
        (!request.level().empty() && labels[i].level != request.level())) {
      continue;
    }
    if (!pager.Take(labels[i].unit_id)) break;
    v1::UnitScore& unit = *response.add_units();
    unit =
        report::BuildUnitScore(*scoring.framework, (*scores)[i], labels[i], interval.has_value());
    if (protection != nullptr) HideUnit(*protection, *scoring.framework, i, unit);
  }
  if (IsProtected(*scoring.round)) {
    *response.mutable_disclosure() = DisclosureOf(*scoring.round, protection.get());
  }
  response.set_next_page_token(pager.next_page_token());
  response.set_synthetic(scoring.round->definition().synthetic());
  const v1::IndexFramework& framework = scoring.framework->proto();
  for (v1::Provenance& one :
       report::Unverified(*scoring.framework, framework.scoring(), framework.composition())) {
    *response.add_unverified() = std::move(one);
  }
  return response;
}

absl::StatusOr<v1::WatchRoundResponse> Results::ReadCounts(Caller caller,
                                                           const v1::WatchRoundRequest& request) {
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  ASSIGN_OR_RETURN(const Scope scope, FindScope(caller, *scoring.round, request.unit_id()));
  Cell& cell = CellOf(request.round_id());
  base::MutexLock lock(cell.mutex);
  ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring));
  v1::WatchRoundResponse response;
  *response.mutable_observed_at() = model::ToProto(clock_.Now());
  *response.mutable_counts() = frame->CountsOf(scope.included);
  response.mutable_counts()->set_stored(response.counts().stored() + frame->late_after_seal());
  response.mutable_counts()->set_late(response.counts().late() + frame->late_after_seal());
  for (size_t i = 0; i < scope.included.size(); ++i) {
    const auto unit = static_cast<uint16_t>(i);
    if (!scope.included[i] || frame->StoredOf(unit) == 0) continue;
    v1::UnitCounts* counts = response.add_units();
    counts->set_unit_id(scoring.round->units()[i].unit_id());
    counts->set_stored(frame->StoredOf(unit));
    counts->set_counted(frame->CountedOf(unit));
  }
  return response;
}

absl::StatusOr<model::Sequence> Results::LastSequence(const std::string& round_id) {
  const auto round = catalog_.Get()->FindRound(round_id);
  if (round == nullptr) return refusal::NotFound("round", round_id);
  return store_.LastSequence(round->number());
}

absl::StatusOr<Results::ExportChunk> Results::ReadExport(
    Caller caller, const v1::ExportResponsesRequest& request) {
  if (request.with_comments() && (caller.role != v1::ROLE_ADMIN || !caller.unit_id.empty())) {
    return absl::PermissionDeniedError("with_comments is for an ADMIN: free text may name people");
  }
  ASSIGN_OR_RETURN(const model::Sequence after, ParseCursor(request.cursor()));
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  ASSIGN_OR_RETURN(const Scope scope, FindScope(caller, *scoring.round, request.unit_id()));
  Cell& cell = CellOf(request.round_id());
  base::MutexLock lock(cell.mutex);
  ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring));
  ExportChunk chunk;
  size_t looked_at = 0;
  std::vector<int> superseded;  // places in the chunk
  std::vector<model::Sequence> superseded_sequences;
  model::Sequence last = after;
  RETURN_IF_ERROR(store_.ReadResponses(
      scoring.round->number(), after, limits::kExportChunkRows, request.with_comments(),
      [&](const model::ResponseRow& row) {
        // What came after the frame was refreshed is for the next chunk.
        if (row.sequence > frame->last_sequence()) return false;
        ++looked_at;
        last = row.sequence;
        const auto unit = scoring.round->FindUnit(row.content.unit_id);
        if (!unit.has_value() || !scope.included[*unit]) return true;
        const bool counts = frame->Counts(row.sequence);
        if (counts || !request.counted_only()) {
          if (!counts && row.first_outcome != v1::OUTCOME_RECORDED_LATE) {
            superseded.push_back(chunk.message.responses_size());
            superseded_sequences.push_back(row.sequence);
          }
          *chunk.message.add_responses() =
              ToExported(row, counts, scoring.round->questionnaire(), request.with_comments());
        }
        return true;
      }));
  ASSIGN_OR_RETURN(const auto counting, store_.FindCounting(superseded_sequences));
  for (size_t i = 0; i < superseded.size(); ++i) {
    if (!counting[i].has_value()) continue;
    chunk.message.mutable_responses(superseded[i])->set_superseded_by(counting[i]->ToString());
  }
  chunk.message.set_cursor(FormatCursor(last));
  chunk.end = looked_at < limits::kExportChunkRows;
  return chunk;
}

size_t Results::FrameBytes(const std::string& round_id) {
  Cell& cell = CellOf(round_id);
  base::MutexLock lock(cell.mutex);
  return cell.frame == nullptr ? 0 : cell.frame->bytes();
}

}  // namespace hailong::results
