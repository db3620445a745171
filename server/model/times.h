#pragma once

// Between the contract's times and ours.

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/time/time.h"

namespace hailong::model {

inline absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

inline absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// As refusals show it.
inline std::string ToText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

// Microseconds are what is stored.
inline google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t us = absl::ToUnixMicros(time);
  const int64_t seconds = us >= 0 ? us / 1000000 : -((-us + 999999) / 1000000);
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<int32_t>((us - seconds * 1000000) * 1000));
  return proto;
}

// In a range where arithmetic on it means something: 2000 to 2100.
inline bool IsValid(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 946684800 && time.seconds() < 4102444800 && time.nanos() >= 0 &&
         time.nanos() < 1000000000;
}

}  // namespace hailong::model
