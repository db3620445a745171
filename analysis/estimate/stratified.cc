#include "analysis/estimate/stratified.h"

#include <algorithm>
#include <cmath>

namespace hailong::estimate {
namespace {

// |z| up to which it is rounding, in fixed point: sums of up to a thousand rounded numbers that
// cancel.
constexpr double kRounding = 1024;

}  // namespace

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

Estimate EstimateFrom(double value, Range range, double scale, const Respondents& respondents,
                      const std::function<double()>& variance) {
  Estimate estimate;
  if (respondents.n == 0) return estimate;
  estimate.defined = true;
  estimate.value = value;
  estimate.n = respondents.n;
  estimate.degrees_of_freedom = respondents.n - respondents.strata;
  estimate.taken_in_full = !respondents.sampled;
  if (estimate.n == 1 && respondents.sampled) return estimate;

  const bool constant =
      respondents.weighted_squares <= respondents.weight_sum * kRounding * kRounding;
  const double found = constant ? 0 : variance();
  const double error = std::sqrt(found) / scale;
  estimate.standard_error = error;
  estimate.ci_low = std::clamp(value - kNormal95 * error, range.low, range.high);
  estimate.ci_high = std::clamp(value + kNormal95 * error, range.low, range.high);
  if (estimate.n > 1 && !constant) {
    const double n = static_cast<double>(estimate.n);
    const double effect = found / (respondents.weight_sum * respondents.weighted_squares / (n - 1));
    estimate.design_effect = effect;
    if (effect > 0) estimate.n_effective = n / effect;
  }
  return estimate;
}

Estimate EstimateFrom(double value, Range range, double scale, std::span<const Stratum> strata,
                      std::span<const Sums> sums) {
  Respondents respondents;
  double variance = 0;
  for (size_t h = 0; h < strata.size(); ++h) {
    const Stratum& stratum = strata[h];
    const double weight = stratum.weight;
    if (weight == 0 || sums[h].answered == 0) continue;
    respondents.n += sums[h].answered;
    ++respondents.strata;
    respondents.weight_sum += weight * static_cast<double>(sums[h].answered);
    const double squares = static_cast<double>(sums[h].z_squared);
    respondents.weighted_squares += weight * squares;
    if (stratum.sampling_fraction == 1) continue;
    respondents.sampled = true;
    const double n = static_cast<double>(stratum.responses);
    const double spread =
        stratum.responses == 1 ? squares : n / (n - 1) * CentredSquares(sums[h], stratum.responses);
    variance += (1 - stratum.sampling_fraction) * weight * weight * spread;
  }
  return EstimateFrom(value, range, scale, respondents, [&] { return variance; });
}

}  // namespace hailong::estimate
