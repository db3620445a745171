// What a weighting plan did, for people.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analysis/cli/report.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kTitleWidthMax = 40;

std::string StepName(const std::string& step, Language language) {
  if (step == "post-stratification") return Pick(language, "Phân tầng sau", step);
  if (step == "raking") return Pick(language, "Raking", step);
  if (step == "trimming") return Pick(language, "Cắt quyền số", step);
  return step;
}

}  // namespace

Grid MarginsGrid(const v1::WeightingReport& weighting, Language language) {
  Grid grid({{"question_id", Pick(language, "Câu hỏi", "Question")},
             {"option", "", true},
             {"title", Pick(language, "Lựa chọn", "Option"), false, kTitleWidthMax},
             {"responses", Pick(language, "Số phiếu", "n"), true},
             {"sample_share", Pick(language, "% phiếu", "% of n"), true},
             {"unit_weighted_share", Pick(language, "% trước", "% before"), true},
             {"weighted_share", Pick(language, "% sau", "% after"), true},
             {"population_share", Pick(language, "% tổng thể", "% population"), true},
             {"suppressed", ""}});
  const auto share = [&](const v1::MarginLevel& level, double value) {
    return level.suppressed() ? Cell(Hidden(language), "") : NumberCell(value, 1, language);
  };
  for (const v1::MarginReport& margin : weighting.margins()) {
    for (const v1::MarginLevel& level : margin.levels()) {
      const std::string title = Pick(language, level.title());
      const std::string option = std::to_string(level.option());
      grid.AddRow({margin.question_id(), option, Cell(title.empty() ? option : title, title),
                   level.suppressed() ? Cell(Hidden(language), "")
                                      : Cell(std::to_string(level.responses())),
                   share(level, level.sample_share()), share(level, level.unit_weighted_share()),
                   share(level, level.weighted_share()),
                   level.has_population_share() ? NumberCell(level.population_share(), 1, language)
                                                : Cell(""),
                   level.suppressed() ? "true" : "false"});
    }
  }
  return grid;
}

std::vector<std::string> StepNotes(const v1::WeightingReport& weighting, Language language) {
  std::vector<std::string> notes;
  int number = 0;
  for (const v1::WeightingStepReport& step : weighting.steps()) {
    std::string text = absl::StrCat(Pick(language, "Bước ", "Step "), ++number, ": ",
                                    StepName(step.step(), language));
    if (!step.question_ids().empty()) {
      absl::StrAppend(&text, " (", absl::StrJoin(step.question_ids(), ", "), ")");
    }
    absl::StrAppend(
        &text, Pick(language, ", hệ số ", ", factors "), Decimal(step.factor_min(), 3, language),
        Pick(language, " đến ", " to "), Decimal(step.factor_max(), 3, language), ", Kish ",
        Decimal(step.kish_before(), 3, language), " → ", Decimal(step.kish_after(), 3, language));
    if (step.iterations() > 0) {
      absl::StrAppend(&text, Pick(language, ", số vòng lặp ", ", iterations "), step.iterations());
    }
    // Rounding is not worth a line.
    constexpr double kShownMin = 1e-9;
    if (step.margin_error_max() > kShownMin) {
      absl::StrAppend(&text, Pick(language, ", lệch biên lớn nhất ", ", largest margin error "),
                      Decimal(100 * step.margin_error_max(), 2, language), "% (",
                      step.margin_error_at(), ")");
    }
    notes.push_back(text);
    for (const v1::LocalizedText& note : step.notes()) {
      notes.push_back(absl::StrCat("  ", Pick(language, note)));
    }
  }
  return notes;
}

}  // namespace hailong::cli
