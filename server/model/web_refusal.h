#pragma once

// The refusals of the catalogue (refusal.h) that have to do with the web.

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hailong::refusal {

// `who` calls too often: "this invitation".
absl::Status TooManyCalls(std::string_view who, absl::Duration wait);
// A call of the web that came over gRPC.
absl::Status WebOnly(std::string_view method);

}  // namespace hailong::refusal
