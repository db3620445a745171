// A hailongd with a mistake: it acknowledges before COMMIT. The crash test must catch it; if it
// does not, the crash test is worth nothing. Usage: hailongd_canary --data DIR --listen HOST:PORT

#include <unistd.h>

#include <cstdio>

#include "server/app/server.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  hailong::app::Settings settings;
  settings.data_directory = argv[2];
  settings.listen = argv[4];
  settings.acknowledge_before_commit_by = absl::Milliseconds(30);
  auto server = hailong::app::Server::Start(settings);
  if (!server.ok()) return 1;
  std::printf("listening on 127.0.0.1:%d\n", (*server)->port());
  std::fflush(stdout);
  while (!(*server)->store_closed()) ::usleep(100'000);  // until it is killed
  return 3;
}
