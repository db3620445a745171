#pragma once

// The refusals of the catalogue (refusal.h) that only the web side makes.

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hailong::refusal {

// `who` calls too often: "this invitation".
absl::Status TooManyCalls(std::string_view who, absl::Duration wait);

}  // namespace hailong::refusal
