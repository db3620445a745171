#include <utility>

#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {
namespace {

// Takes out the weighted mean of the cell.
class CellMeans : public Explained {
 public:
  CellMeans(std::shared_ptr<const Margin> cells, std::span<const double> weights)
      : cells_(std::move(cells)),
        weights_(weights.begin(), weights.end()),
        sums_(SumByCode(cells_->factor.codes, cells_->factor.levels.size(), weights)) {}

  void TakeOut(std::span<double> z) const override {
    const std::vector<uint32_t>& codes = cells_->factor.codes;
    std::vector<double> means(sums_.size(), 0);
    for (size_t r = 0; r < z.size(); ++r) means[codes[r]] += weights_[r] * z[r];
    for (size_t c = 0; c < means.size(); ++c) {
      if (sums_[c] > 0) means[c] /= sums_[c];
    }
    for (size_t r = 0; r < z.size(); ++r) z[r] -= means[codes[r]];
  }

 private:
  std::shared_ptr<const Margin> cells_;
  std::vector<double> weights_;
  std::vector<double> sums_;
};

class PreparedPostStratification : public PreparedStep {
 public:
  PreparedPostStratification(Margin cells, bool partial)
      : cells_(std::make_shared<Margin>(std::move(cells))), partial_(partial) {}

  std::string_view name() const override { return "post-stratification"; }

  absl::Status Apply(std::span<double> weights, StepReport* report) const override {
    const design::Factor& factor = cells_->factor;
    std::vector<double> factors = SumByCode(factor.codes, factor.levels.size(), weights);
    RETURN_IF_ERROR(CheckCovered(*cells_, factors, partial_));
    bool any = false;
    for (size_t c = 0; c < factors.size(); ++c) {
      if (factors[c] > 0) {
        factors[c] = cells_->population[c] / factors[c];
        any = true;
      } else if (cells_->population[c] > 0 && report != nullptr) {
        report->notes.push_back(base::Cat(LevelName(factor, c), " has a population of ",
                                          cells_->population[c],
                                          " and no row with a weight: it is not represented"));
      }
    }
    if (!any) return absl::FailedPreconditionError("no row has a weight");
    for (size_t r = 0; r < weights.size(); ++r) weights[r] *= factors[factor.codes[r]];
    return absl::OkStatus();
  }

  Misfit WorstMisfit(std::span<const double> weights) const override {
    Misfit worst;
    TakeWorse(*cells_, SumByCode(cells_->factor.codes, cells_->factor.levels.size(), weights),
              worst);
    return worst;
  }

  std::unique_ptr<const Explained> Explain(std::span<const double> weights) const override {
    return std::make_unique<CellMeans>(cells_, weights);
  }

 private:
  std::shared_ptr<const Margin> cells_;
  bool partial_;
};

}  // namespace

absl::StatusOr<PreparedStepPtr> Prepare(size_t rows, PostStratification step) {
  RETURN_IF_ERROR(CheckMargin(rows, step.cells));
  return std::make_unique<PreparedPostStratification>(std::move(step.cells), step.partial);
}

}  // namespace hailong::weighting
