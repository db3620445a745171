#include "analysis/tabulate/replicated.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "analysis/replicate/ratios.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::tabulate {
namespace {

using replicate::CodedItem;
using replicate::NumericItem;
using replicate::RatioRequest;

constexpr size_t kCodesMax = 256;

// The mean of answers of which few differ: a byte a row. Nothing: they are too many.
std::optional<CodedItem> CodeMean(std::span<const double> y) {
  // Code 0 is no answer.
  CodedItem item{.codes = {}, .numerator = {0}, .denominator = {0}};
  item.codes.reserve(y.size());
  absl::flat_hash_map<double, uint8_t> codes;
  for (const double answer : y) {
    if (std::isnan(answer)) {
      item.codes.push_back(0);
      continue;
    }
    const auto [found, fresh] =
        codes.try_emplace(answer, static_cast<uint8_t>(item.numerator.size()));
    if (fresh) {
      if (item.numerator.size() == kCodesMax) return std::nullopt;
      item.numerator.push_back(answer);
      item.denominator.push_back(1);
    }
    item.codes.push_back(found->second);
  }
  return item;
}

NumericItem NumberItem(const Question& question) {
  NumericItem item;
  const bool total = question.kind == QuestionKind::kTotal;
  const bool ratio = question.kind == QuestionKind::kRatio;
  item.numerator.reserve(question.y.size());
  for (size_t r = 0; r < question.y.size(); ++r) {
    const double y = question.y[r];
    const double x = ratio ? question.x[r] : 1;
    const bool answered = !std::isnan(y) && !std::isnan(x);
    item.numerator.push_back(answered ? y : 0);
    if (!total) item.denominator.push_back(answered ? x : 0);
  }
  return item;
}

// Where each row is.
void FillDomains(const estimate::Domains& domains, RatioRequest& request) {
  request.domain_count = domains.size();
  request.domains.assign(domains.row_count(), RatioRequest::kNowhere);
  for (size_t d = 0; d < domains.size(); ++d) {
    for (const uint32_t row : domains.rows(d)) request.domains[row] = static_cast<uint32_t>(d);
  }
}

}  // namespace

std::vector<double> IndicatorOf(const Question& share) {
  HAILONG_CHECK(share.kind == QuestionKind::kShare && share.factor != nullptr);
  std::vector<double> of_level(share.factor->levels.size(), 0);
  for (const uint32_t level : share.levels) of_level[level] = 1;
  std::vector<double> indicator;
  indicator.reserve(share.factor->codes.size());
  for (const uint32_t code : share.factor->codes) {
    indicator.push_back(code == design::Factor::kMissing ? std::numeric_limits<double>::quiet_NaN()
                                                         : of_level[code]);
  }
  return indicator;
}

absl::StatusOr<Replicated> Replicate(const replicate::Replicates& replicates,
                                     const weighting::Adjustment* adjustment,
                                     std::span<const Question> questions,
                                     const estimate::Domains& domains, int threads,
                                     const Progress& progress) {
  RatioRequest request;
  FillDomains(domains, request);
  // By question: its place among the coded items, or behind them among the numeric ones.
  std::vector<std::pair<bool, size_t>> item_of;
  for (const Question& question : questions) {
    HAILONG_CHECK(question.kind != QuestionKind::kQuantile);
    std::optional<CodedItem> coded;
    if (question.kind == QuestionKind::kShare) coded = CodeMean(IndicatorOf(question));
    if (question.kind == QuestionKind::kMean) coded = CodeMean(question.y);
    if (coded.has_value()) {
      item_of.emplace_back(true, request.coded.size());
      request.coded.push_back(*std::move(coded));
    } else {
      item_of.emplace_back(false, request.numeric.size());
      request.numeric.push_back(NumberItem(question));
    }
  }
  std::mutex mutex;
  uint64_t done = 0;
  const auto count = [&](size_t more) {
    const std::lock_guard lock(mutex);
    done += more;
    if (progress) progress(done, replicates.count());
  };
  ASSIGN_OR_RETURN(
      replicate::ReplicateEstimates estimates,
      EstimateRatios(replicates, adjustment, request, static_cast<size_t>(threads), count));
  Replicated replicated{.estimates = std::move(estimates), .places = {}};
  for (const auto& [coded, item] : item_of) {
    replicated.places.push_back(coded ? item : request.coded.size() + item);
  }
  return replicated;
}

}  // namespace hailong::tabulate
