#include "analysis/cli/progress.h"

#include <algorithm>
#include <cstddef>

#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {

std::string ProgressLine(uint64_t done, uint64_t total) {
  if (total == 0) return "";
  constexpr std::size_t kBarWidth = 40;
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<std::size_t>(share * kBarWidth);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '-') + "] " +
         PadLeft(std::to_string(static_cast<int>(share * 100)), 3) + "%";
}

Progress::~Progress() {
  if (shown_ && !last_.empty()) err_ << '\n';
}

void Progress::Update(uint64_t done) {
  if (!shown_) return;
  std::string line = ProgressLine(done, total_);
  if (line == last_) return;
  last_ = std::move(line);
  err_ << '\r' << last_ << std::flush;
}

}  // namespace hailong::cli
