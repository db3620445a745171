#include <utility>

#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {
namespace {

class PreparedNonResponse : public PreparedStep {
 public:
  explicit PreparedNonResponse(NonResponse step) : step_(std::move(step)) {}

  std::string_view name() const override { return "non-response"; }

  absl::Status Apply(std::span<double> weights, StepReport* report) const override {
    const design::Factor& cells = step_.cells;
    std::vector<double> all(cells.levels.size(), 0), responded(cells.levels.size(), 0);
    for (size_t r = 0; r < weights.size(); ++r) {
      all[cells.codes[r]] += weights[r];
      if (step_.responded[r] != 0) responded[cells.codes[r]] += weights[r];
    }
    for (size_t c = 0; c < all.size(); ++c) {
      if (!(all[c] > 0)) continue;
      if (!(responded[c] > 0)) {
        return absl::FailedPreconditionError(
            base::Cat(LevelName(cells, c), " has a weight of ", all[c],
                      " and nobody who responded; join it with another level"));
      }
      all[c] /= responded[c];
    }
    size_t silent = 0;
    for (size_t r = 0; r < weights.size(); ++r) {
      const bool counts = step_.responded[r] != 0;
      silent += !counts && weights[r] > 0 ? 1 : 0;
      weights[r] = counts ? weights[r] * all[cells.codes[r]] : 0;
    }
    if (report != nullptr && silent > 0) {
      report->notes.push_back(
          base::Cat(silent, " rows that did not respond gave their weight to the others"));
    }
    return absl::OkStatus();
  }

 private:
  NonResponse step_;
};

}  // namespace

absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, NonResponse step) {
  RETURN_IF_ERROR(CheckFactor(rows, step.cells));
  if (step.responded.size() != rows) {
    return absl::InvalidArgumentError(base::Cat("whether it responded is told of ",
                                                step.responded.size(), " of ", rows, " rows"));
  }
  return std::make_unique<PreparedNonResponse>(std::move(step));
}

}  // namespace hailong::weighting
