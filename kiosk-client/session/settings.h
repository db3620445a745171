#pragma once

// What a kiosk asks, and how: the last good configuration with its round and questionnaire. Plain
// values; functions are thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hailong/v1/kiosk.pb.h"
#include "hailong/v1/questionnaire.pb.h"
#include "hailong/v1/registry_service.pb.h"

namespace hailong::session {

inline constexpr absl::Duration kIdleDefault = absl::Seconds(45);
inline constexpr absl::Duration kIdleMax = absl::Seconds(600);
inline constexpr absl::Duration kCountdownDefault = absl::Seconds(15);
inline constexpr absl::Duration kCountdownMax = absl::Seconds(120);
inline constexpr absl::Duration kPressIntervalMax = absl::Seconds(60);
inline constexpr size_t kLanguagesMax = 8;
inline constexpr size_t kCounterBytesMax = 16;
inline constexpr size_t kTextBytesMax = 2000;  // of one answer in words
inline constexpr size_t kTextsMax = 20;        // of one response

struct Settings {
  // Who the kiosk is; the PIN is hashed with it.
  std::string collector_id;
  v1::KioskConfiguration configuration;
  v1::Questionnaire questionnaire;
  v1::Round round;
  std::string unit_name;
  // Stands above the unit; empty: left out.
  std::string province_name;
};

// INVALID_ARGUMENT says what does not fit together: a form that the questionnaire does not have, a
// questionnaire that is not the round's, a number out of bounds. A configuration without a round is
// fine, and asks nothing.
absl::Status CheckSettings(const Settings& settings);

// The languages offered, the default first.
std::vector<std::string> LanguagesOf(const v1::KioskConfiguration& configuration);
absl::Duration IdleOf(const v1::KioskConfiguration& configuration);
absl::Duration CountdownOf(const v1::KioskConfiguration& configuration);

// A text and the language it is really in: Vietnamese where the wanted one is missing.
struct Wording {
  std::string text;
  std::string language;
};
Wording In(std::string_view language, const v1::LocalizedText& text);

// Of a counter on duty: letters, digits, '.', '-', at most 16; empty is not set. INVALID_ARGUMENT.
absl::Status CheckCounter(std::string_view counter);

// The positions of the questions that a form asks; empty form id: all.
std::vector<int> QuestionsOf(const v1::Questionnaire& questionnaire, std::string_view form_id);

}  // namespace hailong::session
