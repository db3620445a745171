#include "server/zalo/signature.h"

#include <optional>

#include "base/crypto/crypto.h"

namespace hailong::zalo {
namespace {

constexpr std::string_view kPrefix = "mac=";
constexpr size_t kHexDigits = 64;

// 64 hex digits, in lower case.
std::optional<std::string> MacOf(std::string_view header) {
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  if (!header.starts_with(kPrefix)) return std::nullopt;
  header.remove_prefix(kPrefix.size());
  if (header.size() != kHexDigits) return std::nullopt;
  std::string mac;
  for (const char c : header) {
    const bool upper = c >= 'A' && c <= 'F';
    if (!upper && !(c >= 'a' && c <= 'f') && !(c >= '0' && c <= '9')) return std::nullopt;
    mac.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return mac;
}

std::string Mac(const SignedBody& body, std::string_view oa_secret) {
  base::Sha256Stream hash;
  for (const std::string_view part : {body.first_id, body.raw, body.timestamp, oa_secret}) {
    hash.Add(part);
  }
  return hash.FinishHex();
}

}  // namespace

std::string Sign(const SignedBody& body, std::string_view oa_secret) {
  return std::string(kPrefix) + Mac(body, oa_secret);
}

bool IsSigned(std::string_view header, const SignedBody& body,
              const std::vector<std::string>& oa_secrets) {
  const std::optional<std::string> mac = MacOf(header);
  if (!mac.has_value()) return false;
  bool is = false;
  for (const std::string& secret : oa_secrets) {
    // Not &&: every secret is tried, so that time does not say which one fits.
    is |= base::EqualInConstantTime(*mac, Mac(body, secret));
  }
  return is;
}

std::string AppSecretProof(std::string_view app_secret, std::string_view access_token) {
  return base::Hex(base::HmacSha256(app_secret, access_token));
}

}  // namespace hailong::zalo
