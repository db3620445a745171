// How surprising a number would be by chance alone, of one comparison and of many.
//
// Of m comparisons made at once some look surprising by chance. Both adjustments are those of R's
// p.adjust; an adjusted p-value below alpha means what the name says:
//   Holm 1979 (Scandinavian Journal of Statistics 6:65)       the chance of even one false claim
//     among all m is below alpha, however the comparisons depend on each other
//   Benjamini & Hochberg 1995 (JRSS B 57:289)                  of the claims made, a part of alpha
//     is expected to be false; for comparisons that are independent or depend positively
//     (Benjamini & Yekutieli 2001, Annals of Statistics 29:1165)
//
// Threads: pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace hailong::estimate {

// P(|T| >= |statistic|), with T of Student's t. `degrees_of_freedom` is above 0, and may be
// infinite for the normal.
double TwoSidedP(double statistic, double degrees_of_freedom);

// One for each p-value; those that are absent were not compared and are not counted in m.
std::vector<std::optional<double>> AdjustByHolm(std::span<const std::optional<double>> p_values);
std::vector<std::optional<double>> AdjustByBenjaminiHochberg(
    std::span<const std::optional<double>> p_values);

}  // namespace hailong::estimate
