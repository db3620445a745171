// Estimates by replicate, and the variance they show.
//
//   V = scale * sum_r rscale_r (t_r - c)^2
// with c the mean of the replicates whose rscale is not 0, or the estimate of the full sample.
// Agrees with svrVar() of R's survey. A replicate without data for an estimate (an empty domain) is
// left out of that estimate's variance and counted, as there; scale stays what it was.
//
// Threads: pure. Estimators are called from several threads at once. A replicate is computed by one
// thread, from its number alone: results have the same bits for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/replicate/replicates.h"
#include "analysis/weighting/adjust.h"

namespace hailong::replicate {

enum class Centre {
  // The mean of the replicates.
  kMean,
  // The estimate of the full sample: "mse" in R.
  kFullSample,
};

class ReplicateEstimates {
 public:
  // As many estimates as `full` has; not a number: no data. `by_replicate` is row major, one row
  // for each replicate.
  ReplicateEstimates(std::vector<double> full, std::vector<double> by_replicate, double scale,
                     std::vector<double> rscales);

  size_t size() const { return full_.size(); }
  size_t replicates() const { return rscales_.size(); }
  // Of the full sample; not a number: no data.
  const std::vector<double>& full() const { return full_; }
  double At(size_t replicate, size_t estimate) const {
    return by_replicate_[replicate * full_.size() + estimate];
  }

  // Replicates that have no data for the estimate.
  size_t Discarded(size_t estimate) const;
  // In the units of the estimate squared. Nothing: the full sample has no data, or fewer than two
  // replicates with an rscale have.
  std::optional<double> Variance(size_t estimate, Centre centre = Centre::kMean) const {
    return Covariance(estimate, estimate, centre);
  }
  // Over the replicates that have data for both.
  std::optional<double> Covariance(size_t a, size_t b, Centre centre = Centre::kMean) const;
  // Of a - b, over the replicates that have data for both.
  std::optional<double> VarianceOfDifference(size_t a, size_t b) const;
  // A sentence on replicates that were left out of any estimate; empty: none was.
  std::string DiscardNote() const;

 private:
  std::vector<double> full_;
  std::vector<double> by_replicate_;
  double scale_;
  std::vector<double> rscales_;
};

// Final weights by row -> estimates, always as many; not a number: no data.
using Estimator = std::function<std::vector<double>(std::span<const double> weights)>;

// Runs the estimator on the full sample and on every replicate, each adjusted anew by `adjustment`
// (null: not at all). Errors: those of Adjustment::Apply; of a replicate with its number before
// them, and of the first that fails.
absl::StatusOr<ReplicateEstimates> Estimate(const Replicates& replicates,
                                            const weighting::Adjustment* adjustment,
                                            const Estimator& estimator, size_t threads);

// For estimators that take a few replicates at once: the final weights of one.
// `factors` is room for units() numbers, `weights` becomes one number by row.
absl::Status FinalWeights(const Replicates& replicates, const weighting::Adjustment* adjustment,
                          size_t replicate, std::span<double> factors,
                          std::vector<double>& weights);
// The final weights of the full sample.
absl::StatusOr<std::vector<double>> FinalWeights(const Replicates& replicates,
                                                 const weighting::Adjustment* adjustment);

}  // namespace hailong::replicate
