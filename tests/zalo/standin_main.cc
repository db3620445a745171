// The stand-in of Zalo as a program, for trying by hand what no account is there for. Never part of
// the product.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/daemon.h"
#include "base/http/curl_client.h"
#include "base/status.h"
#include "tests/zalo/standin_page.h"
#include "tests/zalo/standin_server.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr char kUsage[] =
    "usage: hailong-zalo-standin serve PORT WEBHOOK_URL DIRECTORY COLLECTOR\n"
    "         serves on 127.0.0.1:PORT until SIGTERM; posts webhooks to WEBHOOK_URL; writes to\n"
    "         DIRECTORY what `hailongd --zalo-settings DIRECTORY/settings.textproto` needs\n"
    "       hailong-zalo-standin rate PORT STARS [NOTE]\n"
    "         gives stars to the latest message\n";

int Serve(int port, const std::string& webhook_url, const std::string& directory,
          const std::string& collector_id) {
  const base::Daemon daemon;
  const base::SystemClock clock;
  base::CurlClient http{{}};
  Standin standin;
  StandinPage page(standin, http, clock, webhook_url);
  const StandinServer server(
      [&page](const StandinRequest& request) { return page.Answer(request); }, port);
  if (const auto written = server.WriteSettings(directory, collector_id); !written.ok()) {
    std::fprintf(stderr, "hailong-zalo-standin: %s\n", std::string(written.message()).c_str());
    return 1;
  }
  std::printf("listening on %s\n", server.origin().c_str());
  std::fflush(stdout);
  while (!daemon.StoppedWithin(absl::Seconds(1))) {
  }
  return 0;
}

int Rate(int port, const std::string& stars, const std::string& note) {
  base::CurlClient http{{}};
  const auto answer =
      http.Send({.method = "POST",
                 .url = Cat("http://127.0.0.1:", port, "/rate"),
                 .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                 .body = Cat("stars=", base::UrlEncode(stars), "&note=", base::UrlEncode(note))});
  if (!answer.ok()) {
    std::fprintf(stderr, "hailong-zalo-standin: %s\n",
                 std::string(answer.status().message()).c_str());
    return 1;
  }
  std::fputs(answer->body.c_str(), answer->status == 200 ? stdout : stderr);
  return answer->status == 200 ? 0 : 1;
}

int Run(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  const int port = arguments.size() < 2 ? -1 : std::atoi(arguments[1].c_str());
  if (command == "serve" && arguments.size() == 5 && port >= 0 && port < 65536) {
    return Serve(port, arguments[2], arguments[3], arguments[4]);
  }
  if (command == "rate" && (arguments.size() == 3 || arguments.size() == 4) && port > 0) {
    return Rate(port, arguments[2], arguments.size() == 4 ? arguments[3] : "");
  }
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace
}  // namespace hailong::tests

int main(int argc, char** argv) { return hailong::tests::Run({argv + 1, argv + argc}); }
