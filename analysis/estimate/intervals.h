// Confidence intervals of an estimate from its standard error.
//
//   normal   value -+ z se
//   t        value -+ t_df se
//   logit    expit(logit p -+ t_df se / (p (1 - p)))
//   beta     n_eff = p (1 - p) / se^2 * (t_{n-1} / t_df)^2,
//            [qbeta(a/2; n_eff p, n_eff (1-p) + 1), qbeta(1 - a/2; n_eff p + 1, n_eff (1-p))]
//            (Korn & Graubard 1998, Survey Methodology 24:193; n_eff is not capped at n)
// as svymean + confint and svyciprop of R's survey have them; logit and beta are for proportions in
// 0..1 (divide percents by 100).
//
// At p = 0 and p = 1 the linearised variance is 0 and says nothing. There both are the interval of
// Clopper & Pearson for n_eff = n (t_{n-1} / t_df)^2 at most n: n corrected for the degrees of
// freedom (Parker et al. 2017, NCHS Vital and Health Statistics 2:175). The normal and the t
// interval are a point there: ask for another.
//
// An interval may reach beyond the scale (normal, t): cut it where it is shown.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <optional>

#include "analysis/estimate/contrast.h"
#include "analysis/estimate/statistic.h"

namespace hailong::estimate {

enum class IntervalKind { kNormal, kT, kLogit, kBeta };

struct Interval {
  double low = 0;
  double high = 0;
};

// What an interval is made of.
struct Measured {
  double value = 0;
  double standard_error = 0;
  double degrees_of_freedom = 0;
  // Respondents; for logit and beta.
  uint64_t n = 0;
  // Everybody was asked: a standard error of 0 is meant, even at p = 0 and p = 1.
  bool taken_in_full = false;
};

// `confidence` is above 0 and below 1: 0.95. Absent: not known (degrees of freedom below 1 but for
// the normal, a proportion outside 0..1, n of less than 2 for beta and at p = 0 or 1).
std::optional<Interval> IntervalOf(IntervalKind kind, const Measured& measured, double confidence);

// Of an estimate; absent also where that has no standard error.
std::optional<Interval> IntervalOf(IntervalKind kind, const DomainEstimate& estimate,
                                   double confidence);
// Normal or t.
std::optional<Interval> IntervalOf(IntervalKind kind, const Contrast& contrast, double confidence);

// The two-sided quantile: P(-q < T < q) = confidence, with T normal or of Student's t.
double NormalQuantile(double confidence);
double TQuantile(double confidence, double degrees_of_freedom);

}  // namespace hailong::estimate
