#include "base/ids.h"

#include <algorithm>

#include "base/status.h"

namespace hailong::base {
namespace {

bool IsDash(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

absl::StatusOr<Uuid> Uuid::Parse(std::string_view text) {
  const absl::Status bad =
      absl::InvalidArgumentError(Cat("found ", text.size(),
                                     " bytes, allowed is a UUID of 36 characters such as "
                                     "0190f3c2-7a5e-7c3b-9d2f-3f1f5a6b7c8d"));
  if (text.size() != 36) return bad;
  Uuid id;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return bad;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return bad;
    uint8_t& byte = id.bytes[digits / 2];
    byte = static_cast<uint8_t>(byte * 16 + digit);
    ++digits;
  }
  return id;
}

Uuid Uuid::MakeV7(absl::Time now, const std::array<uint8_t, 10>& chance) {
  Uuid id;
  uint64_t ms = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (size_t i = 6; i-- > 0; ms >>= 8) id.bytes[i] = static_cast<uint8_t>(ms);
  std::copy(chance.begin(), chance.end(), id.bytes.begin() + 6);
  id.bytes[6] = static_cast<uint8_t>(0x70 | (id.bytes[6] & 0x0F));  // the version
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));  // the variant of RFC 9562
  return id;
}

std::string Uuid::ToString() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (IsDash(text.size())) text.push_back('-');
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

bool IsUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  size_t i = 0;
  while (i < text.size()) {
    const uint8_t lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    size_t more = 0;
    uint32_t code = 0;
    uint32_t least = 0;
    if ((lead & 0xE0) == 0xC0) {
      more = 1, code = lead & 0x1Fu, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2, code = lead & 0x0Fu, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3, code = lead & 0x07u, least = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i <= more) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      code = (code << 6) | (byte(i + k) & 0x3Fu);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

std::string_view Utf8Prefix(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<uint8_t>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

bool IsSlug(std::string_view id, size_t size_max, std::string_view extra) {
  if (id.empty() || id.size() > size_max) return false;
  for (size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && (i == 0 || extra.find(c) == std::string_view::npos)) return false;
  }
  return true;
}

}  // namespace hailong::base
