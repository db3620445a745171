#include "analysis/cli/zalo_consent.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/crypto/crypto.h"
#include "base/json/json.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kIdDigitsMax = 64;
constexpr std::size_t kVerifierMin = 43;  // RFC 7636
constexpr std::size_t kVerifierMax = 128;
constexpr std::size_t kJsonDepthMax = 8;

bool IsDigits(std::string_view text) {
  return !text.empty() && text.size() <= kIdDigitsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

// The value of a field in the query of an address; empty: it is not there.
std::string_view QueryField(std::string_view address, std::string_view name) {
  address = address.substr(0, address.find('#'));
  std::size_t at = address.find('?');
  while (at != std::string_view::npos) {
    std::string_view field = address.substr(at + 1);
    const std::size_t end = field.find('&');
    at = end == std::string_view::npos ? end : at + 1 + end;
    field = field.substr(0, end);
    if (field.starts_with(name) && field.substr(name.size()).starts_with('=')) {
      return field.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

absl::Status CheckZaloApp(const ZaloApp& app) {
  if (!IsDigits(app.app_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--app-id: found '", app.app_id, "', allowed are digits"));
  }
  if (!app.oa_id.empty() && !IsDigits(app.oa_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--oa-id: found '", app.oa_id, "', allowed are digits"));
  }
  if (app.secret.empty() || !IsPrintable(app.secret)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the app's secret has ", app.secret.size(),
                     " bytes, allowed is one line of printable characters"));
  }
  if (app.verifier.size() < kVerifierMin || app.verifier.size() > kVerifierMax ||
      !IsPrintable(app.verifier)) {
    return absl::InvalidArgumentError(absl::StrCat("the code verifier has ", app.verifier.size(),
                                                   " characters, allowed are ", kVerifierMin, "..",
                                                   kVerifierMax, " printable ones"));
  }
  const absl::Status origin = base::CheckOrigin(app.oauth);
  if (origin.ok()) return origin;
  return absl::InvalidArgumentError(absl::StrCat("--oauth: ", origin.message()));
}

std::string ConsentLink(const ZaloApp& app, const std::string& redirect_url) {
  const base::Digest256 digest = base::Sha256(app.verifier);
  const std::string challenge =
      base::Base64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return absl::StrCat(app.oauth, "/v4/oa/permission?app_id=", app.app_id,
                      "&redirect_uri=", base::UrlEncode(redirect_url),
                      "&code_challenge=", challenge);
}

absl::StatusOr<std::string> RedeemConsent(base::HttpClient& http, const ZaloApp& app,
                                          std::string_view came_back_with) {
  const bool is_address = came_back_with.find("://") != std::string_view::npos;
  const std::string code(is_address ? QueryField(came_back_with, "code") : came_back_with);
  const std::string oa_id(is_address ? QueryField(came_back_with, "oa_id") : std::string_view());
  if (code.empty() || !IsPrintable(code)) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", came_back_with.size(),
                     " bytes without a code, allowed is the address the browser came back to, "
                     "https://...?code=..., or the code in it"));
  }
  if (!app.oa_id.empty() && oa_id != app.oa_id) {
    return absl::InvalidArgumentError(
        absl::StrCat(oa_id.empty() ? "what was pasted names no account: found no oa_id"
                                   : "the admin of another account consented: found another oa_id",
                     ", allowed is the whole address with oa_id=", app.oa_id));
  }
  const auto answer =
      http.Send({.method = "POST",
                 .url = app.oauth + "/v4/oa/access_token",
                 .headers = {{"secret_key", app.secret},
                             {"Content-Type", "application/x-www-form-urlencoded"}},
                 // The code of an address is encoded already.
                 .body = absl::StrCat("code=", is_address ? code : base::UrlEncode(code),
                                      "&app_id=", app.app_id, "&grant_type=authorization_code",
                                      "&code_verifier=", base::UrlEncode(app.verifier))});
  if (!answer.ok()) {
    return absl::UnavailableError(
        absl::StrCat("no answer from ", app.oauth, ": ", answer.status().message()));
  }
  const auto json = base::Json::Parse(answer->body, kJsonDepthMax);
  const std::string refresh(json.ok() ? json->TextOf("refresh_token") : std::string_view());
  if (refresh.empty() || !IsPrintable(refresh)) {
    const std::string error(json.ok() ? json->TextOf("error") : std::string_view());
    return absl::FailedPreconditionError(absl::StrCat(
        "Zalo gives no token: HTTP status ", answer->status, ", error ",
        IsPrintable(error) && error.size() < 20 && !error.empty() ? error : "without a number",
        "; a code lasts 10 minutes and is good once"));
  }
  return refresh;
}

}  // namespace hailong::cli
