#include "analysis/estimate/calibrated.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hailong::estimate {
namespace {

// What a variance needs of one stratum.
struct Spread {
  // Sum of u.
  double sum = 0;
  double squares = 0;
};

// V, in fixed point.
double Variance(std::span<const Stratum> strata, std::span<const WeightedCell> cells,
                std::span<const Sums> sums, const Residualiser& residualise) {
  std::vector<double> means;
  for (size_t c = 0; c < cells.size(); ++c) {
    means.push_back(static_cast<double>(sums[c].z) / static_cast<double>(cells[c].responses));
  }
  residualise(means);
  std::vector<Spread> spreads(strata.size());
  double sum = 0;
  double responses = 0;
  for (size_t c = 0; c < cells.size(); ++c) {
    const double n = static_cast<double>(cells[c].responses);
    spreads[cells[c].stratum].sum += n * cells[c].weight * means[c];
    sum += n * cells[c].weight * means[c];
    responses += n;
  }
  for (size_t c = 0; c < cells.size(); ++c) {
    const Stratum& stratum = strata[cells[c].stratum];
    Spread& spread = spreads[cells[c].stratum];
    const double n = static_cast<double>(cells[c].responses);
    const double weight = cells[c].weight;
    const double centre = stratum.responses == 1
                              ? sum / responses
                              : spread.sum / static_cast<double>(stratum.responses);
    const double distance = weight * means[c] - centre;
    spread.squares +=
        weight * weight * CentredSquares(sums[c], cells[c].responses) + n * distance * distance;
  }
  double variance = 0;
  for (size_t h = 0; h < strata.size(); ++h) {
    const double n = static_cast<double>(strata[h].responses);
    variance += (1 - strata[h].sampling_fraction) * (n > 1 ? n / (n - 1) : 1) * spreads[h].squares;
  }
  return variance;
}

}  // namespace

Estimate EstimateFromCells(double value, Range range, double scale, std::span<const Stratum> strata,
                           std::span<const WeightedCell> cells, std::span<const Sums> sums,
                           const Residualiser& residualise) {
  Estimate estimate;
  double weight_sum = 0;
  double weighted_squares = 0;
  bool sampled = false;
  std::vector<uint8_t> answered(strata.size(), 0);
  for (size_t c = 0; c < cells.size(); ++c) {
    if (sums[c].answered == 0) continue;
    const Stratum& stratum = strata[cells[c].stratum];
    estimate.n += sums[c].answered;
    weight_sum += cells[c].weight * static_cast<double>(sums[c].answered);
    weighted_squares += cells[c].weight * static_cast<double>(sums[c].z_squared);
    answered[cells[c].stratum] = 1;
    sampled = sampled || stratum.sampling_fraction != 1;
  }
  if (estimate.n == 0) return estimate;
  estimate.defined = true;
  estimate.value = value;
  for (const uint8_t one : answered) estimate.degrees_of_freedom -= one;
  estimate.degrees_of_freedom += estimate.n;
  estimate.taken_in_full = !sampled;
  if (estimate.n == 1 && sampled) return estimate;

  const bool constant = weighted_squares <= weight_sum * kRounding * kRounding;
  const double variance = constant ? 0 : Variance(strata, cells, sums, residualise);
  const double error = std::sqrt(variance) / scale;
  estimate.standard_error = error;
  estimate.ci_low = std::clamp(value - kNormal95 * error, range.low, range.high);
  estimate.ci_high = std::clamp(value + kNormal95 * error, range.low, range.high);
  if (estimate.n > 1 && !constant) {
    const double n = static_cast<double>(estimate.n);
    const double effect = variance / (weight_sum * weighted_squares / (n - 1));
    estimate.design_effect = effect;
    if (effect > 0) estimate.n_effective = n / effect;
  }
  return estimate;
}

}  // namespace hailong::estimate
