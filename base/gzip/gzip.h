#pragma once

// gzip (RFC 1952) of texts that are in memory, over zlib. Pure.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::base {

// The same bytes for the same text, always: no time, no name of a system.
std::string Gzip(std::string_view text);

// Errors: INVALID_ARGUMENT (no gzip, cut off, or bytes after its end), RESOURCE_EXHAUSTED (more
// than `bytes_max` come out).
absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t bytes_max);

}  // namespace hailong::base
