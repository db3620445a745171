#include "analysis/weighting/cell_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analysis/design/factor.h"

namespace hailong::weighting {
namespace {

constexpr size_t kNamesMax = 5;
// Part of a weight that is rounding.
constexpr double kRounding = 1e-12;

// "25747, 25750 and 3 more".
std::string Listed(const std::vector<std::string>& names) {
  const size_t named = std::min(names.size(), kNamesMax);
  std::string text =
      absl::StrJoin(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", ");
  if (named < names.size()) absl::StrAppend(&text, " and ", names.size() - named, " more");
  return text;
}

absl::Status CannotBeDone(const CellStepReport& report, size_t step, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("weighting step ", step + 1, " (", report.step, ") cannot be done: ", why,
                   "; a weighting mode in the request leaves the steps of the plan out"));
}

// Sizes that the weights of cells have to add up to.
struct Known {
  // Question, or kUnits.
  static constexpr size_t kUnits = SIZE_MAX;
  size_t question = kUnits;
  bool by_unit = false;
  Margin margin;
};

double Kish(const CellTable& table, const std::vector<double>& weights) {
  double n = 0;
  double sum = 0;
  double squares = 0;
  for (size_t c = 0; c < weights.size(); ++c) {
    const double responses = static_cast<double>(table.responses[c]);
    n += responses;
    sum += responses * weights[c];
    squares += responses * weights[c] * weights[c];
  }
  return sum > 0 ? n * squares / (sum * sum) : 1;
}

}  // namespace

// One run of the steps.
class CellWeigher {
 public:
  CellWeigher(const CellTable& table, std::span<const double> unit_weight)
      : table_(table), unit_total_(unit_weight.size(), 0) {
    for (size_t c = 0; c < table.unit.size(); ++c) {
      const uint32_t u = table.unit[c];
      result_.weights_.push_back(unit_weight[u]);
      unit_total_[u] += unit_weight[u] * Responses(c);
    }
    unit_weights_ = result_.weights_;
  }

  absl::StatusOr<CellWeights> Run(std::span<const CellStep> steps) {
    if (table_.unit.empty()) return std::move(result_);
    for (size_t i = 0; i < steps.size(); ++i) {
      const std::vector<double> before = result_.weights_;
      CellStepReport report;
      const absl::Status done =
          std::visit([&](const auto& step) { return Do(step, i, report); }, steps[i]);
      if (!done.ok()) return done;
      report.kish_before = Kish(table_, before);
      report.kish_after = Kish(table_, result_.weights_);
      report.factor_min = std::numeric_limits<double>::infinity();
      report.factor_max = 0;
      for (size_t c = 0; c < before.size(); ++c) {
        const double factor = result_.weights_[c] / before[c];
        report.factor_min = std::min(report.factor_min, factor);
        report.factor_max = std::max(report.factor_max, factor);
      }
      FindMarginError(report);
      result_.reports_.push_back(std::move(report));
    }
    for (size_t q = 0; q < table_.questions.size(); ++q) ReportMargin(q);
    return std::move(result_);
  }

 private:
  double Responses(size_t cell) const { return static_cast<double>(table_.responses[cell]); }
  // The weight of all responses of a cell.
  double Total(size_t cell) const { return result_.weights_[cell] * Responses(cell); }

  // What is known of a question in a unit: parts of 1 by option. Empty: nothing.
  std::vector<double> Shares(size_t question, size_t unit) const {
    const std::vector<uint64_t>& sizes = table_.questions[question].population[unit];
    double sum = 0;
    for (const uint64_t size : sizes) sum += static_cast<double>(size);
    std::vector<double> shares;
    if (sum == 0) return shares;
    for (const uint64_t size : sizes) shares.push_back(static_cast<double>(size) / sum);
    return shares;
  }

  absl::Status CheckKnown(size_t question, size_t step, const CellStepReport& report) const {
    std::vector<std::string> unknown;
    for (size_t u = 0; u < unit_total_.size(); ++u) {
      if (unit_total_[u] > 0 && Shares(question, u).empty()) unknown.push_back(table_.unit_ids[u]);
    }
    if (unknown.empty()) return absl::OkStatus();
    return CannotBeDone(report, step,
                        absl::StrCat("the sizes of the options of question ", Name(question),
                                     " are not known in units with responses: ", Listed(unknown),
                                     "; import them with the population of the round"));
  }

  const std::string& Name(size_t question) const { return table_.questions[question].question_id; }

  // By option 1..options of a question: sum_u D_u N_uo / N_u.
  std::vector<double> WholeTargets(size_t question) const {
    std::vector<double> targets(table_.questions[question].options, 0);
    for (size_t u = 0; u < unit_total_.size(); ++u) {
      if (unit_total_[u] == 0) continue;
      const std::vector<double> shares = Shares(question, u);
      for (size_t o = 0; o < shares.size(); ++o) targets[o] += unit_total_[u] * shares[o];
    }
    return targets;
  }

  absl::Status Do(const CellPostStratification& step, size_t number, CellStepReport& report) {
    report.step = "post-stratification";
    report.questions = {step.question};
    absl::Status known = CheckKnown(step.question, number, report);
    if (!known.ok()) return known;
    const MarginQuestion& question = table_.questions[step.question];
    const size_t levels = question.options + 1;
    // By unit and level; level 0 is not stated.
    std::vector<double> totals(unit_total_.size() * levels, 0);
    std::vector<double> units(unit_total_.size(), 0);
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      totals[table_.unit[c] * levels + question.level[c]] += Total(c);
      units[table_.unit[c]] += Total(c);
    }
    Known target{.question = step.question, .by_unit = true, .margin = {}};
    target.margin.factor.name = question.question_id;
    std::vector<uint32_t> code(totals.size(), design::Factor::kMissing);
    std::vector<std::string> silent;
    std::vector<std::string> missing;
    std::vector<std::string> surplus;
    const auto add = [&](size_t u, size_t level, double size) {
      code[u * levels + level] = static_cast<uint32_t>(target.margin.population.size());
      target.margin.factor.levels.push_back(
          level == 0 ? absl::StrCat("not stated in unit ", table_.unit_ids[u])
                     : absl::StrCat(level, " in unit ", table_.unit_ids[u]));
      target.margin.population.push_back(size);
    };
    for (size_t u = 0; u < units.size(); ++u) {
      if (units[u] == 0) continue;
      const double not_stated = totals[u * levels];
      if (not_stated == units[u]) silent.push_back(table_.unit_ids[u]);
      if (not_stated > 0) add(u, 0, unit_total_[u] * (not_stated / units[u]));
      if (not_stated == units[u]) continue;
      const std::vector<double> shares = Shares(step.question, u);
      for (size_t level = 1; level < levels; ++level) {
        const bool sampled = totals[u * levels + level] > 0;
        const bool exists = shares[level - 1] > 0;
        if (exists && !sampled) {
          missing.push_back(absl::StrCat("option ", level, " in unit ", table_.unit_ids[u]));
        } else if (sampled && !exists) {
          surplus.push_back(absl::StrCat("option ", level, " in unit ", table_.unit_ids[u]));
        } else if (sampled) {
          add(u, level, unit_total_[u] * (1 - not_stated / units[u]) * shares[level - 1]);
        }
      }
    }
    absl::Status levels_fit = CheckLevels(step.question, missing, surplus, number, report,
                                          "; rake instead, which needs each option only once in "
                                          "the whole round");
    if (!levels_fit.ok()) return levels_fit;
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      target.margin.factor.codes.push_back(code[table_.unit[c] * levels + question.level[c]]);
    }
    if (!silent.empty()) {
      report.notes.push_back({absl::StrCat("Không phiếu nào trả lời câu ", question.question_id,
                                           ", nên giữ nguyên quyền số: ", Listed(silent)),
                              absl::StrCat("Nobody answered question ", question.question_id,
                                           ", so the weights stay: ", Listed(silent))});
    }
    NoteNotStated(step.question, report);
    PostStratification post{.cells = target.margin, .partial = false};
    std::vector<Known> all;
    all.push_back(std::move(target));
    return Calibrate(std::move(post), std::move(all), number, report);
  }

  absl::Status Do(const CellRaking& step, size_t number, CellStepReport& report) {
    report.step = "raking";
    report.questions = step.questions;
    std::vector<Known> all;
    Known& units = all.emplace_back();
    units.margin.factor.name = "unit";
    std::vector<uint32_t> code(unit_total_.size(), design::Factor::kMissing);
    double whole = 0;
    for (size_t u = 0; u < unit_total_.size(); ++u) {
      if (unit_total_[u] == 0) continue;
      code[u] = static_cast<uint32_t>(units.margin.population.size());
      units.margin.factor.levels.push_back(table_.unit_ids[u]);
      units.margin.population.push_back(unit_total_[u]);
      whole += unit_total_[u];
    }
    for (const uint32_t u : table_.unit) units.margin.factor.codes.push_back(code[u]);
    for (const size_t q : step.questions) {
      absl::Status known = CheckKnown(q, number, report);
      if (known.ok()) known = AddQuestion(q, whole, number, report, all);
      if (!known.ok()) return known;
      NoteNotStated(q, report);
    }
    Raking raking;
    for (const Known& margin : all) raking.margins.push_back(margin.margin);
    return Calibrate(std::move(raking), std::move(all), number, report);
  }

  // The margin of a question over the whole round.
  absl::Status AddQuestion(size_t q, double whole, size_t number, const CellStepReport& report,
                           std::vector<Known>& all) const {
    const MarginQuestion& question = table_.questions[q];
    std::vector<double> sampled(question.options + 1, 0);
    double sum = 0;
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      sampled[question.level[c]] += Total(c);
      sum += Total(c);
    }
    if (sampled[0] == sum) {
      return CannotBeDone(report, number,
                          absl::StrCat("nobody answered question ", question.question_id));
    }
    const std::vector<double> wanted = WholeTargets(q);
    double wanted_sum = 0;
    for (const double size : wanted) wanted_sum += size;
    Known& target = all.emplace_back();
    target.question = q;
    target.margin.factor.name = question.question_id;
    std::vector<uint32_t> code(question.options + 1, design::Factor::kMissing);
    std::vector<std::string> missing;
    std::vector<std::string> surplus;
    for (uint32_t level = 0; level <= question.options; ++level) {
      const double stated = 1 - sampled[0] / sum;
      const double size = level == 0 ? whole * (sampled[0] / sum)
                                     : whole * stated * (wanted[level - 1] / wanted_sum);
      if (size > 0 && sampled[level] == 0) missing.push_back(absl::StrCat("option ", level));
      if (size == 0 && sampled[level] > 0) surplus.push_back(absl::StrCat("option ", level));
      if (size == 0 || sampled[level] == 0) continue;
      code[level] = static_cast<uint32_t>(target.margin.population.size());
      target.margin.factor.levels.push_back(level == 0 ? "not stated" : absl::StrCat(level));
      target.margin.population.push_back(size);
    }
    for (const uint32_t level : question.level) target.margin.factor.codes.push_back(code[level]);
    return CheckLevels(q, missing, surplus, number, report, "");
  }

  absl::Status CheckLevels(size_t question, const std::vector<std::string>& missing,
                           const std::vector<std::string>& surplus, size_t step,
                           const CellStepReport& report, const char* remedy) const {
    if (!missing.empty()) {
      return CannotBeDone(
          report, step,
          absl::StrCat("question ", Name(question),
                       " has a population without a response: ", Listed(missing), remedy));
    }
    if (!surplus.empty()) {
      return CannotBeDone(
          report, step,
          absl::StrCat("question ", Name(question), " has responses where the population is 0: ",
                       Listed(surplus), "; mend the imported sizes"));
    }
    return absl::OkStatus();
  }

  void NoteNotStated(size_t question, CellStepReport& report) const {
    uint64_t count = 0;
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      if (table_.questions[question].level[c] == 0) count += table_.responses[c];
    }
    if (count == 0) return;
    report.notes.push_back(
        {absl::StrCat(count, " phiếu không trả lời câu ", Name(question),
                      ": giữ phần quyền số như trước bước này, phần còn lại theo tổng thể"),
         absl::StrCat(count, " responses did not state ", Name(question),
                      ": they keep their part of the weight, the rest follows the population")});
  }

  absl::Status Calibrate(Step step, std::vector<Known> known, size_t number,
                         CellStepReport& report) {
    std::vector<double> totals;
    for (size_t c = 0; c < table_.unit.size(); ++c) totals.push_back(Total(c));
    std::vector<Step> steps;
    steps.push_back(std::move(step));
    absl::StatusOr<Adjustment> adjustment = Adjustment::Create(totals.size(), std::move(steps));
    if (!adjustment.ok()) {
      return CannotBeDone(report, number, std::string(adjustment.status().message()));
    }
    absl::StatusOr<Weighted> weighted = adjustment->Apply(totals);
    if (!weighted.ok()) {
      return CannotBeDone(report, number, std::string(weighted.status().message()));
    }
    for (size_t c = 0; c < totals.size(); ++c) {
      result_.weights_[c] *= weighted->weights()[c] / totals[c];
    }
    for (const StepReport& one : weighted->reports()) report.iterations += one.iterations;
    result_.calibrated_.push_back({*std::move(weighted), result_.weights_});
    // A size that is used again has its newest value.
    for (Known& one : known) {
      std::erase_if(known_, [&](const Known& old) {
        return old.question == one.question && old.by_unit == one.by_unit;
      });
      known_.push_back(std::move(one));
    }
    return absl::OkStatus();
  }

  absl::Status Do(const CellTrimming& step, size_t number, CellStepReport& report) {
    report.step = "trimming";
    double n = 0;
    double sum = 0;
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      n += Responses(c);
      sum += Total(c);
    }
    const double mean = sum / n;
    const double low = step.lower > 0 ? step.lower * mean : 0;
    const double high =
        step.upper > 0 ? step.upper * mean : std::numeric_limits<double>::infinity();
    std::vector<double>& weights = result_.weights_;
    std::vector<uint8_t> cut(weights.size(), 0);
    uint64_t cut_responses = 0;
    for (;;) {
      double excess = 0;
      bool beyond = false;
      for (size_t c = 0; c < weights.size(); ++c) {
        const double bound = std::clamp(weights[c], low, high);
        if (cut[c] || std::abs(weights[c] - bound) <= kRounding * bound) continue;
        excess += Responses(c) * (weights[c] - bound);
        weights[c] = bound;
        cut[c] = 1;
        cut_responses += table_.responses[c];
        beyond = true;
      }
      if (!beyond) break;
      double rest = 0;
      for (size_t c = 0; c < weights.size(); ++c) rest += cut[c] ? 0 : Responses(c);
      if (rest == 0) {
        return CannotBeDone(report, number,
                            absl::StrCat("no weights lie within ", step.lower, " and ", step.upper,
                                         " of the mean weight; allow a wider range"));
      }
      for (size_t c = 0; c < weights.size(); ++c) {
        if (!cut[c]) weights[c] += excess / rest;
      }
    }
    report.notes.push_back({absl::StrCat(cut_responses, " phiếu bị cắt quyền số"),
                            absl::StrCat("the weights of ", cut_responses, " responses were cut")});
    return absl::OkStatus();
  }

  void FindMarginError(CellStepReport& report) const {
    for (const Known& known : known_) {
      const design::Factor& factor = known.margin.factor;
      std::vector<double> sums(known.margin.population.size(), 0);
      for (size_t c = 0; c < factor.codes.size(); ++c) sums[factor.codes[c]] += Total(c);
      for (size_t level = 0; level < sums.size(); ++level) {
        const double size = known.margin.population[level];
        const double error = std::abs(sums[level] - size) / size;
        if (error <= report.margin_error_max) continue;
        report.margin_error_max = error;
        report.margin_error_at = known.question == Known::kUnits
                                     ? absl::StrCat("unit ", factor.levels[level])
                                     : absl::StrCat(factor.name, ": ", factor.levels[level]);
      }
    }
  }

  void ReportMargin(size_t q) {
    const MarginQuestion& question = table_.questions[q];
    std::vector<MarginShare> shares(question.options + 1);
    uint64_t n = 0;
    double unit_weights = 0;
    double weights = 0;
    for (size_t c = 0; c < table_.unit.size(); ++c) {
      MarginShare& share = shares[question.level[c]];
      share.responses += table_.responses[c];
      share.unit_weighted += unit_weights_[c] * Responses(c);
      share.weighted += Total(c);
      n += table_.responses[c];
      unit_weights += unit_weights_[c] * Responses(c);
      weights += Total(c);
    }
    const std::vector<double> wanted = WholeTargets(q);
    double wanted_sum = 0;
    for (const double size : wanted) wanted_sum += size;
    std::vector<MarginShare>& report = result_.margins_.emplace_back();
    for (uint32_t level = 0; level < shares.size(); ++level) {
      MarginShare& share = shares[level];
      if (level == 0 && share.responses == 0) continue;
      share.option = level;
      if (n > 0) {
        share.sample = 100 * (static_cast<double>(share.responses) / static_cast<double>(n));
        share.unit_weighted = 100 * (share.unit_weighted / unit_weights);
        share.weighted = 100 * (share.weighted / weights);
      }
      if (level > 0 && wanted_sum > 0) share.population = 100 * (wanted[level - 1] / wanted_sum);
      report.push_back(share);
    }
  }

  const CellTable& table_;
  // D by unit; 0: no cell.
  std::vector<double> unit_total_;
  std::vector<double> unit_weights_;
  std::vector<Known> known_;
  CellWeights result_;
};

void CellWeights::Residualise(std::span<double> z_means) const {
  for (const Calibrated& step : calibrated_) {
    for (size_t c = 0; c < z_means.size(); ++c) z_means[c] *= weights_[c] / step.after[c];
    step.weighted.Residualise(z_means);
    for (size_t c = 0; c < z_means.size(); ++c) z_means[c] *= step.after[c] / weights_[c];
  }
}

absl::StatusOr<CellWeights> WeightCells(const CellTable& table, std::span<const double> unit_weight,
                                        std::span<const CellStep> steps) {
  return CellWeigher(table, unit_weight).Run(steps);
}

}  // namespace hailong::weighting
