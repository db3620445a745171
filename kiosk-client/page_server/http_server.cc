#include "kiosk-client/page_server/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/log/log.h"
#include "base/status.h"

namespace hailong::page_server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using base::Cat;
using ErrorCode = boost::system::error_code;

// Nothing but what the server itself sends may run, be loaded or be asked; nobody may frame it.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::chrono::seconds kDrainMax{1};

std::string ToString(boost::string_view text) { return {text.data(), text.size()}; }

std::string MediaType(std::string value) {
  value = value.substr(0, value.find(';'));
  absl::StripAsciiWhitespace(&value);
  absl::AsciiStrToLower(&value);
  return value;
}

using Message = http::response<http::string_body>;

Message ToMessage(HttpResponse response, unsigned version, bool keep_alive) {
  Message message(static_cast<http::status>(response.status), version);
  message.set("Content-Security-Policy", kContentSecurityPolicy);
  message.set("X-Content-Type-Options", "nosniff");
  message.set("Referrer-Policy", "no-referrer");
  message.set("Cross-Origin-Resource-Policy", "same-origin");
  message.set("Cross-Origin-Opener-Policy", "same-origin");
  // Nothing of a citizen, and nothing of an older version, stays in the browser.
  message.set(http::field::cache_control, "no-store");
  if (!response.content_type.empty()) {
    message.set(http::field::content_type, response.content_type);
  }
  if (!response.allow.empty()) message.set(http::field::allow, response.allow);
  message.keep_alive(keep_alive);
  message.body() = std::move(response.body);
  message.prepare_payload();
  return message;
}

HttpResponse Plain(int status, std::string text) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(text),
          .allow = ""};
}

// What every connection shares.
struct Common {
  HttpServer::Serve serve;
  std::chrono::milliseconds read_max;
  size_t connections = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Common> common)
      : stream_(std::move(socket)), common_(std::move(common)) {
    ++common_->connections;
  }
  ~Connection() { --common_->connections; }

  void Read() {
    parser_.emplace();
    parser_->header_limit(HttpServer::kHeaderBytesMax);
    parser_->body_limit(HttpServer::kBodyBytesMax);
    stream_.expires_after(common_->read_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](ErrorCode error, size_t) { self->Got(error); });
  }

 private:
  void Got(ErrorCode error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout) return Close();
    if (error == http::error::header_limit) {
      return Write(
          Plain(431, Cat("headers: found more than ", HttpServer::kHeaderBytesMax, " bytes")),
          false);
    }
    if (error == http::error::body_limit) {
      return Write(Plain(413, Cat("body: found more than ", HttpServer::kBodyBytesMax, " bytes")),
                   false);
    }
    if (error && error.category() == http::make_error_code(http::error::bad_method).category()) {
      return Write(Plain(400, Cat("found no HTTP request: ", error.message())), false);
    }
    if (error) return Close();  // the client is gone

    const auto& message = parser_->get();
    const auto header = [&](auto field) { return ToString(message[field]); };
    HttpRequest request{.method = ToString(message.method_string()),
                        .target = ToString(message.target()),
                        .host = header(http::field::host),
                        .origin = header(http::field::origin),
                        .fetch_site = header("Sec-Fetch-Site"),
                        .content_type = MediaType(header(http::field::content_type)),
                        .body = message.body()};
    // A second Host header would be for a server that reads the other one.
    if (message.count(http::field::host) != 1) request.host.clear();
    stream_.expires_never();
    common_->serve(std::move(request), [weak = weak_from_this(), keep = message.keep_alive(),
                                        self = shared_from_this()](HttpResponse response) mutable {
      if (self == nullptr) return;  // answered already
      std::exchange(self, nullptr)->Write(std::move(response), keep);
    });
  }

  void Write(HttpResponse response, bool keep_alive) {
    const bool whole = parser_->is_done();
    message_ = ToMessage(std::move(response), 11, keep_alive && whole);
    if (whole && parser_->get().method() == http::verb::head) message_.body().clear();
    stream_.expires_after(
        std::chrono::milliseconds(absl::ToInt64Milliseconds(HttpServer::kWriteMax)));
    http::async_write(stream_, message_, [self = shared_from_this()](ErrorCode error, size_t) {
      if (error) return self->Close();
      if (self->message_.keep_alive()) return self->Read();
      // Closing with bytes unread would make the kernel take back what was just written.
      ErrorCode ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      self->stream_.expires_after(kDrainMax);
      self->Drain();
    });
  }

  void Drain() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](ErrorCode error, size_t) {
                              if (error) return self->Close();
                              self->Drain();
                            });
  }

  void Close() {
    ErrorCode ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Common> common_;
  beast::flat_buffer buffer_{HttpServer::kHeaderBytesMax + HttpServer::kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  Message message_;
};

absl::StatusOr<tcp::endpoint> ParseListen(const std::string& listen) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        Cat("listen address: found '", listen, "', ", why,
            "; allowed is a loopback address with a port, such as 127.0.0.1:7480 or [::1]:7480"));
  };
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return refuse("without a port");
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > 65535) {
    return refuse("whose port is not in 0..65535");
  }
  ErrorCode error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error) return refuse("which is no address");
  if (!address.is_loopback()) return refuse("which others can reach");
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

}  // namespace

struct HttpServer::Parts {
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer again{io};
  std::shared_ptr<Common> common = std::make_shared<Common>();
  std::string address;

  void Accept() {
    acceptor.async_accept([this](ErrorCode error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        // Out of file descriptors, say: trying again at once would spin.
        base::LogWarning(Cat("page server: cannot accept: ", error.message()));
        again.expires_after(std::chrono::milliseconds(200));
        return again.async_wait([this](ErrorCode stopped) {
          if (!stopped) Accept();
        });
      }
      if (common->connections < kConnectionsMax) {
        std::make_shared<Connection>(std::move(socket), common)->Read();
      }
      Accept();
    });
  }
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(const std::string& listen,
                                                               Serve serve,
                                                               absl::Duration read_max) {
  ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseListen(listen));
  auto parts = std::make_unique<Parts>();
  parts->common->serve = std::move(serve);
  parts->common->read_max = std::chrono::milliseconds(absl::ToInt64Milliseconds(read_max));
  ErrorCode error;
  tcp::acceptor& acceptor = parts->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(Cat("cannot listen on ", listen, ": ", error.message()));
  }
  const tcp::endpoint real = acceptor.local_endpoint();
  const std::string host = real.address().to_string();
  parts->address = Cat(real.address().is_v6() ? Cat("[", host, "]") : host, ":", real.port());
  parts->Accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

const std::string& HttpServer::address() const { return parts_->address; }

uint16_t HttpServer::port() const { return parts_->acceptor.local_endpoint().port(); }

void HttpServer::RunOnce(absl::Duration at_most) {
  parts_->io.restart();
  if (parts_->io.run_one_for(absl::ToChronoMilliseconds(at_most)) > 0) parts_->io.poll();
}

void HttpServer::Post(std::function<void()> task) { asio::post(parts_->io, std::move(task)); }

}  // namespace hailong::page_server
