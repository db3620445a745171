// hailong-kiosk: the program at a counter. Keeps what citizens answer on its disk and brings it to
// hailongd when there is a network.

#include <CLI/CLI.hpp>
#include <string>

#include "absl/time/time.h"
#include "base/daemon.h"
#include "base/log/log.h"
#include "base/status.h"
#include "kiosk-client/app/kiosk.h"

namespace {

constexpr int kExitStopped = 0;
constexpr int kExitFailed = 1;

}  // namespace

int main(int argc, char** argv) {
  hailong::kiosk::Settings settings;
  settings.version = HAILONG_VERSION;
  CLI::App app("hailong-kiosk: one tap at the counter, and nothing ever lost");
  app.set_version_flag("--version", "hailong-kiosk " HAILONG_VERSION);
  app.set_config("--config", "", "A file of these options, one 'name = \"value\"' a line");
  // A name that is not known is a mistake, there as here.
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--data", settings.data_directory,
                 "Directory of the outbox and the credential, for this user only")
      ->required();
  app.add_option("--server", settings.server, "hailongd, host:port")->required();
  app.add_option("--tls-ca", settings.tls_ca_path,
                 "Authority that signed the server's certificate, PEM");
  app.add_option("--tls-server-name", settings.tls_server_name,
                 "The name in the server's certificate, where --server is an address");
  app.add_option("--enrolment-code-file", settings.enrolment_code_path,
                 "File with the code of `hailong collector add`, used once");
  app.add_option("--page", settings.page_directory, "Directory of the page that citizens see")
      ->required();
  app.add_option("--listen", settings.listen, "Where the page is served, on loopback")
      ->capture_default_str();
  app.add_option("--answers-max", settings.answers_max, "The outbox refuses more answers than this")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.footer(
      "Plain text is spoken on loopback only; to any other server give --tls-ca.\n"
      "Exit status: 0 stopped by SIGTERM or SIGINT, 1 could not start (the last line says why),\n"
      "above 100 wrong arguments.");
  CLI11_PARSE(app, argc, argv);

  const hailong::base::Daemon daemon;
  auto kiosk = hailong::kiosk::Kiosk::Start(settings);
  if (!kiosk.ok()) {
    hailong::base::LogError(hailong::base::Cat("cannot start: ", kiosk.status().message()));
    return kExitFailed;
  }
  hailong::base::LogInfo("started " HAILONG_VERSION);
  while (!daemon.StoppedWithin(absl::Hours(1))) {
  }
  hailong::base::LogInfo("stopping");
  kiosk->reset();
  return kExitStopped;
}
