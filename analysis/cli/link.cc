#include "analysis/cli/link.h"

#include "absl/strings/str_cat.h"
#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/dossier_code.h"
#include "base/loopback.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kCheckSize = 10;  // of the contract, see InvitationService.GetSlipKey

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::StatusOr<std::string> CheckSurveyUrl(std::string_view url) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("--url: found '", View(url.substr(0, 200)),
                     "', allowed are https://HOST[:PORT][/PATH], and http:// of this machine"));
  };
  while (url.ends_with('/')) url.remove_suffix(1);
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) return bad();
  const std::string_view rest = url.substr(plain ? 7 : 8);
  for (const char c : rest) {
    if (c <= ' ' || c >= '\x7F' || c == '#' || c == '?' || c == '@' || c == '"' || c == '\\') {
      return bad();
    }
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.empty() || authority.starts_with(':')) return bad();
  if (plain && !base::IsLoopback(authority)) return bad();
  return std::string(url);
}

std::string InvitationLink(std::string_view url, std::string_view token) {
  return absl::StrCat(View(url), "/s/#i=", View(token));
}

std::string OpenLink(std::string_view url, std::string_view link_code) {
  return absl::StrCat(View(url), "/s/#l=", View(link_code));
}

absl::StatusOr<std::string> SlipLink(std::string_view url, std::string_view link_code,
                                     std::string_view slip_key, std::string_view dossier_code) {
  absl::StatusOr<std::string> normal = base::NormalizeDossierCode(dossier_code);
  if (!normal.ok()) return normal.status();
  const base::Digest256 digest = base::HmacSha256(slip_key, *normal);
  const std::string check =
      base::Base32({reinterpret_cast<const char*>(digest.data()), digest.size()}, kCheckSize);
  // A normal code has letters, digits, '.' and '-' only: nothing to escape.
  return absl::StrCat(OpenLink(url, link_code), "&d=", *normal, "&c=", check);
}

}  // namespace hailong::cli
