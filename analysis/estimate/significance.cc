#include "analysis/estimate/significance.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace hailong::estimate {
namespace {

// Those that are there, the smallest first.
std::vector<size_t> Ascending(std::span<const std::optional<double>> p_values) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p_values.size(); ++i) {
    if (p_values[i].has_value()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return *p_values[a] < *p_values[b]; });
  return order;
}

}  // namespace

double TwoSidedP(double statistic, double degrees_of_freedom) {
  HAILONG_CHECK(degrees_of_freedom > 0);
  const double reach = std::abs(statistic);
  if (std::isinf(reach)) return 0;
  const double tail =
      std::isinf(degrees_of_freedom)
          ? boost::math::cdf(boost::math::complement(boost::math::normal_distribution<>(), reach))
          : boost::math::cdf(boost::math::complement(
                boost::math::students_t_distribution<>(degrees_of_freedom), reach));
  return std::min(1.0, 2 * tail);
}

std::vector<std::optional<double>> AdjustByHolm(std::span<const std::optional<double>> p_values) {
  const std::vector<size_t> order = Ascending(p_values);
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, left * *p_values[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

std::vector<std::optional<double>> AdjustByBenjaminiHochberg(
    std::span<const std::optional<double>> p_values) {
  const std::vector<size_t> order = Ascending(p_values);
  std::vector<std::optional<double>> adjusted(p_values.size());
  double smallest = 1;
  for (size_t rank = order.size(); rank-- > 0;) {
    const double part = static_cast<double>(order.size()) / static_cast<double>(rank + 1);
    smallest = std::min(smallest, part * *p_values[order[rank]]);
    adjusted[order[rank]] = smallest;
  }
  return adjusted;
}

}  // namespace hailong::estimate
