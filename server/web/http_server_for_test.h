#pragma once

// A server with routes that echo, send much, stream, answer late, twice or never, and a clock that
// stands still.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log/log.h"
#include "base/status.h"
#include "server/web/http_server.h"

namespace hailong::web {

inline constexpr size_t kEchoMax = 100'000;
inline constexpr size_t kBigBytes = 8 << 20;

// Pieces on another thread, as calls give them.
class Counting final : public AnswerStream {
 public:
  Counting(int pieces, std::atomic<int>& alive, std::atomic<int>& reads)
      : pieces_(pieces), alive_(alive), reads_(reads) {
    ++alive_;
  }
  ~Counting() override { --alive_; }
  void Read(Next next) override {
    ++reads_;
    if (pieces_ == 0) return next(std::nullopt);
    if (pieces_ > 0) --pieces_;
    std::thread([next = std::move(next)] { next(std::string(1000, 'x')); }).detach();
  }

 private:
  int pieces_;
  std::atomic<int>& alive_;
  std::atomic<int>& reads_;
};

class HttpServerFixture : public testing::Test {
 protected:
  // Serves /echo, /big, /stream, /endless, /later, /lost and /who.
  void Start(const ServerLimits& limits = {}, const std::vector<std::string>& proxies = {},
             bool proxies_only = false) {
    base::SetLogLevel(base::LogLevel::kOff);
    Site site;
    site.Add({.name = "echo",
              .path = "/echo",
              .methods = {"POST"},
              .body_bytes_max = kEchoMax,
              .serve = [](const Request& request, const Done& done) {
                Answer answer;
                answer.body = request.body;
                done(std::move(answer));
              }});
    site.Add({.name = "who",
              .path = "/who/",
              .prefix = true,
              .methods = {"GET"},
              .serve = [](const Request& request, const Done& done) {
                done(PlainText(
                    200, base::Cat(request.path, " ", request.query, " ", request.client.bytes[15],
                                   " ", request.secure ? "secure" : "plain")));
              }});
    site.Add({.name = "big",
              .path = "/big",
              .methods = {"GET"},
              .serve = [](const Request&, const Done& done) {
                Answer answer;
                answer.file = std::make_shared<const std::string>(kBigBytes, 'x');
                done(std::move(answer));
              }});
    for (const auto& [path, pieces] : {std::pair("/stream", 20), std::pair("/endless", -1)}) {
      site.Add({.name = path + 1,
                .path = path,
                .methods = {"GET"},
                .serve = [this, count = pieces](const Request&, const Done& done) {
                  Answer answer;
                  answer.stream = std::make_shared<Counting>(count, streams_, reads_);
                  done(std::move(answer));
                }});
    }
    site.Add({.name = "later",
              .path = "/later",
              .methods = {"GET"},
              .serve = [](const Request&, Done done) {
                std::thread([done = std::move(done)] {
                  std::this_thread::sleep_for(std::chrono::milliseconds(50));
                  done(PlainText(200, "later"));
                  done(PlainText(200, "twice"));
                }).detach();
              }});
    site.Add({.name = "lost",
              .path = "/lost",
              .methods = {"GET"},
              .serve = [](const Request&, const Done&) {}});
    ServerOptions options;
    options.listen = *ListenAddress::Parse("listen", "127.0.0.1:0");
    options.limits = limits;
    options.proxies = *TrustedProxies::Parse(proxies);
    options.proxies_only = proxies_only;
    options.clock = &clock_;
    options.served = [this](const Served& served) {
      last_us_.store(absl::ToInt64Microseconds(served.duration));
    };
    auto server = HttpServer::Start(std::move(options), std::move(site));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  uint16_t port() const { return server_->port(); }
  // Waits until the server has seen it.
  template <typename Claim>
  static bool Soon(Claim claim) {
    for (int i = 0; i < 1000 && !claim(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return claim();
  }

  base::FakeClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  std::atomic<int> streams_ = 0;
  std::atomic<int> reads_ = 0;        // of their pieces
  std::atomic<int64_t> last_us_ = 0;  // how long the last answer took
  std::unique_ptr<HttpServer> server_;
};

}  // namespace hailong::web
