#pragma once

// Small settings that have one of everything.

#include <string>

#include "base/crypto/crypto.h"
#include "kiosk-client/session/settings.h"

namespace hailong::session {

inline constexpr char kCollectorId[] = "kiosk-1";
inline constexpr char kPin[] = "2580";

inline void AddQuestion(v1::Questionnaire& questionnaire, const std::string& question_id,
                        v1::QuestionKind kind, int options) {
  v1::Question& question = *questionnaire.add_questions();
  question.set_question_id(question_id);
  question.set_kind(kind);
  question.mutable_text()->set_vi("Câu " + question_id);
  question.mutable_text()->set_en("Question " + question_id);
  for (int i = 1; i <= options; ++i) {
    question.add_options()->mutable_text()->set_vi("Lựa chọn " + std::to_string(i));
  }
}

// Forms: "short" asks a, b; "long" asks b, c, d. c must be answered; b takes "not applicable" and a
// text with its last option.
inline Settings SettingsForTest(v1::PartialRule rule = v1::PARTIAL_RULE_KEEP) {
  Settings settings;
  settings.collector_id = kCollectorId;
  v1::Questionnaire& questionnaire = settings.questionnaire;
  questionnaire.set_questionnaire_id("small");
  questionnaire.set_version(3);
  AddQuestion(questionnaire, "a", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(questionnaire, "b", v1::QUESTION_KIND_SINGLE_CHOICE, 3);
  AddQuestion(questionnaire, "c", v1::QUESTION_KIND_MULTIPLE_CHOICE, 3);
  AddQuestion(questionnaire, "d", v1::QUESTION_KIND_TEXT, 0);
  questionnaire.mutable_questions(1)->set_allows_not_applicable(true);
  questionnaire.mutable_questions(1)->mutable_options(2)->set_allows_text(true);
  questionnaire.mutable_questions(2)->set_required(true);
  v1::Form& small = *questionnaire.add_forms();
  small.set_form_id("short");
  small.add_question_ids("a");
  small.add_question_ids("b");
  v1::Form& large = *questionnaire.add_forms();
  large.set_form_id("long");
  for (const char* id : {"b", "c", "d"}) large.add_question_ids(id);

  settings.round.set_round_id("r1");
  settings.round.set_questionnaire_id("small");
  settings.round.set_questionnaire_version(3);
  settings.round.set_state(v1::ROUND_STATE_OPEN);
  settings.round.set_partial_rule(rule);
  settings.unit_name = "Phường Thử Nghiệm";

  v1::KioskConfiguration& configuration = settings.configuration;
  configuration.set_round_id("r1");
  configuration.set_unit_id("p1");
  configuration.set_form_id("short");
  configuration.set_long_form_id("long");
  configuration.set_idle_seconds(30);
  configuration.set_countdown_seconds(10);
  configuration.set_press_interval_ms(4000);
  configuration.set_staff_pin_sha256(
      base::Sha256Hex(std::string(kCollectorId) + ":" + std::string(kPin)));
  return settings;
}

}  // namespace hailong::session
