#pragma once

// UUIDs: the name of a response, made where the citizen answers.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hailong::base {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  // Takes the canonical 36 characters, in either case. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<Uuid> Parse(std::string_view text);
  // Version 7: begins with the millisecond of `now`, so that ids sort by age; the rest is `chance`.
  static Uuid MakeV7(absl::Time now, const std::array<uint8_t, 10>& chance);
  // 36 lower-case characters.
  std::string ToString() const;

  auto operator<=>(const Uuid&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

// The value of a hexadecimal digit in either case; -1: it is none.
int HexDigit(char c);

// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// The first `bytes_max` bytes of well-formed UTF-8, less a character that would be cut: what a
// refusal may show of a caller's text, since half a character would spoil the whole message.
std::string_view Utf8Prefix(std::string_view text, size_t bytes_max);

// True if `id` is 1..size_max of [a-z0-9] and the characters of `extra`, beginning with a letter or
// digit.
bool IsSlug(std::string_view id, size_t size_max, std::string_view extra);

}  // namespace hailong::base
