// The points of two rounds.

#include "analysis/index/points.h"
#include "analysis/report/report.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/results/asked.h"
#include "server/results/hide.h"
#include "server/results/results.h"

namespace hailong::results {

using base::Cat;

absl::StatusOr<v1::GetParSurveyPointsResponse> Results::GetParSurveyPoints(
    Caller caller, const v1::GetParSurveyPointsRequest& request) {
  RETURN_IF_ERROR(CheckLift(caller, request.without_protection()));
  ASSIGN_OR_RETURN(Scoring officials_scoring, FindScoring(request.officials_round_id()));
  const std::string& own_framework = officials_scoring.round->definition().framework_id();
  if (!request.framework_id().empty() && request.framework_id() != own_framework) {
    if (IsProtected(*officials_scoring.round) && !request.without_protection()) {
      return refusal::NotPublished(officials_scoring.round->id(),
                                   Cat("framework '", request.framework_id(), "'"),
                                   Cat("the round's own, '", own_framework, "'"));
    }
    const auto found = frameworks_.find(request.framework_id());
    officials_scoring.framework = found == frameworks_.end() ? nullptr : found->second;
  }
  if (officials_scoring.framework == nullptr) {
    return refusal::NoFramework(officials_scoring.round->id(),
                                request.framework_id().empty()
                                    ? officials_scoring.round->definition().framework_id()
                                    : request.framework_id());
  }
  const auto score = [&](const Scoring& scoring,
                         index::IndexScore* into) -> absl::StatusOr<v1::IndexResult> {
    if (scoring.framework == nullptr) {
      return refusal::NoFramework(scoring.round->id(), scoring.round->definition().framework_id());
    }
    // The points are those of the whole round.
    ASSIGN_OR_RETURN(const Scope scope,
                     FindScope(caller, *scoring.round, scoring.round->definition().root_unit_id()));
    v1::GetSipasRequest options;
    options.set_without_flagged(request.without_flagged());
    Cell& cell = CellOf(scoring.round->id());
    base::MutexLock lock(cell.mutex);
    ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring));
    ASSIGN_OR_RETURN(const std::shared_ptr<const Protection> protection,
                     ProtectionOf(cell, scoring, *frame, request.without_protection()));
    return Score(*frame, scoring, scope, options, protection.get(), into);
  };
  index::IndexScore officials_score;
  index::IndexScore citizens_score;
  ASSIGN_OR_RETURN(const v1::IndexResult officials, score(officials_scoring, &officials_score));
  ASSIGN_OR_RETURN(const Scoring citizens_scoring, FindScoring(request.citizens_round_id()));
  ASSIGN_OR_RETURN(const v1::IndexResult citizens, score(citizens_scoring, &citizens_score));
  ASSIGN_OR_RETURN(
      const index::PointsScore points,
      index::ScorePoints(*officials_scoring.framework, officials_score, citizens_score));
  v1::GetParSurveyPointsResponse response =
      report::BuildParSurveyPoints(*officials_scoring.framework, points, officials, citizens);
  const bool hides = !request.without_protection() && (IsProtected(*officials_scoring.round) ||
                                                       IsProtected(*citizens_scoring.round));
  if (hides) HidePoints(*officials_scoring.framework, response);
  return response;
}

}  // namespace hailong::results
