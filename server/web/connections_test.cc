// Who is too large, too slow or too many.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <vector>

#include "server/web/http_server_for_test.h"
#include "server/web/raw_client_for_test.h"

namespace hailong::web {
namespace {

using base::Cat;
using std::chrono::milliseconds;

class ConnectionsTest : public HttpServerFixture {};

TEST_F(ConnectionsTest, WhatIsTooLargeIsRefusedAndTheConnectionEnds) {
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

TEST_F(ConnectionsTest, ASmuggledRequestIsNeverAnswered) {
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

TEST_F(ConnectionsTest, ASlowHeadAndASlowBodyAreCut) {
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

TEST_F(ConnectionsTest, AReaderThatStandsStillIsCutAndASlowOneIsNot) {
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

TEST_F(ConnectionsTest, AnIdleConnectionEndsWithoutAWord) {
  Start({.idle_time_max = absl::Seconds(1)});
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
  EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
  EXPECT_EQ(server_->counts().cut, 0u);
}

TEST_F(ConnectionsTest, ConnectionsAboveTheLimitAreTurnedAwayWithAnAnswer) {
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

TEST_F(ConnectionsTest, OneAddressDoesNotTakeAllConnectionsButATrustedProxyMay) {
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

TEST_F(ConnectionsTest, WhereOnlyProxiesMayComeAllOthersAreClosedAtOnce) {
  Start({}, {"203.0.113.0/24"}, /*proxies_only=*/true);
  EXPECT_TRUE(RawClient(port()).EndsWithin(milliseconds(3000)));
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 0);
  EXPECT_EQ(server_->counts().turned_away, 2u);
  server_.reset();
  Start({}, {"127.0.0.1"}, /*proxies_only=*/true);
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 200);
}

TEST_F(ConnectionsTest, BodiesTogetherAreBounded) {
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

TEST_F(ConnectionsTest, LargeBodiesHaveHalfOfTheRoomSoThatSmallOnesGoOn) {
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

TEST_F(ConnectionsTest, AfterItsRequestsAConnectionEnds) {
  Start({.requests_per_connection_max = 2});
  RawClient client(port());
  EXPECT_FALSE(client.Ask(Get("/who/a")).headers.contains("connection"));
  EXPECT_EQ(client.Ask(Get("/who/a")).headers.at("connection"), "close");
  EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
}

uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
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

TEST_F(ConnectionsTest, TenThousandIdleConnectionsCostLittleAndDoNotStopOthers) {
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
