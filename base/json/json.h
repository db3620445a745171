#pragma once

// JSON as strangers send it: strict (one value, UTF-8, no key twice in an object, a limit on
// depth), with numbers as the text they were written as, since ids and times are longer than a
// double holds and signatures are made over what was written. Over Boost.JSON's parser. Immutable
// once parsed.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::base {

class Json {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  // Errors: INVALID_ARGUMENT with the reason and the place, never with what stands there.
  static absl::StatusOr<Json> Parse(std::string_view text, size_t depth_max);

  Kind kind() const { return kind_; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_number() const { return kind_ == Kind::kNumber; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_array() const { return kind_ == Kind::kArray; }
  // Of a string its content, of a number the token as written, of a bool "true" or "false".
  const std::string& text() const { return text_; }
  const std::vector<Json>& items() const { return items_; }
  // Null: no such key, or not an object.
  const Json* Find(std::string_view key) const;
  // The text of a string or a number under this key; empty: neither is there.
  std::string_view TextOf(std::string_view key) const;

 private:
  friend class JsonBuilder;
  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<Json> items_;
  std::map<std::string, Json, std::less<>> members_;
};

// `text`, which is UTF-8, as a JSON string with its quotes.
std::string JsonQuote(std::string_view text);

}  // namespace hailong::base
