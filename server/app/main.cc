// hailongd: stores every response exactly once and turns them into scores.

#include <google/protobuf/stubs/logging.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/time/time.h"
#include "base/daemon.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/app/server.h"

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitStoreClosed = 3;  // a supervisor restarts it

}  // namespace

int main(int argc, char** argv) {
  hailong::app::Settings settings;
  CLI::App app("hailongd: collects satisfaction with public services and scores it");
  app.add_option("--data", settings.data_directory, "Directory of the database and the round keys")
      ->required();
  app.add_option("--listen", settings.listen, "host:port; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--tls-cert", settings.tls_certificate_path, "Certificate chain, PEM");
  app.add_option("--tls-key", settings.tls_key_path, "Private key, PEM");
  app.add_option("--scoring-threads", settings.scoring_threads, "Threads of one scoring run")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--web-listen", settings.web.listen, "host:port of HTTP; port 0 takes a free one");
  app.add_option("--web-pages", settings.web.pages_directory, "Directory of the built web pages");
  app.add_option("--web-trusted-proxy", settings.web.trusted_proxies,
                 "Address or network whose X-Forwarded-For is believed; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--operations-listen", settings.web.operations_listen,
                 "host:port of /healthz, /readyz and /metrics; port 0 takes a free one");
  app.add_option("--zalo-settings", settings.zalo_settings_path,
                 "Settings of the Zalo channel, textproto; its webhook is /zalo/webhook");
  app.footer(
      "Plain text is served on loopback only; anywhere else give --tls-cert and --tls-key.\n"
      "HTTP is plain: on loopback, or elsewhere for a --web-trusted-proxy alone, which does the "
      "TLS.\n"
      "The first start writes the admin's credential to DATA/admin.token.\n"
      "Exit status: 0 stopped by SIGTERM or SIGINT, 1 could not start, 3 the store failed: "
      "restart.");
  CLI11_PARSE(app, argc, argv);

  const hailong::base::Daemon daemon;
  // It would write a line for each string of a request that is not UTF-8; the sender is told.
  google::protobuf::SetLogHandler(nullptr);

  auto server = hailong::app::Server::Start(settings);
  if (!server.ok()) {
    hailong::base::LogError(hailong::base::Cat("cannot start: ", server.status().message()));
    return kExitFailed;
  }
  const std::string host = settings.listen.substr(0, settings.listen.rfind(':'));
  std::printf("listening on %s:%d\n", host.c_str(), (*server)->port());
  if ((*server)->web_port() != 0) std::printf("web on port %d\n", (*server)->web_port());
  if ((*server)->operations_port() != 0) {
    std::printf("operations on port %d\n", (*server)->operations_port());
  }
  std::fflush(stdout);

  while (!(*server)->store_closed() && !daemon.StoppedWithin(absl::Milliseconds(200))) {
    (*server)->Step();
  }
  const bool closed = (*server)->store_closed();
  hailong::base::LogInfo(closed ? "stopping: the store is closed" : "stopping");
  server->reset();
  return closed ? kExitStoreClosed : 0;
}
