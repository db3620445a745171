#include "analysis/parallel/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace hailong::parallel {

void ForEach(size_t parts, size_t threads, const std::function<void(size_t part)>& work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t part = next++; part < parts; part = next++) work(part);
  };
  std::vector<std::thread> others;
  for (size_t t = 1; t < std::min(threads, parts); ++t) others.emplace_back(take);
  take();
  for (std::thread& other : others) other.join();
}

}  // namespace hailong::parallel
