// An orthonormal basis of numeric variables under weights: the regression on them, and well
// conditioned coordinates to calibrate in, whatever units the variables are in.
//
// Threads: immutable once made.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hailong::weighting {

class Basis {
 public:
  // Gram-Schmidt, twice over, in the given order. A variable that is a combination of those before
  // it is redundant: what is left of it is below 1e-9 of its length.
  Basis(const std::vector<std::span<const double>>& variables, std::span<const double> weights);

  // q_1..q_k by row, sum d q_i q_j = 1 if i = j and else 0.
  const std::vector<std::vector<double>>& columns() const { return columns_; }

  struct Variable {
    // x = sum of coefficients_i q_i; as many as there were basis vectors, its own last.
    std::vector<double> coefficients;
    bool redundant = false;
    // No row with a weight has a value other than 0.
    bool zero = false;
  };
  const std::vector<Variable>& variables() const { return variables_; }

  // Takes out of z, by row, its regression on the variables.
  void TakeOut(std::span<double> z) const;

 private:
  std::vector<double> weights_;
  std::vector<std::vector<double>> columns_;
  std::vector<Variable> variables_;
};

}  // namespace hailong::weighting
