#pragma once

// Clients that send HTTP requests made beforehand, each on one connection with one request under
// way. Blocks its caller.

#include <cstdint>
#include <string>
#include <vector>

namespace hailong::bench {

struct HttpLoad {
  double seconds = 0;
  std::vector<double> latency_ms;  // by request
};

// Every answer must be 200, or the program ends.
HttpLoad SendHttp(uint16_t port, const std::vector<std::string>& requests, size_t clients);

}  // namespace hailong::bench
