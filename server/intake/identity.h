#pragma once

// Who is the same citizen: evidence becomes a keyed hash and is dropped. Dossier codes are easy to
// enumerate, so a plain hash would give them away; the key of the round is kept outside the
// database.

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/response.h"

namespace hailong::intake {

// HMAC-SHA-256(key, kind || 0 || normalised id), first 128 bits; nothing for no evidence. Errors:
// INVALID_ARGUMENT naming the field below `evidence`; never repeats the evidence.
absl::StatusOr<std::optional<model::RespondentKey>> IdentifyRespondent(const v1::Evidence& evidence,
                                                                       std::string_view round_key);

}  // namespace hailong::intake
