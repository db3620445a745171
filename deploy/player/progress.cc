#include "deploy/player/progress.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace hailong::player {

Progress::Progress(std::string what, uint64_t total, bool is_terminal)
    : what_(std::move(what)),
      total_(std::max<uint64_t>(total, 1)),
      is_terminal_(is_terminal),
      started_at_(absl::Now()),
      shown_at_(absl::InfinitePast()) {}

void Progress::Show(uint64_t done) {
  const absl::Time now = absl::Now();
  const double seconds = std::max(absl::ToDoubleSeconds(now - started_at_), 1e-3);
  const double rate = static_cast<double>(done) / seconds;
  if (is_terminal_) {
    if (done < total_ && now - shown_at_ < absl::Milliseconds(100)) return;
    shown_at_ = now;
    constexpr uint64_t kWidth = 30;
    const uint64_t filled = std::min(done * kWidth / total_, kWidth);
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    absl::PrintF("\r%-20s [%s] %d/%d  %.0f/s ", what_, bar, done, total_, rate);
    if (done >= total_) absl::PrintF("\n");
    std::fflush(stdout);
    return;
  }
  const uint64_t tenths = done * 10 / total_;
  if (tenths <= tenths_shown_) return;
  tenths_shown_ = tenths;
  absl::PrintF("%-20s %3d%%  %d/%d  %.0f/s\n", what_, tenths * 10, done, total_, rate);
  std::fflush(stdout);
}

}  // namespace hailong::player
