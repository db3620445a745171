#pragma once

// Stored responses as they may leave the system: a white list, without respondent keys.

#include <string>

#include "absl/status/statusor.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/questionnaire.h"
#include "server/model/response.h"

namespace hailong::results {

v1::ExportedResponse ToExported(const model::ResponseRow& row, bool counts,
                                const model::Questionnaire& questionnaire, bool with_comments);

// Where an export goes on. Errors: INVALID_ARGUMENT.
absl::StatusOr<model::Sequence> ParseCursor(const std::string& cursor);
std::string FormatCursor(model::Sequence sequence);

}  // namespace hailong::results
