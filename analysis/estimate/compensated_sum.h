// A sum whose rounding does not grow with the number of its terms (Neumaier 1974), so that the
// order of rows moves a result in its last digits only.
//
// Threads: a plain value.
#pragma once

#include <cmath>

namespace hailong::estimate {

class CompensatedSum {
 public:
  void Add(double term) {
    const double sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace hailong::estimate
