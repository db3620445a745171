#include "base/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace hailong::base {
namespace {

bool IsPort(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool IsLoopback(std::string_view server) {
  std::string_view host = server;
  const size_t colon = server.rfind(':');
  const bool bracketed = server.starts_with('[');
  // Without brackets, two colons are an IPv6 address alone.
  const bool has_port = colon != std::string_view::npos &&
                        (bracketed ? server[colon - 1] == ']' : server.find(':') == colon);
  if (has_port) {
    if (!IsPort(server.substr(colon + 1))) return false;
    host = server.substr(0, colon);
  }
  if (bracketed) {
    if (host.size() < 2 || !host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
  }
  const std::string text(host);
  if (text.find('\0') != std::string::npos) return false;
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return std::memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
  }
  if (bracketed) return false;
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return text == "localhost";
}

}  // namespace hailong::base
