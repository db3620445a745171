// The steps of an Adjustment, each checked and made ready by the file of its name. For adjust.cc.
//
// Threads: immutable once prepared.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/weighting/adjust.h"

namespace hailong::weighting {

// What a calibrating step explains of a variable.
class Explained {
 public:
  virtual ~Explained() = default;
  // Replaces z, by row, by its residual from the regression weighted by the weights before the
  // step.
  virtual void TakeOut(std::span<double> z) const = 0;
};

// A known total and how far the weights are from it.
struct Misfit {
  // Relative; 0: no known totals.
  double error = 0;
  // "age 60+".
  std::string at;
};

class PreparedStep {
 public:
  virtual ~PreparedStep() = default;
  virtual std::string_view name() const = 0;
  // Changes weights by row, which are finite and, unless TakesNegative(), not negative. `report`
  // may be null; otherwise iterations and notes are filled in. Errors: FAILED_PRECONDITION.
  virtual absl::Status Apply(std::span<double> weights, StepReport* report) const = 0;
  // Whether weights that linear calibration made negative may be handed to it.
  virtual bool TakesNegative() const { return false; }
  // The known total that `weights` are furthest from.
  virtual Misfit WorstMisfit(std::span<const double>) const { return {}; }
  // For weights before the step; null: it does not calibrate.
  virtual std::unique_ptr<const Explained> Explain(std::span<const double>) const {
    return nullptr;
  }
};

using PreparedStepPtr = std::unique_ptr<const PreparedStep>;

// Errors: INVALID_ARGUMENT, as of Adjustment::Create, without the name of the step.
absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, PostStratification step);
absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, Raking step);
absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, Calibration step);
absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, Trimming step);
absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, NonResponse step);

// Refuses a factor whose codes are not one for each row, or are missing or beyond its levels.
absl::Status CheckFactor(size_t rows, const design::Factor& factor);
// CheckFactor, and a population for each level that is finite and not negative.
absl::Status CheckMargin(size_t rows, const Margin& margin);
// "age 60+".
std::string LevelName(const design::Factor& factor, size_t level);

// Sums of `weights` by level. No matter of missing codes: checked before.
std::vector<double> SumByCode(std::span<const uint32_t> codes, size_t levels,
                              std::span<const double> weights);
// Refuses a level that has a population and no weight, unless `partial`, or a weight and no
// population.
absl::Status CheckCovered(const Margin& margin, std::span<const double> sums, bool partial);
// Takes the larger error of `worst` and the margin's.
void TakeWorse(const Margin& margin, std::span<const double> sums, Misfit& worst);

}  // namespace hailong::weighting
