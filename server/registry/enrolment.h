#pragma once

// How a kiosk comes to its credential: a short code that somebody types in, once. Codes are ten
// characters of Crockford's base32 (no look-alikes), 50 random bits; only their hash is stored.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace hailong::registry {

// A random code as it is printed: "7K3QX-0M9TB". Any thread.
std::string NewEnrolmentCode();

// What is stored of a code, however it was typed: case, spaces and dashes do not matter, and O, I
// and L are read as 0, 1 and 1. Empty: it is no code. Any thread.
std::string HashEnrolmentCode(std::string_view code);

// What a kiosk made for a credential: 32 bytes as base64url. Errors: INVALID_ARGUMENT.
absl::Status CheckKioskCredential(std::string_view credential);

}  // namespace hailong::registry
