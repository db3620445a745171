#include "analysis/parallel/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hailong::parallel {
namespace {

TEST(ForEach, RunsEachPartOnce) {
  for (const size_t threads : {0u, 1u, 2u, 7u}) {
    for (const size_t parts : {0u, 1u, 3u, 100u}) {
      std::vector<std::atomic<int>> runs(parts);
      ForEach(parts, threads, [&](size_t part) { ++runs[part]; });
      for (const auto& count : runs) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ForEach, OnOneThreadRunsInOrderOnTheCallers) {
  std::vector<size_t> order;
  const auto caller = std::this_thread::get_id();
  ForEach(3, 1, [&](size_t part) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(part);
  });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2}));
}

TEST(ForEach, UsesAsManyThreadsAsAsked) {
  // Each part waits until both run: on one thread this would never end.
  std::atomic<int> running = 0;
  ForEach(2, 2, [&](size_t) {
    ++running;
    while (running < 2) std::this_thread::yield();
  });
  EXPECT_EQ(running, 2);
}

}  // namespace
}  // namespace hailong::parallel
