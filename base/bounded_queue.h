#pragma once

// A queue that refuses when full, for any number of producers and consumers. Thread-safe.

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace hailong::base {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t items_max) : items_max_(items_max) {}

  // False when full or closed; `item` is then untouched.
  bool Offer(T&& item) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (closed_ || items_.size() >= items_max_) return false;
    items_.push_back(std::move(item));
    arrived_.NotifyOne();
    return true;
  }

  // Waits for an item; nothing once the queue is closed and empty.
  std::optional<T> Take() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    while (items_.empty() && !closed_) arrived_.Wait(mutex_);
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  // Waits for at least one item and takes all there are; empty once the queue is closed and empty.
  std::deque<T> TakeAll() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    while (items_.empty() && !closed_) arrived_.Wait(mutex_);
    return std::exchange(items_, {});
  }

  // How many wait now.
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return items_.size();
  }

  // Refuses what comes; what is inside can still be taken.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    closed_ = true;
    arrived_.NotifyAll();
  }

 private:
  const size_t items_max_;
  mutable Mutex mutex_;
  CondVar arrived_;
  std::deque<T> items_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace hailong::base
