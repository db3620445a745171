#pragma once

// Where an answer goes when somebody has given it: the one thing that the screen needs of the disk.
// Any thread.

#include <cstdint>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"

namespace hailong::session {

class AnswerKeeper {
 public:
  virtual ~AnswerKeeper() = default;
  // Keeps an answer on disk. When it returns OK the answer survives a power cut, and has the device
  // sequence returned. Errors: RESOURCE_EXHAUSTED (outbox full), UNAVAILABLE (the disk fails). Any
  // thread.
  virtual absl::StatusOr<uint64_t> Keep(v1::Response response) = 0;
};

}  // namespace hailong::session
