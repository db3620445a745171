#include "server/registry/configuration.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

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

static_assert(limits::kWebLanguagesMax == limits::kKioskLanguagesMax);

template <typename Configuration>
void CheckLanguages(const Configuration& wanted, refusal::Violations& bad) {
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

void CheckUnit(const std::string& unit_id, const std::string& field, const v1::Collector& collector,
               const model::Round* round, const model::Catalog& catalog, absl::Time now,
               refusal::Violations& bad) {
  const std::string why = model::WhyNotAsked(unit_id, collector, round, catalog, now);
  if (why.empty()) return;
  bad.Add(field, Cat("found '", base::Utf8Prefix(unit_id, limits::kUnitIdBytesMax), "', ", why));
}

// The round that is set; null: none. One that is set already may have closed meanwhile.
absl::StatusOr<std::shared_ptr<const model::Round>> FindRoundToSet(const std::string& wanted,
                                                                   const std::string& set,
                                                                   const model::Catalog& catalog,
                                                                   absl::Time now) {
  if (wanted.empty()) return nullptr;
  std::shared_ptr<const model::Round> round = catalog.FindRound(wanted);
  if (round == nullptr) return refusal::NotFound("round", wanted);
  if (wanted != set && (round->state() != v1::ROUND_STATE_OPEN || now >= round->closes_at())) {
    return refusal::RoundIs(round->id(),
                            round->state() == v1::ROUND_STATE_SEALED ? "sealed" : "closed",
                            "open or planned");
  }
  return round;
}

// The number of options of the question that invitations answer beforehand; 0: there is none.
uint32_t CheckGroupQuestion(const v1::WebConfiguration& wanted, const model::Round* round,
                            refusal::Violations& bad) {
  const std::string& id = wanted.group_question_id();
  if (id.empty()) return 0;
  const std::string found =
      Cat("found '", base::Utf8Prefix(id, limits::kQuestionIdBytesMax), "', ");
  if (round == nullptr) {
    bad.Add("group_question_id", found + "but no round is set whose questionnaire could have it");
    return 0;
  }
  const int position = round->questionnaire().Find(id, 0);
  if (position < 0) {
    bad.Add("group_question_id", found + "which is no question of the round's questionnaire");
    return 0;
  }
  const model::Question& question =
      round->questionnaire().questions()[static_cast<size_t>(position)];
  if (question.kind != v1::QUESTION_KIND_SINGLE_CHOICE) {
    bad.Add("group_question_id", found + "allowed are questions of one choice");
    return 0;
  }
  const std::vector<bool>* const asked = round->questionnaire().FindForm(wanted.form_id());
  if (asked != nullptr && !(*asked)[static_cast<size_t>(position)]) {
    bad.Add("group_question_id", found + "which the form does not ask");
  }
  return question.options;
}

void CheckQuotas(const v1::WebConfiguration& wanted, uint32_t groups,
                 const v1::Collector& collector, const model::Round* round,
                 const model::Catalog& catalog, absl::Time now, refusal::Violations& bad) {
  if (static_cast<size_t>(wanted.quotas_size()) > limits::kQuotasMax) {
    bad.Add("quotas", Cat("found ", wanted.quotas_size(), ", allowed are 0..", limits::kQuotasMax));
    return;
  }
  std::set<std::pair<std::string, uint32_t>> seen;
  for (int i = 0; i < wanted.quotas_size(); ++i) {
    const v1::Quota& quota = wanted.quotas(i);
    const std::string at = Cat("quotas[", i, "]");
    if (!quota.unit_id().empty()) {
      CheckUnit(quota.unit_id(), Cat(at, ".unit_id"), collector, round, catalog, now, bad);
    }
    if (quota.group() > groups) {
      bad.Add(Cat(at, ".group"),
              Cat("found ", quota.group(), ", allowed are ",
                  groups == 0 ? std::string("none without a group question") : Cat("0..", groups)));
    }
    if (quota.size_max() == 0) bad.Add(Cat(at, ".size_max"), "found 0, allowed are 1 or more");
    if (!seen.emplace(quota.unit_id(), quota.group()).second) {
      bad.Add(at, "is there twice: two quotas of one unit and group");
    }
  }
}

}  // namespace

absl::Status CheckConfiguration(const v1::KioskConfiguration& wanted,
                                const v1::Collector& collector, const model::Catalog& catalog,
                                absl::Time now) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::Round> round,
                   FindRoundToSet(wanted.round_id(), collector.kiosk().round_id(), catalog, now));
  refusal::Violations bad("kiosk.");
  const std::string& unit_id = wanted.unit_id().empty() ? collector.unit_id() : wanted.unit_id();
  if (!unit_id.empty()) {
    CheckUnit(unit_id, "unit_id", collector, round.get(), catalog, now, bad);
  } else if (round != nullptr) {
    bad.Add("unit_id", "is empty, and the collector has no unit of its own");
  }
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

absl::Status CheckWebConfiguration(const v1::WebConfiguration& wanted,
                                   const v1::Collector& collector, const model::Catalog& catalog,
                                   absl::Time now) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::Round> round,
                   FindRoundToSet(wanted.round_id(), collector.web().round_id(), catalog, now));
  refusal::Violations bad("web.");
  if (!wanted.link_code().empty()) {
    bad.Add("link_code", "is set by the server; leave it out");
  }
  for (const auto& [field, set] : {std::pair("open", wanted.open()), {"slips", wanted.slips()}}) {
    if (set && collector.unit_id().empty()) {
      bad.Add(field, "found true, but the collector has no unit that could be rated");
    }
  }
  if ((wanted.open() || wanted.slips()) && !collector.unit_id().empty()) {
    CheckUnit(collector.unit_id(), wanted.open() ? "open" : "slips", collector, round.get(),
              catalog, now, bad);
  }
  CheckForm(wanted.form_id(), "form_id", round.get(), bad);
  CheckLanguages(wanted, bad);
  const uint32_t groups = CheckGroupQuestion(wanted, round.get(), bad);
  CheckQuotas(wanted, groups, collector, round.get(), catalog, now, bad);
  return bad.ToStatus();
}

}  // namespace hailong::registry
