#pragma once

// HttpClient over libcurl: TLS 1.2 or later with the server's name checked, no redirects, a limit
// on time and size, a connection for each request (a reused one may be resent behind our back).
// Plain http on loopback only. Thread-safe.

#include "absl/time/time.h"
#include "base/http/http_client.h"

namespace hailong::base {

class CurlClient final : public HttpClient {
 public:
  struct Options {
    absl::Duration connect_time_max = absl::Seconds(5);
    absl::Duration time_max = absl::Seconds(10);
    size_t response_bytes_max = 8 << 20;
    std::string ca_path = {};  // PEM; empty: the system's authorities
  };

  explicit CurlClient(Options options);
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override;

 private:
  const Options options_;
};

}  // namespace hailong::base
