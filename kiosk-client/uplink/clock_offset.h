#pragma once

// How far the server's clock is from the device's, learnt from calls with a short way there and
// back. It stays right when somebody sets the device's clock, since it is carried on by a clock
// that never jumps. Any thread.

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace hailong::uplink {

// The error of a measurement is at most half of the way there and back.
inline constexpr absl::Duration kRoundTripMax = absl::Seconds(5);

class ClockOffset {
 public:
  ClockOffset(const base::Clock& wall, const base::Clock& steady) : wall_(wall), steady_(steady) {}

  // The server said what time it was between two moments of the steady clock. Forgets it if they
  // are too far apart.
  void Learn(absl::Time server_time, absl::Time sent_at, absl::Time answered_at);
  // Server minus device, in milliseconds, now; 0: not measured.
  int64_t Milliseconds() const;

 private:
  const base::Clock& wall_;
  const base::Clock& steady_;
  mutable base::Mutex mutex_;
  // Server time minus steady time.
  std::optional<absl::Duration> ahead_of_steady_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::uplink
