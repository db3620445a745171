#include "analysis/estimate/intervals.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "base/check.h"

namespace hailong::estimate {
namespace {

double BetaQuantile(double probability, double a, double b) {
  return boost::math::quantile(boost::math::beta_distribution<>(a, b), probability);
}

// n answers of which a part p is 1; n need not be whole (Clopper & Pearson 1934 by way of the beta
// distribution).
Interval ClopperPearson(double p, double n, double confidence) {
  const double tail = (1 - confidence) / 2;
  Interval interval = {0, 1};
  if (p > 0) interval.low = BetaQuantile(tail, n * p, n * (1 - p) + 1);
  if (p < 1) interval.high = BetaQuantile(1 - tail, n * p + 1, n * (1 - p));
  return interval;
}

// What n answers are worth when their variance has few degrees of freedom.
double Correction(const Measured& measured, double confidence) {
  const double ratio = TQuantile(confidence, static_cast<double>(measured.n) - 1) /
                       TQuantile(confidence, measured.degrees_of_freedom);
  return ratio * ratio;
}

std::optional<Interval> ShareInterval(IntervalKind kind, const Measured& measured,
                                      double confidence) {
  const double p = measured.value;
  if (!(p >= 0 && p <= 1)) return std::nullopt;
  const double variance = measured.standard_error * measured.standard_error;
  const bool at_end = p == 0 || p == 1;
  if (variance == 0 && (!at_end || measured.taken_in_full)) return Interval{p, p};
  if (measured.degrees_of_freedom < 1) return std::nullopt;
  if (at_end || kind == IntervalKind::kBeta) {
    if (measured.n < 2) return std::nullopt;
    const double correction = Correction(measured, confidence);
    const double n = static_cast<double>(measured.n);
    return ClopperPearson(
        p, at_end ? n * std::min(1.0, correction) : p * (1 - p) / variance * correction,
        confidence);
  }
  const double centre = std::log(p / (1 - p));
  const double reach =
      TQuantile(confidence, measured.degrees_of_freedom) * measured.standard_error / (p * (1 - p));
  const auto expit = [](double x) { return 1 / (1 + std::exp(-x)); };
  return Interval{expit(centre - reach), expit(centre + reach)};
}

}  // namespace

double NormalQuantile(double confidence) {
  HAILONG_CHECK(confidence > 0 && confidence < 1);
  return -boost::math::quantile(boost::math::normal_distribution<>(), (1 - confidence) / 2);
}

double TQuantile(double confidence, double degrees_of_freedom) {
  HAILONG_CHECK(confidence > 0 && confidence < 1 && degrees_of_freedom > 0);
  return -boost::math::quantile(boost::math::students_t_distribution<>(degrees_of_freedom),
                                (1 - confidence) / 2);
}

std::optional<Interval> IntervalOf(IntervalKind kind, const Measured& measured, double confidence) {
  double quantile = 0;
  switch (kind) {
    case IntervalKind::kNormal:
      quantile = NormalQuantile(confidence);
      break;
    case IntervalKind::kT:
      if (measured.degrees_of_freedom < 1) return std::nullopt;
      quantile = TQuantile(confidence, measured.degrees_of_freedom);
      break;
    case IntervalKind::kLogit:
    case IntervalKind::kBeta:
      return ShareInterval(kind, measured, confidence);
  }
  const double reach = quantile * measured.standard_error;
  return Interval{measured.value - reach, measured.value + reach};
}

std::optional<Interval> IntervalOf(IntervalKind kind, const DomainEstimate& estimate,
                                   double confidence) {
  if (!estimate.defined || !estimate.standard_error.has_value()) return std::nullopt;
  return IntervalOf(kind,
                    Measured{.value = estimate.value,
                             .standard_error = *estimate.standard_error,
                             .degrees_of_freedom = estimate.degrees_of_freedom,
                             .n = estimate.n,
                             .taken_in_full = estimate.taken_in_full},
                    confidence);
}

std::optional<Interval> IntervalOf(IntervalKind kind, const Contrast& contrast, double confidence) {
  HAILONG_CHECK(kind == IntervalKind::kNormal || kind == IntervalKind::kT);
  if (!contrast.defined || !contrast.standard_error.has_value()) return std::nullopt;
  return IntervalOf(kind,
                    Measured{.value = contrast.value,
                             .standard_error = *contrast.standard_error,
                             .degrees_of_freedom = contrast.degrees_of_freedom},
                    confidence);
}

}  // namespace hailong::estimate
