// A progress bar on a terminal's error stream; nothing on anything else.
//
// Thread promise: one thread.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace hailong::cli {

// "[#####-----]  50%" without end of line; `total` 0: unknown, no bar.
std::string ProgressLine(uint64_t done, uint64_t total);

class Progress {
 public:
  Progress(std::ostream& err, bool is_terminal, uint64_t total)
      : err_(err), shown_(is_terminal && total > 0), total_(total) {}
  // Leaves the line to what comes next.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(uint64_t done);

 private:
  std::ostream& err_;
  const bool shown_;
  const uint64_t total_;
  std::string last_;
};

}  // namespace hailong::cli
