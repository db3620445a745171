#pragma once

// Is this a response to that round? Everything about it is judged at once, so that a sender hears
// all that is wrong in one refusal.

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/response.h"

namespace hailong::intake {

// The response with packed answers, without respondent key, flags and lateness. Errors:
// INVALID_ARGUMENT with every bad field, NOT_FOUND (round), FAILED_PRECONDITION (round not open
// yet, or submitted after its end), PERMISSION_DENIED (a unit outside the collector's).
absl::StatusOr<model::NewResponse> Validate(const v1::Response& response,
                                            const model::Principal& sender,
                                            const model::Catalog& catalog, absl::Time now);

}  // namespace hailong::intake
