// A hailongd with a mistake: it acknowledges before COMMIT. The tests that kill must catch it; if
// they do not, they are worth nothing. Usage: hailongd_canary OPTION VALUE...

#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

#include "server/app/server.h"

int main(int argc, char** argv) {
  hailong::app::Settings settings;
  std::string trusted_proxy;
  const std::map<std::string, std::string*> options = {
      {"--data", &settings.data_directory},
      {"--listen", &settings.listen},
      {"--web-listen", &settings.web.listen},
      {"--web-trusted-proxy", &trusted_proxy},
      {"--zalo-settings", &settings.zalo_settings_path}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end()) return 2;
    *option->second = argv[i + 1];
  }
  if (!trusted_proxy.empty()) settings.web.trusted_proxies = {trusted_proxy};
  settings.acknowledge_before_commit_by = absl::Milliseconds(30);
  auto server = hailong::app::Server::Start(settings);
  if (!server.ok()) return 1;
  std::printf("listening on 127.0.0.1:%d\n", (*server)->port());
  if ((*server)->web_port() != 0) std::printf("web on port %d\n", (*server)->web_port());
  std::fflush(stdout);
  while (!(*server)->store_closed()) ::usleep(100'000);  // until it is killed
  return 3;
}
