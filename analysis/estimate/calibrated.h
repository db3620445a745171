// Estimates and Taylor standard errors of a design stratified by unit whose weights differ within
// units by cell (weighting/cell_weights.h), from exact sums by cell.
//
// With w the final weight of a cell and e = z - x'b the residual of the linearised variable,
//   V = sum_h (1 - n_h/N_h) n_h/(n_h - 1) sum_i (u_hi - mean_h(u))^2,  u = w e
// (SSW 1992, sec. 6.6: g-weighted residuals). x'b is one number in a cell, so the squares within a
// cell are those of w z, and the rest is the spread of cell means:
//   sum_i (u_hi - mean_h(u))^2 = sum_c w_c^2 sum_i (z_i - mean_c(z))^2
//                                + sum_c n_c (w_c mean_c(e) - mean_h(u))^2
// z is 0 outside the domain but the residual is not, so every stratum takes part. A stratum with
// n_h = 1 < N_h is centred at the mean of all u (R's survey.lonely.psu = "adjust" as documented).
// The design effect is that of estimate/stratified.h, with final weights.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "analysis/estimate/estimate.h"
#include "analysis/estimate/stratified.h"

namespace hailong::estimate {

// Responses of one stratum with one weight.
struct WeightedCell {
  uint32_t stratum = 0;
  // All of them, whether or not they are in the domain.
  uint64_t responses = 0;
  // Final, above 0.
  double weight = 0;
};

// Replaces the means of z by cell by those of the residuals.
using Residualiser = std::function<void(std::span<double>)>;

// The estimate `value`, whose z in fixed point of `scale` has these sums, one for each cell. Cells
// of a stratum stand together or not; the weight of a Stratum is not used.
Estimate EstimateFromCells(double value, Range range, double scale, std::span<const Stratum> strata,
                           std::span<const WeightedCell> cells, std::span<const Sums> sums,
                           const Residualiser& residualise);

}  // namespace hailong::estimate
