#pragma once

// Opens a submitting request without trusting what is inside.

#include <google/protobuf/arena.h>

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"

namespace hailong::transport {

// The responses in a serialized SubmitResponseRequest or SubmitResponsesRequest (both hold them in
// field 1), made on `arena`; null where the bytes are no Response. Errors: INVALID_ARGUMENT (the
// request itself is no message, or holds none or more than `responses_max`).
absl::StatusOr<std::vector<const v1::Response*>> OpenEnvelope(std::string_view bytes,
                                                              size_t responses_max,
                                                              google::protobuf::Arena& arena);

}  // namespace hailong::transport
