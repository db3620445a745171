#pragma once

// The HTTP side of hailongd: builds its parts over a serving gRPC server, and stops them in the
// order that calls under way need. One owner.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "server/web/address.h"
#include "server/web/call_guard.h"
#include "server/web/http_server.h"
#include "server/web/metrics.h"
#include "server/web/pages.h"
#include "server/web/site.h"

namespace grpc {
class Server;
}

namespace hailong::app {

// As given on the command line.
struct WebSettings {
  std::string listen;                        // host:port; empty: no HTTP
  std::string pages_directory;               // empty: no pages
  std::vector<std::string> trusted_proxies;  // addresses or networks
  std::string operations_listen;             // host:port; empty: no private port
  web::ServerLimits limits;                  // for tests
  web::CallGuard::Options rates;             // for tests
};

// The same, judged; nothing is made yet.
struct WebPlan {
  bool serves = false;
  bool operates = false;
  web::ListenAddress listen;
  web::ListenAddress operations_listen;
  web::TrustedProxies proxies;
  std::optional<web::Pages> pages;
  web::ServerLimits limits;
  web::CallGuard::Options rates;
};

// Errors: INVALID_ARGUMENT, those of web::Pages::Load. Plain HTTP is served on loopback, or
// elsewhere to trusted proxies alone, which do the TLS; the private port on an address of a private
// network.
absl::StatusOr<WebPlan> CheckWebSettings(const WebSettings& settings);

class Web {
 public:
  // Routes of other parts of the server, such as a webhook.
  using AddRoutes = std::function<void(web::Site&)>;

  // Serving when it returns. `gateway_key`: by what `server` knows its calls. All outlive this.
  // Errors: UNAVAILABLE (a port is taken).
  static absl::StatusOr<std::unique_ptr<Web>> Start(const WebPlan& plan, grpc::Server& server,
                                                    const std::string& gateway_key,
                                                    const base::Clock& clock, web::Metrics& metrics,
                                                    std::function<bool()> ready,
                                                    const AddRoutes& add_routes);
  // After the gRPC server was shut down.
  ~Web();

  // No new requests; those under way have as long as the gRPC server gives them. Call it before the
  // gRPC server is shut down.
  void StopTaking();

  // 0: not served.
  uint16_t port() const;
  uint16_t operations_port() const;

 private:
  struct Parts;
  explicit Web(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::app
