#include "server/web/token_buckets.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace hailong::web {

TokenBuckets::TokenBuckets(Rate rate, size_t buckets_max) : rate_(rate), buckets_max_(buckets_max) {
  HAILONG_CHECK(rate.per_second > 0 && rate.burst >= 1 && buckets_max > 0);
}

TokenBuckets::Bucket& TokenBuckets::Find(std::string_view key, absl::Time now) {
  // Two keys of one hash would share a bucket, which nobody can bring about: the hash is seeded.
  const uint64_t hash = absl::Hash<absl::string_view>()({key.data(), key.size()});
  const auto found = by_key_.find(hash);
  if (found == by_key_.end()) {
    if (buckets_.size() >= buckets_max_) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front({hash, rate_.burst, now});
    by_key_[hash] = buckets_.begin();
    return buckets_.front();
  }
  buckets_.splice(buckets_.begin(), buckets_, found->second);
  Bucket& bucket = buckets_.front();
  // A clock that was set back gives nothing and takes nothing.
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - bucket.at));
  bucket.tokens = std::min(rate_.burst, bucket.tokens + seconds * rate_.per_second);
  bucket.at = now;
  return bucket;
}

absl::Duration TokenBuckets::Take(std::string_view key, absl::Time now) {
  base::MutexLock lock(mutex_);
  Bucket& bucket = Find(key, now);
  if (bucket.tokens < 1) return absl::Seconds((1 - bucket.tokens) / rate_.per_second);
  bucket.tokens -= 1;
  return absl::ZeroDuration();
}

void TokenBuckets::Owe(std::string_view key, absl::Time now) {
  base::MutexLock lock(mutex_);
  Bucket& bucket = Find(key, now);
  bucket.tokens = std::max(-rate_.burst, bucket.tokens - 1);
}

double TokenBuckets::DebtShare(std::string_view key, absl::Time now) {
  base::MutexLock lock(mutex_);
  return std::max(0.0, -Find(key, now).tokens / rate_.burst);
}

size_t TokenBuckets::size() const {
  base::MutexLock lock(mutex_);
  return buckets_.size();
}

}  // namespace hailong::web
