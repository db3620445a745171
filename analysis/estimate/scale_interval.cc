#include "analysis/estimate/scale_interval.h"

#include <algorithm>

namespace hailong::estimate {

void SetInterval(const IntervalChoice& choice, const Range& range, Estimate& estimate) {
  const bool known = estimate.defined && estimate.standard_error.has_value();
  estimate.ci_low = estimate.ci_high = std::nullopt;
  const double width = range.high - range.low;
  if (!known || width <= 0) return;
  const std::optional<Interval> interval =
      IntervalOf(choice.kind,
                 Measured{.value = std::clamp((estimate.value - range.low) / width, 0.0, 1.0),
                          .standard_error = *estimate.standard_error / width,
                          .degrees_of_freedom = static_cast<double>(estimate.degrees_of_freedom),
                          .n = estimate.n,
                          .taken_in_full = estimate.taken_in_full},
                 choice.confidence);
  if (!interval.has_value()) return;
  estimate.ci_low = std::clamp(range.low + width * interval->low, range.low, range.high);
  estimate.ci_high = std::clamp(range.low + width * interval->high, range.low, range.high);
}

}  // namespace hailong::estimate
