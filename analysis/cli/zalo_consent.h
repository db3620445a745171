// The consent of an official account's admin (OAuth of Zalo, with PKCE): the link that asks for it,
// and what the browser brings back turned into a refresh token.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/http/http_client.h"

namespace hailong::cli {

struct ZaloApp {
  std::string app_id;    // digits
  std::string secret;    // of the app
  std::string oauth;     // where tokens are, an origin
  std::string oa_id;     // the account that must have consented; empty: any
  std::string verifier;  // 43 to 128 characters that nobody else knows
};

// INVALID_ARGUMENT: a field that cannot be; never repeats the secret or the verifier.
absl::Status CheckZaloApp(const ZaloApp& app);

std::string ConsentLink(const ZaloApp& app, const std::string& redirect_url);

// The refresh token for what the admin's browser came back with: the whole address, or the code in
// it. Errors: INVALID_ARGUMENT (no code in it, another account), UNAVAILABLE (no answer),
// FAILED_PRECONDITION (Zalo gives none). None repeats a code, a secret or a token.
absl::StatusOr<std::string> RedeemConsent(base::HttpClient& http, const ZaloApp& app,
                                          std::string_view came_back_with);

}  // namespace hailong::cli
