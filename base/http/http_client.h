#pragma once

// Asking another server over HTTP, as a value in and a value out; tests put their own in. Sends
// nothing twice by itself: whether to ask again is for the caller, who knows what asking does.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::base {

struct HttpRequest {
  std::string method;  // "GET", "POST"
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Waits for the answer. Errors: INVALID_ARGUMENT (the request cannot be), UNAVAILABLE (nothing of
  // it was sent), UNKNOWN (it was sent, in part or whole, and no answer came back). Thread-safe.
  virtual absl::StatusOr<HttpResponse> Send(const HttpRequest& request) = 0;
};

// The part of a URL up to its path: "https://business.openapi.zalo.me". Errors: INVALID_ARGUMENT
// for anything but https, or http on loopback.
absl::Status CheckOrigin(const std::string& origin);

// As part of a query or a form: all but letters, digits and "-._~" as %XX.
std::string UrlEncode(std::string_view text);

}  // namespace hailong::base
