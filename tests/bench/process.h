#pragma once

// A server under measurement, as a process of its own. One thread.

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::bench {

class Process {
 public:
  // Starts it and waits for the line "listening on HOST:PORT". Errors: UNAVAILABLE.
  static absl::StatusOr<Process> Start(const std::vector<std::string>& arguments);
  // Ends it with SIGTERM and waits.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  const std::string& address() const { return address_; }
  // The next line it says; empty: it has ended. Waits.
  std::string ReadLine();
  // Processor time it has used, of all its threads.
  double CpuSeconds() const;

 private:
  Process(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_;
  int output_;
  std::string address_;
};

}  // namespace hailong::bench
