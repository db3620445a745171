#pragma once

// HTTP/1.1 on loopback for one browser: whole requests in, whole responses out, with a limit on
// everything that a client can make large or slow. It decides nothing about paths. No thread of its
// own: its owner's loop runs it. Post and wakes from any thread, all else from the loop's.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hailong::page_server {

struct HttpRequest {
  std::string method;
  std::string target;  // as sent: "/api/screen?after=7"
  std::string host;
  std::string origin;        // empty: the header is not there
  std::string fetch_site;    // Sec-Fetch-Site
  std::string content_type;  // without parameters, lower case
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::string allow;  // 405: the methods
};

class HttpServer {
 public:
  static constexpr uint32_t kHeaderBytesMax = 8 << 10;
  static constexpr uint64_t kBodyBytesMax = 16 << 10;
  static constexpr size_t kConnectionsMax = 64;
  // For a whole request, from the first byte it waits for to the last.
  static constexpr absl::Duration kReadMax = absl::Seconds(30);
  static constexpr absl::Duration kWriteMax = absl::Seconds(10);

  // Call once, on the loop's thread, at once or later; dropped if the client is gone.
  using Respond = std::function<void(HttpResponse)>;
  using Serve = std::function<void(HttpRequest, Respond)>;

  // `listen`: "127.0.0.1:7480", "[::1]:7480"; port 0 takes a free one. Errors: INVALID_ARGUMENT (no
  // such form, or not loopback), UNAVAILABLE (taken).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(const std::string& listen, Serve serve,
                                                            absl::Duration read_max = kReadMax);
  ~HttpServer();

  // Where it listens, with the real port.
  const std::string& address() const;
  uint16_t port() const;

  // Runs what is due, and waits at most so long for the first.
  void RunOnce(absl::Duration at_most);
  // Runs `task` on the loop's thread.
  void Post(std::function<void()> task);

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::page_server
