#include "analysis/tabulate/tabulate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/estimate/contrast.h"
#include "analysis/estimate/quantile.h"
#include "analysis/estimate/statistic.h"
#include "analysis/replicate/estimates.h"
#include "analysis/tabulate/replicated.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::tabulate {
namespace {

using base::Cat;
using estimate::DomainEstimate;
using estimate::IntervalKind;

// A standard error of replicates below this part of the estimate is what rounding leaves of answers
// that are all equal.
constexpr double kRounding = 1e-13;

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(), Cat(name, ": ", status.message()));
}

// Where a share's interval makes no sense.
IntervalKind PlainInterval(IntervalKind asked) {
  return asked == IntervalKind::kNormal ? asked : IntervalKind::kT;
}

IntervalKind IntervalFor(QuestionKind question, IntervalKind asked) {
  if (question == QuestionKind::kShare) return asked;
  if (question == QuestionKind::kQuantile) return IntervalKind::kT;
  return PlainInterval(asked);
}

estimate::StatisticKind StatisticOf(QuestionKind kind) {
  switch (kind) {
    case QuestionKind::kTotal:
      return estimate::StatisticKind::kTotal;
    case QuestionKind::kShare:
      return estimate::StatisticKind::kProportion;
    case QuestionKind::kRatio:
      return estimate::StatisticKind::kRatio;
    case QuestionKind::kMean:
    case QuestionKind::kQuantile:
      break;
  }
  HAILONG_CHECK(kind == QuestionKind::kMean);
  return estimate::StatisticKind::kMean;
}

bool IsFinite(const std::optional<double>& number) {
  return !number.has_value() || std::isfinite(*number);
}

// Leaves nothing but n.
Cell Empty(const Cell& cell, Gap gap) {
  Cell empty;
  empty.n = cell.n;
  empty.gap = gap;
  return empty;
}

Cell Checked(const Cell& cell) {
  const bool finite = IsFinite(cell.value) && IsFinite(cell.standard_error) && IsFinite(cell.low) &&
                      IsFinite(cell.high) && IsFinite(cell.design_effect) &&
                      IsFinite(cell.design_effect_without_replacement);
  return finite ? cell : Empty(cell, Gap::kTooLarge);
}

Cell WithInterval(Cell cell, const std::optional<estimate::Interval>& interval) {
  if (interval.has_value()) {
    cell.low = interval->low;
    cell.high = interval->high;
  } else {
    cell.gap = Gap::kNoFreedom;
  }
  return Checked(cell);
}

Cell CellOf(const DomainEstimate& estimate, IntervalKind kind, double confidence) {
  Cell cell;
  cell.n = estimate.n;
  if (!estimate.defined) {
    return Empty(cell, estimate.n == 0 ? Gap::kNoData : Gap::kNoDenominator);
  }
  cell.value = estimate.value;
  cell.degrees_of_freedom = estimate.degrees_of_freedom;
  if (!estimate.standard_error.has_value()) {
    if (!std::isfinite(estimate.value)) return Empty(cell, Gap::kTooLarge);
    cell.gap = Gap::kOneUnit;
    return cell;
  }
  // Before the interval, which takes finite numbers.
  cell.standard_error = estimate.standard_error;
  cell.design_effect = estimate.design_effect;
  cell.design_effect_without_replacement = estimate.design_effect_without_replacement;
  cell = Checked(cell);
  if (cell.gap != Gap::kNone) return cell;
  return WithInterval(cell, estimate::IntervalOf(kind, estimate, confidence));
}

// Of replicates of figures of this size.
double ErrorOf(double variance, double size) {
  const double error = std::sqrt(std::max(0.0, variance));
  return error <= kRounding * size ? 0 : error;
}

// The estimate with the error that replicates show.
DomainEstimate WithVariance(DomainEstimate estimate, double variance) {
  const double before = *estimate.standard_error;
  const double error = ErrorOf(variance, std::abs(estimate.value));
  estimate.standard_error = error;
  for (std::optional<double>* effect :
       {&estimate.design_effect, &estimate.design_effect_without_replacement}) {
    if (!effect->has_value()) continue;
    // The design effect is variance / that of simple random sampling; keeps the latter.
    if (before > 0) {
      **effect *= (error / before) * (error / before);
    } else {
      effect->reset();
    }
  }
  return estimate;
}

Cell CellOf(const estimate::Quantile& quantile) {
  Cell cell;
  cell.n = quantile.n;
  if (!quantile.defined) {
    return Empty(cell, quantile.n == 0 ? Gap::kNoData : Gap::kNoDenominator);
  }
  cell.value = quantile.value;
  cell.standard_error = quantile.standard_error;
  cell.low = quantile.low;
  cell.high = quantile.high;
  cell.degrees_of_freedom = quantile.degrees_of_freedom;
  if (!quantile.standard_error.has_value()) {
    cell.gap = quantile.n == 1                    ? Gap::kOneUnit
               : quantile.degrees_of_freedom >= 1 ? Gap::kBeyondAnswers
                                                  : Gap::kNoFreedom;
  }
  return Checked(cell);
}

size_t CountMissing(std::span<const double> y, std::span<const double> x,
                    const std::vector<double>& weights) {
  size_t missing = 0;
  for (size_t r = 0; r < y.size(); ++r) {
    const bool answered = !std::isnan(y[r]) && (x.empty() || !std::isnan(x[r]));
    missing += !answered && weights[r] != 0 ? 1 : 0;
  }
  return missing;
}

// What all questions are asked of.
struct Scene {
  const Plan& plan;
  const estimate::Sample& sample;
  const estimate::Domains& domains;
  std::optional<size_t> against;
};

absl::StatusOr<Answer> AnswerQuantile(const Scene& scene, const Question& question) {
  const double probabilities[] = {question.probability};
  ASSIGN_OR_RETURN(const auto quantiles,
                   estimate::Quantiles(scene.sample, question.y, scene.domains, probabilities,
                                       scene.plan.confidence, scene.plan.threads));
  Answer answer;
  answer.missing = CountMissing(question.y, {}, scene.sample.weights);
  for (const auto& of_domain : quantiles) answer.cells.push_back(CellOf(of_domain.front()));
  return answer;
}

// Domain d less the one of the plan, whose cells are these two.
absl::StatusOr<Cell> DifferenceOf(const Scene& scene, const estimate::Estimates& estimates,
                                  size_t number, const Replicated* replicated, size_t d,
                                  const Cell& own, const Cell& other) {
  Cell cell;
  cell.n = own.n + other.n;
  const Gap gap = own.gap != Gap::kNone ? own.gap : other.gap;
  if (!own.value.has_value() || !other.value.has_value()) return Empty(cell, gap);
  const size_t against = *scene.against;
  ASSIGN_OR_RETURN(estimate::Contrast contrast,
                   estimate::Difference(scene.sample, {&estimates, d}, {&estimates, against}));
  cell.value = contrast.value;
  cell.degrees_of_freedom = contrast.degrees_of_freedom;
  if (!own.standard_error.has_value() || !other.standard_error.has_value()) {
    cell.gap = gap;
    return Checked(cell);
  }
  if (replicated != nullptr) {
    const auto variance = replicated->estimates.VarianceOfDifference(
        replicated->At(number, d), replicated->At(number, against));
    if (!variance.has_value()) {
      cell.gap = Gap::kFewReplicates;
      return Checked(cell);
    }
    const double size = std::max(std::abs(*own.value), std::abs(*other.value));
    contrast.standard_error = ErrorOf(*variance, size);
  }
  cell.standard_error = contrast.standard_error;
  cell = Checked(cell);
  if (cell.gap != Gap::kNone) return cell;
  return WithInterval(cell, estimate::IntervalOf(PlainInterval(scene.plan.interval), contrast,
                                                 scene.plan.confidence));
}

// Estimates by domain; of replicates with their error.
absl::StatusOr<Answer> AnswerStatistic(const Scene& scene, const Question& question, size_t number,
                                       const Replicated* replicated) {
  std::vector<double> indicator;
  estimate::Statistic statistic{
      .kind = StatisticOf(question.kind), .y = question.y, .x = question.x};
  if (question.kind == QuestionKind::kShare) {
    indicator = IndicatorOf(question);
    statistic.y = indicator;
  }
  ASSIGN_OR_RETURN(
      const estimate::Estimates estimates,
      estimate::Estimates::Compute(scene.sample, statistic, scene.domains, scene.plan.threads));
  Answer answer;
  answer.interval = IntervalFor(question.kind, scene.plan.interval);
  answer.missing = CountMissing(statistic.y, statistic.x, scene.sample.weights);
  for (size_t d = 0; d < scene.domains.size(); ++d) {
    DomainEstimate estimate = estimates.by_domain()[d];
    Gap gap = Gap::kNone;
    if (replicated != nullptr && estimate.defined && estimate.standard_error.has_value()) {
      const auto variance = replicated->estimates.Variance(replicated->At(number, d));
      if (variance.has_value()) {
        estimate = WithVariance(estimate, *variance);
      } else {
        estimate.standard_error.reset();
        gap = Gap::kFewReplicates;
      }
    }
    Cell cell = CellOf(estimate, answer.interval, scene.plan.confidence);
    if (gap != Gap::kNone && cell.gap == Gap::kOneUnit) cell.gap = gap;
    answer.cells.push_back(cell);
  }
  for (size_t d = 0; scene.against.has_value() && d < scene.domains.size(); ++d) {
    ASSIGN_OR_RETURN(const Cell cell, DifferenceOf(scene, estimates, number, replicated, d,
                                                   answer.cells[d], answer.cells[*scene.against]));
    answer.differences.push_back(cell);
  }
  return answer;
}

absl::Status CheckQuestions(const Plan& plan, std::span<const Question> questions) {
  for (const Question& question : questions) {
    if (question.kind != QuestionKind::kQuantile) continue;
    if (plan.replicates.has_value()) {
      return absl::InvalidArgumentError(
          Cat(question.name,
              ": quantiles have no errors from replicates here; leave the replicates out (the "
              "interval is then Woodruff's) or the quantile"));
    }
    if (plan.against.has_value()) {
      return absl::InvalidArgumentError(Cat(
          question.name, ": quantiles of two domains are not compared; leave one of the two out"));
    }
  }
  return absl::OkStatus();
}

std::optional<size_t> FindDomain(const estimate::Domains& domains,
                                 const std::optional<std::vector<uint32_t>>& levels) {
  for (size_t d = 0; levels.has_value() && d < domains.size(); ++d) {
    if (domains.levels(d) == *levels) return d;
  }
  HAILONG_CHECK(!levels.has_value());
  return std::nullopt;
}

double Sum(const std::vector<double>& weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return sum;
}

void Describe(const estimate::Sample& sample, Table& table) {
  const design::Design& design = sample.design;
  table.strata = design.stratum_count();
  table.sampling_units = design.stratum_of_unit().size();
  table.fractions_known =
      std::ranges::any_of(design.sampling_fractions(), [](double f) { return f > 0; });
  table.design_weight = Sum(design.weights());
  table.final_weight = Sum(sample.weights);
  size_t inside = 0;
  for (size_t d = 0; d < table.domains.size(); ++d) {
    for (const uint32_t row : table.domains.rows(d)) inside += sample.weights[row] != 0 ? 1 : 0;
  }
  table.rows_without_weight = static_cast<size_t>(std::ranges::count(sample.weights, 0.0));
  table.rows_outside = sample.weights.size() - table.rows_without_weight - inside;
}

}  // namespace

absl::StatusOr<Table> Tabulate(Plan plan, std::span<const Question> questions,
                               const Progress& progress) {
  HAILONG_CHECK(plan.threads >= 1 && plan.confidence > 0 && plan.confidence < 1);
  RETURN_IF_ERROR(CheckQuestions(plan, questions));
  const size_t rows = plan.sampling.rows;
  ASSIGN_OR_RETURN(design::Design design, design::Design::Create(std::move(plan.sampling)));
  std::optional<replicate::Replicates> replicates;
  if (plan.replicates.has_value()) {
    ASSIGN_OR_RETURN(replicates, replicate::Replicates::Create(replicate::FirstStageOf(design),
                                                               *plan.replicates));
  }
  ASSIGN_OR_RETURN(const weighting::Adjustment adjustment,
                   weighting::Adjustment::Create(rows, std::move(plan.steps)));
  ASSIGN_OR_RETURN(weighting::Weighted weighted, adjustment.Apply(design.weights()));
  ASSIGN_OR_RETURN(estimate::Domains domains, estimate::Domains::Cross(rows, plan.by));

  Table table{.answers = {},
              .domains = std::move(domains),
              .against = std::nullopt,
              .steps = weighted.reports(),
              .notes = {}};
  table.against = FindDomain(table.domains, plan.against);
  const estimate::Sample sample =
      estimate::Adjusted(std::move(design), std::move(weighted), plan.lonely);
  Describe(sample, table);
  std::optional<Replicated> replicated;
  if (replicates.has_value()) {
    ASSIGN_OR_RETURN(replicated, Replicate(*replicates, &adjustment, questions, table.domains,
                                           plan.threads, progress));
    table.replicates = replicates->count();
    table.notes = replicates->notes();
    std::string discarded = replicated->estimates.DiscardNote();
    if (!discarded.empty()) table.notes.push_back(std::move(discarded));
  }
  const Scene scene = {plan, sample, table.domains, table.against};
  for (size_t q = 0; q < questions.size(); ++q) {
    const Question& question = questions[q];
    auto answer = question.kind == QuestionKind::kQuantile
                      ? AnswerQuantile(scene, question)
                      : AnswerStatistic(scene, question, q, replicated ? &*replicated : nullptr);
    if (!answer.ok()) return Named(question.name, answer.status());
    table.answers.push_back(*std::move(answer));
    if (progress && !replicates.has_value()) progress(q + 1, questions.size());
  }
  return table;
}

}  // namespace hailong::tabulate
