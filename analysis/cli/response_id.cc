#include "analysis/cli/response_id.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto/crypto.h"

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

base::Uuid DeriveResponseId(std::string_view round_id, const std::vector<std::string>& identity) {
  std::string bytes;
  AppendPart(kDomain, bytes);
  AppendPart(round_id, bytes);
  for (const std::string& part : identity) AppendPart(part, bytes);

  auto digest = base::Sha256(bytes);
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0F) | 0x80);  // version 8
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3F) | 0x80);  // variant of RFC 9562

  base::Uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace hailong::cli
