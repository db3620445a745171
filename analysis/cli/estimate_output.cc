#include "analysis/cli/estimate_output.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_join.h"
#include "analysis/cli/json_writer.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::cli {
namespace {

using base::Cat;
using estimate::IntervalKind;
using tabulate::Answer;
using tabulate::Gap;
using tabulate::QuestionKind;
using tabulate::Table;

constexpr std::string_view kNone = "–";

// One of two texts that never move.
std::string_view Choose(Language language, std::string_view vi, std::string_view en) {
  return language == Language::kVietnamese ? vi : en;
}

std::string_view KindWord(QuestionKind kind, Language language) {
  switch (kind) {
    case QuestionKind::kMean:
      return Choose(language, "trung bình", "mean");
    case QuestionKind::kTotal:
      return Choose(language, "tổng", "total");
    case QuestionKind::kShare:
      return Choose(language, "tỷ lệ", "proportion");
    case QuestionKind::kRatio:
      return Choose(language, "tỷ số", "ratio");
    case QuestionKind::kQuantile:
      return Choose(language, "phân vị", "quantile");
  }
  HAILONG_CHECK(false);
}

std::string_view IntervalWord(QuestionKind question, IntervalKind kind) {
  if (question == QuestionKind::kQuantile) return "woodruff";
  switch (kind) {
    case IntervalKind::kNormal:
      return "normal";
    case IntervalKind::kT:
      return "t";
    case IntervalKind::kLogit:
      return "logit";
    case IntervalKind::kBeta:
      return "beta";
  }
  HAILONG_CHECK(false);
}

std::string_view LonelyWord(design::LonelyPsu lonely) {
  switch (lonely) {
    case design::LonelyPsu::kFail:
      return "fail";
    case design::LonelyPsu::kRemove:
      return "remove";
    case design::LonelyPsu::kCertainty:
      return "certainty";
    case design::LonelyPsu::kAdjust:
      return "adjust";
    case design::LonelyPsu::kAverage:
      return "average";
  }
  HAILONG_CHECK(false);
}

// Empty: nothing is absent.
std::string_view GapSentence(Gap gap, Language language) {
  switch (gap) {
    case Gap::kNone:
      return "";
    case Gap::kNoData:
      return Choose(language, "không có dữ liệu", "no data");
    case Gap::kNoDenominator:
      return Choose(language, "mẫu số bằng 0", "the denominator is 0");
    case Gap::kTooLarge:
      return Choose(language, "vượt quá phạm vi số", "beyond the range of numbers");
    case Gap::kOneUnit:
      return Choose(language, "chỉ một đơn vị mẫu: không có sai số chuẩn",
                    "one sampling unit: no standard error");
    case Gap::kFewReplicates:
      return Choose(language, "dưới hai bản lặp có dữ liệu: không có sai số chuẩn",
                    "fewer than two replicates with data: no standard error");
    case Gap::kNoFreedom:
      return Choose(language, "không còn bậc tự do: không có khoảng tin cậy",
                    "no degrees of freedom: no interval");
    case Gap::kBeyondAnswers:
      return Choose(language, "khoảng tin cậy vượt quá các câu trả lời",
                    "the interval reaches beyond the answers");
  }
  HAILONG_CHECK(false);
}

// "api00", "stype = E", "api.stu / enroll", "api00 (0.5)".
std::string VariableText(const Asked& asked, Language language) {
  switch (asked.kind) {
    case QuestionKind::kMean:
    case QuestionKind::kTotal:
      return asked.column;
    case QuestionKind::kShare:
      return Cat(asked.column, " = ", absl::StrJoin(asked.levels, " + "));
    case QuestionKind::kRatio:
      return Cat(asked.column, " / ", asked.denominator);
    case QuestionKind::kQuantile: {
      std::string probability = Exact(asked.probability);
      if (language == Language::kVietnamese) std::ranges::replace(probability, '.', ',');
      return Cat(asked.column, " (", probability, ")");
    }
  }
  HAILONG_CHECK(false);
}

std::string_view MethodWord(const EstimateOptions& options) {
  return options.replicates.empty() ? std::string_view("taylor")
                                    : std::string_view(options.replicates);
}

bool IsRandom(const tabulate::Plan& plan) {
  return plan.replicates.has_value() &&
         std::holds_alternative<replicate::Bootstrap>(*plan.replicates);
}

// How many decimals a table shows: three digits of the standard error, or six of the value.
int Digits(const tabulate::Cell& cell) {
  const bool by_error = cell.standard_error.has_value() && *cell.standard_error > 0;
  const double size = by_error ? *cell.standard_error : std::abs(cell.value.value_or(0));
  if (size == 0) return 2;
  const double decimals = (by_error ? 2 : 5) - std::floor(std::log10(size));
  return static_cast<int>(std::clamp(decimals, 0.0, by_error ? 12.0 : 6.0));
}

// For people and for programs; nothing where it is absent.
class NumberCells {
 public:
  NumberCells(const tabulate::Cell& cell, Language language)
      : digits_(Digits(cell)), language_(language) {}

  Cell operator()(const std::optional<double>& number) const { return Of(number, digits_); }
  Cell Of(const std::optional<double>& number, int digits) const {
    if (!number.has_value()) return {std::string(kNone), ""};
    return NumberCell(*number, digits, language_);
  }
  Cell Interval(const tabulate::Cell& cell) const {
    if (!cell.low.has_value() && !cell.high.has_value()) return std::string(kNone);
    return Cat("[", (*this)(cell.low).shown, "; ", (*this)(cell.high).shown, "]");
  }

 private:
  int digits_;
  Language language_;
};

std::vector<std::string> LevelsOf(const Estimation& estimation, const Table& table, size_t domain) {
  std::vector<std::string> names;
  const std::vector<uint32_t> levels = table.domains.levels(domain);
  for (size_t f = 0; f < levels.size(); ++f) {
    names.push_back(estimation.by[f].levels[levels[f]]);
  }
  return names;
}

void WriteDesign(const EstimateOptions& options, const Estimation& estimation, const Table& table,
                 JsonWriter& json) {
  json.Open('{', "design");
  json.Count("rows", estimation.sample->rows);
  json.Count("stages", estimation.stages);
  json.Count("strata", table.strata);
  json.Count("sampling_units", table.sampling_units);
  json.Flag("sampling_fractions_known", table.fractions_known);
  json.Text("lonely", LonelyWord(options.lonely));
  json.Number("design_weight_sum", table.design_weight);
  json.Number("final_weight_sum", table.final_weight);
  json.Count("rows_without_weight", table.rows_without_weight);
  json.Count("rows_in_no_group", table.rows_outside);
  json.Close('{');
}

void WriteSteps(const Table& table, JsonWriter& json) {
  json.Open('[', "weighting");
  for (const weighting::StepReport& step : table.steps) {
    json.Open('{');
    json.Text("step", step.step);
    json.Count("iterations", step.iterations);
    json.Flag("converged", step.converged);
    json.Number("margin_error_max", step.margin_error_max);
    json.Text("margin_error_at", step.margin_error_at);
    json.Number("factor_min", step.factor_min);
    json.Number("factor_max", step.factor_max);
    json.Number("kish_before", step.kish_before);
    json.Number("kish_after", step.kish_after);
    json.Open('[', "notes");
    for (const std::string& note : step.notes) json.Text("", note);
    json.Close('[');
    json.Close('{');
  }
  json.Close('[');
}

// One line of the output.
struct Line {
  size_t question = 0;
  size_t domain = 0;
  // Of the domain less Table::against.
  bool is_difference = false;

  const tabulate::Cell& CellOf(const Table& table) const {
    const Answer& answer = table.answers[question];
    return is_difference ? answer.differences[domain] : answer.cells[domain];
  }
  std::string_view IntervalOf(const Estimation& estimation, const Table& table) const {
    const IntervalKind kind = table.answers[question].interval;
    const bool plain = is_difference && kind != IntervalKind::kNormal;
    return IntervalWord(estimation.asked[question].kind, plain ? IntervalKind::kT : kind);
  }
};

std::vector<Line> LinesOf(const Table& table) {
  std::vector<Line> lines;
  for (size_t q = 0; q < table.answers.size(); ++q) {
    for (size_t d = 0; d < table.domains.size(); ++d) lines.push_back({q, d, false});
    for (size_t d = 0; d < table.answers[q].differences.size(); ++d) {
      if (d != *table.against) lines.push_back({q, d, true});
    }
  }
  return lines;
}

void WriteLevels(const Estimation& estimation, const Table& table, std::string_view key,
                 size_t domain, JsonWriter& json) {
  const std::vector<std::string> levels = LevelsOf(estimation, table, domain);
  json.Open('{', key);
  for (size_t f = 0; f < levels.size(); ++f) json.Text(estimation.by[f].name, levels[f]);
  json.Close('{');
}

void WriteEstimate(const Estimation& estimation, const Table& table, const Line& line,
                   JsonWriter& json) {
  const Asked& asked = estimation.asked[line.question];
  const Answer& answer = table.answers[line.question];
  const tabulate::Cell& cell = line.CellOf(table);
  json.Open('{');
  json.Text("statistic", KindWord(asked.kind, Language::kEnglish));
  json.Text("variable", asked.column);
  if (asked.kind == QuestionKind::kRatio) json.Text("denominator", asked.denominator);
  if (asked.kind == QuestionKind::kQuantile) json.Number("probability", asked.probability);
  if (asked.kind == QuestionKind::kShare) {
    json.Open('[', "levels");
    for (const std::string& level : asked.levels) json.Text("", level);
    json.Close('[');
  }
  if (!estimation.by.empty()) WriteLevels(estimation, table, "by", line.domain, json);
  if (line.is_difference) WriteLevels(estimation, table, "against", *table.against, json);
  const bool known = cell.value.has_value();
  json.Number("estimate", cell.value);
  json.Number("se", cell.standard_error);
  json.Number("ci_low", cell.low);
  json.Number("ci_high", cell.high);
  json.Text("interval", line.IntervalOf(estimation, table));
  known ? json.Number("df", cell.degrees_of_freedom) : json.Null("df");
  json.Number("deff", cell.design_effect);
  json.Number("deff_without_replacement", cell.design_effect_without_replacement);
  json.Count("n", cell.n);
  json.Count("missing", answer.missing);
  cell.gap == Gap::kNone ? json.Null("note")
                         : json.Text("note", GapSentence(cell.gap, Language::kEnglish));
  json.Close('{');
}

// In the order of the columns of EstimatesGrid().
std::vector<Cell> RowOf(const EstimateOptions& options, const Estimation& estimation,
                        const Table& table, const Line& line, Language language) {
  const Asked& asked = estimation.asked[line.question];
  const tabulate::Cell& cell = line.CellOf(table);
  const NumberCells number(cell, language);
  std::vector<Cell> row;
  row.emplace_back(std::string(KindWord(asked.kind, language)),
                   std::string(KindWord(asked.kind, Language::kEnglish)));
  row.emplace_back(VariableText(asked, language), VariableText(asked, Language::kEnglish));
  for (std::string& level : LevelsOf(estimation, table, line.domain)) {
    row.emplace_back(std::move(level));
  }
  if (table.against.has_value()) {
    row.emplace_back(
        line.is_difference ? absl::StrJoin(LevelsOf(estimation, table, *table.against), ", ") : "");
  }
  row.push_back(number(cell.value));
  row.push_back(number(cell.standard_error));
  row.push_back(number.Interval(cell));
  row.push_back(number(cell.low));
  row.push_back(number(cell.high));
  row.emplace_back(std::string(line.IntervalOf(estimation, table)));
  row.push_back(
      number.Of(cell.value.has_value() ? std::optional(cell.degrees_of_freedom) : std::nullopt, 0));
  if (options.deff) {
    row.push_back(number.Of(cell.design_effect, 3));
    row.push_back(number.Of(cell.design_effect_without_replacement, 3));
  }
  row.emplace_back(std::to_string(cell.n));
  row.emplace_back(std::to_string(table.answers[line.question].missing));
  row.emplace_back(std::string(GapSentence(cell.gap, language)),
                   std::string(GapSentence(cell.gap, Language::kEnglish)));
  return row;
}

}  // namespace

void WriteEstimatesJson(const EstimateOptions& options, const Estimation& estimation,
                        const Table& table, std::ostream& out) {
  JsonWriter json(out);
  json.Open('{');
  json.Text("file", options.file);
  WriteDesign(options, estimation, table, json);
  WriteSteps(table, json);
  json.Open('{', "variance");
  json.Text("method", MethodWord(options));
  if (table.replicates > 0) json.Count("replicates", table.replicates);
  if (IsRandom(estimation.plan)) json.Count("seed", options.seed);
  json.Close('{');
  json.Number("confidence", options.confidence);
  json.Open('[', "notes");
  for (const std::string& note : estimation.notes) json.Text("", note);
  for (const std::string& note : table.notes) json.Text("", note);
  json.Close('[');
  json.Open('[', "estimates");
  for (const Line& line : LinesOf(table)) WriteEstimate(estimation, table, line, json);
  json.Close('[');
  json.Close('{');
}

Grid EstimatesGrid(const EstimateOptions& options, const Estimation& estimation, const Table& table,
                   Language language) {
  const auto pick = [&](std::string_view vi, std::string_view en) {
    return Pick(language, vi, en);
  };
  const std::string percent = Exact(std::round(options.confidence * 1e6) / 1e4);
  std::vector<Column> columns = {{"statistic", pick("Thống kê", "Statistic")},
                                 {"variable", pick("Biến", "Variable"), false, 40}};
  for (const design::Factor& factor : estimation.by) {
    columns.push_back({factor.name, factor.name, false, 30});
  }
  if (table.against.has_value())
    columns.push_back({"against", pick("So với", "Against"), false, 30});
  columns.push_back({"estimate", pick("Ước lượng", "Estimate"), true});
  columns.push_back({"se", pick("Sai số chuẩn", "SE"), true});
  columns.push_back({"", Cat(pick("Khoảng tin cậy ", "Interval "), percent, "%"), true});
  columns.push_back({"ci_low", "", true});
  columns.push_back({"ci_high", "", true});
  columns.push_back({"interval", ""});
  columns.push_back({"df", pick("Bậc tự do", "df"), true});
  if (options.deff) {
    columns.push_back({"deff", "deff", true});
    columns.push_back({"deff_without_replacement", "", true});
  }
  columns.push_back({"n", "n", true});
  columns.push_back({"missing", "", true});
  columns.push_back({"note", pick("Ghi chú", "Note")});
  // Without a note in sight its column is for CSV only.
  const std::vector<Line> lines = LinesOf(table);
  const bool any_gap = std::ranges::any_of(
      lines, [&](const Line& line) { return line.CellOf(table).gap != Gap::kNone; });
  if (!any_gap) columns.back().title.clear();

  Grid grid(std::move(columns));
  for (const Line& line : lines) {
    grid.AddRow(RowOf(options, estimation, table, line, language));
  }
  return grid;
}

std::vector<std::string> EstimatesReport(const EstimateOptions& options,
                                         const Estimation& estimation, const Table& table,
                                         Language language) {
  const auto pick = [&](std::string_view vi, std::string_view en) {
    return Pick(language, vi, en);
  };
  const auto number = [&](double value, int digits) { return Decimal(value, digits, language); };
  std::vector<std::string> lines;
  lines.push_back(Cat(
      pick("Mẫu: số dòng ", "Sample: rows "), estimation.sample->rows, pick(", tầng ", ", strata "),
      table.strata, pick(", đơn vị mẫu ", ", sampling units "), table.sampling_units,
      pick(", tổng quyền số ", ", sum of weights "), number(table.final_weight, 2)));
  std::string variance = Cat(pick("Phương sai: ", "Variance: "), MethodWord(options));
  if (IsRandom(estimation.plan)) {
    variance += Cat(", seed ", options.seed);
  } else if (table.replicates > 0) {
    variance += Cat(pick(", số bản lặp ", ", replicates "), table.replicates);
  }
  lines.push_back(variance);
  for (const weighting::StepReport& step : table.steps) {
    std::string line = step.step + ":";
    if (step.iterations > 0) {
      line += Cat(pick(" số vòng ", " iterations "), step.iterations, ",");
    }
    line += Cat(pick(" hệ số ", " factors "), number(step.factor_min, 4), "–",
                number(step.factor_max, 4), ", Kish ", number(step.kish_before, 4), " → ",
                number(step.kish_after, 4));
    if (step.margin_error_max > 1e-9) {
      std::string error = Exact(step.margin_error_max);
      line += Cat(pick(", lệch nhiều nhất ", ", furthest off by "), error, pick(" ở ", " at "),
                  step.margin_error_at);
    }
    lines.push_back(line);
    for (const std::string& note : step.notes) lines.push_back("  " + note);
  }
  for (size_t q = 0; q < table.answers.size(); ++q) {
    const Asked& asked = estimation.asked[q];
    if (table.answers[q].missing == 0) continue;
    const bool ratio = asked.kind == QuestionKind::kRatio;
    std::string line =
        Cat(ratio ? VariableText(asked, language) : asked.column, ": ", table.answers[q].missing,
            pick(" dòng không trả lời", " without an answer"));
    // Several figures of one column lack the same answers.
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }
  if (table.rows_outside > 0) {
    lines.push_back(Cat(table.rows_outside, pick(" dòng không thuộc nhóm nào", " in no group")));
  }
  for (const std::string& note : estimation.notes) lines.push_back(note);
  for (const std::string& note : table.notes) lines.push_back(note);
  return lines;
}

}  // namespace hailong::cli
