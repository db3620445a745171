// Estimates and Taylor standard errors of a one-stage design stratified by unit, from exact sums.
//
// Every estimate here is a smooth function of weighted totals and is described by its linearised
// variable z (Binder 1983; Woodruff 1971), one number per respondent, 0 outside the domain:
//   mean         M = sum w D y / sum w D              z = D (y - M) / sum w D
//   ratio        R = sum w y / sum w x                z = (y - R x) / sum w x
//   mean of Ms   sum_j a_j M_j, sum_j a_j = 1         z = sum_j a_j D_j (y_j - M_j) / sum w D_j
// D is 1 where there is an answer: a missing or not applicable answer is outside the domain, but
// its respondent stays in n_h, as svymean(na.rm = TRUE) has it. The variance, with n_h counted
// responses of N_h in stratum h, is
//   V = sum_h (1 - n_h/N_h) n_h/(n_h - 1) sum_i (w_h z_hi - mean_h(w z))^2
// A stratum with n_h = 1 < N_h has no mean to be centred at; as R's survey.lonely.psu = "adjust" it
// is centred at the mean of all strata, which is 0 for every z above: (1 - 1/N_h) (w z)^2. A
// stratum asked in full adds nothing.
//
// Where R returns a standard error of 0 for a lone respondent in a domain, we return none: it is
// not known.
//
// The design effect is R's deff = "replace", V / V_srs, with V_srs the variance of the same z under
// simple random sampling with replacement of the n respondents with an answer:
//   V_srs = sum w_D * sum w z^2 / (n - 1)
// For a mean this is S2 / n with S2 = n/(n-1) sum w (y - M)^2 / sum w.
//
// Sums are kept as integers: z is rounded to a fixed point of kFractionBits below a bound on |z|,
// so that sums do not depend on the order of rows or the number of threads, and a constant has a
// variance of exactly 0 and no design effect. Each term of a z is rounded by at most 2^-48 of that
// bound; index/domains.h may give a component the bound of the whole index, at most 2^16 times its
// own.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "analysis/estimate/estimate.h"

namespace hailong::estimate {

// 128 bits: |z| < 2^49 in fixed point, its square below 2^98, times 2^28 rows.
__extension__ typedef __int128 Int128;

inline constexpr int kFractionBits = 48;

// A power of two that brings numbers up to `bound` to kFractionBits; 1 for a bound of 0.
double FixedPointScale(double bound);

// One stratum of the design.
struct Stratum {
  // n_h: responses that count, whether or not they answered.
  uint64_t responses = 0;
  // w_h; 0: the stratum is not in the result.
  double weight = 0;
  // n_h / N_h; 0: N_h not known.
  double sampling_fraction = 0;
};

// The fixed point z of the respondents of one stratum.
struct Sums {
  Int128 z = 0;
  Int128 z_squared = 0;
  // Respondents in the domain.
  uint64_t answered = 0;

  Sums& operator+=(const Sums& other);
};

// sum (z - mean)^2 over n numbers, in fixed point.
double CentredSquares(const Sums& sums, uint64_t n);

// What is known of an estimate besides its value and variance, over the strata that answered.
struct Respondents {
  uint64_t n = 0;
  uint64_t strata = 0;
  // Of the respondents.
  double weight_sum = 0;
  // Sum of w z^2, in fixed point.
  double weighted_squares = 0;
  // Some stratum that answered was not asked in full.
  bool sampled = false;
};

// The estimate `value` with its error and design effect; `variance`, in fixed point of `scale`, is
// asked for where there is one.
Estimate EstimateFrom(double value, Range range, double scale, const Respondents& respondents,
                      const std::function<double()>& variance);

// The estimate `value`, whose z in fixed point of `scale` has these sums, one for each stratum.
Estimate EstimateFrom(double value, Range range, double scale, std::span<const Stratum> strata,
                      std::span<const Sums> sums);

}  // namespace hailong::estimate
