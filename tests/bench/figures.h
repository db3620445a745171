#pragma once

// What the benchmarks have in common to measure and to print. Any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace hailong::bench {

// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The median and the ends of repeated measurements; at least one.
struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;
};
Spread SpreadOf(std::vector<double> values);
// "0.71 (0.68..0.73)".
std::string ToText(const Spread& spread, int decimals);

// The value after `--name` among the arguments, or `otherwise`.
std::string Option(int argc, char** argv, std::string_view name, const std::string& otherwise);
uint64_t Option(int argc, char** argv, std::string_view name, uint64_t otherwise);

// Ends the program with the message unless it is OK: a benchmark of something broken says nothing.
void Require(const absl::Status& status, std::string_view what);

// Cores, memory and load of the machine, one line.
std::string Machine();

}  // namespace hailong::bench
