// A table of estimates from a sample: design, weighting steps, replicates, statistics and domains
// put together.
//
//   sampling -> design weights -> steps -> final weights -> statistic by domain -> interval
// Standard errors are Taylor's, with what known totals explain taken out, or come from replicates
// of the design weights that each go through all steps again. The standard error of a quantile is
// Woodruff's.
//
// Whatever cannot be known is absent, with the reason (Gap), and never 0 or not a number.
//
// Threads: pure. Results have the same bits for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/design/design.h"
#include "analysis/estimate/domains.h"
#include "analysis/estimate/intervals.h"
#include "analysis/replicate/replicates.h"
#include "analysis/weighting/adjust.h"

namespace hailong::tabulate {

enum class QuestionKind { kMean, kTotal, kShare, kRatio, kQuantile };

// What is to be estimated, of columns that outlive the call.
struct Question {
  QuestionKind kind = QuestionKind::kMean;
  // For messages: "mean api00".
  std::string name;
  // By row, finite; NaN: no answer. Not for a share.
  std::span<const double> y = {};
  // Of a ratio: the denominator, by row.
  std::span<const double> x = {};
  // Of a share: rows with one of `levels`, among those with any level.
  const design::Factor* factor = nullptr;
  std::vector<uint32_t> levels = {};
  // Of a quantile: above 0 and below 1.
  double probability = 0.5;
};

struct Plan {
  design::Sampling sampling;
  design::LonelyPsu lonely = design::LonelyPsu::kFail;
  // In the order given.
  std::vector<weighting::Step> steps;
  // Absent: Taylor.
  std::optional<replicate::Method> replicates;
  // Of shares. The logit and the beta interval are for shares alone: others then have the t
  // interval; quantiles always have.
  estimate::IntervalKind interval = estimate::IntervalKind::kT;
  // Above 0 and below 1.
  double confidence = 0.95;
  // The domains are the combinations of their levels; none: the whole sample.
  std::vector<design::Factor> by;
  // A domain, by its level of each factor of `by`: every other is compared with it.
  std::optional<std::vector<uint32_t>> against;
  // At least 1.
  int threads = 1;
};

// Why something of a cell is absent.
enum class Gap {
  kNone,
  // No row with an answer and a weight: nothing but n is there.
  kNoData,
  // The denominator of a ratio, or the sum of weights, is 0: nothing but n is there.
  kNoDenominator,
  // A sum is beyond the range of numbers: nothing but n is there.
  kTooLarge,
  // All answers come from one sampling unit: no standard error.
  kOneUnit,
  // Fewer than two replicates have an answer: no standard error.
  kFewReplicates,
  // No more units than strata: no t, and so no interval.
  kNoFreedom,
  // The interval of a quantile reaches beyond the answers: an end and the standard error are
  // absent.
  kBeyondAnswers,
};

struct Cell {
  std::optional<double> value;
  // In the unit of the value.
  std::optional<double> standard_error;
  std::optional<double> low;
  std::optional<double> high;
  // Units less strata of the first stage among the rows that answered.
  double degrees_of_freedom = 0;
  // Over simple random sampling with replacement, and without; not of quantiles.
  std::optional<double> design_effect;
  std::optional<double> design_effect_without_replacement;
  // Rows that answered and have a weight.
  uint64_t n = 0;
  Gap gap = Gap::kNone;
};

// All cells of one question.
struct Answer {
  estimate::IntervalKind interval = estimate::IntervalKind::kT;
  // Rows with a final weight and without an answer, in a domain or not.
  size_t missing = 0;
  // By domain.
  std::vector<Cell> cells;
  // By domain: it less Table::against; empty without one. The interval is normal or t, and n counts
  // the rows of both.
  std::vector<Cell> differences;
};

struct Table {
  // In the order of the questions.
  std::vector<Answer> answers;
  estimate::Domains domains;
  // The domain of Plan::against.
  std::optional<size_t> against;
  // Rows with a final weight that are in no domain.
  size_t rows_outside = 0;
  // Of the design.
  size_t strata = 0;
  size_t sampling_units = 0;
  bool fractions_known = false;
  // Sums of weights, before and after the steps.
  double design_weight = 0;
  double final_weight = 0;
  // Rows whose final weight is 0.
  size_t rows_without_weight = 0;
  std::vector<weighting::StepReport> steps;
  // 0: Taylor.
  size_t replicates = 0;
  // What a reader must know of the replicates.
  std::vector<std::string> notes;
};

// Called now and then from one thread at a time, not always the same.
using Progress = std::function<void(uint64_t done, uint64_t total)>;

// Errors: INVALID_ARGUMENT and FAILED_PRECONDITION of Design, Adjustment, Replicates, Domains and
// Estimates, those of a question with its name; quantiles under replicates and their differences,
// which are refused.
absl::StatusOr<Table> Tabulate(Plan plan, std::span<const Question> questions,
                               const Progress& progress);

}  // namespace hailong::tabulate
