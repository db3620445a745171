#include "analysis/estimate/quantile.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "analysis/estimate/compensated_sum.h"
#include "analysis/estimate/intervals.h"
#include "analysis/estimate/linearised.h"
#include "analysis/parallel/parallel.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::estimate {
namespace {

using base::Cat;

constexpr double kTie = 1e-12;

// The distribution of the answers of one domain.
class Distribution {
 public:
  Distribution(const Sample& sample, std::span<const double> y, std::span<const uint32_t> domain) {
    for (const uint32_t row : domain) {
      if (sample.weights[row] != 0 && !std::isnan(y[row])) rows_.push_back(row);
    }
    std::vector<uint32_t> order = rows_;
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return y[a] < y[b]; });
    CompensatedSum weight;
    for (size_t i = 0; i < order.size(); ++i) {
      weight.Add(sample.weights[order[i]]);
      if (!values_.empty() && values_.back() == y[order[i]]) {
        cumulated_.back() = weight.value();
      } else {
        values_.push_back(y[order[i]]);
        cumulated_.push_back(weight.value());
      }
    }
  }

  const std::vector<uint32_t>& rows() const { return rows_; }
  // No answer, or weights that cancel.
  bool empty() const { return rows_.empty() || !(cumulated_.back() > 0); }
  double weight() const { return cumulated_.back(); }

  // The smallest value with F >= p.
  double Invert(double p) const {
    const double aim = (p - kTie) * weight();
    const auto found = std::find_if(cumulated_.begin(), cumulated_.end(),
                                    [&](double cumulated) { return cumulated >= aim; });
    return found == cumulated_.end() ? values_.back()
                                     : values_[static_cast<size_t>(found - cumulated_.begin())];
  }

  // F at one of the values.
  double At(double value) const {
    const auto found = std::lower_bound(values_.begin(), values_.end(), value);
    return cumulated_[static_cast<size_t>(found - values_.begin())] / weight();
  }

 private:
  std::vector<uint32_t> rows_;
  // Different, ascending, and the weight up to each. Not a search tree: weights may be negative.
  std::vector<double> values_;
  std::vector<double> cumulated_;
};

absl::StatusOr<double> ErrorOfShare(const Sample& sample, std::span<const double> y,
                                    const Distribution& distribution, double value, double share) {
  std::vector<double> z;
  for (const uint32_t row : distribution.rows()) {
    z.push_back(((y[row] <= value ? 1 : 0) - share) / distribution.weight());
  }
  const Linearised linearised = {distribution.rows(), z};
  ASSIGN_OR_RETURN(const std::vector<double> variance,
                   VariancesOf(sample, std::span(&linearised, 1), 1));
  return std::sqrt(variance.front());
}

absl::StatusOr<Quantile> QuantileOf(const Sample& sample, std::span<const double> y,
                                    const Distribution& distribution, double probability,
                                    double confidence) {
  Quantile quantile;
  quantile.n = distribution.rows().size();
  if (distribution.empty()) return quantile;
  quantile.defined = true;
  quantile.value = distribution.Invert(probability);
  quantile.degrees_of_freedom = sample.design.DegreesOfFreedomAmong(distribution.rows());
  if (!sample.design.ShowsVariation(distribution.rows()) || quantile.degrees_of_freedom < 1) {
    return quantile;
  }
  const double share = distribution.At(quantile.value);
  double error = 0;
  // Where F is 1 every answer is at or below the value: no error, without rounding.
  if (share < 1) {
    ASSIGN_OR_RETURN(error, ErrorOfShare(sample, y, distribution, quantile.value, share));
  }
  const double t = TQuantile(confidence, quantile.degrees_of_freedom);
  if (share - t * error >= 0) quantile.low = distribution.Invert(share - t * error);
  if (share + t * error <= 1) quantile.high = distribution.Invert(share + t * error);
  if (quantile.low.has_value() && quantile.high.has_value()) {
    quantile.standard_error = (*quantile.high - *quantile.low) / (2 * t);
  }
  return quantile;
}

absl::Status CheckAnswers(std::span<const double> y, size_t rows,
                          std::span<const double> probabilities) {
  if (y.size() != rows) {
    return absl::InvalidArgumentError(Cat("y: ", y.size(), " values for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (!std::isinf(y[r])) continue;
    return absl::InvalidArgumentError(
        Cat("row ", r + 1, ": y is ", y[r], "; allowed: finite or missing"));
  }
  for (const double probability : probabilities) {
    if (probability > 0 && probability < 1) continue;
    return absl::InvalidArgumentError(
        Cat("quantile for probability ", probability, "; allowed: above 0 and below 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::vector<Quantile>>> Quantiles(const Sample& sample,
                                                             std::span<const double> y,
                                                             const Domains& domains,
                                                             std::span<const double> probabilities,
                                                             double confidence, int threads) {
  const size_t rows = sample.design.rows();
  HAILONG_CHECK(sample.weights.size() == rows && domains.row_count() == rows);
  RETURN_IF_ERROR(CheckAnswers(y, rows, probabilities));
  std::vector<std::vector<Quantile>> by_domain(domains.size());
  std::vector<absl::Status> statuses(domains.size());
  parallel::ForEach(domains.size(), static_cast<size_t>(threads), [&](size_t d) {
    const Distribution distribution(sample, y, domains.rows(d));
    for (const double probability : probabilities) {
      absl::StatusOr<Quantile> quantile =
          QuantileOf(sample, y, distribution, probability, confidence);
      if (!quantile.ok()) {
        statuses[d] = quantile.status();
        return;
      }
      by_domain[d].push_back(*quantile);
    }
  });
  for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
  return by_domain;
}

}  // namespace hailong::estimate
