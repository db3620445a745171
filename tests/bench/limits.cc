#include "tests/bench/limits.h"

#include <cstdio>
#include <thread>
#include <vector>

#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "tests/bench/figures.h"

namespace hailong::bench {
namespace {

absl::StatusOr<double> Scan(const std::string& path) {
  ASSIGN_OR_RETURN(base::Database database,
                   base::Database::Open(path, base::Database::Mode::kReadOnly));
  ASSIGN_OR_RETURN(base::Statement select,
                   database.Prepare("SELECT answers FROM responses ORDER BY sequence"));
  const Stopwatch watch;
  size_t bytes = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) break;
    bytes += select.Blob(0).size();
  }
  if (bytes == 0) return absl::NotFoundError("no rows");
  return watch.seconds();
}

}  // namespace

double HistogramMs(const frame::Frame& frame, int threads) {
  constexpr size_t kSlots = 8;
  const size_t columns = frame.columns().size();
  const auto count = [&](size_t begin, size_t end) {
    std::vector<uint32_t> counts(frame.unit_count() * columns * kSlots);
    for (size_t b = begin; b < end; ++b) {
      const frame::BlockView block = frame.block(b);
      for (size_t c = 0; c < columns; ++c) {
        const uint8_t* const slots = block.column(c);
        for (size_t r = 0; r < block.rows; ++r) {
          ++counts[(block.units[r] * columns + c) * kSlots + slots[r]];
        }
      }
    }
    uint64_t sum = 0;
    for (const uint32_t one : counts) sum += one;
    // The compiler must not see that nobody reads the counts.
    if (sum == 0 && end > begin) std::fprintf(stderr, "no answers\n");
  };
  const Stopwatch watch;
  std::vector<std::thread> others;
  const size_t blocks = frame.block_count();
  const auto parts = static_cast<size_t>(threads);
  for (size_t t = 1; t < parts; ++t) {
    others.emplace_back(count, blocks * t / parts, blocks * (t + 1) / parts);
  }
  count(0, blocks / parts);
  for (std::thread& other : others) other.join();
  return watch.seconds() * 1e3;
}

double ScanSeconds(const std::string& path) {
  const auto seconds = Scan(path);
  Require(seconds.status(), "bare scan");
  return *seconds;
}

}  // namespace hailong::bench
