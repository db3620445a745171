#pragma once

// The highest device sequence that may have been given, in a small file beside the database and
// written ahead of it: a database that is lost or comes back old never gives a number twice. One
// thread at a time.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hailong::outbox {

// So many numbers are claimed by one write of the file, and at most so many are skipped after a
// loss.
inline constexpr uint64_t kMarkStride = 100;

class SequenceMark {
 public:
  // No file: the mark is 0. Errors: DATA_LOSS if it holds no number; those of reading.
  static absl::StatusOr<SequenceMark> Read(const std::string& path);
  // For a file that is to be written anew.
  SequenceMark(std::string path, uint64_t mark) : path_(std::move(path)), mark_(mark) {}

  uint64_t mark() const { return mark_; }
  // After it returned OK numbers up to `sequence` may be given. Errors: RESOURCE_EXHAUSTED,
  // UNAVAILABLE.
  absl::Status Reach(uint64_t sequence);

 private:
  std::string path_;
  uint64_t mark_;
};

}  // namespace hailong::outbox
