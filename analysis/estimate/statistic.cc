#include "analysis/estimate/statistic.h"

#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "analysis/estimate/compensated_sum.h"
#include "analysis/estimate/linearised.h"
#include "analysis/parallel/parallel.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::estimate {
namespace {

using base::Cat;

absl::Status CheckColumn(std::span<const double> column, const char* name, bool is_share,
                         size_t rows) {
  if (column.size() != rows) {
    return absl::InvalidArgumentError(
        Cat(name, ": ", column.size(), " values for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (std::isinf(column[r])) {
      return absl::InvalidArgumentError(
          Cat("row ", r + 1, ": ", name, " is ", column[r], "; allowed: finite or missing"));
    }
    if (is_share && !std::isnan(column[r]) && column[r] != 0 && column[r] != 1) {
      return absl::InvalidArgumentError(Cat("row ", r + 1, ": ", name, " of a proportion is ",
                                            column[r], "; allowed: 0, 1 or missing"));
    }
  }
  return absl::OkStatus();
}

// What the rows of one domain give.
struct Sums {
  double weight = 0;
  double y = 0;
  double x = 0;
  // y / x is the same in every row.
  bool constant = true;
  double constant_ratio = 0;
};

// One statistic in one domain.
class DomainScan {
 public:
  DomainScan(const Sample& sample, const Statistic& statistic)
      : sample_(sample), statistic_(statistic) {}

  // Fills rows and z with the rows that count, and returns how many.
  size_t Scan(std::span<const uint32_t> domain, uint32_t* rows, double* z,
              DomainEstimate& estimate) {
    rows_ = rows;
    count_ = 0;
    for (const uint32_t row : domain) {
      if (sample_.weights[row] != 0 && !std::isnan(statistic_.y[row]) && !std::isnan(x(row))) {
        rows_[count_++] = row;
      }
    }
    estimate.n = count_;
    if (count_ == 0) return 0;
    Add();
    estimate.weight = sums_.weight;
    const bool is_total = statistic_.kind == StatisticKind::kTotal;
    if (!is_total && sums_.x == 0) return count_;
    estimate.defined = true;
    const double ratio = sums_.constant ? sums_.constant_ratio : sums_.y / sums_.x;
    estimate.value = is_total ? sums_.y : ratio;
    for (size_t i = 0; i < count_; ++i) {
      const double y = statistic_.y[rows_[i]];
      if (is_total) {
        z[i] = y;
      } else {
        z[i] = sums_.constant ? 0 : (y - ratio * x(rows_[i])) / sums_.x;
      }
    }
    FindDesign(estimate);
    return count_;
  }

  // What a variance can be by rounding alone: that of sums of numbers as large as those z is made
  // of.
  double Noise() const {
    const bool is_total = statistic_.kind == StatisticKind::kTotal;
    const double ratio = is_total ? 0 : sums_.y / sums_.x;
    double size = 0;
    for (size_t i = 0; i < count_; ++i) {
      const uint32_t row = rows_[i];
      size +=
          std::abs(sample_.weights[row]) * (std::abs(statistic_.y[row]) + std::abs(ratio * x(row)));
    }
    if (!is_total) size /= std::abs(sums_.x);
    const double noise = 4 * std::numeric_limits<double>::epsilon() * size;
    return noise * noise;
  }

  // V_srs of the estimate with replacement; 0: not defined. A total's y is centred for it.
  double SimpleVariance(const double* z) const {
    if (count_ < 2 || sums_.constant) return 0;
    const bool is_total = statistic_.kind == StatisticKind::kTotal;
    const double centre = is_total ? sums_.y / sums_.weight : 0;
    CompensatedSum squares;
    for (size_t i = 0; i < count_; ++i) {
      squares.Add(sample_.weights[rows_[i]] * (z[i] - centre) * (z[i] - centre));
    }
    return sums_.weight * squares.value() / static_cast<double>(count_ - 1);
  }

 private:
  double x(uint32_t row) const {
    return statistic_.kind == StatisticKind::kRatio ? statistic_.x[row] : 1;
  }

  void Add() {
    CompensatedSum weight, weighted_y, weighted_x;
    double first_y = 0;
    double first_x = 0;
    sums_ = Sums{};
    for (size_t i = 0; i < count_; ++i) {
      const uint32_t row = rows_[i];
      const double w = sample_.weights[row];
      const double y = statistic_.y[row];
      weight.Add(w);
      weighted_y.Add(w * y);
      weighted_x.Add(w * x(row));
      if (first_x == 0) {
        first_x = x(row);
        first_y = y;
        sums_.constant = sums_.constant && (first_x != 0 || y == 0);
      } else {
        sums_.constant = sums_.constant && y * first_x == first_y * x(row);
      }
    }
    sums_.weight = weight.value();
    sums_.y = weighted_y.value();
    sums_.x = weighted_x.value();
    sums_.constant = sums_.constant && first_x != 0;
    if (sums_.constant) sums_.constant_ratio = first_y / first_x;
  }

  void FindDesign(DomainEstimate& estimate) const {
    const std::span<const uint32_t> rows(rows_, count_);
    estimate.degrees_of_freedom = sample_.design.DegreesOfFreedomAmong(rows);
    estimate.taken_in_full = sample_.design.TakenInFull(rows);
    // A place for the variance where it can be known.
    if (sample_.design.ShowsVariation(rows)) estimate.standard_error = 0;
  }

  const Sample& sample_;
  const Statistic& statistic_;
  uint32_t* rows_ = nullptr;
  size_t count_ = 0;
  Sums sums_;
};

// What a domain's error is judged by besides its variance.
struct Scale {
  double simple_variance = 0;
  double noise = 0;
};

void SetError(double variance, Scale scale, DomainEstimate& estimate) {
  // Clusters that happen to be equal leave rounding: a design effect of 1e-33 would be made of it.
  if (variance <= scale.noise) variance = 0;
  estimate.standard_error = std::sqrt(variance);
  if (scale.simple_variance <= scale.noise) return;
  const double n = static_cast<double>(estimate.n);
  const double effect = variance / scale.simple_variance;
  estimate.design_effect = effect;
  if (effect > 0) estimate.n_effective = n / effect;
  // The part of the population that was not asked; weights that sum to n say nothing of it.
  const double rest = (estimate.weight - n) / estimate.weight;
  if (rest > 1e-9) estimate.design_effect_without_replacement = effect / rest;
}

}  // namespace

absl::StatusOr<Estimates> Estimates::Compute(const Sample& sample, const Statistic& statistic,
                                             const Domains& domains, int threads) {
  const size_t rows = sample.design.rows();
  HAILONG_CHECK(sample.weights.size() == rows && domains.row_count() == rows);
  const bool is_share = statistic.kind == StatisticKind::kProportion;
  RETURN_IF_ERROR(CheckColumn(statistic.y, "y", is_share, rows));
  if (statistic.kind == StatisticKind::kRatio) {
    RETURN_IF_ERROR(CheckColumn(statistic.x, "x", false, rows));
  }

  const size_t count = domains.size();
  Estimates estimates;
  estimates.by_domain_.resize(count);
  estimates.counts_.resize(count);
  size_t in_some = 0;
  for (size_t d = 0; d < count; ++d) {
    estimates.first_.push_back(in_some);
    in_some += domains.rows(d).size();
  }
  estimates.rows_.resize(in_some);
  estimates.z_.resize(in_some);
  std::vector<Scale> scales(count);
  parallel::ForEach(count, static_cast<size_t>(threads), [&](size_t d) {
    const size_t first = estimates.first_[d];
    DomainScan scan(sample, statistic);
    estimates.counts_[d] = scan.Scan(domains.rows(d), estimates.rows_.data() + first,
                                     estimates.z_.data() + first, estimates.by_domain_[d]);
    if (estimates.by_domain_[d].standard_error.has_value()) {
      scales[d] = {scan.SimpleVariance(estimates.z_.data() + first), scan.Noise()};
    }
  });

  std::vector<size_t> with_error;
  std::vector<Linearised> linearised;
  for (size_t d = 0; d < count; ++d) {
    if (!estimates.by_domain_[d].standard_error.has_value()) continue;
    with_error.push_back(d);
    linearised.push_back({estimates.rows(d), estimates.z(d)});
  }
  ASSIGN_OR_RETURN(const std::vector<double> variances, VariancesOf(sample, linearised, threads));
  for (size_t i = 0; i < with_error.size(); ++i) {
    const size_t d = with_error[i];
    SetError(variances[i], scales[d], estimates.by_domain_[d]);
  }
  return estimates;
}

}  // namespace hailong::estimate
