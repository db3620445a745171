#include "analysis/estimate/calibrated.h"

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
  Respondents respondents;
  std::vector<uint8_t> answered(strata.size(), 0);
  for (size_t c = 0; c < cells.size(); ++c) {
    if (sums[c].answered == 0) continue;
    const Stratum& stratum = strata[cells[c].stratum];
    respondents.n += sums[c].answered;
    respondents.weight_sum += cells[c].weight * static_cast<double>(sums[c].answered);
    respondents.weighted_squares += cells[c].weight * static_cast<double>(sums[c].z_squared);
    answered[cells[c].stratum] = 1;
    respondents.sampled = respondents.sampled || stratum.sampling_fraction != 1;
  }
  for (const uint8_t one : answered) respondents.strata += one;
  return EstimateFrom(value, range, scale, respondents,
                      [&] { return Variance(strata, cells, sums, residualise); });
}

}  // namespace hailong::estimate
