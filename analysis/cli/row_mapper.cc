#include "analysis/cli/row_mapper.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "analysis/cli/response_id.h"
#include "base/ids.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

std::string Clean(std::string_view text) {
  const std::string nfc = ToNfc(text);
  return std::string(absl::StripAsciiWhitespace(nfc));
}

absl::Status Bad(const std::string& text) { return absl::InvalidArgumentError(text); }

// What a person sees of a cell in a sentence.
std::string Quoted(std::string_view cell) {
  return absl::StrCat("\"", Truncate(ReplaceControls(cell), 40), "\"");
}

// Reads a point in time; Vietnam has had no other offset than UTC+7 since 1975.
absl::StatusOr<absl::Time> ReadTime(const std::string& text, const std::string& format) {
  absl::Time time;
  std::string error;
  const std::string& used = format.empty() ? std::string(absl::RFC3339_full) : format;
  if (!absl::ParseTime(used, text, absl::FixedTimeZone(7 * 60 * 60), &time, &error)) {
    return Bad(absl::StrCat(Quoted(text), " is not a time in the format ", used));
  }
  // ParseTime also knows "infinite-past"; a Timestamp holds the years 1 to 9999.
  if (time < absl::UnixEpoch() || time > absl::FromUnixSeconds(253402300799)) {
    return Bad(absl::StrCat(Quoted(text), " is not a time from 1970 to 9999"));
  }
  return time;
}

}  // namespace

absl::StatusOr<RowMapper> RowMapper::Create(const ImportMap& map,
                                            const v1::Questionnaire& questionnaire,
                                            std::string_view round_id,
                                            const std::vector<std::string>& header) {
  RowMapper mapper;
  mapper.map_ = map;
  mapper.questionnaire_ = questionnaire;
  mapper.round_id_ = std::string(round_id);
  for (const std::string& name : header) {
    if (!base::IsUtf8(name)) return Bad("the header is not UTF-8; save the file as CSV UTF-8");
    mapper.header_.push_back(Clean(name));
    if (mapper.header_.back() == kLineColumn) mapper.line_column_ = mapper.header_.size() - 1;
  }
  for (const std::string& value : map.empty_values()) mapper.empty_values_.insert(Clean(value));

  absl::StatusOr<TextPlan> unit = mapper.PlanText(map.unit(), "unit");
  if (!unit.ok()) return unit.status();
  mapper.unit_ = *std::move(unit);
  if (map.has_receiving_unit()) {
    absl::StatusOr<TextPlan> receiving = mapper.PlanText(map.receiving_unit(), "receiving_unit");
    if (!receiving.ok()) return receiving.status();
    mapper.receiving_unit_ = *std::move(receiving);
  }
  if (absl::Status status = mapper.PlanTime(); !status.ok()) return status;
  if (absl::Status status = mapper.PlanEvidence(); !status.ok()) return status;
  if (map.answers().empty()) return Bad("the map has no answers");
  absl::flat_hash_set<std::string> seen;
  for (const AnswerSource& source : map.answers()) {
    absl::StatusOr<AnswerPlan> plan = mapper.PlanAnswer(source);
    if (!plan.ok()) return plan.status();
    if (!seen.insert(source.question_id()).second) {
      return Bad(absl::StrCat("the map answers question \"", source.question_id(), "\" twice"));
    }
    mapper.answers_.push_back(*std::move(plan));
  }
  if (absl::Status status = mapper.PlanIdentity(); !status.ok()) return status;
  return mapper;
}

absl::StatusOr<std::size_t> RowMapper::Column(const std::string& name) {
  const std::string wanted = Clean(name);
  const auto found = std::find(header_.begin(), header_.end(), wanted);
  if (found == header_.end()) {
    return Bad(absl::StrCat("column ", Quoted(wanted), " of the map is not in the file; it has ",
                            Truncate(ReplaceControls(absl::StrJoin(header_, ", ")), 400)));
  }
  if (std::find(found + 1, header_.end(), wanted) != header_.end()) {
    return Bad(absl::StrCat("column ", Quoted(wanted), " is in the file twice"));
  }
  const auto column = static_cast<std::size_t>(found - header_.begin());
  mapped_columns_.push_back(column);
  return column;
}

absl::StatusOr<RowMapper::TextPlan> RowMapper::PlanText(const Source& source,
                                                        std::string_view name) {
  TextPlan plan;
  plan.name = std::string(name);
  plan.prefix = source.prefix();
  if (source.has_column()) {
    absl::StatusOr<std::size_t> column = Column(source.column());
    if (!column.ok()) return column.status();
    plan.column = *column;
  } else if (source.has_constant()) {
    plan.constant = source.constant();
  } else {
    return Bad(absl::StrCat("the map must give ", plan.name, " a column or a constant"));
  }
  for (const auto& [cell, value] : source.values()) plan.values[Clean(cell)] = value;
  return plan;
}

absl::Status RowMapper::PlanTime() {
  if (!map_.submitted_at().has_column() && !map_.submitted_at().has_constant()) {
    return Bad("the map must give submitted_at a column or a constant");
  }
  if (map_.submitted_at().has_column()) {
    absl::StatusOr<std::size_t> column = Column(map_.submitted_at().column());
    if (!column.ok()) return column.status();
    time_column_ = *column;
  } else if (auto t = ReadTime(map_.submitted_at().constant(), map_.submitted_at().format());
             !t.ok()) {
    return Bad(absl::StrCat("submitted_at of the map: ", t.status().message()));
  }
  if (map_.has_duration()) {
    absl::StatusOr<std::size_t> column = Column(map_.duration().column());
    if (!column.ok()) return column.status();
    duration_column_ = *column;
  }
  return absl::OkStatus();
}

absl::Status RowMapper::PlanEvidence() {
  if (!map_.evidence().dossier_code_column().empty()) {
    absl::StatusOr<std::size_t> column = Column(map_.evidence().dossier_code_column());
    if (!column.ok()) return column.status();
    dossier_column_ = *column;
  }
  for (const std::string& name : map_.evidence().paper_serial_columns()) {
    absl::StatusOr<std::size_t> column = Column(name);
    if (!column.ok()) return column.status();
    serial_columns_.push_back(*column);
  }
  return absl::OkStatus();
}

absl::StatusOr<RowMapper::AnswerPlan> RowMapper::PlanAnswer(const AnswerSource& source) {
  AnswerPlan plan;
  plan.source = source;
  const auto& questions = questionnaire_.questions();
  const auto question = std::find_if(questions.begin(), questions.end(), [&](const auto& q) {
    return q.question_id() == source.question_id();
  });
  const std::string name = absl::StrCat("question \"", source.question_id(), "\" of the map");
  if (question == questions.end()) {
    return Bad(absl::StrCat(name, " is not in questionnaire ", questionnaire_.questionnaire_id(),
                            " version ", questionnaire_.version()));
  }
  plan.question = *question;
  plan.separator = source.separator().empty() ? ";" : source.separator();
  if (source.has_column()) {
    absl::StatusOr<std::size_t> column = Column(source.column());
    if (!column.ok()) return column.status();
    plan.column = *column;
  } else if (!source.has_constant()) {
    return Bad(absl::StrCat(name, " must have a column or a constant"));
  }
  if (!source.text_column().empty()) {
    absl::StatusOr<std::size_t> column = Column(source.text_column());
    if (!column.ok()) return column.status();
    plan.text_column = *column;
  }
  const auto options = static_cast<uint32_t>(question->options_size());
  for (const auto& [cell, choice] : source.choices()) {
    if (choice < 1 || choice > options) {
      return Bad(absl::StrCat(name, ": choice ", choice, " is not in 1..", options));
    }
    plan.choices[Clean(cell)] = choice;
  }
  if (plan.choices.empty()) {
    // A text that two options share names neither.
    absl::flat_hash_map<std::string, int> uses;
    const auto add = [&](const std::string& text, uint32_t choice) {
      const std::string clean = Clean(text);
      if (clean.empty()) return;
      const auto [place, fresh] = plan.choices.emplace(clean, choice);
      if (!fresh && place->second != choice) ++uses[clean];
    };
    for (uint32_t choice = 1; choice <= options; ++choice) {
      const v1::LocalizedText& text = question->options(static_cast<int>(choice) - 1).text();
      add(text.vi(), choice);
      add(text.en(), choice);
    }
    for (const auto& [text, count] : uses) plan.choices.erase(text);
    // Numbers win over an option that happens to be called by another number.
    for (uint32_t choice = 1; choice <= options; ++choice) {
      plan.choices[absl::StrCat(choice)] = choice;
    }
  }
  for (const std::string& value : source.not_applicable_values()) {
    plan.not_applicable.insert(Clean(value));
  }
  if (!plan.not_applicable.empty() && !question->allows_not_applicable()) {
    return Bad(absl::StrCat(name, " does not allow \"not applicable\""));
  }
  return plan;
}

absl::Status RowMapper::PlanIdentity() {
  // Sorted and each once: the identity of a row does not depend on how the map is written.
  const auto by_name = [&](std::size_t a, std::size_t b) { return header_[a] < header_[b]; };
  std::sort(mapped_columns_.begin(), mapped_columns_.end(), by_name);
  mapped_columns_.erase(std::unique(mapped_columns_.begin(), mapped_columns_.end()),
                        mapped_columns_.end());
  const std::vector<std::size_t> mapped = mapped_columns_;
  for (const std::string& name : map_.key_columns()) {
    absl::StatusOr<std::size_t> column = Column(name);
    if (!column.ok()) return column.status();
    key_columns_.push_back(*column);
  }
  std::sort(key_columns_.begin(), key_columns_.end(), by_name);
  key_columns_.erase(std::unique(key_columns_.begin(), key_columns_.end()), key_columns_.end());
  mapped_columns_ = mapped;
  return absl::OkStatus();
}

absl::StatusOr<v1::Response> RowMapper::Map(const CsvRow& row) {
  absl::StatusOr<Cells> cells = Normalise(row);
  if (!cells.ok()) return cells.status();

  v1::Response response;
  response.set_round_id(round_id_);
  response.set_questionnaire_version(questionnaire_.version());
  response.set_form_id(map_.form_id());
  absl::StatusOr<std::string> unit = Text(unit_, *cells);
  if (!unit.ok()) return unit.status();
  if (unit->empty()) return Bad("unit: the cell is empty");
  response.set_unit_id(*unit);
  if (receiving_unit_) {
    absl::StatusOr<std::string> receiving = Text(*receiving_unit_, *cells);
    if (!receiving.ok()) return receiving.status();
    response.set_receiving_unit_id(*receiving);
  }
  if (absl::Status status = MapTime(*cells, response); !status.ok()) return status;
  if (absl::Status status = MapDuration(*cells, response); !status.ok()) return status;
  MapEvidence(*cells, response);
  for (const AnswerPlan& plan : answers_) {
    if (absl::Status status = MapAnswer(plan, *cells, response); !status.ok()) return status;
  }
  // Last, so that only rows that are sent are counted off.
  absl::StatusOr<std::string> id = MapIdentity(*cells);
  if (!id.ok()) return id.status();
  response.set_response_id(*id);
  return response;
}

absl::StatusOr<RowMapper::Cells> RowMapper::Normalise(const CsvRow& row) const {
  if (!row.fault.empty()) return Bad(row.fault);
  if (row.cells.size() != header_.size()) {
    return Bad(
        absl::StrCat("the row has ", row.cells.size(), " cells, the header ", header_.size()));
  }
  Cells cells(row.cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!base::IsUtf8(row.cells[i])) {
      return Bad(absl::StrCat("cell ", i + 1, " (", header_[i], ") is not UTF-8"));
    }
    cells[i] = Clean(row.cells[i]);
    if (empty_values_.contains(cells[i])) cells[i].clear();
  }
  return cells;
}

absl::StatusOr<std::string> RowMapper::Text(const TextPlan& plan, const Cells& cells) const {
  std::string value = plan.column ? cells[*plan.column] : plan.constant;
  if (value.empty()) return value;
  if (!plan.values.empty()) {
    const auto found = plan.values.find(value);
    if (found == plan.values.end()) {
      return Bad(absl::StrCat(plan.name, ": ", Quoted(value), " is not in the values of the map"));
    }
    value = found->second;
  }
  return absl::StrCat(plan.prefix, value);
}

absl::Status RowMapper::MapTime(const Cells& cells, v1::Response& response) const {
  const Time& source = map_.submitted_at();
  const absl::StatusOr<absl::Time> time =
      ReadTime(time_column_ ? cells[*time_column_] : source.constant(), source.format());
  if (!time.ok()) return Bad(absl::StrCat("submitted_at: ", time.status().message()));
  const absl::Duration since = *time - absl::UnixEpoch();
  response.mutable_submitted_at()->set_seconds(absl::ToInt64Seconds(since));
  response.mutable_submitted_at()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Microseconds(since - absl::Floor(since, absl::Seconds(1))) * 1000));
  return absl::OkStatus();
}

absl::Status RowMapper::MapDuration(const Cells& cells, v1::Response& response) const {
  if (!duration_column_ || cells[*duration_column_].empty()) return absl::OkStatus();
  const std::string& cell = cells[*duration_column_];
  double unit_ms = 1000;
  if (map_.duration().unit() == Duration::UNIT_MILLISECONDS) unit_ms = 1;
  if (map_.duration().unit() == Duration::UNIT_MINUTES) unit_ms = 60000;
  double number = 0;
  const double max = std::numeric_limits<uint32_t>::max();
  if (!absl::SimpleAtod(cell, &number) || !(number >= 0) || !(number * unit_ms <= max)) {
    return Bad(absl::StrCat("duration: ", Quoted(cell), " is not a number of 0 or more"));
  }
  response.set_duration_ms(static_cast<uint32_t>(std::floor(number * unit_ms)));
  return absl::OkStatus();
}

void RowMapper::MapEvidence(const Cells& cells, v1::Response& response) const {
  if (dossier_column_ && !cells[*dossier_column_].empty()) {
    response.mutable_evidence()->set_dossier_code(cells[*dossier_column_]);
    return;
  }
  if (serial_columns_.empty()) return;
  std::vector<std::string> parts;
  for (const std::size_t column : serial_columns_) {
    if (cells[column].empty()) return;
    parts.push_back(cells[column]);
  }
  response.mutable_evidence()->set_paper_serial(
      absl::StrCat(map_.evidence().paper_serial_prefix(), absl::StrJoin(parts, "-")));
}

absl::StatusOr<uint32_t> RowMapper::Choice(const AnswerPlan& plan, const std::string& cell) const {
  const auto found = plan.choices.find(cell);
  if (found != plan.choices.end()) return found->second;
  return Bad(absl::StrCat(
      plan.question.question_id(), ": ", Quoted(cell), " is not a choice, ",
      plan.source.choices().empty()
          ? absl::StrCat("1..", plan.question.options_size(), " or the text of an option")
          : std::string("the map lists those allowed")));
}

absl::Status RowMapper::MapAnswer(const AnswerPlan& plan, const Cells& cells,
                                  v1::Response& response) const {
  const std::string cell = plan.column ? cells[*plan.column] : Clean(plan.source.constant());
  if (cell.empty()) return absl::OkStatus();
  v1::Answer answer;
  answer.set_question_id(plan.question.question_id());
  if (plan.not_applicable.contains(cell)) {
    answer.set_not_applicable(true);
  } else if (plan.question.kind() == v1::QUESTION_KIND_TEXT) {
    answer.set_text(cell);
  } else if (plan.question.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE) {
    std::vector<uint32_t> choices;
    for (const absl::string_view part : absl::StrSplit(cell, plan.separator)) {
      const std::string_view text(part.data(), part.size());
      absl::StatusOr<uint32_t> choice = Choice(plan, Clean(text));
      if (!choice.ok()) return choice.status();
      choices.push_back(*choice);
    }
    std::sort(choices.begin(), choices.end());
    if (std::adjacent_find(choices.begin(), choices.end()) != choices.end()) {
      return Bad(
          absl::StrCat(plan.question.question_id(), ": ", Quoted(cell), " has a choice twice"));
    }
    answer.mutable_choices()->mutable_choices()->Add(choices.begin(), choices.end());
  } else {
    absl::StatusOr<uint32_t> choice = Choice(plan, cell);
    if (!choice.ok()) return choice.status();
    answer.set_choice(*choice);
  }
  if (plan.text_column) answer.set_text(cells[*plan.text_column]);
  *response.add_answers() = std::move(answer);
  return absl::OkStatus();
}

absl::StatusOr<std::string> RowMapper::MapIdentity(const Cells& cells) {
  const bool keyed = !key_columns_.empty();
  std::vector<std::string> identity = {keyed ? "key" : "row"};
  bool any = false;
  for (const std::size_t column : keyed ? key_columns_ : mapped_columns_) {
    identity.push_back(header_[column]);
    identity.push_back(cells[column]);
    any = any || !cells[column].empty();
  }
  if (keyed) {
    if (!any) return Bad("all key columns of the row are empty");
    return DeriveResponseId(round_id_, identity).ToString();
  }
  // A row from a file of rejects may have become equal to another one by mending; its line keeps it
  // apart.
  if (line_column_ && !cells[*line_column_].empty()) {
    identity.push_back(absl::StrCat("line ", cells[*line_column_]));
  }
  const base::Uuid first = DeriveResponseId(round_id_, identity);
  const uint64_t before = occurrences_[first]++;
  if (before == 0) return first.ToString();
  identity.push_back(absl::StrCat("occurrence ", before + 1));
  return DeriveResponseId(round_id_, identity).ToString();
}

}  // namespace hailong::cli
