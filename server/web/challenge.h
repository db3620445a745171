#pragma once

// Proof of work instead of a flat refusal: who asks too often gets a challenge, and a request that
// carries its solution passes. Nothing is kept for a challenge; it is signed, expires, and holds
// for one subject only (who asks, and for what). A solution is good once.
//
//   challenge  1.BITS.EXPIRES.NONCE.SIGNATURE     EXPIRES in Unix seconds
//   solution   CHALLENGE.COUNTER                  COUNTER: at most 20 digits
//
// A solution is right if SHA-256 over it, as text, begins with BITS zero bits. Thread-safe.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace hailong::web {

class Challenges {
 public:
  struct Options {
    std::string key;  // nobody else knows it
    absl::Duration life;
    size_t solutions_max;  // remembered until they expire; above that none is taken
  };
  explicit Challenges(Options options);

  std::string Make(std::string_view subject, int bits, absl::Time now) const;

  // OK: right, and used up now. Errors: INVALID_ARGUMENT (no solution of a challenge of ours for
  // this subject), DEADLINE_EXCEEDED (expired), ALREADY_EXISTS (used), RESOURCE_EXHAUSTED (too many
  // were taken in a while).
  absl::Status Use(std::string_view solution, std::string_view subject, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::string Sign(std::string_view body, std::string_view subject) const;

  const Options options_;
  base::Mutex mutex_;
  // By the challenge: another counter for the same one is no new solution.
  absl::flat_hash_set<std::string> used_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<absl::Time, std::string>> used_by_expiry_ ABSL_GUARDED_BY(mutex_);
};

// Zero bits at the beginning of SHA-256 of `text`.
int LeadingZeroBits(std::string_view text);

}  // namespace hailong::web
