#include "server/zalo/verdict.h"

namespace hailong::zalo {
namespace {

constexpr absl::Duration kVietnam = absl::Hours(7);  // no summer time since 1975

int HourInVietnam(absl::Time now) {
  return absl::ToCivilHour(now + kVietnam, absl::UTCTimeZone()).hour();
}

Verdict OfBusiness(int code) {
  switch (code) {
    case -124:
      return Verdict::kRefreshToken;
    case -1241:
    case -101:
    case -102:
    case -103:
    case -104:
    case -105:
    case -117:
    case -120:
    case -126:
    case -127:
    case -135:
    case -136:
    case -137:
    case -138:
    case -1351:
      return Verdict::kPerson;
    case -32:
    case -100:
    case -133:
      return Verdict::kLater;
    case -144:
    case -147:
      return Verdict::kQuota;
    case -108:
    case -114:
    case -118:
    case -119:
    case -139:
    case -140:
    case -141:
      return Verdict::kCitizen;
    case -109:
    case -111:
    case -112:
    case -1121:
    case -1122:
    case -1124:
    case -131:
    case -146:
    case -162:
    case -249:
      return Verdict::kPayload;
    case -106:
      return Verdict::kMethod;
    default:
      return Verdict::kUnknown;
  }
}

Verdict OfOpenApi(int code) {
  switch (code) {
    case -216:
    case -220:
      return Verdict::kRefreshToken;
    case -212:
    case -221:
    case -224:
    case -242:
      return Verdict::kPerson;
    case -32:
      return Verdict::kLater;
    case -211:
      return Verdict::kQuota;
    case -213:
    case -230:
      return Verdict::kCitizen;
    case -249:
      return Verdict::kPayload;
    default:
      return Verdict::kUnknown;
  }
}

}  // namespace

Verdict VerdictOf(Host host, int code) {
  if (code == 0) return Verdict::kDone;
  return host == Host::kBusiness ? OfBusiness(code) : OfOpenApi(code);
}

bool IsQuiet(absl::Time now, const v1::QuietHours& hours) {
  const int hour = HourInVietnam(now);
  const int from = static_cast<int>(hours.from_hour());
  const int to = static_cast<int>(hours.to_hour());
  if (from <= to) return hour >= from && hour < to;
  return hour >= from || hour < to;
}

absl::Time QuietEnds(absl::Time now, const v1::QuietHours& hours) {
  while (IsQuiet(now, hours)) {
    const absl::CivilHour hour = absl::ToCivilHour(now + kVietnam, absl::UTCTimeZone()) + 1;
    now = absl::FromCivil(hour, absl::UTCTimeZone()) - kVietnam;
  }
  return now;
}

absl::Time NextDay(absl::Time now) {
  const absl::CivilDay day = absl::ToCivilDay(now + kVietnam, absl::UTCTimeZone()) + 1;
  return absl::FromCivil(day, absl::UTCTimeZone()) - kVietnam;
}

}  // namespace hailong::zalo
