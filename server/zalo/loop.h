#pragma once

// A thread around a Step that says how long it has nothing to do. Thread-safe.

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace hailong::zalo {

class Loop {
 public:
  using Step = std::function<absl::Duration()>;

  // Starts at once.
  explicit Loop(Step step);
  // Lets a step that runs come to its end.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // There is something to do now.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();

  const Step step_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace hailong::zalo
