#pragma once

// The secret key of each round, outside the database: a stolen database gives no citizen away, and
// destroying the key ends all linking. One file of mode 0600 per round in a directory of mode 0700.
// Thread-safe.

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace hailong::store {

class KeyRing {
 public:
  // Makes the directory if it is not there. Errors: FAILED_PRECONDITION if others may read it,
  // UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Open(const std::string& directory);

  // Makes the key of a round durable; a key already there stays. Errors: UNAVAILABLE.
  absl::Status Create(const std::string& round_id) ABSL_LOCKS_EXCLUDED(mutex_);
  // 32 bytes; nothing if it was destroyed or never made. Errors: FAILED_PRECONDITION if others may
  // read it.
  absl::StatusOr<std::optional<std::string>> Find(const std::string& round_id)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Overwrites and removes the file; OK if it is gone already. Errors: UNAVAILABLE.
  absl::Status Destroy(const std::string& round_id) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit KeyRing(std::string directory) : directory_(std::move(directory)) {}
  std::string PathOf(const std::string& round_id) const;

  const std::string directory_;
  base::Mutex mutex_;
  std::map<std::string, std::string> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::store
