#pragma once

// Time as an argument: logic asks a Clock, so a test can say what time it is. Thread-safe.

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hailong::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Counts from the start of the machine, also while it sleeps, and never jumps: what waits are
// measured with on a device whose time of day may be set at any moment. Only differences mean
// something.
class SteadyClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Stands still until told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_us_(absl::ToUnixMicros(now)) {}
  absl::Time Now() const override { return absl::FromUnixMicros(now_us_.load()); }
  void Set(absl::Time now) { now_us_.store(absl::ToUnixMicros(now)); }
  void Advance(absl::Duration by) { now_us_.fetch_add(absl::ToInt64Microseconds(by)); }

 private:
  std::atomic<int64_t> now_us_;
};

// The day in Asia/Ho_Chi_Minh (UTC+7, no summer time since 1975), "YYYY-MM-DD".
std::string DayInVietnam(absl::Time time);

// "YYYY-MM-DD", a real date. Errors: INVALID_ARGUMENT says what was found.
absl::Status CheckDay(std::string_view day);

// The first moment of a day in Asia/Ho_Chi_Minh. Errors: as CheckDay.
absl::StatusOr<absl::Time> StartOfDayInVietnam(std::string_view day);

}  // namespace hailong::base
