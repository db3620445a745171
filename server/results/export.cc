#include "server/results/export.h"

#include "absl/strings/numbers.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::results {
namespace {

uint32_t ReadSet(const std::string& answers, uint32_t offset) {
  uint32_t set = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    set |= static_cast<uint32_t>(static_cast<uint8_t>(answers[offset + i])) << (8 * i);
  }
  return set;
}

// False: the question was not answered.
bool UnpackValue(const model::Question& question, const std::string& answers, v1::Answer* answer) {
  if (question.size == 1) {
    const auto code = static_cast<uint8_t>(answers[question.offset]);
    if (code == model::kNoAnswer) return false;
    if (code == model::kNotApplicable) {
      answer->set_not_applicable(true);
    } else {
      answer->set_choice(code);
    }
    return true;
  }
  if (question.size == 4) {
    const uint32_t set = ReadSet(answers, question.offset);
    if (set == model::kMultipleNoAnswer) return false;
    if (set == model::kMultipleNotApplicable) {
      answer->set_not_applicable(true);
      return true;
    }
    v1::ChoiceSet* choices = answer->mutable_choices();
    for (uint32_t k = 0; k < 31; ++k) {
      if ((set >> k & 1) != 0) choices->add_choices(k + 1);
    }
    return true;
  }
  return false;
}

}  // namespace

v1::ExportedResponse ToExported(const model::ResponseRow& row, bool counts,
                                const model::Questionnaire& questionnaire, bool with_comments) {
  v1::ExportedResponse exported;
  exported.set_response_id(row.content.response_id.ToString());
  exported.set_unit_id(row.content.unit_id);
  exported.set_receiving_unit_id(
      row.content.receiving_unit_id.empty() ? row.content.unit_id : row.content.receiving_unit_id);
  exported.set_channel(row.channel);
  *exported.mutable_submitted_at() = model::ToProto(
      absl::FromUnixMicros(row.content.submitted_at_us) + absl::Milliseconds(row.clock_offset_ms));
  *exported.mutable_received_at() = model::ToProto(row.received_at);
  exported.set_duration_ms(row.content.duration_ms);
  exported.set_first_outcome(row.first_outcome);
  exported.set_counts(counts);
  exported.set_identified(row.identified);
  exported.set_partial(row.content.partial);
  exported.set_counter(row.content.counter);
  for (int flag = 1; flag <= v1::Flag_MAX; ++flag) {
    if ((row.flags >> (flag - 1) & 1) != 0) exported.add_flags(static_cast<v1::Flag>(flag));
  }
  size_t comment = 0;
  const auto questions = questionnaire.questions();
  for (size_t i = 0; i < questions.size(); ++i) {
    v1::Answer answer;
    bool answered = UnpackValue(questions[i], row.content.answers, &answer);
    if (with_comments && comment < row.content.comments.size() &&
        row.content.comments[comment].question == i) {
      answer.set_text(row.content.comments[comment].text);
      ++comment;
      answered = true;
    }
    if (!answered) continue;
    answer.set_question_id(questions[i].id);
    *exported.add_answers() = std::move(answer);
  }
  return exported;
}

absl::StatusOr<model::Sequence> ParseCursor(const std::string& cursor) {
  if (cursor.empty()) return model::kNoSequence;
  int64_t sequence = 0;
  if (cursor.size() > 20 || !absl::SimpleAtoi(cursor, &sequence) || sequence < 0) {
    return refusal::Field("cursor", "is not a cursor of this server");
  }
  return static_cast<model::Sequence>(sequence);
}

std::string FormatCursor(model::Sequence sequence) {
  return base::Cat(static_cast<int64_t>(sequence));
}

}  // namespace hailong::results
