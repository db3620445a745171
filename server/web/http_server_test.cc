#include "server/web/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "base/log/log.h"
#include "base/status.h"
#include "server/web/raw_client_for_test.h"

namespace hailong::web {
namespace {

using base::Cat;
using std::chrono::milliseconds;

constexpr size_t kEchoMax = 100'000;
constexpr size_t kBigBytes = 8 << 20;

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

uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

class HttpServerTest : public testing::Test {
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
    site.Add(
        {.name = "who",
         .path = "/who/",
         .prefix = true,
         .methods = {"GET"},
         .serve = [](const Request& request, const Done& done) {
           done(PlainText(200, Cat(request.path, " ", request.query, " ", request.client.bytes[15],
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
                  std::this_thread::sleep_for(milliseconds(50));
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
    for (int i = 0; i < 1000 && !claim(); ++i) std::this_thread::sleep_for(milliseconds(10));
    return claim();
  }

  base::FakeClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  std::atomic<int> streams_ = 0;
  std::atomic<int> reads_ = 0;        // of their pieces
  std::atomic<int64_t> last_us_ = 0;  // how long the last answer took
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 100; ++i) {
    const std::string body = Cat("body ", i);
    const RawAnswer answer = client.Ask(Post("/echo", body));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
  }
  EXPECT_EQ(server_->counts().accepted, 1u);
}

TEST_F(HttpServerTest, EveryAnswerHasTheSecurityHeaders) {
  Start();
  for (const std::string& request :
       {Post("/echo", "a"), Get("/nothing"), Get("/echo"), std::string("garbage\r\n\r\n")}) {
    const RawAnswer answer = RawClient(port()).Ask(request);
    ASSERT_GT(answer.status, 0);
    const auto& headers = answer.headers;
    EXPECT_TRUE(headers.at("content-security-policy").starts_with("default-src 'none'; "));
    EXPECT_EQ(headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(headers.at("referrer-policy"), "no-referrer");
    EXPECT_EQ(headers.at("cross-origin-resource-policy"), "same-origin");
    EXPECT_EQ(headers.at("cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(headers.at("cross-origin-embedder-policy"), "require-corp");
    EXPECT_EQ(headers.at("cache-control"), "no-store");
    EXPECT_EQ(headers.at("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    EXPECT_TRUE(headers.contains("permissions-policy"));
    EXPECT_TRUE(headers.contains("x-request-id"));
    EXPECT_FALSE(headers.contains("access-control-allow-origin"));
    EXPECT_FALSE(headers.contains("strict-transport-security"));
    EXPECT_FALSE(headers.contains("server"));
  }
}

TEST_F(HttpServerTest, UnknownPathsAndMethodsAreToldApart) {
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/nothing")).status, 404);
  EXPECT_EQ(RawClient(port()).Ask(Get("/echo/more")).status, 404);
  const RawAnswer post = RawClient(port()).Ask(Post("/who/a", ""));
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers.at("allow"), "GET, HEAD");
  const RawAnswer options =
      RawClient(port()).Ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n");
  EXPECT_EQ(options.status, 405);
  EXPECT_EQ(options.headers.at("allow"), "POST");
}

TEST_F(HttpServerTest, HeadIsGetWithoutItsBody) {
  Start();
  RawClient client(port());
  client.Send("HEAD /who/a HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawAnswer head = client.Read(RawClient::kPatience, true);
  const RawAnswer get = client.Ask(Get("/who/a"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), Cat(get.body.size()));
}

TEST_F(HttpServerTest, RequestsSentAheadAreAnsweredInOrder) {
  Start();
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += Post("/echo", Cat(i)) + Get(Cat("/who/", i));
  client.Send(requests + Get("/later"));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.Read().body, Cat(i));
    EXPECT_TRUE(client.Read().body.starts_with(Cat("/who/", i, " ")));
  }
  EXPECT_EQ(client.Read().body, "later\n");
}

TEST_F(HttpServerTest, WhoSendsFarAheadGetsOneAnswerAndTheEnd) {
  Start();
  for (const size_t bytes : {limits::kWebHeaderBytesMax / 2, 2 * limits::kWebHeaderBytesMax}) {
    RawClient client(port());
    client.Send(Get("/later"));
    std::this_thread::sleep_for(milliseconds(20));
    // While that is answered, what follows gathers, to be read at once.
    client.Send(Get("/who/a") + Post("/echo", std::string(bytes, 'x')));
    EXPECT_EQ(client.Read().body, "later\n");
    const RawAnswer answer = client.Read();
    EXPECT_EQ(answer.status, 200);
    if (bytes < limits::kWebHeaderBytesMax) {
      EXPECT_EQ(client.Read().body.size(), bytes);
    } else {
      EXPECT_EQ(answer.headers.at("connection"), "close");
      EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
    }
  }
}

TEST_F(HttpServerTest, ChunkedAndExpectedBodiesArrive) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client
                .Ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                .body,
            "hello");
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  EXPECT_EQ(client.Ask("hello").body, "hello");
  // No invitation to send what will be refused.
  EXPECT_EQ(RawClient(port())
                .Ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\nExpect: "
                     "100-continue\r\n\r\n")
                .status,
            413);
}

TEST_F(HttpServerTest, WhatIsTooLargeIsRefusedAndTheConnectionEnds) {
  Start();
  const std::string too_much(kEchoMax + 1, 'x');
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {Post("/echo", too_much), 413},
           {Cat("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n",
                too_much, "\r\n0\r\n\r\n"),
            413},
           {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n", 400},
           {Get("/who/a", "Content-Length: 1\r\n") + "x", 413},
           {Get("/who/a", "A: " + std::string(limits::kWebHeaderBytesMax, 'a') + "\r\n"), 431},
           {std::string(limits::kWebHeaderBytesMax + 1, 'a'), 431},
           {Get("/who/" + std::string(limits::kWebTargetBytesMax, 'a')), 414}}) {
    RawClient client(port());
    const RawAnswer answer = client.Ask(request);
    EXPECT_EQ(answer.status, status) << request.substr(0, 80);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
  }
}

TEST_F(HttpServerTest, ASmuggledRequestIsNeverAnswered) {
  Start();
  for (const std::string framing :
       {"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Content-Length: 0\r\nContent-Length: 40\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding:\n chunked\r\n"}) {
    RawClient client(port());
    client.Send(
        Cat("POST /echo HTTP/1.1\r\nHost: a\r\n", framing, "\r\n0\r\n\r\n", Get("/who/smuggled")));
    const RawAnswer answer = client.Read();
    EXPECT_TRUE(answer.status == 400 || answer.status == 501) << framing << answer.status;
    EXPECT_TRUE(client.EndsWithin(milliseconds(3000))) << framing;
  }
}

TEST_F(HttpServerTest, ASlowHeadAndASlowBodyAreCut) {
  Start({.header_time_max = absl::Seconds(1), .piece_time_max = absl::Seconds(1)});
  for (const std::string& begin :
       {std::string("GET /who/a HTTP/1.1\r\nHost: a\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")}) {
    RawClient client(port());
    const auto started = std::chrono::steady_clock::now();
    client.Send(begin);
    // A byte now and then does not help.
    RawAnswer answer;
    for (int i = 0; i < 100 && answer.status == 0; ++i) {
      client.Send("A");
      answer = client.Read(milliseconds(50));
    }
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
    EXPECT_LT(std::chrono::steady_clock::now() - started, milliseconds(5000));
  }
  EXPECT_EQ(server_->counts().cut, 2u);
}

TEST_F(HttpServerTest, AReaderThatStandsStillIsCutAndASlowOneIsNot) {
  constexpr absl::Duration kPieceTime = absl::Seconds(2);
  Start({.piece_time_max = kPieceTime});
  RawClient still(port(), 4096);
  still.Send(Get("/big"));
  EXPECT_TRUE(
      Soon([&] { return server_->counts().cut == 1 && server_->counts().connections == 0; }));
  // One that takes longer than that for all, and for no piece.
  last_us_ = 0;
  RawClient slow(port(), 64 << 10);
  slow.Send(Get("/big"));
  while (slow.unread().size() < kBigBytes) {
    ASSERT_TRUE(slow.ReadPortion());
    std::this_thread::sleep_for(milliseconds(40));
  }
  EXPECT_EQ(slow.Read().body.size(), kBigBytes);
  ASSERT_TRUE(Soon([&] { return last_us_ > 0; }));
  EXPECT_GT(absl::Microseconds(last_us_.load()), kPieceTime);
  EXPECT_EQ(server_->counts().cut, 1u);
}

TEST_F(HttpServerTest, AnIdleConnectionEndsWithoutAWord) {
  Start({.idle_time_max = absl::Seconds(1)});
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
  EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
  EXPECT_EQ(server_->counts().cut, 0u);
}

TEST_F(HttpServerTest, ConnectionsAboveTheLimitAreTurnedAwayWithAnAnswer) {
  Start({.connections_max = 3});
  std::vector<std::unique_ptr<RawClient>> inside;
  for (int i = 0; i < 3; ++i) {
    inside.push_back(std::make_unique<RawClient>(port()));
    EXPECT_EQ(inside.back()->Ask(Get("/who/a")).status, 200);
  }
  RawClient outside(port());
  const RawAnswer turned = outside.Ask(Get("/who/a"));
  EXPECT_EQ(turned.status, 503);
  EXPECT_EQ(turned.headers.at("retry-after"), "5");
  EXPECT_TRUE(outside.EndsWithin(milliseconds(3000)));
  EXPECT_EQ(inside[0]->Ask(Get("/who/a")).status, 200);
  inside.pop_back();
  EXPECT_TRUE(Soon([&] { return RawClient(port()).Ask(Get("/who/a")).status == 200; }));
}

TEST_F(HttpServerTest, OneAddressDoesNotTakeAllConnectionsButATrustedProxyMay) {
  Start({.connections_per_address_max = 2});
  RawClient one(port());
  RawClient two(port());
  EXPECT_EQ(one.Ask(Get("/who/a")).status, 200);
  EXPECT_EQ(two.Ask(Get("/who/a")).status, 200);
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 503);
  server_.reset();
  Start({.connections_per_address_max = 2}, {"127.0.0.1"});
  std::vector<std::unique_ptr<RawClient>> proxied;
  for (int i = 0; i < 5; ++i) {
    proxied.push_back(std::make_unique<RawClient>(port()));
    EXPECT_EQ(proxied.back()->Ask(Get("/who/a")).status, 200);
  }
}

TEST_F(HttpServerTest, WhereOnlyProxiesMayComeAllOthersAreClosedAtOnce) {
  Start({}, {"203.0.113.0/24"}, /*proxies_only=*/true);
  EXPECT_TRUE(RawClient(port()).EndsWithin(milliseconds(3000)));
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 0);
  EXPECT_EQ(server_->counts().turned_away, 2u);
  server_.reset();
  Start({}, {"127.0.0.1"}, /*proxies_only=*/true);
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 200);
}

TEST_F(HttpServerTest, BodiesTogetherAreBounded) {
  Start({.bodies_bytes_max = 150'000});
  RawClient first(port());
  RawClient second(port());
  const std::string request = Post("/echo", std::string(kEchoMax, 'x'));
  first.Send(std::string_view(request).substr(0, request.size() - 1));
  ASSERT_TRUE(Soon([&] { return server_->counts().bodies_bytes == kEchoMax - 1; }));
  second.Send(std::string_view(request).substr(0, request.size() - 1));
  EXPECT_EQ(second.Read().status, 503);
  EXPECT_EQ(first.Ask("x").body.size(), kEchoMax);
  EXPECT_TRUE(Soon([&] { return server_->counts().bodies_bytes == 0; }));
}

TEST_F(HttpServerTest, LargeBodiesHaveHalfOfTheRoomSoThatSmallOnesGoOn) {
  constexpr size_t kSmall = 20'000;
  Start({.bodies_bytes_max = 250'000, .body_small_bytes_max = kSmall});
  const std::string large = Post("/echo", std::string(kEchoMax, 'x'));
  const std::string small = Post("/echo", std::string(kSmall, 'x'));
  RawClient first(port());
  first.Send(std::string_view(large).substr(0, large.size() - 1));
  ASSERT_TRUE(Soon([&] { return server_->counts().bodies_bytes == kEchoMax - 1; }));
  RawClient second(port());
  second.Send(std::string_view(large).substr(0, large.size() - 1));
  EXPECT_EQ(second.Read().status, 503);
  std::vector<std::unique_ptr<RawClient>> others;
  for (size_t i = 1; i <= 5; ++i) {
    others.push_back(std::make_unique<RawClient>(port()));
    others.back()->Send(std::string_view(small).substr(0, small.size() - 1));
    ASSERT_TRUE(
        Soon([&] { return server_->counts().bodies_bytes == kEchoMax - 1 + i * (kSmall - 1); }));
  }
  for (const auto& other : others) EXPECT_EQ(other->Ask("x").body.size(), kSmall);
  EXPECT_EQ(first.Ask("x").body.size(), kEchoMax);
  // All of it is given back.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RawClient(port()).Ask(large).status, 200);
}

TEST_F(HttpServerTest, AfterItsRequestsAConnectionEnds) {
  Start({.requests_per_connection_max = 2});
  RawClient client(port());
  EXPECT_FALSE(client.Ask(Get("/who/a")).headers.contains("connection"));
  EXPECT_EQ(client.Ask(Get("/who/a")).headers.at("connection"), "close");
  EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
}

TEST_F(HttpServerTest, OnlyATrustedProxySaysWhoAsks) {
  const std::string told = "X-Forwarded-For: 203.0.113.77\r\nX-Forwarded-Proto: https\r\n";
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a?b", told)).body, "/who/a b 1 plain\n");
  server_.reset();
  Start({}, {"127.0.0.0/8"});
  const RawAnswer answer = RawClient(port()).Ask(Get("/who/a?b", told));
  EXPECT_EQ(answer.body, "/who/a b 77 secure\n");
  EXPECT_TRUE(answer.headers.contains("strict-transport-security"));
  EXPECT_EQ(RawClient(port())
                .Ask(Get("/who/a",
                         "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: "
                         "203.0.113.8, 127.0.0.9\r\n"))
                .body,
            "/who/a  8 plain\n");
}

TEST_F(HttpServerTest, AnswersThatAreLostOrGivenTwiceHarmNobody) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/lost")).status, 500);
  EXPECT_EQ(client.Ask(Get("/later")).body, "later\n");
  EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
}

TEST_F(HttpServerTest, StreamsArriveAndEndWhenTheClientGoes) {
  Start();
  {
    RawClient client(port());
    EXPECT_EQ(client.Ask(Get("/stream")).body.size(), 20'000u);
    EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
    client.Send(Get("/endless"));
    ASSERT_TRUE(Soon([&] { return streams_.load() == 1; }));
  }
  EXPECT_TRUE(Soon([&] { return streams_.load() == 0; }));
}

TEST_F(HttpServerTest, AStreamIsMadeNoFasterThanItsClientReads) {
  Start();
  RawClient still(port(), 4096);
  still.Send(Get("/endless"));
  // Once the kernel has its fill, no further piece is asked for.
  EXPECT_TRUE(Soon([&] {
    const int made = reads_;
    std::this_thread::sleep_for(milliseconds(300));
    return made > 0 && reads_ == made;
  }));
  EXPECT_EQ(streams_, 1);
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 200);
}

TEST_F(HttpServerTest, StoppingSendsWhatIsUnderWay) {
  Start();
  RawClient idle(port());
  RawClient busy(port());
  idle.Ask(Get("/who/a"));
  busy.Send(Get("/later"));
  std::this_thread::sleep_for(milliseconds(20));
  server_->Stop(absl::Seconds(5));
  EXPECT_EQ(busy.Read().body, "later\n");
  EXPECT_TRUE(idle.EndsWithin(milliseconds(1000)));
  EXPECT_FALSE(RawClient(port()).connected());
}

// Holds connections from a process of its own: no process may have so many files as both ends need.
class Crowd {
 public:
  // Before the server starts: a child has no threads of its parent.
  Crowd() {
    if (pipe(to_.data()) != 0 || pipe(from_.data()) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) Run();
  }
  ~Crowd() {
    close(to_[1]);
    waitpid(child_, nullptr, 0);
    for (const int fd : {to_[0], from_[0], from_[1]}) close(fd);
  }
  // How many of them could connect.
  uint32_t Connect(uint16_t port, uint32_t count) {
    const std::array<uint32_t, 2> order = {port, count};
    uint32_t connected = 0;
    if (write(to_[1], order.data(), sizeof order) != sizeof order) return 0;
    if (read(from_[0], &connected, sizeof connected) != sizeof connected) return 0;
    return connected;
  }

 private:
  [[noreturn]] void Run() {
    close(to_[1]);
    RaiseFileLimit();
    std::array<uint32_t, 2> order{};
    if (read(to_[0], order.data(), sizeof order) == sizeof order) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<uint16_t>(order[0]));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      uint32_t connected = 0;
      for (uint32_t i = 0; i < order[1]; ++i) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
          ++connected;
        }
      }
      char end = 0;
      if (write(from_[1], &connected, sizeof connected) < 0 || read(to_[0], &end, 1) < 0) _exit(1);
    }
    _exit(0);
  }

  std::array<int, 2> to_{};
  std::array<int, 2> from_{};
  pid_t child_ = 0;
};

TEST_F(HttpServerTest, TenThousandIdleConnectionsCostLittleAndDoNotStopOthers) {
  constexpr uint32_t kIdle = 10'000;
#ifdef __SANITIZE_THREAD__
  constexpr uint64_t kBytesMax =
      4'000 * 5;  // with ThreadSanitizer's own memory, four times as much
#else
  constexpr uint64_t kBytesMax = 4'000;  // of each, in this process
#endif
  Crowd crowd;
  ASSERT_GT(RaiseFileLimit(), kIdle + 100) << "allowed files: `ulimit -Hn` must be higher";
  Start({.connections_per_address_max = kIdle + 100});
  const uint64_t before = ResidentBytes();
  ASSERT_EQ(crowd.Connect(port(), kIdle), kIdle);
  ASSERT_TRUE(Soon([&] { return server_->counts().connections == kIdle; }));
  EXPECT_LT(ResidentBytes(), before + kIdle * kBytesMax);
  RawClient client(port());
  for (int i = 0; i < 100; ++i) {
    const auto started = std::chrono::steady_clock::now();
    ASSERT_EQ(client.Ask(Post("/echo", "a")).status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - started, milliseconds(2000));
  }
}

}  // namespace
}  // namespace hailong::web
