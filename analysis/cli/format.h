// How values are written for people (in their language) and for programs (exactly).
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/generated_enum_reflection.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "analysis/cli/grid.h"
#include "hailong/v1/common.pb.h"
#include "hailong/v1/kiosk.pb.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::cli {

enum class Language { kVietnamese, kEnglish };

// One of two texts.
std::string Pick(Language language, std::string_view vi, std::string_view en);

// The text in the language; Vietnamese where it is not translated.
std::string Pick(Language language, const v1::LocalizedText& text);

// 85.123 -> "85,12" in Vietnamese, "85.12" in English.
std::string Decimal(double value, int digits, Language language);

// The shortest text that reads back as the same double, with a point.
std::string Exact(double value);

// A number for people and for programs.
Cell NumberCell(double value, int digits, Language language);

// What stands where a protected round hides a number.
std::string Hidden(Language language);

// "85,12 ± 0,43"; "–" where undefined; without error where it is not estimable.
std::string ValueWithError(const v1::Estimate& estimate, Language language);

// "[84,28; 85,97]"; "–" where not estimable.
std::string Interval(const v1::Estimate& estimate, Language language);

// "kiosk" for CHANNEL_KIOSK: the name of the value without the prefix that all values of the enum
// share, in lower case with '-'. Zero is the empty word.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value);

template <typename E>
std::string EnumWord(E value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<E>(), static_cast<int>(value));
}

// The value of a word, as EnumWord writes it. INVALID_ARGUMENT: with the words there are.
absl::StatusOr<int> EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view word);

template <typename E>
absl::StatusOr<E> EnumValue(std::string_view word) {
  absl::StatusOr<int> value = EnumValue(*google::protobuf::GetEnumDescriptor<E>(), word);
  if (!value.ok()) return value.status();
  return static_cast<E>(*value);
}

// Words for people; the EnumWord for those without a translation.
std::string Shown(v1::Channel channel, Language language);
std::string Shown(v1::ScreenState state, Language language);
std::string Shown(v1::RoundState state, Language language);
std::string Shown(v1::UnitIssue issue, Language language);

// "2024-10-01 08:30" in Vietnam for people, RFC 3339 in UTC for programs; empty if absent (zero).
Cell TimeCell(const google::protobuf::Timestamp& time);

// RFC 3339, or a day "2024-10-01" for its start in Vietnam. INVALID_ARGUMENT: anything else.
absl::StatusOr<absl::Time> ReadTimeOption(std::string_view text);

// "14d", "36h", "90m" into `duration`; empty: left alone. INVALID_ARGUMENT: anything else.
absl::Status ReadDurationOption(std::string_view text, google::protobuf::Duration* duration);

}  // namespace hailong::cli
