#include "base/clock.h"

#include <time.h>

#include "absl/time/clock.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::base {
namespace {

absl::TimeZone Vietnam() { return absl::FixedTimeZone(7 * 60 * 60); }

absl::StatusOr<absl::CivilDay> ParseDay(std::string_view day) {
  absl::CivilDay civil;
  // ParseCivilTime takes "2025-7-1" and wraps "2025-02-31"; only the written-out form survives the
  // way back.
  if (day.size() != 10 ||
      !absl::ParseCivilTime(absl::string_view(day.data(), day.size()), &civil) ||
      absl::FormatCivilTime(civil) != absl::string_view(day.data(), day.size())) {
    return absl::InvalidArgumentError(
        Cat("'", day.substr(0, 32), "' is not a date of the form YYYY-MM-DD"));
  }
  return civil;
}

}  // namespace

absl::Time SystemClock::Now() const { return absl::Now(); }

absl::Time SteadyClock::Now() const {
  timespec now{};
  HAILONG_CHECK(::clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  return absl::TimeFromTimespec(now);
}

std::string DayInVietnam(absl::Time time) {
  return absl::FormatCivilTime(absl::ToCivilDay(time, Vietnam()));
}

absl::Status CheckDay(std::string_view day) { return ParseDay(day).status(); }

absl::StatusOr<absl::Time> StartOfDayInVietnam(std::string_view day) {
  ASSIGN_OR_RETURN(const absl::CivilDay civil, ParseDay(day));
  return absl::FromCivil(civil, Vietnam());
}

}  // namespace hailong::base
