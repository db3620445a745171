// The interval of an estimate on a scale, as it was asked for.
//
// Logit and beta are for proportions; a value on a scale is taken as a part of its range, which for
// a share of satisfied answers is the proportion itself.
//
// Threads: pure.
#pragma once

#include "analysis/estimate/estimate.h"
#include "analysis/estimate/intervals.h"

namespace hailong::estimate {

struct IntervalChoice {
  IntervalKind kind = IntervalKind::kNormal;
  // Above 0 and below 1.
  double confidence = 0.95;
};

// Replaces the interval, cut to the range; absent where it is not known, or without an error.
void SetInterval(const IntervalChoice& choice, const Range& range, Estimate& estimate);

}  // namespace hailong::estimate
