#include "base/tries.h"

#include <algorithm>

namespace hailong::base {

absl::Duration Tries::Take() {
  const absl::Time now = clock_.Now();
  MutexLock lock(mutex_);
  // Never more than all are taken, also when the clock was put back.
  all_free_at_ = std::clamp(all_free_at_, now, now + all_);
  const absl::Duration wait = all_free_at_ + every_ - (now + all_);
  if (wait > absl::ZeroDuration()) return wait;
  all_free_at_ += every_;
  return absl::ZeroDuration();
}

void Tries::GiveBack() {
  MutexLock lock(mutex_);
  all_free_at_ -= every_;
}

}  // namespace hailong::base
