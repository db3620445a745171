#pragma once

// absl::Status at hand: early return, and the text join that std::string_view needs with Debian's
// abseil (its absl::string_view is a type of its own).

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace hailong::base {

template <typename T>
decltype(auto) CatPiece(const T& piece) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return absl::string_view(piece.data(), piece.size());
  } else {
    return (piece);
  }
}

// absl::StrCat that also takes std::string_view.
template <typename... Pieces>
std::string Cat(const Pieces&... pieces) {
  return absl::StrCat(CatPiece(pieces)...);
}

}  // namespace hailong::base

#define HAILONG_CONCAT_INNER(a, b) a##b
#define HAILONG_CONCAT(a, b) HAILONG_CONCAT_INNER(a, b)

// Returns the status of `expression` from this function unless it is OK.
#define RETURN_IF_ERROR(expression) \
  RETURN_IF_ERROR_INNER(HAILONG_CONCAT(status_, __LINE__), expression)
#define RETURN_IF_ERROR_INNER(status, expression)                        \
  do {                                                                   \
    if (absl::Status status = (expression); !status.ok()) return status; \
  } while (false)

// Declares or assigns `target` from a StatusOr, or returns its status.
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_INNER(HAILONG_CONCAT(status_or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_INNER(status_or, target, expression) \
  auto status_or = (expression);                              \
  if (!status_or.ok()) return status_or.status();             \
  target = *std::move(status_or)
