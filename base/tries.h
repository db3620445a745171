#pragma once

// How many wrong codes the whole server looks at: some at once, then one more every now and then.
// Thread-safe.

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace hailong::base {

class Tries {
 public:
  Tries(const Clock& clock, int at_once, absl::Duration one_more_every)
      : clock_(clock), all_(one_more_every * at_once), every_(one_more_every) {}

  // Takes one. Zero: it was there; else how long until one is.
  absl::Duration Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const Clock& clock_;
  const absl::Duration all_;
  const absl::Duration every_;
  Mutex mutex_;
  absl::Time all_free_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace hailong::base
