#include "analysis/estimate/contrast.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "analysis/estimate/linearised.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::estimate {
namespace {

using base::Cat;

const DomainEstimate& EstimateOf(const Term& term) {
  return term.estimates->by_domain()[term.domain];
}

// z of the function, and the rows where some term has one.
struct Combined {
  std::vector<uint32_t> rows;
  std::vector<double> z;
};

Combined CombineRows(std::span<const Term> terms, std::span<const double> gradient, size_t rows) {
  std::vector<double> sums(rows);
  std::vector<uint8_t> seen(rows);
  for (size_t t = 0; t < terms.size(); ++t) {
    const auto of_term = terms[t].estimates->rows(terms[t].domain);
    const auto z = terms[t].estimates->z(terms[t].domain);
    for (size_t i = 0; i < of_term.size(); ++i) {
      sums[of_term[i]] += gradient[t] * z[i];
      seen[of_term[i]] = 1;
    }
  }
  Combined combined;
  for (size_t r = 0; r < rows; ++r) {
    if (seen[r] == 0) continue;
    combined.rows.push_back(static_cast<uint32_t>(r));
    combined.z.push_back(sums[r]);
  }
  return combined;
}

// A value with a variance, of one of two samples.
struct Independent {
  bool defined;
  double value;
  std::optional<double> standard_error;
  double degrees_of_freedom;
};

Contrast Subtract(const Independent& a, const Independent& b) {
  Contrast contrast;
  if (!a.defined || !b.defined) return contrast;
  contrast.defined = true;
  contrast.value = a.value - b.value;
  if (!a.standard_error.has_value() || !b.standard_error.has_value()) return contrast;
  const double variance_a = *a.standard_error * *a.standard_error;
  const double variance_b = *b.standard_error * *b.standard_error;
  const double variance = variance_a + variance_b;
  contrast.standard_error = std::sqrt(variance);
  if (variance == 0) {
    contrast.degrees_of_freedom = std::min(a.degrees_of_freedom, b.degrees_of_freedom);
    return contrast;
  }
  // A part without degrees of freedom leaves none to the whole.
  double parts = 0;
  if (variance_a > 0) parts += variance_a * variance_a / a.degrees_of_freedom;
  if (variance_b > 0) parts += variance_b * variance_b / b.degrees_of_freedom;
  contrast.degrees_of_freedom = variance * variance / parts;
  return contrast;
}

}  // namespace

absl::StatusOr<std::vector<double>> Covariance(const Sample& sample, std::span<const Term> terms) {
  std::vector<Linearised> linearised;
  for (size_t t = 0; t < terms.size(); ++t) {
    const DomainEstimate& estimate = EstimateOf(terms[t]);
    if (!estimate.defined || !estimate.standard_error.has_value()) {
      return absl::FailedPreconditionError(
          Cat("term ", t + 1, ": ",
              estimate.defined ? "its error is not known, all answers come from one sampling unit"
                               : "no data"));
    }
    linearised.push_back(
        {terms[t].estimates->rows(terms[t].domain), terms[t].estimates->z(terms[t].domain)});
  }
  return CovarianceOf(sample, linearised);
}

absl::StatusOr<Contrast> Combine(const Sample& sample, std::span<const Term> terms, double value,
                                 std::span<const double> gradient) {
  HAILONG_CHECK(terms.size() == gradient.size());
  Contrast contrast;
  bool error_known = true;
  for (const Term& term : terms) {
    const DomainEstimate& estimate = EstimateOf(term);
    if (!estimate.defined) return contrast;
    error_known = error_known && estimate.standard_error.has_value();
  }
  contrast.defined = true;
  contrast.value = value;
  const Combined combined = CombineRows(terms, gradient, sample.design.rows());
  contrast.degrees_of_freedom = sample.design.DegreesOfFreedomAmong(combined.rows);
  if (!error_known) return contrast;
  const Linearised linearised = {combined.rows, combined.z};
  ASSIGN_OR_RETURN(const std::vector<double> variance,
                   VariancesOf(sample, std::span(&linearised, 1), 1));
  contrast.standard_error = std::sqrt(variance.front());
  return contrast;
}

absl::StatusOr<Contrast> CombineLinearly(const Sample& sample, std::span<const Term> terms,
                                         std::span<const double> coefficients) {
  HAILONG_CHECK(terms.size() == coefficients.size());
  double value = 0;
  for (size_t t = 0; t < terms.size(); ++t) value += coefficients[t] * EstimateOf(terms[t]).value;
  return Combine(sample, terms, value, coefficients);
}

absl::StatusOr<Contrast> Difference(const Sample& sample, Term a, Term b) {
  const Term terms[] = {a, b};
  const double coefficients[] = {1, -1};
  return CombineLinearly(sample, terms, coefficients);
}

Contrast IndependentDifference(const DomainEstimate& a, const DomainEstimate& b) {
  return Subtract({a.defined, a.value, a.standard_error, a.degrees_of_freedom},
                  {b.defined, b.value, b.standard_error, b.degrees_of_freedom});
}

Contrast IndependentDifference(const Contrast& a, const Contrast& b) {
  return Subtract({a.defined, a.value, a.standard_error, a.degrees_of_freedom},
                  {b.defined, b.value, b.standard_error, b.degrees_of_freedom});
}

}  // namespace hailong::estimate
