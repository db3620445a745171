#include "kiosk-client/session/settings.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/ids.h"
#include "base/status.h"

namespace hailong::session {
namespace {

using base::Cat;

constexpr size_t kIdBytesMax = 64;

const v1::Form* FindForm(const v1::Questionnaire& questionnaire, std::string_view form_id) {
  for (const v1::Form& form : questionnaire.forms()) {
    if (form.form_id() == form_id) return &form;
  }
  return nullptr;
}

int FindQuestion(const v1::Questionnaire& questionnaire, std::string_view question_id) {
  for (int i = 0; i < questionnaire.questions_size(); ++i) {
    if (questionnaire.questions(i).question_id() == question_id) return i;
  }
  return -1;
}

absl::Status CheckForm(const v1::Questionnaire& questionnaire, std::string_view field,
                       const std::string& form_id) {
  if (form_id.empty()) return absl::OkStatus();
  const v1::Form* form = FindForm(questionnaire, form_id);
  if (form == nullptr) {
    std::string known;
    for (const v1::Form& one : questionnaire.forms()) known += " '" + one.form_id() + "'";
    return absl::InvalidArgumentError(Cat("configuration.", field, ": found '",
                                          base::Utf8Prefix(form_id, kIdBytesMax), "', allowed are",
                                          known.empty() ? " none" : known, " of questionnaire ",
                                          questionnaire.questionnaire_id()));
  }
  for (const std::string& question_id : form->question_ids()) {
    if (FindQuestion(questionnaire, question_id) < 0) {
      return absl::InvalidArgumentError(Cat("form '", form_id, "' asks question '",
                                            base::Utf8Prefix(question_id, kIdBytesMax),
                                            "', which the questionnaire does not have"));
    }
  }
  if (form->question_ids().empty()) {
    return absl::InvalidArgumentError(Cat("form '", form_id, "' asks no question"));
  }
  return absl::OkStatus();
}

absl::Status CheckQuestion(const v1::Question& question) {
  const bool text = question.kind() == v1::QUESTION_KIND_TEXT;
  if (!text && question.kind() != v1::QUESTION_KIND_RATING &&
      question.kind() != v1::QUESTION_KIND_SINGLE_CHOICE &&
      question.kind() != v1::QUESTION_KIND_MULTIPLE_CHOICE) {
    return absl::InvalidArgumentError(Cat("question ", question.question_id(), ": found kind ",
                                          static_cast<int>(question.kind()), ", allowed are 1..4"));
  }
  if (text != question.options().empty()) {
    return absl::InvalidArgumentError(Cat("question ", question.question_id(), ": found ",
                                          question.options_size(), " options, allowed are ",
                                          text ? "0 for a text" : "1 or more"));
  }
  return absl::OkStatus();
}

absl::Status CheckBound(std::string_view field, uint64_t found, uint64_t max) {
  if (found <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Cat("configuration.", field, ": found ", found, ", allowed are 0..", max));
}

absl::Status CheckTimes(const v1::KioskConfiguration& configuration) {
  RETURN_IF_ERROR(CheckBound("idle_seconds", configuration.idle_seconds(),
                             static_cast<uint64_t>(absl::ToInt64Seconds(kIdleMax))));
  RETURN_IF_ERROR(CheckBound("countdown_seconds", configuration.countdown_seconds(),
                             static_cast<uint64_t>(absl::ToInt64Seconds(kCountdownMax))));
  return CheckBound("press_interval_ms", configuration.press_interval_ms(),
                    static_cast<uint64_t>(absl::ToInt64Milliseconds(kPressIntervalMax)));
}

bool IsTag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 35 && std::all_of(tag.begin(), tag.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status CheckLanguages(const v1::KioskConfiguration& configuration) {
  if (configuration.languages_size() > static_cast<int>(kLanguagesMax)) {
    return absl::InvalidArgumentError(Cat("configuration.languages: found ",
                                          configuration.languages_size(), ", allowed are at most ",
                                          kLanguagesMax));
  }
  for (const std::string& tag : configuration.languages()) {
    if (!IsTag(tag)) {
      return absl::InvalidArgumentError(Cat("configuration.languages: found '",
                                            base::Utf8Prefix(tag, kIdBytesMax),
                                            "', allowed are tags such as vi, en, km"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSettings(const Settings& settings) {
  const v1::KioskConfiguration& configuration = settings.configuration;
  RETURN_IF_ERROR(CheckTimes(configuration));
  RETURN_IF_ERROR(CheckLanguages(configuration));
  const std::string& pin = configuration.staff_pin_sha256();
  const bool hex = std::all_of(pin.begin(), pin.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!pin.empty() && (pin.size() != 64 || !hex)) {
    return absl::InvalidArgumentError(Cat("configuration.staff_pin_sha256: found ", pin.size(),
                                          " characters, allowed are 64 of lower-case hex"));
  }
  if (configuration.round_id().empty()) return absl::OkStatus();

  const v1::Round& round = settings.round;
  const v1::Questionnaire& questionnaire = settings.questionnaire;
  if (round.round_id() != configuration.round_id()) {
    return absl::InvalidArgumentError(
        Cat("round: found '", base::Utf8Prefix(round.round_id(), kIdBytesMax),
            "', allowed is the configuration's '",
            base::Utf8Prefix(configuration.round_id(), kIdBytesMax), "'"));
  }
  if (questionnaire.questionnaire_id() != round.questionnaire_id() ||
      questionnaire.version() != round.questionnaire_version()) {
    return absl::InvalidArgumentError(Cat(
        "questionnaire: found '", base::Utf8Prefix(questionnaire.questionnaire_id(), kIdBytesMax),
        "' version ", questionnaire.version(), ", allowed is the round's '",
        base::Utf8Prefix(round.questionnaire_id(), kIdBytesMax), "' version ",
        round.questionnaire_version()));
  }
  if (questionnaire.questions().empty()) {
    return absl::InvalidArgumentError("questionnaire: found no question, allowed are 1 or more");
  }
  std::set<std::string> ids;
  for (const v1::Question& question : questionnaire.questions()) {
    RETURN_IF_ERROR(CheckQuestion(question));
    if (!ids.insert(question.question_id()).second) {
      return absl::InvalidArgumentError(
          Cat("question ", question.question_id(), " is there twice"));
    }
  }
  RETURN_IF_ERROR(CheckForm(questionnaire, "form_id", configuration.form_id()));
  return CheckForm(questionnaire, "long_form_id", configuration.long_form_id());
}

std::vector<std::string> LanguagesOf(const v1::KioskConfiguration& configuration) {
  if (configuration.languages().empty()) return {"vi", "en"};
  return {configuration.languages().begin(), configuration.languages().end()};
}

absl::Duration IdleOf(const v1::KioskConfiguration& configuration) {
  const uint32_t seconds = configuration.idle_seconds();
  return seconds == 0 ? kIdleDefault : absl::Seconds(seconds);
}

absl::Duration CountdownOf(const v1::KioskConfiguration& configuration) {
  const uint32_t seconds = configuration.countdown_seconds();
  return seconds == 0 ? kCountdownDefault : absl::Seconds(seconds);
}

Wording In(std::string_view language, const v1::LocalizedText& text) {
  if (language == "en" && !text.en().empty()) return {text.en(), "en"};
  const auto other = text.other().find(std::string(language));
  if (other != text.other().end() && !other->second.empty()) {
    return {other->second, std::string(language)};
  }
  return {text.vi(), "vi"};
}

absl::Status CheckCounter(std::string_view counter) {
  const bool plain = std::all_of(counter.begin(), counter.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  if (plain && counter.size() <= kCounterBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Cat("counter: found ", counter.size(), plain ? " characters" : " bytes with others",
          ", allowed are at most ", kCounterBytesMax, " letters, digits, '.', '-'"));
}

std::vector<int> QuestionsOf(const v1::Questionnaire& questionnaire, std::string_view form_id) {
  std::vector<int> positions;
  if (form_id.empty()) {
    for (int i = 0; i < questionnaire.questions_size(); ++i) positions.push_back(i);
    return positions;
  }
  const v1::Form* form = FindForm(questionnaire, form_id);
  HAILONG_CHECK(form != nullptr);  // CheckSettings saw it
  for (const std::string& question_id : form->question_ids()) {
    positions.push_back(FindQuestion(questionnaire, question_id));
  }
  return positions;
}

}  // namespace hailong::session
