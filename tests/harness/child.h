#pragma once

// A server in a process of its own, so that it can be killed as a power cut would. One thread.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hailong::tests {

class Child {
 public:
  // Starts `binary --data DIRECTORY --listen 127.0.0.1:0` and these; its log goes to DIRECTORY.log.
  static absl::StatusOr<Child> Spawn(const std::string& binary, const std::string& directory,
                                     const std::vector<std::string>& more = {});
  // Kills it if it still runs.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  // Waits until it serves; the address. Errors: UNAVAILABLE (it ended), DEADLINE_EXCEEDED.
  absl::StatusOr<std::string> WaitUntilServing(absl::Duration at_most);
  // Waits for the next line that begins so; the rest of it. Errors: the same.
  absl::StatusOr<std::string> WaitForLine(std::string_view beginning, absl::Duration at_most);
  // kill -9, and waits for its end.
  void Kill();
  // SIGTERM, and the exit status; -1: it ended by a signal.
  int Stop();
  // From now on none of its files may grow beyond this, which is a disk that fails: EFBIG.
  void LimitFileSize(uint64_t bytes);
  // The exit status once it ends by itself; -1: by a signal.
  int Wait();

 private:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace hailong::tests
