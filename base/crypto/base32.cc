#include "base/crypto/base32.h"

#include <cstdint>

#include "base/check.h"
#include "base/crypto/crypto.h"

namespace hailong::base {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static_assert(kAlphabet.size() == 32);

}  // namespace

std::string Base32(std::string_view bytes, size_t size) {
  HAILONG_CHECK(size * 5 <= bytes.size() * 8);
  std::string code;
  uint32_t bits = 0;
  uint32_t count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<uint8_t>(byte);
    count += 8;
    for (; count >= 5 && code.size() < size; count -= 5) {
      code.push_back(kAlphabet[(bits >> (count - 5)) & 31]);
    }
    bits &= (1u << count) - 1;
    if (code.size() == size) break;
  }
  return code;
}

std::string RandomBase32(size_t size) { return Base32(RandomBytes((size * 5 + 7) / 8), size); }

std::string NormalizeBase32(std::string_view code, size_t size) {
  std::string normal;
  for (char c : code) {
    if (c == ' ' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (kAlphabet.find(c) == std::string_view::npos || normal.size() == size) return "";
    normal.push_back(c);
  }
  return normal.size() == size ? normal : "";
}

}  // namespace hailong::base
