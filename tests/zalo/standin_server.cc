#include "tests/zalo/standin_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "base/status.h"

namespace hailong::tests {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

void Serve(tcp::socket& socket, Standin& standin) {
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  boost::system::error_code error;
  http::read(socket, buffer, request, error);
  if (error) return;
  StandinRequest asked{.method = std::string(request.method_string()),
                       .target = std::string(request.target()),
                       .headers = {},
                       .body = request.body()};
  for (const auto& field : request) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    asked.headers[name] = std::string(field.value());
  }
  const std::optional<StandinResponse> answer = standin.Answer(asked);
  if (!answer.has_value()) return;  // the connection ends without a word
  http::response<http::string_body> response(static_cast<http::status>(answer->status), 11);
  response.set(http::field::content_type, "application/json");
  response.body() = answer->body;
  response.keep_alive(false);
  response.prepare_payload();
  http::write(socket, response, error);
}

}  // namespace

struct StandinServer::Parts {
  explicit Parts(Standin& standin_in) : standin(standin_in) {}
  Standin& standin;
  boost::asio::io_context context;
  tcp::acceptor acceptor{context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::atomic<bool> stopping = false;
  std::thread thread;
};

StandinServer::StandinServer(Standin& standin) : parts_(std::make_unique<Parts>(standin)) {
  parts_->thread = std::thread([this] {
    while (!parts_->stopping.load()) {
      tcp::socket socket(parts_->context);
      boost::system::error_code error;
      parts_->acceptor.accept(socket, error);
      if (!error && !parts_->stopping.load()) Serve(socket, parts_->standin);
    }
  });
}

StandinServer::~StandinServer() {
  parts_->stopping.store(true);
  // Ends the accept that waits.
  tcp::socket socket(parts_->context);
  boost::system::error_code ignored;
  socket.connect(parts_->acceptor.local_endpoint(), ignored);
  parts_->thread.join();
}

std::string StandinServer::origin() const {
  return base::Cat("http://127.0.0.1:", parts_->acceptor.local_endpoint().port());
}

}  // namespace hailong::tests
