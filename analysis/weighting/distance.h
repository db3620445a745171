// The factor F of a calibrated weight w = d F(u), u = x'lambda, its slope, and its integral, by
// distance (Deville & Särndal 1992, table 1; Deville, Särndal & Sautory 1993).
//
//   linear   F = 1 + u
//   raking   F = e^u
//   logit    F = [L(U-1) + U(1-L) e^Au] / [U-1 + (1-L) e^Au],  A = (U-L) / ((1-L)(U-1))
// Linear and raking are cut at the bounds where there are any.
//
// Threads: pure.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/weighting/adjust.h"

namespace hailong::weighting {

struct FactorAt {
  double value = 0;
  double slope = 0;
  // Of F from an end that does not depend on u; the sum of d times it less total'lambda is convex,
  // and least at the solution.
  double integral = 0;
};

class FactorFunction {
 public:
  FactorFunction(Distance distance, std::optional<double> lower, std::optional<double> upper)
      : distance_(distance),
        lower_(lower.value_or(-std::numeric_limits<double>::infinity())),
        upper_(upper.value_or(std::numeric_limits<double>::infinity())) {}

  FactorAt At(double u) const {
    switch (distance_) {
      case Distance::kLinear:
        if (1 + u < lower_) return Cut(lower_, u, lower_ - 1, IntegralOfLinear(lower_ - 1));
        if (1 + u > upper_) return Cut(upper_, u, upper_ - 1, IntegralOfLinear(upper_ - 1));
        return {.value = 1 + u, .slope = 1, .integral = IntegralOfLinear(u)};
      case Distance::kRaking: {
        const double value = std::exp(u);
        if (value < lower_) return Cut(lower_, u, std::log(lower_), lower_);
        if (value > upper_) return Cut(upper_, u, std::log(upper_), upper_);
        return {.value = value, .slope = value, .integral = value};
      }
      case Distance::kLogit:
        break;
    }
    return Logit(u);
  }

 private:
  static double IntegralOfLinear(double u) { return u + u * u / 2; }

  // Constant beyond the point where the bound is met.
  static FactorAt Cut(double bound, double u, double at, double integral) {
    return {.value = bound, .slope = 0, .integral = integral + bound * (u - at)};
  }

  // With t = e^-|Au|, so that nothing overflows.
  FactorAt Logit(double u) const {
    const double a = (upper_ - lower_) / ((1 - lower_) * (upper_ - 1));
    const double t = std::exp(-std::abs(a * u));
    const double low = (upper_ - 1) * (u > 0 ? t : 1);
    const double high = (1 - lower_) * (u > 0 ? 1 : t);
    const double value = (lower_ * low + upper_ * high) / (low + high);
    return {.value = value,
            .slope = a * (upper_ - lower_) * low * high / ((low + high) * (low + high)),
            .integral =
                lower_ * u + (upper_ - lower_) / a * (std::max(0.0, a * u) + std::log(low + high))};
  }

  Distance distance_;
  double lower_;
  double upper_;
};

}  // namespace hailong::weighting
