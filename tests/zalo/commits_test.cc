// Writes of the channel while the writer is busy.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "absl/time/clock.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/zalo/commits.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using base::Cat;

store::ZaloEvent Event(const World& world, size_t n) {
  return {.body_hash = Cat("body ", n),
          .business_key = {},
          .name = "user_feedback",
          .told_at = world.clock.Now(),
          .received_at = world.clock.Now(),
          .msg_id = {},
          .tracking_id = {},
          .reason = {},
          .content = {}};
}

// A Drain on a thread of its own; what it waits for is counted in `told`.
class Drainer {
 public:
  Drainer(zalo::Commits& commits, const std::atomic<size_t>& told)
      : thread_([&] {
          commits.Drain();
          told_by_then_ = told.load();
        }) {
    // One that does not wait would be over by then.
    for (int i = 0; i < 50 && told_by_then_.load() == kWaits; ++i) {
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  size_t ToldByThen() {
    thread_.join();
    return told_by_then_.load();
  }

 private:
  static constexpr size_t kWaits = SIZE_MAX;
  std::atomic<size_t> told_by_then_ = kWaits;
  std::thread thread_;
};

TEST(Commits, DrainingWaitsForCallersEvenWhenTheWriterTakesNoMore) {
  World world;
  zalo::Commits commits(*world.writer, *world.store);
  std::atomic<size_t> told = 0;
  std::optional<FullWriter> full;
  full.emplace(*world.writer, [&] {
    commits.Append(Event(world, 1), [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      ++told;
    });
  });
  Drainer drainer(commits, told);
  full.reset();
  EXPECT_EQ(drainer.ToldByThen(), 1u);
}

TEST(Commits, DrainingWaitsUntilTheLastCallerWasTold) {
  World world;
  zalo::Commits commits(*world.writer, *world.store);
  std::atomic<size_t> told = 0;
  std::promise<void> telling;
  std::promise<void> go_on;
  commits.Append(Event(world, 1), [&](const absl::Status&) {
    telling.set_value();
    go_on.get_future().wait();
    ++told;
  });
  telling.get_future().wait();
  Drainer drainer(commits, told);
  go_on.set_value();
  EXPECT_EQ(drainer.ToldByThen(), 1u);
}

TEST(Commits, WhatDoesNotFitIsRefusedAtOnceAndAllElseToldOnce) {
  World world;
  zalo::Commits commits(*world.writer, *world.store);
  std::atomic<size_t> stored = 0;
  std::atomic<size_t> refused = 0;
  const auto count = [&](const absl::Status& status) { ++(status.ok() ? stored : refused); };
  {
    const FullWriter full(*world.writer, [&] {
      for (size_t i = 0; i < limits::kZaloInboxMax; ++i) commits.Append(Event(world, i), count);
      EXPECT_EQ(refused.load(), 0u);
      commits.Append(Event(world, limits::kZaloInboxMax), count);
      EXPECT_EQ(refused.load(), 1u);
    });
  }
  commits.Drain();
  EXPECT_EQ(stored.load(), limits::kZaloInboxMax);
  EXPECT_EQ(refused.load(), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_NEW), limits::kZaloInboxMax);
}

}  // namespace
}  // namespace hailong::tests
