#include "analysis/cli/export_row.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hailong::cli {

ExportRowWriter::ExportRowWriter(const v1::Questionnaire& questionnaire, ExportStyle style)
    : questionnaire_(questionnaire), style_(style) {}

bool ExportRowWriter::HasText(const v1::Question& question) const {
  return question.kind() == v1::QUESTION_KIND_TEXT ||
         std::any_of(question.options().begin(), question.options().end(),
                     [](const v1::Option& option) { return option.allows_text(); });
}

void ExportRowWriter::WriteHeader(CsvWriter& csv) const {
  for (const char* name : {"response_id", "unit_id", "receiving_unit_id", "channel", "submitted_at",
                           "received_at", "duration_ms", "first_outcome", "counts", "superseded_by",
                           "flags", "identified", "partial", "counter"}) {
    csv.Text(name);
  }
  for (const v1::Question& question : questionnaire_.questions()) {
    if (question.kind() != v1::QUESTION_KIND_TEXT) csv.Text(question.question_id());
    if (style_.with_comments && HasText(question)) csv.Text(question.question_id() + ".text");
  }
  csv.EndRow();
}

void ExportRowWriter::WriteRow(const v1::ExportedResponse& response, CsvWriter& csv) const {
  csv.Text(response.response_id());
  csv.Text(response.unit_id());
  csv.Text(response.receiving_unit_id());
  csv.Text(EnumWord(response.channel()));
  csv.Text(TimeCell(response.submitted_at()).exact);
  csv.Text(TimeCell(response.received_at()).exact);
  csv.Verbatim(response.duration_ms() > 0 ? std::to_string(response.duration_ms()) : "");
  csv.Text(EnumWord(response.first_outcome()));
  csv.Text(response.counts() ? "true" : "false");
  csv.Text(response.superseded_by());
  std::string flags;
  for (const int flag : response.flags()) {
    absl::StrAppend(&flags, flags.empty() ? "" : ";", EnumWord(static_cast<v1::Flag>(flag)));
  }
  csv.Text(flags);
  csv.Text(response.identified() ? "true" : "false");
  csv.Text(response.partial() ? "true" : "false");
  csv.Text(response.counter());

  absl::flat_hash_map<std::string, const v1::Answer*> answers;
  for (const v1::Answer& answer : response.answers()) answers[answer.question_id()] = &answer;
  for (const v1::Question& question : questionnaire_.questions()) {
    const auto found = answers.find(question.question_id());
    const bool answered = found != answers.end();
    if (question.kind() != v1::QUESTION_KIND_TEXT) {
      csv.Text(answered ? Value(question, *found->second) : "");
    }
    if (style_.with_comments && HasText(question)) csv.Text(answered ? found->second->text() : "");
  }
  csv.EndRow();
}

std::string ExportRowWriter::Value(const v1::Question& question, const v1::Answer& answer) const {
  if (answer.not_applicable()) return kNotApplicable;
  if (answer.has_choice()) return Choice(question, answer.choice());
  std::string text;
  for (const uint32_t choice : answer.choices().choices()) {
    absl::StrAppend(&text, text.empty() ? "" : ";", Choice(question, choice));
  }
  return text;
}

std::string ExportRowWriter::Choice(const v1::Question& question, uint32_t choice) const {
  if (!style_.labels || choice < 1 || choice > static_cast<uint32_t>(question.options_size())) {
    return std::to_string(choice);
  }
  return Pick(style_.language, question.options(static_cast<int>(choice) - 1).text());
}

}  // namespace hailong::cli
