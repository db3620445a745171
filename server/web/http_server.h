#pragma once

// HTTP/1.1 over TCP before a Site: whole requests in, answers out, with a limit on everything that
// a client can make large, slow or many. One thread of its own runs all connections and never
// waits; an idle connection has no buffer. Every answer gets Date, X-Request-Id, framing, the
// security headers, `Cache-Control: no-store` unless it says otherwise, and one line in the log:
// id, method, route, status, bytes, time; no address, path, query, header or body.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/web/address.h"
#include "server/web/limits.h"
#include "server/web/site.h"

namespace hailong::web {

// What one server allows; the defaults are those of limits.h.
struct ServerLimits {
  size_t connections_max = limits::kWebConnectionsMax;
  size_t connections_per_address_max = limits::kWebConnectionsPerAddressMax;
  size_t bodies_bytes_max = limits::kWebBodiesBytesMax;
  size_t body_small_bytes_max = limits::kWebBodyAnonymousMax;  // larger ones share half of that
  uint32_t requests_per_connection_max = limits::kWebRequestsPerConnectionMax;
  absl::Duration header_time_max = limits::kWebHeaderTimeMax;
  absl::Duration idle_time_max = limits::kWebIdleTimeMax;
  absl::Duration piece_time_max = limits::kWebPieceTimeMax;
};

// An answer that was sent, or given up.
struct Served {
  std::string label;  // the route's name, or the answer's own
  int status;
  uint64_t bytes;  // of the body as it was made; of a stream, the pieces that were begun
  absl::Duration duration;
};

struct ServerOptions {
  ListenAddress listen;
  TrustedProxies proxies;
  bool proxies_only = false;  // all others are closed at once
  ServerLimits limits;
  const base::Clock* clock = nullptr;         // time of day, for Date; outlives the server
  std::function<void(const Served&)> served;  // on the server's thread; may be empty
  bool log = true;
};

struct ServerCounts {
  size_t connections;     // open now
  uint64_t accepted;      // since the start
  uint64_t turned_away;   // above a limit of connections, or no proxy where only those may come
  uint64_t cut;           // too slow
  uint64_t bodies_bytes;  // under way now
};

class HttpServer {
 public:
  // Serving when it returns. `site` is complete. Errors: UNAVAILABLE (the port is taken).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(ServerOptions options, Site site);
  // Stops, waits until every Done was used or let go, and closes what is left.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Takes no connection and no request any more; answers under way are still sent. Waits at most so
  // long for them. Any thread but the server's own; may be called again.
  void Stop(absl::Duration at_most);

  uint16_t port() const;
  // Any thread.
  ServerCounts counts() const;

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Lets the process open as many files as it is allowed to; how many that are.
uint64_t RaiseFileLimit();

}  // namespace hailong::web
