#pragma once

// A client that sends any bytes, at any pace, and reads answers with a patience of its own. Blocks;
// one thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace hailong::web {

struct RawAnswer {
  int status = 0;                              // 0: the connection ended, or nothing came in time
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};

  explicit RawClient(uint16_t port, int receive_buffer_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False: the other side is gone.
  bool Send(std::string_view bytes);
  RawAnswer Read(std::chrono::milliseconds patience = kPatience, bool head_request = false);
  RawAnswer Ask(std::string_view bytes);
  // What is there now, at most 64 KiB, for a later Read. False: the other side is gone, or nothing
  // came in time.
  bool ReadPortion();
  const std::string& unread() const { return buffer_; }
  // True if the other side closes in time, without another byte.
  bool EndsWithin(std::chrono::milliseconds patience);

 private:
  bool Fill(std::chrono::steady_clock::time_point until);

  int fd_;
  std::string buffer_;
};

// "GET /path HTTP/1.1" with a Host and these header lines ("A: b\r\n").
std::string Get(std::string_view path, std::string_view headers = "");
std::string Post(std::string_view path, std::string_view body, std::string_view headers = "");

}  // namespace hailong::web
