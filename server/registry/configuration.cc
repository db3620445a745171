#include "server/registry/configuration.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::registry {
namespace {

using base::Cat;

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The form of BCP 47: a language of two or three lower-case letters, then subtags of letters and
// digits. Whether a language of that name exists is for those who write its messages.
bool IsLanguageTag(std::string_view tag) {
  if (tag.size() > limits::kLanguageBytesMax) return false;
  for (size_t part = 0;; ++part) {
    const size_t end = std::min(tag.find('-'), tag.size());
    const std::string_view subtag = tag.substr(0, end);
    const bool language = part == 0;
    if (subtag.size() < (language ? 2 : 1) || subtag.size() > (language ? 3 : 8)) return false;
    for (const char c : subtag) {
      if (language ? !(c >= 'a' && c <= 'z') : !(IsAlpha(c) || IsDigit(c))) return false;
    }
    if (end == tag.size()) return true;
    tag.remove_prefix(end + 1);
  }
}

void CheckLanguages(const v1::KioskConfiguration& wanted, refusal::Violations& bad) {
  if (static_cast<size_t>(wanted.languages_size()) > limits::kKioskLanguagesMax) {
    bad.Add("languages", Cat("found ", wanted.languages_size(), ", allowed are 0..",
                             limits::kKioskLanguagesMax));
    return;
  }
  std::set<std::string> seen;
  for (int i = 0; i < wanted.languages_size(); ++i) {
    const std::string& tag = wanted.languages(i);
    const std::string at = Cat("languages[", i, "]");
    if (!IsLanguageTag(tag)) {
      bad.Add(at, Cat("found '", base::Utf8Prefix(tag, 40),
                      "', allowed are BCP 47 tags such as 'vi', 'en' or 'km'"));
    } else if (!seen.insert(tag).second) {
      bad.Add(at, Cat("'", tag, "' is there twice"));
    }
  }
}

void CheckNumber(uint32_t found, uint32_t allowed, const char* field, refusal::Violations& bad) {
  if (found > allowed) bad.Add(field, Cat("found ", found, ", allowed are 0..", allowed));
}

void CheckMessage(const v1::KioskConfiguration& wanted, refusal::Violations& bad) {
  if (!wanted.has_message_of_the_day()) return;
  const v1::LocalizedText& message = wanted.message_of_the_day();
  if (message.vi().empty()) {
    bad.Add("message_of_the_day.vi", "is empty; leave the message out if there is none");
  }
  if (message.ByteSizeLong() > limits::kKioskMessageBytesMax) {
    bad.Add("message_of_the_day", Cat("found ", message.ByteSizeLong(), " bytes, allowed are ",
                                      limits::kKioskMessageBytesMax));
  }
}

void CheckPin(const v1::KioskConfiguration& wanted, refusal::Violations& bad) {
  const std::string& hash = wanted.staff_pin_sha256();
  if (hash.empty()) return;
  const bool hex = std::all_of(hash.begin(), hash.end(),
                               [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
  if (hash.size() == 64 && hex) return;
  bad.Add("staff_pin_sha256", Cat("found ", hash.size(),
                                  " bytes, allowed are none or the 64 lower-case hexadecimal "
                                  "digits of a SHA-256"));
}

void CheckForm(const std::string& form_id, const char* field, const model::Round* round,
               refusal::Violations& bad) {
  if (form_id.empty()) return;
  const std::string found =
      Cat("found '", base::Utf8Prefix(form_id, limits::kQuestionIdBytesMax), "', ");
  if (round == nullptr) {
    bad.Add(field, found + "but no round is set whose questionnaire could have it");
  } else if (round->questionnaire().FindForm(form_id) == nullptr) {
    std::string forms;
    for (const v1::Form& form : round->questionnaire().definition().forms()) {
      forms += Cat(" '", form.form_id(), "'");
    }
    bad.Add(field, Cat(found, "allowed are none and the forms of the round's questionnaire:",
                       forms.empty() ? " it has none" : forms));
  }
}

void CheckUnit(const v1::KioskConfiguration& wanted, const v1::Collector& collector,
               const model::Round* round, const model::Catalog& catalog, absl::Time now,
               refusal::Violations& bad) {
  const std::string& unit_id = wanted.unit_id().empty() ? collector.unit_id() : wanted.unit_id();
  if (unit_id.empty()) {
    if (round != nullptr) bad.Add("unit_id", "is empty, and the collector has no unit of its own");
    return;
  }
  // Of a round to come the units of its first day count: some may be formed by then.
  const std::string day =
      base::DayInVietnam(round == nullptr ? now : std::max(now, round->opens_at()));
  const std::string found = Cat("found '", base::Utf8Prefix(unit_id, limits::kUnitIdBytesMax));
  if (catalog.units().Find(unit_id, day) == nullptr) {
    bad.Add("unit_id", Cat(found, "', which is no unit on ", day));
    return;
  }
  if (!collector.unit_id().empty() &&
      !catalog.units().IsWithin(unit_id, collector.unit_id(), day)) {
    bad.Add("unit_id", Cat(found, "', allowed are the collector's unit '", collector.unit_id(),
                           "' and those below it"));
  }
  if (round != nullptr && !round->FindUnit(unit_id).has_value()) {
    bad.Add("unit_id", Cat(found, "', allowed are the round's unit '",
                           round->definition().root_unit_id(), "' and those below it"));
  }
}

}  // namespace

absl::Status CheckConfiguration(const v1::KioskConfiguration& wanted,
                                const v1::Collector& collector, const model::Catalog& catalog,
                                absl::Time now) {
  std::shared_ptr<const model::Round> round;
  if (!wanted.round_id().empty()) {
    round = catalog.FindRound(wanted.round_id());
    if (round == nullptr) return refusal::NotFound("round", wanted.round_id());
    const bool new_to_it = wanted.round_id() != collector.kiosk().round_id();
    if (new_to_it && (round->state() != v1::ROUND_STATE_OPEN || now >= round->closes_at())) {
      return refusal::RoundIs(round->id(),
                              round->state() == v1::ROUND_STATE_SEALED ? "sealed" : "closed",
                              "open or planned");
    }
  }
  refusal::Violations bad("kiosk.");
  CheckUnit(wanted, collector, round.get(), catalog, now, bad);
  CheckForm(wanted.form_id(), "form_id", round.get(), bad);
  CheckForm(wanted.long_form_id(), "long_form_id", round.get(), bad);
  CheckLanguages(wanted, bad);
  CheckNumber(wanted.idle_seconds(), limits::kKioskIdleSecondsMax, "idle_seconds", bad);
  CheckNumber(wanted.countdown_seconds(), limits::kKioskCountdownSecondsMax, "countdown_seconds",
              bad);
  CheckNumber(wanted.press_interval_ms(), limits::kKioskPressIntervalMsMax, "press_interval_ms",
              bad);
  CheckMessage(wanted, bad);
  CheckPin(wanted, bad);
  return bad.ToStatus();
}

}  // namespace hailong::registry
