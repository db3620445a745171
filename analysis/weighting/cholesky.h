// Small symmetric systems whose matrix may be singular because columns repeat each other.
//
// Threads: immutable once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hailong::weighting {

// A = L L' of a positive semidefinite matrix. A row whose pivot is below `tolerance` times its
// diagonal is redundant: its solution is 0.
class Cholesky {
 public:
  // `matrix` is n x n, row major; the lower triangle is read.
  Cholesky(std::vector<double> matrix, size_t n, double tolerance);

  // Replaces the right side by a solution of A x = b over the rows that are not redundant.
  void Solve(std::span<double> b) const;

 private:
  size_t n_;
  std::vector<double> lower_;
  std::vector<uint8_t> redundant_;
};

}  // namespace hailong::weighting
