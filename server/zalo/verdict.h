#pragma once

// What Zalo's error codes mean for what was asked. They come with HTTP status 200; the two hosts
// use the same numbers for different things, so the host belongs to the code. Pure.

#include "absl/time/time.h"
#include "hailong/v1/zalo.pb.h"

namespace hailong::zalo {

enum class Host { kBusiness, kOpenApi };

enum class Verdict {
  kDone,
  kRefreshToken,  // then once more
  kPerson,        // rights, wallet, configuration: nothing will go until somebody has looked
  kLater,         // rate, night, trouble over there
  kQuota,         // not before the next day
  kCitizen,       // never to this citizen
  kPayload,       // never with this content
  kMethod,        // the other HTTP verb
  kUnknown,       // a code that is in no table
};

Verdict VerdictOf(Host host, int code);

// Nothing is sent at night in Asia/Ho_Chi_Minh.
bool IsQuiet(absl::Time now, const v1::QuietHours& hours);
// The first moment at or after `now` that is not quiet.
absl::Time QuietEnds(absl::Time now, const v1::QuietHours& hours);
// The first moment of the next day there: when daily quotas begin again.
absl::Time NextDay(absl::Time now);

}  // namespace hailong::zalo
