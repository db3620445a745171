#include "server/app/web.h"

#include <array>
#include <optional>
#include <utility>

#include "base/executor.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/transport/auth_table.h"
#include "server/transport/gate.h"
#include "server/web/connect.h"
#include "server/web/grpc_backend.h"
#include "server/web/limits.h"
#include "server/web/operations.h"

namespace hailong::app {
namespace {

using base::Cat;

constexpr std::array<const char*, 6> kPrivateNetworks = {
    "127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
constexpr size_t kTranslators = 2;
constexpr absl::Duration kLastWordsMax = absl::Seconds(1);
constexpr web::ServerLimits kOperationsLimits = {.connections_max = 100};

}  // namespace

absl::StatusOr<WebPlan> CheckWebSettings(const WebSettings& settings) {
  WebPlan plan{.serves = !settings.listen.empty(),
               .operates = !settings.operations_listen.empty(),
               .listen = {},
               .operations_listen = {},
               .proxies = {},
               .pages = std::nullopt,
               .limits = settings.limits,
               .rates = settings.rates};
  ASSIGN_OR_RETURN(plan.proxies, web::TrustedProxies::Parse(settings.trusted_proxies));
  if (!plan.serves && (!settings.pages_directory.empty() || !plan.proxies.empty())) {
    return absl::InvalidArgumentError("--web-pages and --web-trusted-proxy need --web-listen");
  }
  if (plan.serves) {
    ASSIGN_OR_RETURN(plan.listen, web::ListenAddress::Parse("--web-listen", settings.listen));
    if (!plan.listen.address.IsLoopback() && plan.proxies.empty()) {
      return absl::InvalidArgumentError(
          Cat("--web-listen: found ", settings.listen,
              ", which others can reach without TLS; allowed is a loopback address, or another one "
              "with --web-trusted-proxy, the proxy that does the TLS"));
    }
  }
  if (!settings.pages_directory.empty()) {
    ASSIGN_OR_RETURN(plan.pages, web::Pages::Load(settings.pages_directory));
  }
  if (plan.operates) {
    ASSIGN_OR_RETURN(plan.operations_listen,
                     web::ListenAddress::Parse("--operations-listen", settings.operations_listen));
    ASSIGN_OR_RETURN(
        const web::TrustedProxies inside,
        web::TrustedProxies::Parse({kPrivateNetworks.begin(), kPrivateNetworks.end()}));
    if (!inside.Contains(plan.operations_listen.address)) {
      return absl::InvalidArgumentError(
          Cat("--operations-listen: found ", settings.operations_listen,
              ", which the internet may reach; allowed is an address of a private network"));
    }
  }
  return plan;
}

// In the order in which they are built; destroyed in reverse.
struct Web::Parts {
  std::unique_ptr<web::GrpcBackend> backend;
  std::unique_ptr<base::Executor> translators;
  std::unique_ptr<web::CallGuard> guard;
  std::unique_ptr<web::ConnectGateway> gateway;
  std::unique_ptr<web::HttpServer> server;
  std::unique_ptr<web::HttpServer> operations;

  absl::Status Serve(const WebPlan& plan, grpc::Server& grpc_server, const std::string& gateway_key,
                     const base::Clock& clock, web::Metrics& metrics, const AddRoutes& add_routes);
};

absl::Status Web::Parts::Serve(const WebPlan& plan, grpc::Server& grpc_server,
                               const std::string& gateway_key, const base::Clock& clock,
                               web::Metrics& metrics, const AddRoutes& add_routes) {
  web::RaiseFileLimit();
  web::Site site;
  if (plan.pages.has_value()) site.Add(plan.pages->MakeRoute());
  backend = std::make_unique<web::GrpcBackend>(
      grpc_server, web::Header{transport::kGatewayKeyHeader, gateway_key});
  translators = std::make_unique<base::Executor>(kTranslators, limits::kWebExecutorTasksMax);
  guard = std::make_unique<web::CallGuard>(plan.rates, clock, [](std::string_view method) {
    return transport::IsAllowed(method, v1::ROLE_UNSPECIFIED);
  });
  gateway = std::make_unique<web::ConnectGateway>(
      *backend, *translators,
      [this](const web::Request& request, const web::Method& method, const std::string& bytes) {
        return guard->Look(request, method, bytes);
      });
  site.Add(gateway->MakeRoute());
  if (add_routes) add_routes(site);
  ASSIGN_OR_RETURN(server,
                   web::HttpServer::Start(
                       {.listen = plan.listen,
                        .proxies = plan.proxies,
                        .proxies_only = !plan.listen.address.IsLoopback(),
                        .limits = plan.limits,
                        .clock = &clock,
                        .served = [&metrics](const web::Served& served) { metrics.Count(served); }},
                       std::move(site)));
  using Kind = web::Metrics::Kind;
  const auto add = [&](Kind kind, const std::string& name, const std::string& help, auto member) {
    metrics.Add(kind, name, help, "", [counting = server.get(), member] {
      return static_cast<double>(counting->counts().*member);
    });
  };
  using web::ServerCounts;
  add(Kind::kGauge, "hailong_web_connections", "Connections open now.", &ServerCounts::connections);
  add(Kind::kCounter, "hailong_web_connections_total", "Connections taken.",
      &ServerCounts::accepted);
  add(Kind::kCounter, "hailong_web_connections_turned_away_total",
      "Connections above a limit of connections, or past the trusted proxies.",
      &ServerCounts::turned_away);
  add(Kind::kCounter, "hailong_web_connections_cut_total", "Connections that were too slow.",
      &ServerCounts::cut);
  const std::string calls = "hailong_web_calls_limited_total";
  const std::string calls_help = "Calls above a rate: refused, challenged, let pass by a solution.";
  metrics.Add(Kind::kCounter, calls, calls_help, "how=\"refused\"",
              [this] { return static_cast<double>(guard->refused()); });
  metrics.Add(Kind::kCounter, calls, calls_help, "how=\"challenged\"",
              [this] { return static_cast<double>(guard->challenged()); });
  metrics.Add(Kind::kCounter, calls, calls_help, "how=\"solved\"",
              [this] { return static_cast<double>(guard->solved()); });
  return absl::OkStatus();
}

Web::Web(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<Web>> Web::Start(const WebPlan& plan, grpc::Server& server,
                                                const std::string& gateway_key,
                                                const base::Clock& clock, web::Metrics& metrics,
                                                std::function<bool()> ready,
                                                const AddRoutes& add_routes) {
  auto web = std::unique_ptr<Web>(new Web(std::make_unique<Parts>()));
  if (plan.serves) {
    RETURN_IF_ERROR(web->parts_->Serve(plan, server, gateway_key, clock, metrics, add_routes));
  }
  if (plan.operates) {
    ASSIGN_OR_RETURN(web->parts_->operations,
                     web::HttpServer::Start({.listen = plan.operations_listen,
                                             .proxies = {},
                                             .proxies_only = false,
                                             .limits = kOperationsLimits,
                                             .clock = &clock,
                                             .served = nullptr,
                                             .log = false},
                                            web::OperationsSite(metrics, std::move(ready))));
  }
  return web;
}

void Web::StopTaking() {
  if (parts_->server != nullptr) parts_->server->Stop(absl::ZeroDuration());
}

Web::~Web() {
  // What asks for figures of the others goes first.
  parts_->operations.reset();
  if (parts_->translators != nullptr) parts_->translators->Stop();
  if (parts_->server != nullptr) parts_->server->Stop(kLastWordsMax);
}

uint16_t Web::port() const { return parts_->server == nullptr ? 0 : parts_->server->port(); }

uint16_t Web::operations_port() const {
  return parts_->operations == nullptr ? 0 : parts_->operations->port();
}

}  // namespace hailong::app
