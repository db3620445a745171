#include "tests/fuzz/world.h"

#include "base/check.h"
#include "base/status.h"
#include "server/model/times.h"

namespace hailong::tests {
namespace {

using base::Cat;

void AddQuestion(v1::Questionnaire& made, const char* id, v1::QuestionKind kind, int options) {
  v1::Question& question = *made.add_questions();
  question.set_question_id(id);
  question.set_kind(kind);
  question.mutable_text()->set_vi("Câu hỏi");
  for (int k = 1; k <= options; ++k) question.add_options()->mutable_text()->set_vi(Cat(k));
}

v1::Questionnaire FuzzQuestionnaire() {
  v1::Questionnaire made;
  made.set_questionnaire_id("q");
  made.set_version(1);
  made.mutable_legal_basis()->set_source("made up for tests");
  made.mutable_title()->set_vi("Phiếu thử");
  made.set_audience(v1::AUDIENCE_CITIZENS);
  AddQuestion(made, "a", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "b", v1::QUESTION_KIND_RATING, 4);
  AddQuestion(made, "c", v1::QUESTION_KIND_SINGLE_CHOICE, 253);
  AddQuestion(made, "d", v1::QUESTION_KIND_MULTIPLE_CHOICE, 31);
  AddQuestion(made, "e", v1::QUESTION_KIND_MULTIPLE_CHOICE, 4);
  AddQuestion(made, "f", v1::QUESTION_KIND_TEXT, 0);
  AddQuestion(made, "g", v1::QUESTION_KIND_TEXT, 0);
  made.mutable_questions(0)->set_required(true);
  for (int i = 1; i < 5; ++i) made.mutable_questions(i)->set_allows_not_applicable(true);
  made.mutable_questions(2)->mutable_options(30)->set_allows_text(true);
  made.mutable_questions(3)->mutable_options(30)->set_allows_text(true);
  made.mutable_questions(4)->mutable_options(0)->set_allows_text(true);
  v1::Form& form = *made.add_forms();
  form.set_form_id("short");
  for (const char* id : {"a", "d", "f"}) form.add_question_ids(id);
  return made;
}

v1::Unit FuzzUnit(const char* id, const char* parent, const char* from, const char* to) {
  v1::Unit unit;
  unit.set_unit_id(id);
  unit.set_name("Đơn vị");
  unit.set_level("commune");
  unit.set_parent_unit_id(parent);
  unit.set_valid_from(from);
  unit.set_valid_to(to);
  return unit;
}

model::RoundRecord FuzzRound(uint32_t number, const char* id, absl::Time opens, absl::Time closes) {
  v1::Round round;
  round.set_round_id(id);
  round.mutable_title()->set_vi("Đợt thử");
  round.set_questionnaire_id("q");
  round.set_questionnaire_version(1);
  round.set_root_unit_id("74");
  *round.mutable_opens_at() = model::ToProto(opens);
  *round.mutable_closes_at() = model::ToProto(closes);
  round.mutable_grace()->set_seconds(7 * 24 * 3600);
  v1::FlagThresholds& flags = *round.mutable_flag_thresholds();
  flags.set_press_interval_ms(10'000);
  flags.set_answer_duration_ms_min(1'000);
  flags.set_straight_line_answers_min(2);
  flags.set_burst_count_max(3);
  flags.set_burst_window_ms(60'000);
  flags.set_clock_skew_ms_max(120'000);
  round.set_partial_rule(number % 2 == 1 ? v1::PARTIAL_RULE_KEEP : v1::PARTIAL_RULE_DISCARD);
  round.set_state(v1::ROUND_STATE_OPEN);
  return {.number = static_cast<model::RoundNumber>(number), .round = round};
}

}  // namespace

absl::Time FuzzNow() {
  return absl::FromCivil(absl::CivilHour(2025, 3, 15, 9), absl::UTCTimeZone());
}

std::shared_ptr<const model::Catalog> FuzzCatalog() {
  const absl::Time now = FuzzNow();
  std::vector<model::Record> records = {
      FuzzUnit("74", "", "2020-01-01", ""),
      FuzzUnit("1", "74", "2020-01-01", ""),
      FuzzUnit("2", "74", "2020-01-01", "2025-03-10"),
      FuzzUnit("2", "1", "2025-03-10", ""),
      FuzzUnit("79", "", "2020-01-01", ""),
      FuzzQuestionnaire(),
      FuzzRound(1, "r", now - absl::Hours(240), now + absl::Hours(240)),
      FuzzRound(2, "old", now - absl::Hours(480), now - absl::Hours(24)),
  };
  auto catalog = model::Catalog::Empty()->With(records);
  HAILONG_CHECK(catalog.ok());
  return *std::move(catalog);
}

model::Principal FuzzSender() {
  return {.role = v1::ROLE_COLLECTOR,
          .id = "k",
          .unit_id = "1",
          .collector = model::CollectorNumber{1},
          .channel = v1::CHANNEL_KIOSK};
}

}  // namespace hailong::tests
