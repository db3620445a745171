#include "analysis/replicate/estimates.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/parallel/parallel.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::replicate {

ReplicateEstimates::ReplicateEstimates(std::vector<double> full, std::vector<double> by_replicate,
                                       double scale, std::vector<double> rscales)
    : full_(std::move(full)),
      by_replicate_(std::move(by_replicate)),
      scale_(scale),
      rscales_(std::move(rscales)) {
  HAILONG_CHECK(by_replicate_.size() == full_.size() * rscales_.size());
}

size_t ReplicateEstimates::Discarded(size_t estimate) const {
  size_t discarded = 0;
  for (size_t r = 0; r < replicates(); ++r) discarded += std::isnan(At(r, estimate)) ? 1 : 0;
  return discarded;
}

std::optional<double> ReplicateEstimates::Covariance(size_t a, size_t b, Centre centre) const {
  if (std::isnan(full_[a]) || std::isnan(full_[b])) return std::nullopt;
  const auto counts = [&](size_t r) {
    return rscales_[r] > 0 && !std::isnan(At(r, a)) && !std::isnan(At(r, b));
  };
  // Summed about the full sample's estimate, which is near, so that little is lost to rounding.
  double kept = 0, mean_a = 0, mean_b = 0;
  for (size_t r = 0; r < replicates(); ++r) {
    if (!counts(r)) continue;
    kept += 1;
    mean_a += At(r, a) - full_[a];
    mean_b += At(r, b) - full_[b];
  }
  // Where every stratum was taken in full nothing varies.
  if (std::ranges::all_of(rscales_, [](double rscale) { return rscale == 0; })) return 0;
  if (kept < 2) return std::nullopt;
  mean_a = centre == Centre::kMean ? mean_a / kept : 0;
  mean_b = centre == Centre::kMean ? mean_b / kept : 0;
  double sum = 0;
  for (size_t r = 0; r < replicates(); ++r) {
    if (!counts(r)) continue;
    sum += rscales_[r] * (At(r, a) - full_[a] - mean_a) * (At(r, b) - full_[b] - mean_b);
  }
  return scale_ * sum;
}

std::optional<double> ReplicateEstimates::VarianceOfDifference(size_t a, size_t b) const {
  std::vector<double> differences;
  for (size_t r = 0; r < replicates(); ++r) differences.push_back(At(r, a) - At(r, b));
  return ReplicateEstimates({full_[a] - full_[b]}, std::move(differences), scale_, rscales_)
      .Variance(0);
}

std::string ReplicateEstimates::DiscardNote() const {
  size_t estimates = 0, most = 0;
  for (size_t i = 0; i < size(); ++i) {
    if (std::isnan(full_[i])) continue;
    const size_t discarded = Discarded(i);
    estimates += discarded > 0 ? 1 : 0;
    most = std::max(most, discarded);
  }
  if (estimates == 0) return "";
  return base::Cat("replicates without data were left out of ", estimates, " of ", size(),
                   " estimates, at most ", most, " of ", replicates(), " from one");
}

absl::StatusOr<std::vector<double>> FinalWeights(const Replicates& replicates,
                                                 const weighting::Adjustment* adjustment) {
  if (adjustment == nullptr) return replicates.weights();
  return adjustment->ApplyWeights(replicates.weights());
}

absl::Status FinalWeights(const Replicates& replicates, const weighting::Adjustment* adjustment,
                          size_t replicate, std::span<double> factors,
                          std::vector<double>& weights) {
  weights.resize(replicates.rows());
  replicates.Weights(replicate, factors, weights);
  if (adjustment == nullptr) return absl::OkStatus();
  auto adjusted = adjustment->ApplyWeights(std::move(weights));
  if (!adjusted.ok()) {
    return absl::Status(adjusted.status().code(),
                        base::Cat("replicate ", replicate + 1, " of ", replicates.count(), ": ",
                                  adjusted.status().message()));
  }
  weights = *std::move(adjusted);
  return absl::OkStatus();
}

absl::StatusOr<ReplicateEstimates> Estimate(const Replicates& replicates,
                                            const weighting::Adjustment* adjustment,
                                            const Estimator& estimator, size_t threads) {
  ASSIGN_OR_RETURN(const std::vector<double> weights, FinalWeights(replicates, adjustment));
  std::vector<double> full = estimator(weights);
  std::vector<double> values(full.size() * replicates.count());
  std::vector<absl::Status> failures(replicates.count());
  parallel::ForEach(replicates.count(), threads, [&](size_t replicate) {
    std::vector<double> factors(replicates.units());
    std::vector<double> own;
    failures[replicate] = FinalWeights(replicates, adjustment, replicate, factors, own);
    if (!failures[replicate].ok()) return;
    const std::vector<double> estimates = estimator(own);
    HAILONG_CHECK(estimates.size() == full.size());
    std::ranges::copy(estimates, values.begin() + static_cast<ptrdiff_t>(replicate * full.size()));
  });
  for (const absl::Status& failure : failures) RETURN_IF_ERROR(failure);
  return ReplicateEstimates(std::move(full), std::move(values), replicates.scale(),
                            replicates.rscales());
}

}  // namespace hailong::replicate
