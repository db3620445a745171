#pragma once

// A few threads that run tasks in order of arrival: what a gRPC thread hands over (reads, scoring).
// Thread-safe.

#include <functional>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"

namespace hailong::base {

class Executor {
 public:
  Executor(size_t threads, size_t tasks_max);
  // Runs what was accepted, then stops.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False when the queue is full or the executor stops.
  bool Offer(std::function<void()> task);
  void Stop();

 private:
  BoundedQueue<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
};

}  // namespace hailong::base
