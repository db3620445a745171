#include "analysis/weighting/basis.h"

#include <cmath>
#include <utility>

namespace hailong::weighting {
namespace {

double Product(std::span<const double> weights, std::span<const double> a,
               std::span<const double> b) {
  double sum = 0;
  for (size_t r = 0; r < weights.size(); ++r) sum += weights[r] * a[r] * b[r];
  return sum;
}

void Subtract(double factor, std::span<const double> from, std::span<double> z) {
  for (size_t r = 0; r < z.size(); ++r) z[r] -= factor * from[r];
}

}  // namespace

Basis::Basis(const std::vector<std::span<const double>>& variables, std::span<const double> weights)
    : weights_(weights.begin(), weights.end()) {
  constexpr double kRedundant = 1e-9;
  for (const std::span<const double> values : variables) {
    Variable variable;
    variable.coefficients.resize(columns_.size(), 0);
    std::vector<double> rest(values.begin(), values.end());
    const double length = std::sqrt(Product(weights_, rest, rest));
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        const double factor = Product(weights_, columns_[i], rest);
        Subtract(factor, columns_[i], rest);
        variable.coefficients[i] += factor;
      }
    }
    const double left = std::sqrt(Product(weights_, rest, rest));
    variable.zero = length == 0;
    variable.redundant = !(left > kRedundant * length);
    if (!variable.redundant) {
      for (double& value : rest) value /= left;
      variable.coefficients.push_back(left);
      columns_.push_back(std::move(rest));
    }
    variables_.push_back(std::move(variable));
  }
}

void Basis::TakeOut(std::span<double> z) const {
  for (const std::vector<double>& column : columns_) {
    Subtract(Product(weights_, column, z), column, z);
  }
}

}  // namespace hailong::weighting
