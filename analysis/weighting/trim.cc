#include <cmath>
#include <limits>
#include <utility>

#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class PreparedTrimming : public PreparedStep {
 public:
  explicit PreparedTrimming(const Trimming& step)
      : lower_(step.lower.value_or(-kInfinity)), upper_(step.upper.value_or(kInfinity)) {}

  std::string_view name() const override { return "trimming"; }
  bool TakesNegative() const override { return true; }

  // Each round fixes at least one more weight, so there are at most as many rounds as rows.
  absl::Status Apply(std::span<double> weights, StepReport* report) const override {
    std::vector<uint8_t> fixed(weights.size(), 0);
    size_t free = 0;
    for (size_t r = 0; r < weights.size(); ++r) {
      fixed[r] = weights[r] == 0 ? 1 : 0;
      free += weights[r] != 0 ? 1 : 0;
    }
    const size_t all = free;
    uint32_t rounds = 0;
    for (;; ++rounds) {
      double excess = 0;
      size_t newly = 0;
      for (size_t r = 0; r < weights.size(); ++r) {
        if (fixed[r] != 0 || (weights[r] >= lower_ && weights[r] <= upper_)) continue;
        const double bound = weights[r] < lower_ ? lower_ : upper_;
        excess += weights[r] - bound;
        weights[r] = bound;
        fixed[r] = 1;
        ++newly;
      }
      if (newly == 0) break;
      free -= newly;
      if (free == 0) {
        return absl::FailedPreconditionError(base::Cat(
            "the bounds ", lower_, " to ", upper_, " leave no weight free to take what is cut off ",
            all, " weights; widen them"));
      }
      const double share = excess / static_cast<double>(free);
      for (size_t r = 0; r < weights.size(); ++r) {
        if (fixed[r] == 0) weights[r] += share;
      }
    }
    if (report != nullptr) {
      report->iterations = rounds;
      if (free < all)
        report->notes.push_back(base::Cat(all - free, " of ", all, " weights trimmed"));
    }
    return absl::OkStatus();
  }

 private:
  double lower_;
  double upper_;
};

}  // namespace

absl::StatusOr<PreparedStepPtr> Prepare(size_t, Trimming step) {
  if (!step.lower.has_value() && !step.upper.has_value()) {
    return absl::InvalidArgumentError("neither a lower nor an upper bound is given");
  }
  if (step.lower.has_value() && !(std::isfinite(*step.lower) && *step.lower >= 0)) {
    return absl::InvalidArgumentError(base::Cat(
        "the lower bound is ", *step.lower, "; allowed are finite numbers that are not negative"));
  }
  if (step.upper.has_value() && !(std::isfinite(*step.upper) && *step.upper > 0)) {
    return absl::InvalidArgumentError(
        base::Cat("the upper bound is ", *step.upper, "; allowed are finite numbers above 0"));
  }
  if (step.lower.has_value() && step.upper.has_value() && !(*step.lower < *step.upper)) {
    return absl::InvalidArgumentError(
        base::Cat("the lower bound ", *step.lower, " is not below the upper bound ", *step.upper));
  }
  return std::make_unique<PreparedTrimming>(step);
}

}  // namespace hailong::weighting
