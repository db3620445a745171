#include "analysis/cli/response_id.h"

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace hailong::cli {
namespace {

// Kept for good: another text here would give every row a new id.
constexpr std::string_view kDomain = "hailong responses import 1";

void AppendPart(std::string_view part, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<char>((static_cast<uint64_t>(part.size()) >> shift) & 0xFF));
  }
  bytes.append(part);
}

}  // namespace

std::string DeriveResponseId(std::string_view round_id, const std::vector<std::string>& identity) {
  std::string bytes;
  AppendPart(kDomain, bytes);
  AppendPart(round_id, bytes);
  for (const std::string& part : identity) AppendPart(part, bytes);

  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x80);  // version 8
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);  // variant of RFC 9562

  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uuid;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uuid.push_back('-');
    uuid.push_back(kHex[digest[i] >> 4]);
    uuid.push_back(kHex[digest[i] & 0x0F]);
  }
  return uuid;
}

}  // namespace hailong::cli
