#pragma once

// How long to wait after failures: a time drawn from zero to a bound that doubles each time ("full
// jitter"), so that five hundred kiosks that lost the server together do not come back together.
// Plain value.

#include <algorithm>
#include <functional>

#include "absl/time/time.h"

namespace hailong::uplink {

class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration max) : first_(first), max_(max), bound_(first) {}

  // `chance` draws from [0, 1). At least `asked`, which is what the server asked for, and spread
  // behind it.
  absl::Duration Next(const std::function<double()>& chance, absl::Duration asked) {
    const absl::Duration wait = asked + chance() * bound_;
    bound_ = std::min(max_, 2 * bound_);
    return wait;
  }
  void Reset() { bound_ = first_; }

 private:
  absl::Duration first_;
  absl::Duration max_;
  absl::Duration bound_;
};

}  // namespace hailong::uplink
