#pragma once

// Small files that must survive a power cut, and the lock that keeps a second process away.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::base {

// Makes the directory with mode 0700 if it is not there. Errors: FAILED_PRECONDITION if others may
// enter it.
absl::Status MakePrivateDirectory(const std::string& path);
// Writes a file of mode 0600 so that after a power cut either all of it or the file before is
// there.
absl::Status WritePrivateFile(const std::string& path, std::string_view content);
// Errors: NOT_FOUND; FAILED_PRECONDITION if others may read it.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path);
// Errors: NOT_FOUND, RESOURCE_EXHAUSTED above `bytes_max`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);
// What the disk that holds `path` still takes from this user, in bytes.
absl::StatusOr<uint64_t> DiskFreeBytes(const std::string& path);
// Overwrites, removes; OK if there is none.
absl::Status DestroyFile(const std::string& path);

// Holds an exclusive lock on a file until it is destroyed or the process dies.
class FileLock {
 public:
  // Errors: ABORTED if another process holds it.
  static absl::StatusOr<FileLock> Take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace hailong::base
