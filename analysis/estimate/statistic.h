// Totals, means, proportions and ratios by domain, with Taylor standard errors.
//
//   total        T = sum w D y                  z = D y
//   mean         M = sum w D y / sum w D        z = D (y - M) / sum w D
//   proportion   a mean of 0 and 1
//   ratio        R = sum w D y / sum w D x      z = D (y - R x) / sum w D x
// (Binder 1983; Woodruff 1971; Lumley 2010). D is 1 in the domain, where the answer is known and
// the weight is not 0. z goes through the calibrating steps (Sample::residualise), and the variance
// is that of the total of w z under the design (design.h).
//
// Agrees with svytotal, svymean, svyratio(na.rm = TRUE) and svyby of R's survey but where R answers
// what is not known: an empty domain is no data rather than 0, and answers that all come from one
// sampling unit (a lone respondent, first of all) have no standard error rather than 0.
//
// Threads: pure. A result is the same to the last bit for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/domains.h"
#include "analysis/estimate/sample.h"

namespace hailong::estimate {

enum class StatisticKind { kTotal, kMean, kProportion, kRatio };

struct Statistic {
  StatisticKind kind = StatisticKind::kMean;
  // By row; NaN: no answer. 0 or 1 for a proportion.
  std::span<const double> y;
  // The denominator of a ratio, by row; NaN: no answer. Not used by the others.
  std::span<const double> x = {};
};

// One figure, and what is known of its error.
struct DomainEstimate {
  // There was an answer (and a denominator that is not 0). Otherwise nothing but n means anything.
  bool defined = false;
  double value = 0;
  // In the unit of the value. Absent: not known, since all answers come from one sampling unit that
  // was not the only one.
  std::optional<double> standard_error;
  // Rows in the domain with an answer and a weight that is not 0.
  uint64_t n = 0;
  // Their sum of weights.
  double weight = 0;
  // First-stage units less strata among those rows.
  double degrees_of_freedom = 0;
  // The population of the domain was asked in full: a standard error of 0 is meant.
  bool taken_in_full = false;
  // Variance over that of simple random sampling of n with replacement (R: deff = "replace").
  std::optional<double> design_effect;
  // The same without replacement from the sum of weights (R: deff = TRUE). Both are absent where
  // they are not defined: no error, all answers equal, n = 1, a sum of weights not above n.
  std::optional<double> design_effect_without_replacement;
  // n / design_effect; absent with it, or if it is 0.
  std::optional<double> n_effective;
};

// A statistic by domain, with the linearised variable of each.
class Estimates {
 public:
  // `threads` >= 1. Errors: INVALID_ARGUMENT: columns of another length than the sample, infinite
  // values, a proportion of anything but 0 and 1, each naming the row (from 1); those of
  // design::Design::Covariance.
  static absl::StatusOr<Estimates> Compute(const Sample& sample, const Statistic& statistic,
                                           const Domains& domains, int threads);

  const std::vector<DomainEstimate>& by_domain() const { return by_domain_; }
  // The rows that count in a domain, ascending, and z in each of them before calibrating steps
  // (z = 0 elsewhere).
  std::span<const uint32_t> rows(size_t domain) const {
    return std::span(rows_).subspan(first_[domain], counts_[domain]);
  }
  std::span<const double> z(size_t domain) const {
    return std::span(z_).subspan(first_[domain], counts_[domain]);
  }

 private:
  Estimates() = default;

  std::vector<DomainEstimate> by_domain_;
  // Where the rows of each domain begin, and how many count.
  std::vector<size_t> first_;
  std::vector<size_t> counts_;
  std::vector<uint32_t> rows_;
  std::vector<double> z_;
};

}  // namespace hailong::estimate
