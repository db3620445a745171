#pragma once

// Somebody who reads a published table and wants to know the hidden cells. Three ways, obvious and
// slow, that share no code with what they attack, nor with each other:
//   elimination   is a cell fixed by the equations alone? Gaussian elimination
//   programming   how far can it move among non-negative whole numbers? integer programming (GLPK)
//   enumeration   the same, by trying all tables; for tiny ones
// One thread at a time: GLPK keeps state of its own.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace hailong::tests {

using Variables = std::vector<uint32_t>;

// The variables are unknown counts, none negative.
struct Puzzle {
  size_t variables = 0;
  // What is shown: the variables add up to it.
  struct Sum {
    Variables of;
    uint32_t is = 0;
  };
  std::vector<Sum> shown;
  // What is hidden: these add up to 1 or more.
  std::vector<Variables> hidden;
};

inline constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

// All values that a hidden cell may have lie in here, and both ends are reached.
struct Range {
  int64_t low = 0;
  int64_t high = kNoEnd;

  int64_t width() const { return high == kNoEnd ? kNoEnd : high - low; }
};

// By hidden cell: whether the shown sums alone determine it. Modulo the prime 2^61 - 1, which can
// tell it from the rationals only when it divides a minor of a matrix of zeros and ones.
std::vector<bool> DeterminedByElimination(const Puzzle& puzzle);

// Over the whole numbers, or over the reals (then the ends are rounded inwards, and the range of
// whole numbers may be smaller). The puzzle has a solution.
Range RangeByProgramming(const Puzzle& puzzle, const Variables& cell, bool whole_numbers);

// By hidden cell, over all tables with no variable above `cap`; nullopt: more than `visits_max`
// steps of the search.
std::optional<std::vector<Range>> RangesByEnumeration(const Puzzle& puzzle, uint32_t cap,
                                                      uint64_t visits_max);

}  // namespace hailong::tests
