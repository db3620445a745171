#include "kiosk-client/uplink/clock_offset.h"

namespace hailong::uplink {

void ClockOffset::Learn(absl::Time server_time, absl::Time sent_at, absl::Time answered_at) {
  const absl::Duration round_trip = answered_at - sent_at;
  if (round_trip > kRoundTripMax) return;
  base::MutexLock lock(mutex_);
  ahead_of_steady_ = server_time - (sent_at + round_trip / 2);
}

int64_t ClockOffset::Milliseconds() const {
  const absl::Time steady = steady_.Now();
  const absl::Time wall = wall_.Now();
  base::MutexLock lock(mutex_);
  if (!ahead_of_steady_.has_value()) return 0;
  return absl::ToInt64Milliseconds(steady + *ahead_of_steady_ - wall);
}

}  // namespace hailong::uplink
