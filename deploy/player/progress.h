// One line that shows how far a piece of work is: a bar that redraws itself on a terminal, a plain
// line every tenth elsewhere. Not thread-safe; the sender guards it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace hailong::player {

class Progress {
 public:
  // Writes to standard output; `is_terminal` says which kind that is.
  Progress(std::string what, uint64_t total, bool is_terminal);

  // `done` of the total are through.
  void Show(uint64_t done);

 private:
  const std::string what_;
  const uint64_t total_;
  const bool is_terminal_;
  const absl::Time started_at_;
  absl::Time shown_at_;
  uint64_t tenths_shown_ = 0;
};

}  // namespace hailong::player
