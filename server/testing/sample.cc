#include "server/testing/sample.h"

#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::sample {
namespace {

using base::Cat;

void AddQuestion(v1::Questionnaire& questionnaire, const std::string& id, v1::QuestionKind kind,
                 int options) {
  v1::Question& question = *questionnaire.add_questions();
  question.set_question_id(id);
  question.set_kind(kind);
  question.mutable_text()->set_vi(Cat("Câu hỏi ", id));
  for (int k = 1; k <= options; ++k) question.add_options()->mutable_text()->set_vi(Cat(k));
}

model::Principal Sender(const std::string& id, v1::Channel channel, const std::string& unit_id,
                        uint32_t number) {
  return {.role = v1::ROLE_COLLECTOR,
          .id = id,
          .unit_id = unit_id,
          .collector = static_cast<model::CollectorNumber>(number),
          .channel = channel};
}

model::CollectorRecord RecordOf(const model::Principal& sender) {
  return {.number = sender.collector,
          .collector = Collector(sender.id, sender.channel, sender.unit_id),
          .credential_hash = Cat("hash of ", sender.id)};
}

}  // namespace

absl::Time At(std::string_view text) {
  absl::Time time;
  HAILONG_CHECK(absl::ParseTime(absl::RFC3339_full, absl::string_view(text.data(), text.size()),
                                &time, nullptr));
  return time;
}

v1::Unit Unit(const std::string& unit_id, const std::string& level, const std::string& parent,
              const std::string& valid_from, const std::string& valid_to) {
  v1::Unit unit;
  unit.set_unit_id(unit_id);
  unit.set_name(Cat("Đơn vị ", unit_id, " từ ", valid_from));
  unit.set_level(level);
  unit.set_parent_unit_id(parent);
  unit.set_valid_from(valid_from);
  unit.set_valid_to(valid_to);
  return unit;
}

std::vector<v1::Unit> Units() {
  const std::string from = "2023-01-01";
  const std::string reform = "2025-07-01";
  return {Unit("74", "province", "", from, reform),
          Unit("74.SNV", "department", "74", from, reform),
          Unit("74.STC", "department", "74", from, reform),
          Unit("718", "district", "74", from, reform),
          Unit("25747", "commune", "718", from, reform),
          Unit("25750", "commune", "718", from, reform),
          Unit("79", "province", "", from, ""),
          Unit("79.SNV", "department", "79", from, ""),
          Unit("25747", "commune", "79", reform, "")};
}

v1::Questionnaire Questionnaire() {
  v1::Questionnaire made;
  made.set_questionnaire_id("sample");
  made.set_version(1);
  made.mutable_legal_basis()->set_source("made up for tests");
  made.mutable_title()->set_vi("Phiếu mẫu");
  made.set_audience(v1::AUDIENCE_CITIZENS);
  AddQuestion(made, "q1", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "q2", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "q3", v1::QUESTION_KIND_SINGLE_CHOICE, 3);
  AddQuestion(made, "q4", v1::QUESTION_KIND_MULTIPLE_CHOICE, 4);
  AddQuestion(made, "q5", v1::QUESTION_KIND_TEXT, 0);
  AddQuestion(made, "q6", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "q7", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "q8", v1::QUESTION_KIND_RATING, 5);
  AddQuestion(made, "q9", v1::QUESTION_KIND_RATING, 4);
  made.mutable_questions(0)->set_required(true);
  made.mutable_questions(1)->set_allows_not_applicable(true);
  made.mutable_questions(2)->mutable_options(2)->set_allows_text(true);
  made.mutable_questions(3)->mutable_options(3)->set_allows_text(true);
  v1::Form& counter = *made.add_forms();
  counter.set_form_id("counter");
  for (const char* id : {"q1", "q2", "q5"}) counter.add_question_ids(id);
  return made;
}

v1::Round Round() {
  v1::Round round;
  round.set_round_id("march");
  round.mutable_title()->set_vi("Đợt mẫu tháng 3");
  round.set_questionnaire_id("sample");
  round.set_questionnaire_version(1);
  round.set_root_unit_id("74");
  *round.mutable_opens_at() = model::ToProto(At("2025-03-01T00:00:00+07:00"));
  *round.mutable_closes_at() = model::ToProto(At("2025-04-01T00:00:00+07:00"));
  round.mutable_grace()->set_seconds(7 * 24 * 3600);
  round.mutable_appeal_time()->set_seconds(30 * 24 * 3600);
  round.set_duplicate_policy(v1::DUPLICATE_POLICY_LATEST);
  v1::FlagThresholds& flags = *round.mutable_flag_thresholds();
  flags.set_press_interval_ms(10'000);
  flags.set_answer_duration_ms_min(1'000);
  flags.set_straight_line_answers_min(5);
  flags.set_burst_count_max(3);
  flags.set_burst_window_ms(60'000);
  flags.set_clock_skew_ms_max(120'000);
  round.set_synthetic(true);
  round.set_state(v1::ROUND_STATE_OPEN);
  return round;
}

v1::RatingMapping RatingMapping() {
  v1::RatingMapping mapping;
  mapping.set_question_id("q1");
  for (const uint32_t choice : {1u, 2u, 3u, 4u, 5u}) mapping.add_choices(choice);
  mapping.set_form_id("counter");
  mapping.set_note_question_id("q5");
  v1::RatingLabel& label = *mapping.add_labels();
  label.set_label("Hài lòng");
  label.set_stars(4);
  mapping.set_details_label("Đánh giá chi tiết");
  return mapping;
}

v1::Collector Collector(const std::string& collector_id, v1::Channel channel,
                        const std::string& unit_id) {
  v1::Collector collector;
  collector.set_collector_id(collector_id);
  collector.set_name(collector_id);
  collector.set_channel(channel);
  collector.set_unit_id(unit_id);
  return collector;
}

model::Principal Kiosk() { return Sender("kiosk-1", v1::CHANNEL_KIOSK, "74.SNV", 1); }
model::Principal Web() { return Sender("web", v1::CHANNEL_WEB, "", 2); }
model::Principal Zalo() { return Sender("zalo", v1::CHANNEL_ZALO, "", 3); }

std::vector<model::Record> Records() {
  std::vector<model::Record> records;
  for (const v1::Unit& unit : Units()) records.emplace_back(unit);
  records.emplace_back(Questionnaire());
  records.emplace_back(model::RoundRecord{.number = kRoundNumber, .round = Round()});
  for (const model::Principal& sender : {Kiosk(), Web(), Zalo()}) {
    records.emplace_back(RecordOf(sender));
  }
  return records;
}

std::shared_ptr<const model::Catalog> Catalog() {
  auto catalog = model::Catalog::Empty()->With(Records());
  HAILONG_CHECK(catalog.ok());
  return *std::move(catalog);
}

std::string ResponseId(uint64_t n) {
  char text[37];
  std::snprintf(text, sizeof text, "0190f3c2-7a5e-7c3b-9d2f-%012llx",
                static_cast<unsigned long long>(n));
  return text;
}

v1::Response Response(uint64_t n) {
  v1::Response response;
  response.set_response_id(ResponseId(n));
  response.set_round_id("march");
  response.set_questionnaire_version(1);
  response.set_unit_id("74.SNV");
  *response.mutable_submitted_at() =
      model::ToProto(At("2025-03-05T09:00:00+07:00") + absl::Minutes(n));
  AddChoice(response, "q1", 4);
  return response;
}

v1::Answer& AddChoice(v1::Response& response, const std::string& question_id, uint32_t choice) {
  v1::Answer& answer = *response.add_answers();
  answer.set_question_id(question_id);
  answer.set_choice(choice);
  return answer;
}

model::NewResponse Checked(const std::shared_ptr<const model::Round>& round, uint64_t n) {
  model::NewResponse response;
  response.round = round;
  response.content.response_id = *base::Uuid::Parse(ResponseId(n));
  response.content.unit_id = "74.SNV";
  const absl::Time at = At("2025-03-05T09:00:00+07:00") + absl::Minutes(n);
  response.content.submitted_at_us = absl::ToUnixMicros(at);
  response.content.answers.assign(round->questionnaire().packed_size(), '\0');
  response.content.answers[0] = 4;
  response.collector = Kiosk().collector;
  response.channel = v1::CHANNEL_KIOSK;
  response.received_at = at + absl::Seconds(1);
  return response;
}

model::RespondentKey Key(uint8_t citizen) {
  model::RespondentKey key;
  key.fill(citizen);
  return key;
}

std::vector<std::string> ViolationLines(const absl::Status& status) {
  std::vector<std::string> lines;
  for (const auto& violation : refusal::FieldViolationsOf(status)) {
    lines.push_back(violation.field + ": " + violation.description);
  }
  return lines;
}

}  // namespace hailong::sample
