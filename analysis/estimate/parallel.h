// Independent pieces of work on a few threads. What a piece gives must depend on nothing but its
// number, so that a result is the same for any number of threads.
//
// Threads: call from one; returns when all is done.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "base/check.h"

namespace hailong::estimate {

// work(0) ... work(count - 1), on at most `threads` threads, this one among them.
inline void ForEachIndex(size_t count, int threads, const std::function<void(size_t)>& work) {
  HAILONG_CHECK(threads >= 1);
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  while (others.size() + 1 < static_cast<size_t>(threads) && others.size() + 1 < count) {
    others.emplace_back(run);
  }
  run();
  for (std::thread& other : others) other.join();
}

}  // namespace hailong::estimate
