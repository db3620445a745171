#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/weighting/cells.h"
#include "analysis/weighting/cholesky.h"
#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {
namespace {

struct RakingData {
  Raking step;
  Cells cells;
};

// Takes out the regression on the levels of all margins. The margin with the most levels is swept
// out by its means (Frisch & Waugh), so the system that is solved has the levels of the others.
class MarginRegression : public Explained {
 public:
  MarginRegression(std::shared_ptr<const RakingData> data, std::span<const double> weights)
      : data_(std::move(data)),
        weights_(weights.begin(), weights.end()),
        cell_weights_(SumByCode(data_->cells.of_row, data_->cells.count, weights)),
        largest_(FindLargest(data_->step.margins)),
        column_begin_(data_->step.margins.size(), 0),
        largest_weights_(data_->step.margins[largest_].population.size(), 0) {
    for (size_t m = 0; m < column_begin_.size(); ++m) {
      if (m == largest_) continue;
      column_begin_[m] = columns_;
      columns_ += data_->step.margins[m].population.size();
    }
    shares_.resize(largest_weights_.size() * columns_, 0);
    system_.emplace(MakeSystem(), columns_, /*tolerance=*/1e-10);
  }

  void TakeOut(std::span<double> z) const override {
    const Cells& cells = data_->cells;
    std::vector<double> sums(cells.count, 0);
    for (size_t r = 0; r < z.size(); ++r) sums[cells.of_row[r]] += weights_[r] * z[r];
    const std::vector<double> fitted = Fit(sums);
    for (size_t r = 0; r < z.size(); ++r) z[r] -= fitted[cells.of_row[r]];
  }

 private:
  static size_t FindLargest(const std::vector<Margin>& margins) {
    size_t largest = 0;
    for (size_t m = 1; m < margins.size(); ++m) {
      if (margins[m].population.size() > margins[largest].population.size()) largest = m;
    }
    return largest;
  }

  // Calls visit(column) for each level of the other margins that the cell is in.
  template <typename Visit>
  void ForColumns(size_t cell, const Visit& visit) const {
    for (size_t m = 0; m < column_begin_.size(); ++m) {
      if (m != largest_) visit(column_begin_[m] + data_->cells.levels[m][cell]);
    }
  }

  // Also fills shares_: the weighted mean of each column by level of the largest margin.
  std::vector<double> MakeSystem() {
    const std::vector<uint32_t>& level = data_->cells.levels[largest_];
    std::vector<double> system(columns_ * columns_, 0);
    for (size_t c = 0; c < cell_weights_.size(); ++c) {
      largest_weights_[level[c]] += cell_weights_[c];
      ForColumns(c, [&](size_t i) {
        shares_[level[c] * columns_ + i] += cell_weights_[c];
        ForColumns(c, [&](size_t j) { system[i * columns_ + j] += cell_weights_[c]; });
      });
    }
    for (size_t l = 0; l < largest_weights_.size(); ++l) {
      if (!(largest_weights_[l] > 0)) continue;
      double* const share = shares_.data() + l * columns_;
      for (size_t i = 0; i < columns_; ++i) {
        if (share[i] == 0) continue;
        const double mean = share[i] / largest_weights_[l];
        for (size_t j = 0; j < columns_; ++j) system[i * columns_ + j] -= mean * share[j];
      }
      for (size_t i = 0; i < columns_; ++i) share[i] /= largest_weights_[l];
    }
    return system;
  }

  // From sums of d z by cell, the fitted value by cell.
  std::vector<double> Fit(const std::vector<double>& sums) const {
    const std::vector<uint32_t>& level = data_->cells.levels[largest_];
    std::vector<double> largest(largest_weights_.size(), 0);
    std::vector<double> slopes(columns_, 0);
    for (size_t c = 0; c < sums.size(); ++c) {
      largest[level[c]] += sums[c];
      ForColumns(c, [&](size_t i) { slopes[i] += sums[c]; });
    }
    for (size_t l = 0; l < largest.size(); ++l) {
      for (size_t i = 0; i < columns_; ++i) slopes[i] -= shares_[l * columns_ + i] * largest[l];
    }
    system_->Solve(slopes);
    for (size_t l = 0; l < largest.size(); ++l) {
      if (largest_weights_[l] > 0) largest[l] /= largest_weights_[l];
      for (size_t i = 0; i < columns_; ++i) largest[l] -= shares_[l * columns_ + i] * slopes[i];
    }
    std::vector<double> fitted(sums.size());
    for (size_t c = 0; c < sums.size(); ++c) {
      fitted[c] = largest[level[c]];
      ForColumns(c, [&](size_t i) { fitted[c] += slopes[i]; });
    }
    return fitted;
  }

  std::shared_ptr<const RakingData> data_;
  std::vector<double> weights_;
  std::vector<double> cell_weights_;
  size_t largest_;
  // Where the levels of each other margin begin among the columns.
  std::vector<size_t> column_begin_;
  size_t columns_ = 0;
  // By level of the largest margin; by level and column.
  std::vector<double> largest_weights_;
  std::vector<double> shares_;
  std::optional<Cholesky> system_;
};

class PreparedRaking : public PreparedStep {
 public:
  explicit PreparedRaking(std::shared_ptr<const RakingData> data) : data_(std::move(data)) {}

  std::string_view name() const override { return "raking"; }

  absl::Status Apply(std::span<double> weights, StepReport* report) const override {
    const Cells& cells = data_->cells;
    const std::vector<double> before = SumByCode(cells.of_row, cells.count, weights);
    std::vector<double> table = before;
    for (size_t m = 0; m < data_->step.margins.size(); ++m) {
      RETURN_IF_ERROR(CheckCovered(data_->step.margins[m], MarginSums(m, table), false));
    }
    uint32_t cycles = 0;
    Misfit worst = Worst(table);
    while (!(worst.error <= data_->step.tolerance)) {
      if (cycles == data_->step.iterations_max) return NotConverged(cycles, worst);
      ++cycles;
      RunCycle(table);
      worst = Worst(table);
    }
    for (size_t c = 0; c < table.size(); ++c) table[c] = before[c] > 0 ? table[c] / before[c] : 0;
    for (size_t r = 0; r < weights.size(); ++r) weights[r] *= table[cells.of_row[r]];
    if (report != nullptr) report->iterations = cycles;
    return absl::OkStatus();
  }

  Misfit WorstMisfit(std::span<const double> weights) const override {
    return Worst(SumByCode(data_->cells.of_row, data_->cells.count, weights));
  }

  std::unique_ptr<const Explained> Explain(std::span<const double> weights) const override {
    return std::make_unique<MarginRegression>(data_, weights);
  }

 private:
  std::vector<double> MarginSums(size_t margin, const std::vector<double>& table) const {
    return SumByCode(data_->cells.levels[margin], data_->step.margins[margin].population.size(),
                     table);
  }

  void RunCycle(std::vector<double>& table) const {
    for (size_t m = 0; m < data_->step.margins.size(); ++m) {
      std::vector<double> factors = MarginSums(m, table);
      for (size_t l = 0; l < factors.size(); ++l) {
        if (factors[l] > 0) factors[l] = data_->step.margins[m].population[l] / factors[l];
      }
      const std::vector<uint32_t>& level = data_->cells.levels[m];
      for (size_t c = 0; c < table.size(); ++c) table[c] *= factors[level[c]];
    }
  }

  Misfit Worst(const std::vector<double>& table) const {
    Misfit worst;
    for (size_t m = 0; m < data_->step.margins.size(); ++m) {
      TakeWorse(data_->step.margins[m], MarginSums(m, table), worst);
    }
    return worst;
  }

  absl::Status NotConverged(uint32_t cycles, const Misfit& worst) const {
    return absl::FailedPreconditionError(base::Cat(
        "no convergence in ", cycles, " cycles: ", worst.at, " is off by ", worst.error,
        " of its population, allowed is ", data_->step.tolerance,
        "; the margins contradict each other or the rows that would reconcile them are missing"));
  }

  std::shared_ptr<const RakingData> data_;
};

absl::Status CheckTotals(const std::vector<Margin>& margins) {
  constexpr double kTolerance = 1e-9;
  double first = 0;
  for (size_t m = 0; m < margins.size(); ++m) {
    double total = 0;
    for (const double population : margins[m].population) total += population;
    if (!(total > 0)) {
      return absl::InvalidArgumentError(
          base::Cat("the populations of ", margins[m].factor.name, " add up to ", total));
    }
    if (m == 0) first = total;
    if (std::abs(total - first) <= kTolerance * first) continue;
    return absl::InvalidArgumentError(base::Cat(
        "the populations of ", margins[0].factor.name, " add up to ", first, ", those of ",
        margins[m].factor.name, " to ", total, "; margins of one population have one total"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, Raking step) {
  if (step.margins.empty()) return absl::InvalidArgumentError("no margin is given");
  if (!(step.tolerance > 0 && step.tolerance < 1)) {
    return absl::InvalidArgumentError(
        base::Cat("the tolerance is ", step.tolerance, "; allowed are numbers between 0 and 1"));
  }
  for (const Margin& margin : step.margins) RETURN_IF_ERROR(CheckMargin(rows, margin));
  RETURN_IF_ERROR(CheckTotals(step.margins));
  auto data = std::make_shared<RakingData>();
  data->cells = CrossMargins(rows, step.margins);
  data->step = std::move(step);
  // The cells know the levels of every row.
  for (Margin& margin : data->step.margins) margin.factor.codes = {};
  return std::make_unique<PreparedRaking>(std::move(data));
}

}  // namespace hailong::weighting
