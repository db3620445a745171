#include "server/zalo/loop.h"

#include <algorithm>
#include <utility>

namespace hailong::zalo {

Loop::Loop(Step step) : step_(std::move(step)), thread_([this] { Run(); }) {}

Loop::~Loop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Loop::Wake() {
  base::MutexLock lock(mutex_);
  woken_ = true;
  changed_.NotifyAll();
}

void Loop::Run() {
  while (true) {
    {
      base::MutexLock lock(mutex_);
      if (stopping_) return;
      woken_ = false;
    }
    const absl::Duration wait = step_();
    base::MutexLock lock(mutex_);
    // One wait: to wake for no reason costs one step.
    if (wait > absl::ZeroDuration() && !woken_ && !stopping_) {
      changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(wait));
    }
  }
}

}  // namespace hailong::zalo
