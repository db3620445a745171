#include "analysis/weighting/cholesky.h"

#include <cmath>
#include <utility>

#include "base/check.h"

namespace hailong::weighting {

Cholesky::Cholesky(std::vector<double> matrix, size_t n, double tolerance)
    : n_(n), lower_(std::move(matrix)), redundant_(n, 0) {
  HAILONG_CHECK(lower_.size() == n * n);
  for (size_t i = 0; i < n; ++i) {
    double* const row = &lower_[i * n];
    const double diagonal = row[i];
    for (size_t j = 0; j <= i; ++j) {
      const double* const other = &lower_[j * n];
      double sum = row[j];
      for (size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
      if (j < i) {
        row[j] = redundant_[j] != 0 ? 0 : sum / other[j];
      } else {
        redundant_[i] = sum > tolerance * diagonal ? 0 : 1;
        row[i] = redundant_[i] != 0 ? 1 : std::sqrt(sum);
      }
    }
  }
}

void Cholesky::Solve(std::span<double> b) const {
  HAILONG_CHECK(b.size() == n_);
  for (size_t i = 0; i < n_; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= lower_[i * n_ + k] * b[k];
    b[i] = redundant_[i] != 0 ? 0 : b[i] / lower_[i * n_ + i];
  }
  for (size_t i = n_; i-- > 0;) {
    if (redundant_[i] != 0) {
      b[i] = 0;
      continue;
    }
    for (size_t k = i + 1; k < n_; ++k) {
      if (redundant_[k] == 0) b[i] -= lower_[k * n_ + i] * b[k];
    }
    b[i] /= lower_[i * n_ + i];
  }
}

}  // namespace hailong::weighting
