#include "server/web/raw_client_for_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "absl/strings/ascii.h"
#include "base/status.h"

namespace hailong::web {

using Clock = std::chrono::steady_clock;

RawClient::RawClient(uint16_t port, int receive_buffer_bytes)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) close(fd_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::Fill(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) != 1) return false;
  std::array<char, 64 << 10> piece;
  const ssize_t size = recv(fd_, piece.data(), piece.size(), 0);
  if (size <= 0) return false;
  buffer_.append(piece.data(), static_cast<size_t>(size));
  return true;
}

RawAnswer RawClient::Read(std::chrono::milliseconds patience, bool head_request) {
  const Clock::time_point until = Clock::now() + patience;
  RawAnswer answer;
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(until)) return {};
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(head.substr(head.find(' ') + 1, 3));
  for (size_t line = head.find("\r\n") + 2; line < head.size();) {
    const size_t line_end = head.find("\r\n", line);
    const size_t colon = head.find(':', line);
    std::string name = head.substr(line, colon - line);
    absl::AsciiStrToLower(&name);
    answer.headers[name] = head.substr(colon + 2, line_end - colon - 2);
    line = line_end + 2;
  }
  if (head_request || answer.status == 304 || answer.status < 200) return answer;
  if (answer.headers.contains("content-length")) {
    const size_t size = std::stoul(answer.headers["content-length"]);
    while (buffer_.size() < size) {
      if (!Fill(until)) return {};
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
  }
  while (true) {  // chunks
    size_t line_end = 0;
    while ((line_end = buffer_.find("\r\n")) == std::string::npos) {
      if (!Fill(until)) return {};
    }
    const size_t size = std::stoul(buffer_.substr(0, line_end), nullptr, 16);
    while (buffer_.size() < line_end + 2 + size + 2) {
      if (!Fill(until)) return {};
    }
    answer.body += buffer_.substr(line_end + 2, size);
    buffer_.erase(0, line_end + 2 + size + 2);
    if (size == 0) return answer;
  }
}

RawAnswer RawClient::Ask(std::string_view bytes) {
  Send(bytes);
  return Read();
}

bool RawClient::ReadPortion() { return Fill(Clock::now() + kPatience); }

bool RawClient::EndsWithin(std::chrono::milliseconds patience) {
  const Clock::time_point until = Clock::now() + patience;
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  if (!buffer_.empty() || poll(&ready, 1, static_cast<int>(left.count())) != 1) return false;
  char byte = 0;
  return recv(fd_, &byte, 1, 0) <= 0;
}

std::string Get(std::string_view path, std::string_view headers) {
  return base::Cat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n", headers, "\r\n");
}

std::string Post(std::string_view path, std::string_view body, std::string_view headers) {
  return base::Cat("POST ", path, " HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(),
                   "\r\n", headers, "\r\n", body);
}

}  // namespace hailong::web
