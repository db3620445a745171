#include "analysis/cli/improve_report.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kTitleWidthMax = 50;
constexpr std::size_t kNameWidthMax = 36;

std::string Flag(bool value) { return value ? "true" : "false"; }
std::string OptionalExact(bool has, double value) { return has ? Exact(value) : ""; }

// The whole, if it is there, and the units.
void ForEach(const v1::ListImprovementsResponse& response,
             const std::function<void(const v1::Improvement&, bool whole)>& use) {
  if (response.has_whole()) use(response.whole(), true);
  for (const v1::Improvement& unit : response.units()) use(unit, false);
}

std::vector<Column> UnitColumns(Language language) {
  return {{"scope", ""},
          {"unit_id", Pick(language, "Mã ĐV", "Unit")},
          {"name", Pick(language, "Đơn vị", "Name"), false, kNameWidthMax}};
}

std::vector<Cell> UnitCells(const v1::Improvement& unit, bool whole, Language language) {
  const std::string name =
      whole ? absl::StrCat(Pick(language, "TOÀN BỘ: ", "ALL: "), unit.name()) : unit.name();
  return {Cell(whole ? "whole" : "unit"), Cell(unit.unit_id()),
          Cell(unit.few_responses() ? name + " *" : name, unit.name())};
}

// A number of an estimate that may not be there.
Cell ValueCell(const v1::Estimate& estimate, Language language) {
  if (estimate.suppressed()) return Cell(Hidden(language), "");
  if (!estimate.defined()) return Cell("–", "");
  return NumberCell(estimate.value(), 2, language);
}
Cell LowCell(const v1::Estimate& e) { return Cell(OptionalExact(e.has_ci_low(), e.ci_low())); }
Cell HighCell(const v1::Estimate& e) { return Cell(OptionalExact(e.has_ci_high(), e.ci_high())); }
Cell ErrorCell(const v1::Estimate& e) {
  return Cell(OptionalExact(e.has_standard_error(), e.standard_error()));
}

template <typename T>
void Append(std::vector<T> more, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string Shown(v1::ChangeIssue issue, Language language) {
  switch (issue) {
    case v1::CHANGE_ISSUE_NO_SUCH_UNIT:
      return Pick(language, "đợt trước không có đơn vị này", "not in the other round");
    case v1::CHANGE_ISSUE_NOT_COMPARABLE:
      return Pick(language, "không so sánh được: câu hỏi hay cách tính khác",
                  "not comparable: other items or scoring");
    case v1::CHANGE_ISSUE_NO_ANSWERS:
      return Pick(language, "một đợt không có câu trả lời", "no answers in one round");
    case v1::CHANGE_ISSUE_NO_ERROR:
      return Pick(language, "không rõ sai số, không kết luận", "error not known, no claim");
    case v1::CHANGE_ISSUE_TAKEN_IN_FULL:
      return Pick(language, "hỏi toàn bộ cả hai đợt: chênh lệch là chính xác",
                  "everybody asked: exact");
    default:
      return "";
  }
}

const v1::Estimate* SortKey(const v1::ExpectationGap& gap) {
  return gap.has_gap() && gap.gap().defined() ? &gap.gap() : nullptr;
}

std::vector<v1::ExpectationGap> ByGap(const v1::Improvement& unit) {
  std::vector<v1::ExpectationGap> gaps(unit.expectations().begin(), unit.expectations().end());
  std::stable_sort(gaps.begin(), gaps.end(), [](const auto& a, const auto& b) {
    const v1::Estimate* const x = SortKey(a);
    const v1::Estimate* const y = SortKey(b);
    if (x == nullptr || y == nullptr) return x != nullptr && y == nullptr;
    return x->value() > y->value();
  });
  return gaps;
}

std::string PText(bool has, double p, Language language) {
  if (!has) return "–";
  if (p < 0.0001) return absl::StrCat("<", Decimal(0.0001, 4, language));
  return Decimal(p, 4, language);
}

}  // namespace

Grid ContributionsGrid(const v1::ListImprovementsResponse& response, uint32_t top,
                       Language language) {
  std::vector<Column> columns = UnitColumns(language);
  Append({{"responses", Pick(language, "Số phiếu", "n"), true},
          {"overall", Pick(language, "Chỉ số (%)", "Index (%)"), true},
          {"distance", Pick(language, "Cách đích", "To target"), true},
          {"rank", Pick(language, "Hạng", "Rank"), true},
          {"component_id", Pick(language, "Mã", "Id")},
          {"title", Pick(language, "Nội dung", "Item"), false, kTitleWidthMax},
          {"index", Pick(language, "Đạt (%)", "Value (%)"), true},
          {"contribution", Pick(language, "Góp vào khoảng cách", "Adds"), true},
          {"", Pick(language, "KTC 95%", "95% CI"), true},
          {"standard_error", "", true},
          {"ci_low", "", true},
          {"ci_high", "", true},
          {"synthetic", ""}},
         columns);
  Grid grid(columns);
  ForEach(response, [&](const v1::Improvement& unit, bool whole) {
    std::vector<const v1::Contribution*> items;
    for (const v1::Contribution& one : unit.contributions()) {
      if (one.rank() > 0 && (top == 0 || one.rank() <= top)) items.push_back(&one);
    }
    std::sort(items.begin(), items.end(),
              [](const auto* a, const auto* b) { return a->rank() < b->rank(); });
    if (unit.suppressed()) {
      std::vector<Cell> row = UnitCells(unit, whole, language);
      Append({Cell(Hidden(language), ""), ValueCell(unit.overall(), language),
              ValueCell(unit.distance(), language)},
             row);
      row.resize(columns.size() - 1, Cell(""));
      row.push_back(Cell(Flag(response.synthetic())));
      grid.AddRow(std::move(row));
    }
    bool first = true;
    for (const v1::Contribution* item : items) {
      const v1::Estimate& adds = item->contribution();
      std::vector<Cell> row = UnitCells(unit, whole, language);
      Append({Cell(std::to_string(unit.responses())), ValueCell(unit.overall(), language),
              ValueCell(unit.distance(), language)},
             row);
      // What is said of the unit is shown once.
      if (!first) {
        for (Cell& cell : row) cell.shown.clear();
      }
      first = false;
      const std::string title = Pick(language, item->title());
      Append({Cell(std::to_string(item->rank())), Cell(item->component_id()), Cell(title),
              ValueCell(item->index(), language), ValueCell(adds, language),
              Cell(Interval(adds, language)), ErrorCell(adds), LowCell(adds), HighCell(adds),
              Cell(Flag(response.synthetic()))},
             row);
      grid.AddRow(std::move(row));
    }
  });
  return grid;
}

Grid ExpectationsGrid(const v1::ListImprovementsResponse& response, bool units, Language language) {
  std::vector<Column> columns = UnitColumns(language);
  Append({{"question_id", Pick(language, "Câu", "Question")},
          {"title", Pick(language, "Mong muốn", "Wanted"), false, kTitleWidthMax},
          {"expectation", Pick(language, "Mong muốn (%)", "Wanted (%)"), true},
          {"component_id", Pick(language, "So với", "Beside")},
          {"satisfaction", Pick(language, "Hài lòng (%)", "Satisfied (%)"), true},
          {"gap", Pick(language, "Chênh (điểm %)", "Gap (points)"), true},
          {"", Pick(language, "KTC 95%", "95% CI"), true},
          {"standard_error", "", true},
          {"ci_low", "", true},
          {"ci_high", "", true},
          {"n", Pick(language, "Số phiếu", "n"), true},
          {"synthetic", ""}},
         columns);
  Grid grid(columns);
  ForEach(response, [&](const v1::Improvement& unit, bool whole) {
    if (!whole && !units) return;
    for (const v1::ExpectationGap& gap : ByGap(unit)) {
      std::vector<Cell> row = UnitCells(unit, whole, language);
      const std::string title = Pick(language, gap.title());
      Append({Cell(gap.question_id()), Cell(title), ValueCell(gap.expectation(), language),
              Cell(gap.component_id().empty() ? "–" : gap.component_id(), gap.component_id()),
              ValueCell(gap.satisfaction(), language), ValueCell(gap.gap(), language),
              Cell(Interval(gap.gap(), language)), ErrorCell(gap.gap()), LowCell(gap.gap()),
              HighCell(gap.gap()), Cell(std::to_string(gap.expectation().n())),
              Cell(Flag(response.synthetic()))},
             row);
      grid.AddRow(std::move(row));
    }
  });
  return grid;
}

Grid ChangesGrid(const v1::ListImprovementsResponse& response, v1::Adjustment adjustment, bool all,
                 Language language) {
  const bool holm = adjustment != v1::ADJUSTMENT_BENJAMINI_HOCHBERG;
  std::vector<Column> columns = UnitColumns(language);
  Append({{"component_id", Pick(language, "Mã", "Id")},
          {"title", Pick(language, "Nội dung", "Component"), false, kTitleWidthMax},
          {"before", Pick(language, "Trước (%)", "Before (%)"), true},
          {"difference", Pick(language, "Thay đổi", "Change"), true},
          {"", Pick(language, "KTC 95%", "95% CI"), true},
          {"standard_error", "", true},
          {"ci_low", "", true},
          {"ci_high", "", true},
          {"degrees_of_freedom", "", true},
          {"p_value", "p", true},
          {"p_holm", holm ? "p (Holm)" : "", true},
          {"p_benjamini_hochberg", holm ? "" : "p (BH)", true},
          {"significant", Pick(language, "Có ý nghĩa", "Significant")},
          {"issue", Pick(language, "Ghi chú", "Note")},
          {"synthetic", ""}},
         columns);
  Grid grid(columns);
  ForEach(response, [&](const v1::Improvement& unit, bool whole) {
    if (!unit.has_change()) return;
    const auto add = [&](const v1::Change& change) {
      if (!whole && !all && !change.significant()) return;
      std::vector<Cell> row = UnitCells(unit, whole, language);
      const bool overall = change.component_id().empty();
      const std::string title = Pick(language, change.title());
      v1::Estimate interval;
      interval.set_defined(change.has_difference());
      if (change.has_ci_low()) interval.set_ci_low(change.ci_low());
      if (change.has_ci_high()) interval.set_ci_high(change.ci_high());
      const auto p = [&](bool has, double value) {
        return Cell(PText(has, value, language), OptionalExact(has, value));
      };
      Append(
          {Cell(change.component_id()),
           Cell(overall ? Pick(language, "CHỈ SỐ CHUNG", "OVERALL") : title,
                overall ? "overall" : title),
           change.has_before() ? ValueCell(change.before(), language) : Cell("–", ""),
           change.has_difference() ? Cell(absl::StrCat(change.difference() > 0 ? "+" : "",
                                                       Decimal(change.difference(), 2, language)),
                                          Exact(change.difference()))
                                   : Cell("–", ""),
           Cell(Interval(interval, language)),
           Cell(OptionalExact(change.has_standard_error(), change.standard_error())),
           Cell(OptionalExact(change.has_ci_low(), change.ci_low())),
           Cell(OptionalExact(change.has_ci_high(), change.ci_high())),
           Cell(OptionalExact(change.has_degrees_of_freedom(), change.degrees_of_freedom())),
           p(change.has_p_value(), change.p_value()), p(change.has_p_holm(), change.p_holm()),
           p(change.has_p_benjamini_hochberg(), change.p_benjamini_hochberg()),
           Cell(change.significant() ? Pick(language, "có", "yes") : "",
                Flag(change.significant())),
           Cell(Shown(change.issue(), language), EnumWord(change.issue())),
           Cell(Flag(response.synthetic()))},
          row);
      grid.AddRow(std::move(row));
    };
    add(unit.change());
    for (const v1::Change& change : unit.component_changes()) add(change);
  });
  return grid;
}

std::vector<std::string> ImprovementNotes(const v1::ListImprovementsResponse& response,
                                          v1::Adjustment adjustment, Language language) {
  std::vector<std::string> notes;
  notes.push_back(
      Pick(language,
           "Góp vào khoảng cách: phần của tiêu chí trong chỉ số × (đích − giá trị); cộng lại đúng "
           "bằng khoảng cách tới đích. Số âm là vượt đích. Không nói gì về nguyên nhân.",
           "Adds: the part of the item in the index x (target - value); they add up to the "
           "distance from the target. Below 0 is beyond the target. Says nothing of causes."));
  bool few = false;
  bool expectations = false;
  bool changes = false;
  std::size_t tested = 0;
  std::size_t significant = 0;
  std::size_t untested = 0;
  ForEach(response, [&](const v1::Improvement& unit, bool) {
    few = few || unit.few_responses();
    expectations = expectations || !unit.expectations().empty();
    changes = changes || unit.has_change();
    if (!unit.has_change()) return;
    const auto count = [&](const v1::Change& change) {
      tested += change.has_p_value() ? 1 : 0;
      untested += change.has_p_value() ? 0 : 1;
      significant += change.significant() ? 1 : 0;
    };
    count(unit.change());
    for (const v1::Change& change : unit.component_changes()) count(change);
  });
  if (few) {
    notes.push_back(Pick(language,
                         "* dưới 30 phiếu: khoảng tin cậy rộng và chỉ gần đúng, thứ hạng các tiêu "
                         "chí có thể là ngẫu nhiên.",
                         "* fewer than 30 responses: intervals are wide and rough, and the order "
                         "of items may be chance."));
  }
  if (expectations) {
    notes.push_back(Pick(language,
                         "Chênh: tỷ lệ mong muốn cải thiện trừ mức hài lòng với nội dung đặt bên "
                         "cạnh, điểm phần trăm.",
                         "Gap: the share who want an improvement less the satisfaction with the "
                         "component beside it, in percentage points."));
  }
  if (changes) {
    const std::string level = Decimal(response.significance_level(), 2, language);
    notes.push_back(absl::StrCat(
        Pick(language, "Thay đổi: kiểm định ", "Changes: tested "), tested,
        Pick(language, ", có ý nghĩa ", ", significant "), significant,
        Pick(language, ", không kiểm định được ", ", not tested "), untested, "; ",
        adjustment == v1::ADJUSTMENT_BENJAMINI_HOCHBERG
            ? Pick(language, "p hiệu chỉnh theo Benjamini-Hochberg dưới ",
                   "p adjusted by Benjamini and Hochberg below ")
            : Pick(language, "p hiệu chỉnh theo Holm dưới ", "p adjusted by Holm below "),
        level, "."));
  }
  return notes;
}

}  // namespace hailong::cli
