#pragma once

// Did Zalo say this? sha256(app_id || raw body || timestamp || OA secret), lower-case hex, in the
// header X-ZEvent-Signature behind "mac="; a plain hash over the bytes received, not an HMAC and
// not over JSON written again. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace hailong::zalo {

struct SignedBody {
  std::string_view first_id;   // the app's id
  std::string_view raw;        // as received
  std::string_view timestamp;  // of the body, as written there
};

// The header's value for a body.
std::string Sign(const SignedBody& body, std::string_view oa_secret);

// True if the header is "mac=" and 64 hex digits, in either case, spaces around it left aside, and
// they are the signature under one of `oa_secrets`. Takes the same time for all wrong ones; false
// if there is no secret.
bool IsSigned(std::string_view header, const SignedBody& body,
              const std::vector<std::string>& oa_secrets);

// The proof that goes with an access token: lower-case hex of HMAC-SHA-256(app secret, token).
std::string AppSecretProof(std::string_view app_secret, std::string_view access_token);

}  // namespace hailong::zalo
