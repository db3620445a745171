#include "analysis/estimate/stratified.h"

#include <algorithm>
#include <cmath>

namespace hailong::estimate {

// Centred first at the whole number next to the mean, in integers: subtracting
// two large doubles would leave noise where all z are equal.
double CentredSquares(const Sums& sums, uint64_t n) {
  const Int128 count = static_cast<Int128>(n);
  const Int128 centre = sums.z / count;
  const Int128 rest = sums.z - centre * count;
  const Int128 squares = sums.z_squared - 2 * centre * sums.z + centre * centre * count;
  const double remainder = static_cast<double>(rest);
  return std::max(0.0,
                  static_cast<double>(squares) - remainder * remainder / static_cast<double>(n));
}

double FixedPointScale(double bound) {
  int exponent = 0;
  std::frexp(bound, &exponent);
  return bound > 0 ? std::ldexp(1.0, kFractionBits - exponent) : 1;
}

Sums& Sums::operator+=(const Sums& other) {
  z += other.z;
  z_squared += other.z_squared;
  answered += other.answered;
  return *this;
}

Estimate EstimateFrom(double value, Range range, double scale, std::span<const Stratum> strata,
                      std::span<const Sums> sums) {
  Estimate estimate;
  double variance = 0;
  double weight_sum = 0;
  double weighted_squares = 0;
  // Some stratum that answered was not asked in full.
  bool sampled = false;
  uint64_t strata_answered = 0;
  for (size_t h = 0; h < strata.size(); ++h) {
    const Stratum& stratum = strata[h];
    const double weight = stratum.weight;
    if (weight == 0 || sums[h].answered == 0) continue;
    estimate.n += sums[h].answered;
    ++strata_answered;
    weight_sum += weight * static_cast<double>(sums[h].answered);
    const double squares = static_cast<double>(sums[h].z_squared);
    weighted_squares += weight * squares;
    if (stratum.sampling_fraction == 1) continue;
    sampled = true;
    const double n = static_cast<double>(stratum.responses);
    const double spread =
        stratum.responses == 1 ? squares : n / (n - 1) * CentredSquares(sums[h], stratum.responses);
    variance += (1 - stratum.sampling_fraction) * weight * weight * spread;
  }
  if (estimate.n == 0) return estimate;
  estimate.defined = true;
  estimate.value = value;
  estimate.degrees_of_freedom = estimate.n - strata_answered;
  estimate.taken_in_full = !sampled;
  if (estimate.n == 1 && sampled) return estimate;

  const bool constant = weighted_squares <= weight_sum * kRounding * kRounding;
  const double error = constant ? 0 : std::sqrt(variance) / scale;
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
