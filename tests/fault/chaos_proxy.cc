#include "tests/fault/chaos_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <random>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "base/check.h"

namespace hailong::tests {
namespace {

constexpr size_t kPieceBytes = 4096;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void CloseWithReset(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

bool WriteAll(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::send(fd, data, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

// A connection and its continuation; end 0 is the client's, end 1 the server's.
struct ChaosProxy::Pair {
  int ends[2];
  bool swallowed = false;
};

ChaosProxy::ChaosProxy(const Options& options) : options_(options) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  HAILONG_CHECK(listener_ >= 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  HAILONG_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  HAILONG_CHECK(::listen(listener_, 64) == 0);
  HAILONG_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

ChaosProxy::~ChaosProxy() {
  stop_.store(true);
  thread_.join();
  ::close(listener_);
}

void ChaosProxy::Run() {
  std::mt19937_64 random(options_.seed);
  const auto one_in = [&](int n) {
    return n > 0 && !calm_.load() && random() % static_cast<uint64_t>(n) == 0;
  };
  std::list<Pair> pairs;
  const auto end = [&](std::list<Pair>::iterator pair, bool reset) {
    for (const int fd : pair->ends) reset ? CloseWithReset(fd) : static_cast<void>(::close(fd));
    return pairs.erase(pair);
  };
  while (!stop_.load()) {
    std::vector<pollfd> ready = {{.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const Pair& pair : pairs) {
      for (const int fd : pair.ends) ready.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    if (::poll(ready.data(), ready.size(), 20) <= 0) continue;
    size_t at = 1;
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      bool over = false;
      bool reset = false;
      for (int from = 0; from < 2; ++from, ++at) {
        if (over || ready[at].revents == 0) continue;
        char piece[kPieceBytes];
        const ssize_t size = ::recv(pair->ends[from], piece, sizeof piece, 0);
        if (size <= 0) {
          over = true;
          continue;
        }
        if (pair->swallowed && !calm_.load()) continue;
        if (pair->swallowed || one_in(options_.cut_in)) {
          // Part of the piece arrives, then the line is dead: politely or not.
          WriteAll(pair->ends[1 - from], piece, random() % static_cast<uint64_t>(size));
          over = true;
          reset = random() % 2 == 0;
          cuts_.fetch_add(1);
          continue;
        }
        if (one_in(options_.black_hole_in)) {
          pair->swallowed = true;
          cuts_.fetch_add(1);
          continue;
        }
        if (!calm_.load()) {
          absl::SleepFor(options_.delay_max * static_cast<double>(random() % 1000) / 1000);
        }
        over = !WriteAll(pair->ends[1 - from], piece, static_cast<size_t>(size));
      }
      pair = over ? end(pair, reset) : std::next(pair);
    }
    if ((ready[0].revents & POLLIN) == 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in target = Loopback(options_.target_port);
    if (client < 0 || server < 0 ||
        ::connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) {
      if (client >= 0) ::close(client);
      if (server >= 0) ::close(server);
      continue;
    }
    for (const int fd : {client, server}) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    pairs.push_back({.ends = {client, server}});
  }
  while (!pairs.empty()) end(pairs.begin(), /*reset=*/false);
}

}  // namespace hailong::tests
