#pragma once

// Who is the same citizen: evidence becomes a keyed hash and is dropped. Dossier codes are easy to
// enumerate, so a plain hash would give them away; the key of the round is kept outside the
// database.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/response.h"

namespace hailong::intake {

// The kind of evidence and its id in the one way to write it, joined by a zero byte; nothing for no
// evidence. Errors: INVALID_ARGUMENT naming the field below the response; never repeats the
// evidence.
absl::StatusOr<std::optional<std::string>> NormalizeEvidence(const v1::Evidence& evidence);

// HMAC-SHA-256(key, kind || 0 || normalised id), first 128 bits; nothing for no evidence. Errors:
// those of NormalizeEvidence.
absl::StatusOr<std::optional<model::RespondentKey>> IdentifyRespondent(const v1::Evidence& evidence,
                                                                       std::string_view round_key);

}  // namespace hailong::intake
