// JSON with an indent, member by member: for output that is no message of the contract. Numbers are
// the shortest that read back as the same double.
//
// Thread promise: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

namespace hailong::cli {

class JsonWriter {
 public:
  // Writes to `out`, which outlives it.
  explicit JsonWriter(std::ostream& out) : out_(out) {}

  // `open` is '{' or '['; `key` names it within an object, and is empty elsewhere.
  void Open(char open, std::string_view key = "");
  // With what it was opened with.
  void Close(char open);

  // Null if it is absent or not finite.
  void Number(std::string_view key, std::optional<double> value);
  void Count(std::string_view key, uint64_t value);
  void Text(std::string_view key, std::string_view value);
  void Flag(std::string_view key, bool value);
  void Null(std::string_view key);

 private:
  void Begin(std::string_view key);
  void Quote(std::string_view text);

  std::ostream& out_;
  int depth_ = 0;
  bool first_ = true;
};

}  // namespace hailong::cli
