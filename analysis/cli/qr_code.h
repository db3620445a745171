// A QR code on a terminal, for a phone or a scanner to read off the screen.
//
// Thread promise: a function of its argument; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::cli {

// Lines of half blocks, two rows of modules in each, with the colours set to black on white, since
// a scanner wants dark on light whatever the terminal's own are. INVALID_ARGUMENT: too long for
// one.
absl::StatusOr<std::string> QrCode(std::string_view text);

}  // namespace hailong::cli
