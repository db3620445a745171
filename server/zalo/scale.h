#pragma once

// From what Zalo calls a rate to the answers of a round's questionnaire. Pure.

#include <string>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/zalo.pb.h"
#include "server/model/round.h"

namespace hailong::zalo {

// 1..5 of a rating whose scale is known: five emotions, an older message without a scale, a button
// of ours. A quick-reply label needs the round, so it is not judged: 0. Errors: INVALID_ARGUMENT (a
// scale that is not known, a rate that cannot be).
absl::StatusOr<int> StarsOf(const v1::ZaloRating& rating);

// The answers that a rating gives in a round. Errors: as StarsOf; FAILED_PRECONDITION (the round
// has no mapping), INVALID_ARGUMENT (a label that the round does not know).
absl::Status AddAnswers(const v1::ZaloRating& rating, const model::Round& round,
                        v1::Response& response);

}  // namespace hailong::zalo
