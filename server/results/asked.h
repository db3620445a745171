#pragma once

// How a result is to be made, read from a request and the plan of its round; and what a protected
// round refuses.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/scale_interval.h"
#include "analysis/index/score.h"
#include "analysis/report/report.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/questionnaire.h"
#include "server/model/round.h"
#include "server/results/protection.h"

namespace hailong::results {

// The interval that was asked for; nothing: the default. Errors: INVALID_ARGUMENT.
absl::StatusOr<std::optional<estimate::IntervalChoice>> ChoiceOf(v1::Interval interval,
                                                                 double confidence);

// The questions among the dimensions of domains. Errors: INVALID_ARGUMENT.
absl::StatusOr<std::vector<std::string>> QuestionsOf(const v1::GetSipasRequest& request,
                                                     const model::Questionnaire& questionnaire);

// The questions that the steps of a plan use.
void AddMarginQuestions(const v1::WeightingPlan& plan, std::vector<std::string>& questions);

// The weighting of a round, or another that was asked for instead of all of it.
void SetWeighting(const v1::WeightingPlan& plan, v1::WeightingMode asked,
                  index::ScoreOptions& options);

// The expectations of a framework that the round asked, as ratings.
std::vector<std::string> ExpectationQuestions(const index::Framework& framework,
                                              const model::Questionnaire& questionnaire);

// The round hides small cells.
bool IsProtected(const model::Round& round);

// Errors: PERMISSION_DENIED (`without_protection` from any but an ADMIN that is bound to no unit).
absl::Status CheckLift(const model::Principal& caller, bool without_protection);

// What a protected round does not show: other readings of the same responses, of which two give
// away what lies between them, and domains that no table publishes. `whole`: all of the round is
// asked for. Errors: FAILED_PRECONDITION.
absl::Status CheckPublished(const model::Round& round, const Protection& protection, bool whole,
                            const v1::GetSipasRequest& request);
absl::Status CheckFlagged(const model::Round& round, bool without_flagged);

// What is known of the units of a round, and their names; `populations` may be null.
std::vector<index::UnitInput> InputsOf(const model::Round& round,
                                       const model::Catalog::Populations* populations,
                                       const std::vector<bool>& included);
std::vector<report::UnitLabel> LabelsOf(const model::Round& round,
                                        const std::vector<index::UnitInput>& inputs);

}  // namespace hailong::results
