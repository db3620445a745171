// A QR code, and one on a terminal, for a phone or a scanner to read off the screen.
//
// Thread promise: a function of its argument; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::cli {

// Rows of modules from the top, true is dark, without the light ones around it. INVALID_ARGUMENT:
// too long for one.
absl::StatusOr<std::vector<std::vector<bool>>> QrModules(std::string_view text);

// Lines of half blocks, two rows of modules in each, with the colours set to black on white, since
// a scanner wants dark on light whatever the terminal's own are. INVALID_ARGUMENT: too long for
// one.
absl::StatusOr<std::string> QrCode(std::string_view text);

}  // namespace hailong::cli
