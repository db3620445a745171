#include "tests/bench/figures.h"

#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace hailong::bench {

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {.low = values.front(), .median = values[values.size() / 2], .high = values.back()};
}

std::string ToText(const Spread& spread, int decimals) {
  return absl::StrFormat("%.*f (%.*f..%.*f)", decimals, spread.median, decimals, spread.low,
                         decimals, spread.high);
}

std::string Option(int argc, char** argv, std::string_view name, const std::string& otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) return argv[i + 1];
  }
  return otherwise;
}

uint64_t Option(int argc, char** argv, std::string_view name, uint64_t otherwise) {
  uint64_t value = otherwise;
  const std::string text = Option(argc, argv, name, std::to_string(otherwise));
  if (!absl::SimpleAtoi(text, &value) || value == 0) {
    std::fprintf(stderr, "%s: found '%s', allowed is a number from 1\n", std::string(name).c_str(),
                 text.c_str());
    exit(2);
  }
  return value;
}

void Require(const absl::Status& status, std::string_view what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(), status.ToString().c_str());
  exit(1);
}

std::string Machine() {
  double load[1] = {};
  getloadavg(load, 1);
  struct sysinfo info = {};
  sysinfo(&info);
  const double gib = static_cast<double>(info.totalram) * info.mem_unit / (1 << 30);
  return absl::StrFormat("%d cores, %.0f GiB memory, load %.2f", sysconf(_SC_NPROCESSORS_ONLN), gib,
                         load[0]);
}

}  // namespace hailong::bench
