#include "analysis/cli/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kTitleWidthMax = 62;

std::string Flag(bool value) { return value ? "true" : "false"; }

std::string OptionalExact(bool has, double value) { return has ? Exact(value) : ""; }

// How deep a component lies below the top, to indent its title.
template <typename Components>
std::map<std::string, std::size_t> Depths(const Components& components) {
  std::map<std::string, std::size_t> depths;
  for (const auto& component : components) {
    const auto parent = depths.find(component.parent_id());
    depths[component.component_id()] = parent == depths.end() ? 0 : parent->second + 1;
  }
  return depths;
}

template <typename Components>
std::set<std::string> Parents(const Components& components) {
  std::set<std::string> parents;
  for (const auto& component : components) parents.insert(component.parent_id());
  return parents;
}

// `confidence`: 0.95 if it is 0.
std::vector<Column> EstimateColumns(double confidence, Language language) {
  const std::string level = absl::StrCat(100 * (confidence > 0 ? confidence : 0.95), "%");
  return {{"value", ""},
          {"", Pick(language, "Chỉ số (%)", "Index (%)"), true},
          {"standard_error", ""},
          {"", Pick(language, absl::StrCat("KTC ", level), absl::StrCat(level, " CI")), true},
          {"ci_low", ""},
          {"ci_high", ""},
          {"n", Pick(language, "Số phiếu", "n"), true},
          {"n_effective", Pick(language, "n hiệu dụng", "n eff."), true},
          {"design_effect", Pick(language, "Deff", "Deff"), true},
          {"suppressed", ""}};
}

std::vector<Cell> EstimateCells(const v1::Estimate& e, Language language) {
  const auto number = [&](bool has, double value, int digits) {
    return Cell(has ? Decimal(value, digits, language) : "", OptionalExact(has, value));
  };
  return {Cell(OptionalExact(e.defined(), e.value())),
          Cell(ValueWithError(e, language)),
          Cell(OptionalExact(e.has_standard_error(), e.standard_error())),
          Cell(Interval(e, language)),
          Cell(OptionalExact(e.has_ci_low(), e.ci_low())),
          Cell(OptionalExact(e.has_ci_high(), e.ci_high())),
          e.suppressed() ? Cell(Hidden(language), "") : Cell(std::to_string(e.n())),
          number(e.has_n_effective(), e.n_effective(), 0),
          number(e.has_design_effect(), e.design_effect(), 2),
          Cell(Flag(e.suppressed()))};
}

std::string Count(bool suppressed, uint64_t count, Language language) {
  return suppressed ? Hidden(language) : std::to_string(count);
}

template <typename T>
void Append(std::vector<T> more, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// The columns of numbers in CSV that tables do not show must not be taken for text.
std::vector<Column> NumbersInCsv(std::vector<Column> columns) {
  for (Column& column : columns) {
    if (column.title.empty()) column.number = true;
  }
  return columns;
}

}  // namespace

Grid IndexGrid(const v1::IndexResult& result, bool items, Language language) {
  int steps = 0;
  for (const auto& component : result.components()) {
    steps = std::max(steps, component.shares_size());
  }
  std::vector<Column> columns = {
      {"component_id", Pick(language, "Mã", "Id")},
      {"parent_id", ""},
      {"kind", ""},
      {"title", Pick(language, "Nội dung", "Component"), false, kTitleWidthMax}};
  Append(NumbersInCsv(EstimateColumns(result.confidence(), language)), columns);
  if (items) {
    columns.push_back({"mean_score", Pick(language, "Điểm TB", "Mean"), true});
    for (int step = 1; step <= steps; ++step) {
      columns.push_back({absl::StrCat("share_", step), absl::StrCat("% ", step), true});
      columns.push_back({absl::StrCat("count_", step), "", true});
    }
  }
  columns.push_back({"synthetic", ""});
  Grid grid(columns);

  std::vector<Cell> total = {Cell(""), Cell(""), Cell("overall"),
                             Cell(Pick(language, "TỔNG", "OVERALL"), "overall")};
  Append(EstimateCells(result.overall(), language), total);
  total.resize(columns.size(), Cell(""));
  total.back() = Cell(Flag(result.synthetic()));
  grid.AddRow(std::move(total));

  const auto depths = Depths(result.components());
  const auto parents = Parents(result.components());
  for (const v1::ComponentScore& component : result.components()) {
    const bool leaf = parents.count(component.component_id()) == 0;
    if (leaf && !items) continue;
    const std::string title = Pick(language, component.title());
    const std::string indent(2 * depths.at(component.component_id()), ' ');
    std::vector<Cell> row = {component.component_id(), component.parent_id(), component.kind(),
                             Cell(indent + title, title)};
    Append(EstimateCells(component.index(), language), row);
    if (items) {
      const bool mean = component.has_mean_score() && component.mean_score().defined();
      row.push_back(Cell(mean ? Decimal(component.mean_score().value(), 2, language) : "",
                         OptionalExact(mean, component.mean_score().value())));
      for (int step = 0; step < steps; ++step) {
        const bool share = step < component.shares_size();
        row.push_back(share ? NumberCell(component.shares(step), 1, language) : Cell(""));
        const bool count = step < component.counts_size();
        row.push_back(Cell(count ? std::to_string(component.counts(step)) : ""));
      }
    }
    row.push_back(Cell(Flag(result.synthetic())));
    grid.AddRow(std::move(row));
  }
  return grid;
}

std::string IndexHeading(const v1::GetSipasResponse& response, Language language) {
  const v1::IndexResult& result = response.result();
  std::string text = absl::StrCat(
      Pick(language, "Đợt ", "Round "), result.round_id(), " (", Shown(response.state(), language),
      ")", Pick(language, ", đơn vị ", ", unit "), result.unit_id(), "\n",
      Pick(language, "Khung ", "Framework "), result.framework_id(), " ",
      result.framework_version(), Pick(language, ", cách tính ", ", scoring "),
      EnumWord(result.scoring()), ", ", EnumWord(result.composition()),
      Pick(language, ", quyền số ", ", weighting "), EnumWord(result.weighting().mode()), "\n");
  if (response.has_seal()) {
    absl::StrAppend(
        &text,
        response.matches_seal()
            ? Pick(language, "Đúng từng byte với kết quả đã niêm phong ",
                   "Byte for byte the sealed result ")
            : Pick(language,
                   "Khác kết quả đã niêm phong (phạm vi hay cách tính khác, hoặc dữ liệu bị sửa) ",
                   "Not the sealed result (another scope or way of scoring, or altered data) "),
        response.seal().digest(), "\n",
        Pick(language, "Đến sau niêm phong, đã lưu, không tính: ",
             "Came after the seal, stored, not counted: "),
        response.late_after_seal(), "\n");
  }
  return text;
}

std::vector<std::string> IndexNotes(const v1::IndexResult& result, Language language) {
  std::vector<std::string> notes;
  const v1::RoundCounts& counts = result.counts();
  if (result.has_counts()) {
    notes.push_back(absl::StrCat(
        Pick(language, "Phiếu: đã lưu ", "Responses: stored "), counts.stored(),
        Pick(language, ", được tính ", ", counted "), counts.counted(),
        Pick(language, ", bị phiếu khác thay ", ", superseded "), counts.superseded(),
        Pick(language, ", đến muộn ", ", late "), counts.late(),
        Pick(language, ", có cờ ", ", flagged "), counts.flagged(),
        result.without_flagged() ? Pick(language, " (đã loại khỏi kết quả)", " (left out here)")
                                 : std::string()));
  }
  const v1::WeightingReport& weighting = result.weighting();
  // Of a hidden subtree it is not said what it covers.
  const bool hidden = result.has_disclosure() && !result.has_counts();
  if (weighting.population_total() > 0 && !hidden) {
    notes.push_back(absl::StrCat(Pick(language, "Đại diện cho ", "Stands for "),
                                 weighting.population_covered(), Pick(language, " trên ", " of "),
                                 weighting.population_total(),
                                 Pick(language, " hồ sơ", " dossiers")));
  }
  for (const v1::UnitWeight& unit : weighting.issues()) {
    notes.push_back(absl::StrCat("  ", unit.unit_id(), " ", unit.name(), ": ",
                                 Shown(unit.issue(), language), " (N = ", unit.population(),
                                 ", n = ", Count(unit.suppressed(), unit.responses(), language),
                                 ")"));
  }
  for (const v1::GroupScore& group : result.groups()) {
    notes.push_back(absl::StrCat(
        Pick(language, "Nhóm ", "Group "), group.group(), " ", Pick(language, group.title()), ": ",
        ValueWithError(group.index(), language), " ", Interval(group.index(), language),
        ", n = ", Count(group.index().suppressed(), group.index().n(), language)));
  }
  const std::string coverage = Pick(language, result.coverage_note());
  if (!coverage.empty()) notes.push_back(coverage);
  notes.push_back(DisclosureNote(result.has_disclosure(), result.disclosure(), language));
  Append(TrustNotes(result.synthetic(), result.unverified(), language), notes);
  return notes;
}

Grid DomainsGrid(const v1::IndexResult& result, Language language) {
  std::vector<Column> columns;
  const int dimensions = result.domains().empty() ? 0 : result.domains(0).levels_size();
  for (int i = 0; i < dimensions; ++i) {
    const std::string& by = result.domains(0).levels(i).by();
    std::string title = by;
    if (by == "unit") title = Pick(language, "Đơn vị", "Unit");
    if (by == "level") title = Pick(language, "Cấp", "Level");
    columns.push_back({by, title, false, kTitleWidthMax});
    columns.push_back({absl::StrCat(by, "_title"), ""});
  }
  columns.push_back({"component_id", ""});
  Append(NumbersInCsv(EstimateColumns(result.confidence(), language)), columns);
  columns.push_back({"synthetic", ""});
  Grid grid(columns);
  for (const v1::DomainScore& domain : result.domains()) {
    const auto add = [&](const std::string& component_id, const v1::Estimate& estimate) {
      std::vector<Cell> row;
      for (const v1::DomainLevel& level : domain.levels()) {
        const std::string title = Pick(language, level.title());
        row.push_back(Cell(title.empty() ? level.key() : title, level.key()));
        row.push_back(title);
      }
      row.push_back(component_id);
      Append(EstimateCells(estimate, language), row);
      row.push_back(Flag(result.synthetic()));
      grid.AddRow(std::move(row));
    };
    add("", domain.overall());
    for (const v1::ComponentScore& component : domain.components()) {
      add(component.component_id(), component.index());
    }
  }
  return grid;
}

Grid UnitsGrid(const std::vector<v1::UnitScore>& units, bool synthetic, double confidence,
               Language language) {
  std::vector<Column> columns = {{"rank", Pick(language, "Hạng", "Rank"), true},
                                 {"unit_id", Pick(language, "Mã", "Code")},
                                 {"name", Pick(language, "Đơn vị", "Unit"), false, 50},
                                 {"level", Pick(language, "Cấp", "Level")},
                                 {"parent_unit_id", ""},
                                 {"population", Pick(language, "Số hồ sơ", "Population"), true},
                                 {"responses", "", true}};
  Append(NumbersInCsv(EstimateColumns(confidence, language)), columns);
  columns.push_back({"weight", Pick(language, "Quyền số", "Weight"), true});
  columns.push_back({"issue", Pick(language, "Ghi chú", "Note")});
  columns.push_back({"synthetic", ""});
  Grid grid(columns);

  std::vector<double> scores;
  for (const v1::UnitScore& unit : units) {
    if (unit.overall().defined()) scores.push_back(unit.overall().value());
  }
  std::sort(scores.begin(), scores.end(), std::greater<>());
  for (const v1::UnitScore& unit : units) {
    std::string rank;
    if (unit.overall().defined()) {
      const auto above =
          std::lower_bound(scores.begin(), scores.end(), unit.overall().value(), std::greater<>());
      rank = std::to_string(above - scores.begin() + 1);
    }
    std::vector<Cell> row = {rank,
                             unit.unit_id(),
                             unit.name(),
                             unit.level(),
                             unit.parent_unit_id(),
                             unit.population() > 0 ? std::to_string(unit.population()) : "",
                             unit.suppressed() ? "" : std::to_string(unit.responses())};
    Append(EstimateCells(unit.overall(), language), row);
    row.push_back(unit.suppressed() ? Cell(Hidden(language), "")
                                    : NumberCell(unit.weight(), 2, language));
    row.push_back(Cell(Shown(unit.issue(), language), EnumWord(unit.issue())));
    row.push_back(Cell(Flag(synthetic)));
    grid.AddRow(std::move(row));
  }
  return grid;
}

Grid PointsGrid(const v1::GetParSurveyPointsResponse& response, Language language) {
  Grid grid({{"component_id", Pick(language, "Mã", "Id")},
             {"parent_id", ""},
             {"kind", ""},
             {"title", Pick(language, "Nội dung", "Component"), false, kTitleWidthMax},
             {"max_points", Pick(language, "Điểm tối đa", "Max. points"), true},
             {"max_points_grade", ""},
             {"", Pick(language, "Điểm", "Points"), true},
             {"points", "", true},
             {"standard_error", "", true},
             {"index", Pick(language, "Đạt (%)", "Reached (%)"), true},
             {"n", Pick(language, "Số phiếu", "n"), true},
             {"suppressed", ""},
             {"synthetic", ""}});
  const auto none = [&](bool suppressed) {
    return suppressed ? Hidden(language) : std::string("–");
  };
  const auto points = [&](double value, bool has_error, double error) {
    std::string text = Decimal(value, 2, language);
    if (has_error) absl::StrAppend(&text, " ± ", Decimal(error, 2, language));
    return text;
  };
  const auto depths = Depths(response.components());
  for (const v1::PointScore& component : response.components()) {
    const std::string title = Pick(language, component.title());
    const std::string indent(2 * depths.at(component.component_id()), ' ');
    const v1::Grade grade = component.max_points_provenance().grade();
    const bool doubtful = grade == v1::GRADE_UNVERIFIED || grade == v1::GRADE_UNSPECIFIED;
    const bool has = component.has_standard_error();
    const v1::Estimate& index = component.index();
    grid.AddRow(
        {component.component_id(), component.parent_id(), component.kind(),
         Cell(indent + title, title),
         // A star for what the notes below say is not verified.
         Cell(Decimal(component.max_points(), 2, language) + (doubtful ? "*" : " "),
              Exact(component.max_points())),
         EnumWord(grade),
         index.defined() ? points(component.points(), has, component.standard_error())
                         : none(index.suppressed()),
         OptionalExact(!index.suppressed(), component.points()),
         OptionalExact(has, component.standard_error()),
         Cell(index.defined() ? Decimal(index.value(), 2, language) : none(index.suppressed()),
              OptionalExact(index.defined(), index.value())),
         index.suppressed() ? Cell(Hidden(language), "") : Cell(std::to_string(index.n())),
         Flag(index.suppressed()), Flag(response.synthetic())});
  }
  grid.AddRow(
      {"", "", "total", Cell(Pick(language, "TỔNG", "TOTAL"), "total"),
       Cell(Decimal(response.max_points(), 2, language) + " ", Exact(response.max_points())), "",
       response.suppressed()
           ? Hidden(language)
           : points(response.points(), response.has_standard_error(), response.standard_error()),
       OptionalExact(!response.suppressed(), response.points()),
       OptionalExact(response.has_standard_error(), response.standard_error()), "", "",
       Flag(response.suppressed()), Flag(response.synthetic())});
  return grid;
}

std::vector<std::string> PointsNotes(const v1::GetParSurveyPointsResponse& response,
                                     Language language) {
  std::vector<std::string> notes;
  if (response.incomplete()) {
    notes.push_back(Pick(language,
                         "CHƯA ĐỦ: có tiêu chí chưa có phiếu; tổng điểm là mức tối thiểu.",
                         "INCOMPLETE: some criterion has no answers; the total is a lower bound."));
  }
  for (const v1::IndexResult* result : {&response.officials(), &response.citizens()}) {
    if (result->round_id().empty()) continue;
    notes.push_back(absl::StrCat(
        Pick(language, "Đợt ", "Round "), result->round_id(), ": ",
        ValueWithError(result->overall(), language), "%, ", Interval(result->overall(), language),
        ", n = ", Count(result->overall().suppressed(), result->overall().n(), language)));
    notes.push_back(DisclosureNote(result->has_disclosure(), result->disclosure(), language));
  }
  const bool starred = std::any_of(
      response.components().begin(), response.components().end(), [](const v1::PointScore& c) {
        return c.max_points_provenance().grade() == v1::GRADE_UNVERIFIED ||
               c.max_points_provenance().grade() == v1::GRADE_UNSPECIFIED;
      });
  if (starred) {
    notes.push_back(
        Pick(language, "* điểm tối đa chưa được kiểm chứng", "* maximum that is not verified"));
  }
  Append(TrustNotes(response.synthetic(), response.unverified(), language), notes);
  return notes;
}

std::string DisclosureNote(bool has_rule, const v1::Disclosure& disclosure, Language language) {
  if (has_rule) return Pick(language, disclosure.note());
  return Pick(language,
              "Đợt không có quy tắc bảo vệ: ô nhỏ không bị ẩn, có thể để lộ câu trả lời của từng "
              "người.",
              "The round has no disclosure rule: small cells are not hidden and may tell what "
              "single people answered.");
}

void KeepEachFactOnce(google::protobuf::RepeatedPtrField<v1::Provenance>& facts) {
  google::protobuf::RepeatedPtrField<v1::Provenance> kept;
  for (const v1::Provenance& fact : facts) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const v1::Provenance& have) {
      return have.SerializeAsString() == fact.SerializeAsString();
    });
    if (!known) *kept.Add() = fact;
  }
  facts = kept;
}

std::vector<std::string> TrustNotes(
    bool synthetic, const google::protobuf::RepeatedPtrField<v1::Provenance>& unverified,
    Language language) {
  std::vector<std::string> notes;
  if (synthetic) {
    notes.push_back(Pick(language,
                         "DỮ LIỆU GIẢ LẬP: không phải ý kiến của người dân (synthetic data).",
                         "SYNTHETIC DATA: not the opinion of any citizen."));
  }
  if (!unverified.empty()) {
    notes.push_back(Pick(language, "Kết quả dựa trên các điểm chưa được kiểm chứng:",
                         "The result rests on what is not verified:"));
  }
  for (const v1::Provenance& fact : unverified) {
    const std::string& first = fact.note().empty() ? fact.source() : fact.note();
    notes.push_back(absl::StrCat("  - ", first,
                                 fact.note().empty() || fact.source().empty()
                                     ? std::string()
                                     : absl::StrCat(" (", fact.source(), ")")));
  }
  return notes;
}

}  // namespace hailong::cli
