#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "analysis/weighting/basis.h"
#include "analysis/weighting/cholesky.h"
#include "analysis/weighting/distance.h"
#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {
namespace {

class ResidualOfBasis : public Explained {
 public:
  explicit ResidualOfBasis(Basis basis) : basis_(std::move(basis)) {}
  void TakeOut(std::span<double> z) const override { basis_.TakeOut(z); }

 private:
  Basis basis_;
};

// lambda in the coordinates of a basis, and what follows from it.
struct Point {
  std::vector<double> lambda;
  // w / d and its slope by row.
  std::vector<double> factors;
  std::vector<double> slopes;
  // By coordinate: known total - sum w q.
  std::vector<double> misfit;
  // The convex function whose least value is sought.
  double objective = 0;
  double misfit_length = 0;
};

// Newton's method on the dual problem, in coordinates where the first step's matrix is the
// identity. A step is halved until the objective falls enough or the misfit does; the objective
// leads from afar, and near the solution, where it is flat to rounding, the misfit.
class Newton {
 public:
  Newton(const Basis& basis, std::span<const double> weights, std::vector<double> totals,
         const FactorFunction& function)
      : basis_(basis), weights_(weights), totals_(std::move(totals)), function_(function) {
    point_ = At(std::vector<double>(totals_.size(), 0));
  }

  const Point& point() const { return point_; }

  // False: no step leads on.
  bool Step() {
    constexpr int kHalvings = 60;
    const std::vector<double> direction = Direction();
    double fall = 0;
    for (size_t i = 0; i < direction.size(); ++i) fall += direction[i] * point_.misfit[i];
    double part = 1;
    for (int h = 0; h <= kHalvings; ++h, part /= 2) {
      std::vector<double> lambda = point_.lambda;
      for (size_t i = 0; i < lambda.size(); ++i) lambda[i] += part * direction[i];
      Point next = At(std::move(lambda));
      if (!std::isfinite(next.objective) || !std::isfinite(next.misfit_length)) continue;
      const bool lower = next.objective < point_.objective - 1e-4 * part * fall;
      const bool closer = next.misfit_length < (1 - part / 2) * point_.misfit_length;
      if (!lower && !closer) continue;
      point_ = std::move(next);
      return true;
    }
    return false;
  }

 private:
  Point At(std::vector<double> lambda) const {
    const std::vector<std::vector<double>>& q = basis_.columns();
    const size_t rows = weights_.size();
    Point point{.lambda = std::move(lambda),
                .factors = std::vector<double>(rows, 0),
                .slopes = std::vector<double>(rows, 0),
                .misfit = totals_};
    std::vector<double>& u = point.factors;
    for (size_t i = 0; i < q.size(); ++i) {
      for (size_t r = 0; r < rows; ++r) u[r] += q[i][r] * point.lambda[i];
    }
    for (size_t r = 0; r < rows; ++r) {
      // A row without weight is not calibrated, and must not spoil the sums with an infinity.
      const FactorAt at = weights_[r] != 0 ? function_.At(u[r]) : FactorAt{.value = 1};
      point.factors[r] = at.value;
      point.slopes[r] = at.slope;
      point.objective += weights_[r] * at.integral;
    }
    for (size_t i = 0; i < q.size(); ++i) {
      double sum = 0;
      for (size_t r = 0; r < rows; ++r) sum += weights_[r] * point.factors[r] * q[i][r];
      point.misfit[i] -= sum;
      point.objective -= totals_[i] * point.lambda[i];
      point.misfit_length += point.misfit[i] * point.misfit[i];
    }
    point.misfit_length = std::sqrt(point.misfit_length);
    return point;
  }

  std::vector<double> Direction() const {
    const std::vector<std::vector<double>>& q = basis_.columns();
    const size_t k = q.size();
    std::vector<double> matrix(k * k, 0);
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (size_t r = 0; r < weights_.size(); ++r) {
          sum += weights_[r] * point_.slopes[r] * q[i][r] * q[j][r];
        }
        matrix[i * k + j] = sum;
      }
    }
    // Where rows at their bounds leave the matrix singular, so that a direction exists.
    constexpr double kRidge = 1e-12;
    for (size_t i = 0; i < k; ++i) matrix[i * k + i] += kRidge;
    std::vector<double> direction = point_.misfit;
    Cholesky(std::move(matrix), k, /*tolerance=*/0).Solve(direction);
    return direction;
  }

  const Basis& basis_;
  std::span<const double> weights_;
  std::vector<double> totals_;
  const FactorFunction& function_;
  Point point_;
};

class PreparedCalibration : public PreparedStep {
 public:
  explicit PreparedCalibration(Calibration step)
      : step_(std::move(step)), function_(step_.distance, step_.lower, step_.upper) {}

  std::string_view name() const override { return "calibration"; }

  absl::Status Apply(std::span<double> weights, StepReport* report) const override {
    const Basis basis(Columns(), weights);
    std::vector<double> totals;
    RETURN_IF_ERROR(FindTotals(basis, totals, report));
    Newton newton(basis, weights, std::move(totals), function_);
    uint32_t steps = 0;
    while (!Reached(weights, newton.point().factors)) {
      if (steps == step_.iterations_max || !newton.Step()) {
        return NotReached(weights, newton.point().factors, steps);
      }
      ++steps;
    }
    for (size_t r = 0; r < weights.size(); ++r) weights[r] *= newton.point().factors[r];
    if (report != nullptr) {
      report->iterations = steps;
      NoteNegative(weights, *report);
    }
    return absl::OkStatus();
  }

  Misfit WorstMisfit(std::span<const double> weights) const override {
    Misfit worst;
    for (const Covariate& covariate : step_.covariates) {
      double sum = 0;
      for (size_t r = 0; r < weights.size(); ++r) sum += weights[r] * covariate.values[r];
      const double error = std::abs(sum - covariate.total) / (1 + std::abs(covariate.total));
      if (error > worst.error) worst = {.error = error, .at = covariate.name};
    }
    return worst;
  }

  std::unique_ptr<const Explained> Explain(std::span<const double> weights) const override {
    return std::make_unique<ResidualOfBasis>(Basis(Columns(), weights));
  }

 private:
  struct Gap {
    double found = 0;
    double misfit = 0;
    double allowed = 0;
  };

  std::vector<std::span<const double>> Columns() const {
    std::vector<std::span<const double>> columns;
    for (const Covariate& covariate : step_.covariates) columns.push_back(covariate.values);
    return columns;
  }

  // The known totals of the basis; a redundant covariate's must be what the others make it.
  absl::Status FindTotals(const Basis& basis, std::vector<double>& totals,
                          StepReport* report) const {
    constexpr double kTolerance = 1e-9;
    for (size_t j = 0; j < step_.covariates.size(); ++j) {
      const Covariate& covariate = step_.covariates[j];
      const Basis::Variable& variable = basis.variables()[j];
      double made = 0, size = 1 + std::abs(covariate.total);
      for (size_t i = 0; i < totals.size(); ++i) {
        made += variable.coefficients[i] * totals[i];
        size += std::abs(variable.coefficients[i] * totals[i]);
      }
      if (!variable.redundant) {
        totals.push_back((covariate.total - made) / variable.coefficients.back());
        continue;
      }
      if (!(std::abs(covariate.total - made) <= kTolerance * size)) {
        return absl::FailedPreconditionError(
            variable.zero
                ? base::Cat(covariate.name, " is 0 in all rows with a weight, and its total is ",
                            covariate.total)
                : base::Cat(covariate.name,
                            " is a combination of the covariates before it, whose "
                            "totals make it ",
                            made, "; its total is ", covariate.total));
      }
      if (report != nullptr) {
        report->notes.push_back(base::Cat(covariate.name,
                                          variable.zero
                                              ? " is 0 in all rows with a weight"
                                              : " is a combination of the covariates before it",
                                          ": dropped"));
      }
    }
    return absl::OkStatus();
  }

  // Of a covariate under weights d times factors. Sums are good to their rounding only.
  Gap GapOf(const Covariate& covariate, std::span<const double> weights,
            std::span<const double> factors) const {
    constexpr double kRounding = 1e-14;
    double size = 0;
    Gap gap;
    for (size_t r = 0; r < weights.size(); ++r) {
      const double value = weights[r] * factors[r] * covariate.values[r];
      gap.found += value;
      size += std::abs(value);
    }
    gap.misfit = std::abs(gap.found - covariate.total);
    gap.allowed = step_.tolerance * (1 + std::abs(covariate.total)) + kRounding * size;
    return gap;
  }

  bool Reached(std::span<const double> weights, std::span<const double> factors) const {
    return std::ranges::all_of(step_.covariates, [&](const Covariate& covariate) {
      const Gap gap = GapOf(covariate, weights, factors);
      return gap.misfit <= gap.allowed;
    });
  }

  absl::Status NotReached(std::span<const double> weights, std::span<const double> factors,
                          uint32_t steps) const {
    const Covariate* worst = nullptr;
    Gap gap;
    double excess = -1;
    for (const Covariate& covariate : step_.covariates) {
      const Gap own = GapOf(covariate, weights, factors);
      if (own.misfit / own.allowed <= excess) continue;
      excess = own.misfit / own.allowed;
      gap = own;
      worst = &covariate;
    }
    return absl::FailedPreconditionError(base::Cat(
        "no convergence in ", steps, " steps: ", worst->name, " has the sum ", gap.found,
        " and the total ", worst->total,
        "; no weights reach all totals, or none within the bounds: widen them or drop totals"));
  }

  static void NoteNegative(std::span<const double> weights, StepReport& report) {
    const auto negative = std::ranges::count_if(weights, [](double w) { return w < 0; });
    if (negative == 0) return;
    report.notes.push_back(base::Cat(negative, " of ", weights.size(),
                                     " weights are negative, the least ",
                                     *std::ranges::min_element(weights)));
  }

  Calibration step_;
  FactorFunction function_;
};

absl::Status CheckCovariates(size_t rows, const std::vector<Covariate>& covariates) {
  if (covariates.empty()) return absl::InvalidArgumentError("no covariate is given");
  for (const Covariate& covariate : covariates) {
    if (covariate.values.size() != rows) {
      return absl::InvalidArgumentError(base::Cat("covariate ", covariate.name, " has ",
                                                  covariate.values.size(), " values for ", rows,
                                                  " rows"));
    }
    for (size_t r = 0; r < rows; ++r) {
      if (std::isfinite(covariate.values[r])) continue;
      return absl::InvalidArgumentError(base::Cat("covariate ", covariate.name, " is ",
                                                  covariate.values[r], " in row ", r + 1,
                                                  "; allowed are finite numbers"));
    }
    if (!std::isfinite(covariate.total)) {
      return absl::InvalidArgumentError(base::Cat("the total of covariate ", covariate.name, " is ",
                                                  covariate.total, "; allowed are finite numbers"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBounds(const Calibration& step) {
  const std::optional<double>& lower = step.lower;
  const std::optional<double>& upper = step.upper;
  if (step.distance == Distance::kLogit && (!lower.has_value() || !upper.has_value())) {
    return absl::InvalidArgumentError("the logit distance needs a lower and an upper bound");
  }
  if (lower.has_value() && !(std::isfinite(*lower) && *lower < 1)) {
    return absl::InvalidArgumentError(
        base::Cat("the lower bound of w / d is ", *lower, "; allowed are numbers below 1"));
  }
  if (upper.has_value() && !(std::isfinite(*upper) && *upper > 1)) {
    return absl::InvalidArgumentError(
        base::Cat("the upper bound of w / d is ", *upper, "; allowed are numbers above 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, Calibration step) {
  RETURN_IF_ERROR(CheckCovariates(rows, step.covariates));
  RETURN_IF_ERROR(CheckBounds(step));
  if (!(step.tolerance > 0 && step.tolerance < 1)) {
    return absl::InvalidArgumentError(
        base::Cat("the tolerance is ", step.tolerance, "; allowed are numbers between 0 and 1"));
  }
  return std::make_unique<PreparedCalibration>(std::move(step));
}

}  // namespace hailong::weighting
