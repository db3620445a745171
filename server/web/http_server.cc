#include "server/web/http_server.h"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/web/connections.h"

namespace hailong::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Cat;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kSweepEvery{100};
constexpr std::chrono::milliseconds kAcceptAgain{200};

}  // namespace

struct HttpServer::Parts {
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer again{io};
  asio::steady_timer sweep{io};
  Connections connections;
  uint16_t port = 0;
  std::thread thread;

  Parts(ServerOptions options, Site site) : connections(io, std::move(options), std::move(site)) {}

  void Accept() {
    acceptor.async_accept([this](ErrorCode error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) {
        // Out of file descriptors, say: trying again at once would spin.
        base::LogWarning(Cat("web: cannot accept: ", error.message()));
        again.expires_after(kAcceptAgain);
        return again.async_wait([this](ErrorCode stopped) {
          if (!stopped && acceptor.is_open()) Accept();
        });
      }
      const int number = socket.release(error);
      if (!error) connections.Admit(number);
      Accept();
    });
  }

  void Sweep() {
    sweep.expires_after(kSweepEvery);
    sweep.async_wait([this](ErrorCode error) {
      if (error) return;
      connections.CutLate();
      Sweep();
    });
  }
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(ServerOptions options, Site site) {
  HAILONG_CHECK(options.clock != nullptr);
  const ListenAddress listen = options.listen;
  auto parts = std::make_unique<Parts>(std::move(options), std::move(site));
  asio::ip::address_v6::bytes_type bytes = listen.address.bytes;
  const asio::ip::address_v6 v6(bytes);
  const tcp::endpoint endpoint =
      listen.address.IsV4()
          ? tcp::endpoint(asio::ip::make_address_v4(asio::ip::v4_mapped, v6), listen.port)
          : tcp::endpoint(v6, listen.port);
  ErrorCode error;
  tcp::acceptor& acceptor = parts->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(
        Cat("web: cannot listen on port ", listen.port, ": ", error.message()));
  }
  parts->port = acceptor.local_endpoint(error).port();
  parts->Accept();
  parts->Sweep();
  parts->thread = std::thread([io = &parts->io] { io->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

void HttpServer::Stop(absl::Duration at_most) {
  asio::post(parts_->io, [parts = parts_.get()] {
    ErrorCode ignored;
    parts->acceptor.close(ignored);
    parts->again.cancel();
    parts->connections.Stop();
  });
  const auto until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(at_most);
  while (counts().connections > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

HttpServer::~HttpServer() {
  Stop(absl::ZeroDuration());
  // Whoever still has a Done would come back to a server that is gone.
  while (parts_->connections.owed() > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  parts_->io.stop();
  parts_->thread.join();
}

uint16_t HttpServer::port() const { return parts_->port; }

ServerCounts HttpServer::counts() const { return parts_->connections.counts(); }

uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace hailong::web
