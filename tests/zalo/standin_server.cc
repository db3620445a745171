#include "tests/zalo/standin_server.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "base/files.h"
#include "base/status.h"

namespace hailong::tests {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

constexpr int kSilenceMs = 3000;  // browsers open connections that they may never use

void Serve(tcp::socket& socket, const StandinServer::Answer& answer_to) {
  pollfd readable{.fd = socket.native_handle(), .events = POLLIN, .revents = 0};
  if (poll(&readable, 1, kSilenceMs) != 1) return;
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
  const std::optional<StandinResponse> answer = answer_to(asked);
  if (!answer.has_value()) return;  // the connection ends without a word
  http::response<http::string_body> response(static_cast<http::status>(answer->status), 11);
  response.set(http::field::content_type, answer->content_type);
  response.body() = answer->body;
  response.keep_alive(false);
  response.prepare_payload();
  http::write(socket, response, error);
}

}  // namespace

struct StandinServer::Parts {
  Parts(Answer answer_in, int port)
      : answer(std::move(answer_in)),
        acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(),
                                        static_cast<uint16_t>(port))) {}
  const Answer answer;
  boost::asio::io_context context;
  tcp::acceptor acceptor;
  std::atomic<bool> stopping = false;
  std::thread thread;
};

StandinServer::StandinServer(Standin& standin)
    : StandinServer([&standin](const StandinRequest& asked) { return standin.Answer(asked); }, 0) {}

StandinServer::StandinServer(Answer answer, int port)
    : parts_(std::make_unique<Parts>(std::move(answer), port)) {
  parts_->thread = std::thread([this] {
    while (!parts_->stopping.load()) {
      tcp::socket socket(parts_->context);
      boost::system::error_code error;
      parts_->acceptor.accept(socket, error);
      if (!error && !parts_->stopping.load()) Serve(socket, parts_->answer);
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

absl::Status StandinServer::WriteSettings(const std::string& directory,
                                          std::string_view collector_id,
                                          std::string_view more) const {
  RETURN_IF_ERROR(base::MakePrivateDirectory(directory));
  const auto put = [&](std::string_view name, std::string_view content) {
    return base::WritePrivateFile(base::Cat(directory, "/", name), content);
  };
  RETURN_IF_ERROR(put("oa-secret", base::Cat(Standin::kOaSecret, "\n")));
  RETURN_IF_ERROR(put("app-secret", base::Cat(Standin::kAppSecret, "\n")));
  RETURN_IF_ERROR(put("refresh-token", base::Cat(Standin::kConsentToken, "\n")));
  const std::string here = base::Cat("\"", origin(), "\"");
  return put("settings.textproto",
             base::Cat("app_id: \"", Standin::kAppId, "\"\noa_id: \"", Standin::kOaId,
                       "\"\ncollector_id: \"", collector_id,
                       "\"\noa_secret_file: \"oa-secret\"\napp_secret_file: \"app-secret\"\n"
                       "refresh_token_file: \"refresh-token\"\ntemplate_ids: \"",
                       Standin::kTemplate, "\"\nquiet_hours { from_hour: 0 to_hour: 0 }\n",
                       "endpoints { business: ", here, " openapi: ", here, " oauth: ", here, " }\n",
                       more, "\n"));
}

}  // namespace hailong::tests
