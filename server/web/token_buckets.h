#pragma once

// How often somebody may do something: a bucket of tokens for each key, refilled at a rate. Memory
// is bounded: of too many keys, those that were used longest ago are forgotten. Keys are kept as
// hashes. Thread-safe.

#include <cstdint>
#include <list>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace hailong::web {

struct Rate {
  double per_second;
  double burst;  // what a full bucket holds
};

class TokenBuckets {
 public:
  TokenBuckets(Rate rate, size_t buckets_max);

  // Takes a token. Zero: there was one; else when there will be one again, and nothing was taken.
  absl::Duration Take(std::string_view key, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes a token whether there is one or not, down to as many tokens of debt as a bucket holds.
  void Owe(std::string_view key, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // 0: no debt; 1: as much as there can be.
  double DebtShare(std::string_view key, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Bucket {
    uint64_t key;
    double tokens;
    absl::Time at;
  };
  // The bucket as it is now, at the front of the list.
  Bucket& Find(std::string_view key, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Rate rate_;
  const size_t buckets_max_;
  mutable base::Mutex mutex_;
  std::list<Bucket> buckets_ ABSL_GUARDED_BY(mutex_);  // last used first
  absl::flat_hash_map<uint64_t, std::list<Bucket>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::web
