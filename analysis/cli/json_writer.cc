#include "analysis/cli/json_writer.h"

#include <cmath>

#include "analysis/cli/format.h"
#include "base/check.h"

namespace hailong::cli {

void JsonWriter::Begin(std::string_view key) {
  if (!first_) out_ << ',';
  if (depth_ > 0) out_ << '\n' << std::string(static_cast<size_t>(depth_) * 2, ' ');
  first_ = false;
  if (key.empty()) return;
  Quote(key);
  out_ << ": ";
}

void JsonWriter::Open(char open, std::string_view key) {
  Begin(key);
  out_ << open;
  ++depth_;
  first_ = true;
}

void JsonWriter::Close(char open) {
  HAILONG_CHECK(depth_ > 0);
  --depth_;
  if (!first_) out_ << '\n' << std::string(static_cast<size_t>(depth_) * 2, ' ');
  out_ << (open == '{' ? '}' : ']');
  first_ = false;
  if (depth_ == 0) out_ << '\n';
}

void JsonWriter::Number(std::string_view key, std::optional<double> value) {
  if (!value.has_value() || !std::isfinite(*value)) return Null(key);
  Begin(key);
  out_ << Exact(*value);
}

void JsonWriter::Count(std::string_view key, uint64_t value) {
  Begin(key);
  out_ << value;
}

void JsonWriter::Text(std::string_view key, std::string_view value) {
  Begin(key);
  Quote(value);
}

void JsonWriter::Flag(std::string_view key, bool value) {
  Begin(key);
  out_ << (value ? "true" : "false");
}

void JsonWriter::Null(std::string_view key) {
  Begin(key);
  out_ << "null";
}

void JsonWriter::Quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ << '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ << '\\' << c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out_ << "\\u00" << kHex[byte >> 4] << kHex[byte & 15];
    } else {
      out_ << c;
    }
  }
  out_ << '"';
}

}  // namespace hailong::cli
