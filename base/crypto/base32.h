#pragma once

// Crockford's base32: codes that people read, type and scan. 0-9 and capitals without I, L, O and
// U. Thread-safe.

#include <cstddef>
#include <string>
#include <string_view>

namespace hailong::base {

// The first `size` characters of the bytes, five bits each from the highest of the first byte on;
// there must be as many bits.
std::string Base32(std::string_view bytes, size_t size);

// `size` characters nobody can guess: 5 * size bits.
std::string RandomBase32(size_t size);

// One way to write a code of `size` characters that people type in many: case, spaces and dashes do
// not matter, and O, I and L are read as 0, 1 and 1. Empty: it is none.
std::string NormalizeBase32(std::string_view code, size_t size);

}  // namespace hailong::base
