#include "tests/disclosure/attacker.h"

#include <glpk.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.h"

namespace hailong::tests {
namespace {

__extension__ typedef unsigned __int128 Uint128;
constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

uint64_t Times(uint64_t a, uint64_t b) {
  return static_cast<uint64_t>(static_cast<Uint128>(a) * b % kPrime);
}

uint64_t Inverse(uint64_t a) {
  uint64_t result = 1;
  for (uint64_t power = kPrime - 2; power > 0; power >>= 1) {
    if (power & 1) result = Times(result, a);
    a = Times(a, a);
  }
  return result;
}

using Row = std::vector<uint64_t>;

Row RowOf(const Variables& variables, size_t count) {
  Row row(count);
  for (const uint32_t variable : variables) row[variable] = 1;
  return row;
}

// Subtracts from the row what the basis, one row for each leading column, can express of it;
// returns the leading column of the rest, or the number of columns when nothing is left.
size_t Reduce(Row& row, const std::vector<Row>& basis) {
  size_t leading = row.size();
  for (size_t column = 0; column < row.size(); ++column) {
    if (row[column] == 0) continue;
    if (basis[column].empty()) {
      leading = std::min(leading, column);
      continue;
    }
    const uint64_t factor = kPrime - row[column];
    for (size_t i = column; i < row.size(); ++i) {
      if (basis[column][i] == 0) continue;
      row[i] = (row[i] + Times(factor, basis[column][i])) % kPrime;
    }
  }
  return leading;
}

}  // namespace

std::vector<bool> DeterminedByElimination(const Puzzle& puzzle) {
  std::vector<Row> basis(puzzle.variables);
  const auto add = [&](const Variables& variables) {
    Row row = RowOf(variables, puzzle.variables);
    const size_t leading = Reduce(row, basis);
    if (leading == row.size()) return;
    const uint64_t factor = Inverse(row[leading]);
    for (uint64_t& value : row) value = Times(value, factor);
    basis[leading] = std::move(row);
  };
  for (const Puzzle::Sum& sum : puzzle.shown) {
    if (sum.is > 0) {
      add(sum.of);
    } else {
      // None is negative, so each is 0.
      for (const uint32_t variable : sum.of) add({variable});
    }
  }
  std::vector<bool> determined;
  for (const Variables& cell : puzzle.hidden) {
    Row row = RowOf(cell, puzzle.variables);
    determined.push_back(Reduce(row, basis) == row.size());
  }
  return determined;
}

Range RangeByProgramming(const Puzzle& puzzle, const Variables& cell, bool whole_numbers) {
  glp_term_out(GLP_OFF);
  const std::unique_ptr<glp_prob, decltype(&glp_delete_prob)> problem(glp_create_prob(),
                                                                      &glp_delete_prob);
  glp_add_cols(problem.get(), static_cast<int>(puzzle.variables));
  for (int column = 1; column <= static_cast<int>(puzzle.variables); ++column) {
    glp_set_col_bnds(problem.get(), column, GLP_LO, 0, 0);
    if (whole_numbers) glp_set_col_kind(problem.get(), column, GLP_IV);
  }
  const auto add = [&](const Variables& variables, int kind, double value) {
    if (variables.empty()) return;
    const int row = glp_add_rows(problem.get(), 1);
    glp_set_row_bnds(problem.get(), row, kind, value, value);
    std::vector<int> columns = {0};
    for (const uint32_t variable : variables) columns.push_back(static_cast<int>(variable) + 1);
    const std::vector<double> ones(columns.size(), 1);
    glp_set_mat_row(problem.get(), row, static_cast<int>(variables.size()), columns.data(),
                    ones.data());
  };
  for (const Puzzle::Sum& sum : puzzle.shown) add(sum.of, GLP_FX, sum.is);
  for (const Variables& hidden : puzzle.hidden) add(hidden, GLP_LO, 1);
  for (const uint32_t variable : cell) {
    glp_set_obj_coef(problem.get(), static_cast<int>(variable) + 1, 1);
  }

  // Presolved, an unbounded problem is told from one without a solution by there being one.
  const auto solve = [&](int direction) -> std::optional<double> {
    glp_set_obj_dir(problem.get(), direction);
    if (whole_numbers) {
      glp_iocp options;
      glp_init_iocp(&options);
      options.presolve = GLP_ON;
      options.tm_lim = 60'000;
      const int status = glp_intopt(problem.get(), &options);
      if (status == GLP_ENODFS) return std::nullopt;
      HAILONG_CHECK(status == 0 && glp_mip_status(problem.get()) == GLP_OPT);
      return glp_mip_obj_val(problem.get());
    }
    glp_smcp options;
    glp_init_smcp(&options);
    options.presolve = GLP_ON;
    const int status = glp_simplex(problem.get(), &options);
    if (status == GLP_ENODFS) return std::nullopt;
    HAILONG_CHECK(status == 0 && glp_get_status(problem.get()) == GLP_OPT);
    return glp_get_obj_val(problem.get());
  };
  constexpr double kRounding = 1e-6;
  Range range;
  const auto low = solve(GLP_MIN);
  HAILONG_CHECK(low.has_value());
  range.low = static_cast<int64_t>(std::ceil(*low - kRounding));
  const auto high = solve(GLP_MAX);
  range.high = high ? static_cast<int64_t>(std::floor(*high + kRounding)) : kNoEnd;
  return range;
}

namespace {

// Depth first over the variables in their order; each sum is what is left of it.
class Enumeration {
 public:
  Enumeration(const Puzzle& puzzle, uint32_t cap, uint64_t visits_max)
      : puzzle_(puzzle), cap_(cap), visits_left_(visits_max), values_(puzzle.variables) {
    sums_of_.resize(puzzle.variables);
    ends_at_.resize(puzzle.variables);
    for (size_t s = 0; s < puzzle.shown.size(); ++s) {
      const Puzzle::Sum& sum = puzzle.shown[s];
      left_.push_back(sum.is);
      if (sum.of.empty()) continue;
      for (const uint32_t variable : sum.of) sums_of_[variable].push_back(s);
      ends_at_[*std::max_element(sum.of.begin(), sum.of.end())].push_back(s);
    }
  }

  std::optional<std::vector<Range>> Run() {
    if (!Visit(0)) return std::nullopt;
    return ranges_;
  }

 private:
  bool Visit(size_t variable) {
    if (visits_left_ == 0) return false;
    --visits_left_;
    if (variable == values_.size()) {
      Record();
      return true;
    }
    uint32_t high = cap_;
    for (const size_t s : sums_of_[variable]) high = std::min(high, left_[s]);
    for (uint32_t value = 0; value <= high; ++value) {
      for (const size_t s : sums_of_[variable]) left_[s] -= value;
      values_[variable] = value;
      const bool fits = std::all_of(ends_at_[variable].begin(), ends_at_[variable].end(),
                                    [&](size_t s) { return left_[s] == 0; });
      const bool done = !fits || Visit(variable + 1);
      for (const size_t s : sums_of_[variable]) left_[s] += value;
      if (!done) return false;
    }
    return true;
  }

  void Record() {
    std::vector<int64_t> sums;
    for (const Variables& hidden : puzzle_.hidden) {
      int64_t sum = 0;
      for (const uint32_t variable : hidden) sum += values_[variable];
      if (sum == 0) return;
      sums.push_back(sum);
    }
    if (ranges_.empty()) {
      for (const int64_t sum : sums) ranges_.push_back({.low = sum, .high = sum});
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      ranges_[i].low = std::min(ranges_[i].low, sums[i]);
      ranges_[i].high = std::max(ranges_[i].high, sums[i]);
    }
  }

  const Puzzle& puzzle_;
  const uint32_t cap_;
  uint64_t visits_left_;
  std::vector<uint32_t> values_;
  std::vector<uint32_t> left_;
  std::vector<std::vector<size_t>> sums_of_;
  std::vector<std::vector<size_t>> ends_at_;
  std::vector<Range> ranges_;
};

}  // namespace

std::optional<std::vector<Range>> RangesByEnumeration(const Puzzle& puzzle, uint32_t cap,
                                                      uint64_t visits_max) {
  return Enumeration(puzzle, cap, visits_max).Run();
}

}  // namespace hailong::tests
