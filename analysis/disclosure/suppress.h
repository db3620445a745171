// Which cells of a published table are hidden, so that nobody's answer can be read off it.
//
// Primary suppression hides the cells that a rule calls unsafe by themselves. Complementary
// suppression hides more, since a hidden cell can be computed from a total and its other parts
// (Cox 1980 JASA 75:377-385; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
//
// What holds afterwards, whatever a reader computes from all shown cells of the table:
//   - for every primary cell there are tables that fit and in which its n differ by at least
//     n_min - 1 (sliding protection, Fischetti and Salazar 2000 Management Science 46:1530-1541).
//     As no hidden cell is empty, the reader cannot rule out that it has n_min or more, which is to
//     say that it was hidden only to protect another;
//   - for every step that somebody in a primary cell chose there is such a table with another count
//     of it, so that it cannot be told how many did;
//   - every complementary cell could have at least two values.
// Each of these tables has been reached by exchanges (exchange.h) and is counted in `proven`.
//
// Empty cells are always shown, as "no data": they say nothing about a respondent, and they protect
// nothing, since a reader may know that they are empty.
//
// A reader must not be told which hidden cells are primary: that one is says that it is below
// n_min.
//
// Threads: pure functions of their arguments. The same table and rule give the same result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/disclosure/exchange.h"
#include "analysis/disclosure/table.h"

namespace hailong::disclosure {

// At most, so that the search ends soon.
inline constexpr uint32_t kNMinMax = 1000;

// Which cells are unsafe by themselves. The defaults are this project's, not a law's.
struct Rule {
  // Fewer respondents than this, but more than none. 2..kNMinMax. 3 is the usual least for sums of
  // magnitudes, 5 and 10 are common for counts of persons (Hundepool et al. 2012).
  uint32_t n_min = 5;
  // The largest weight is more than this share of all; in (0, 1]. The (1,k) rule of dominance.
  std::optional<double> largest_share_max = std::nullopt;
  // The two largest are more than this share of all; in (0, 1]. The (2,k) rule.
  std::optional<double> largest_two_share_max = std::nullopt;
  // What is left without the two largest is less than p percent of the largest, so that the second
  // knows the first within p percent. In (0, 100].
  std::optional<double> p_percent = std::nullopt;
  // All gave the same answer and are fewer than this; 0: no such rule. Needs steps.
  uint32_t unanimous_n_min = 0;
};

enum class CellStatus : uint8_t { kShown, kEmpty, kPrimary, kComplementary };

inline bool IsHidden(CellStatus status) {
  return status == CellStatus::kPrimary || status == CellStatus::kComplementary;
}

struct Suppression {
  // By cell of the table.
  std::vector<CellStatus> status;
  // By cell: values of n that were proven possible for a reader; the true n alone for shown cells.
  std::vector<Interval> proven;
  size_t primary = 0;
  size_t complementary = 0;
  // Complementary cells that are totals of others: what protection costs at the higher levels.
  size_t complementary_totals = 0;
};

// `hidden`: by cell, cells that are hidden in any case, for the sake of another table over the same
// respondents; they may be changed at no price, are complementary unless primary, and nothing is
// promised about them. Empty: none. Tables that are suppressed in turn, each with what those before
// it hid, have one mask in the end, and it protects each of them, since hiding more never harms a
// primary cell. INVALID_ARGUMENT: a number of the rule is outside of what is allowed above.
absl::StatusOr<Suppression> Suppress(const Table& table, const Rule& rule,
                                     const std::vector<bool>& hidden = {});

// For each cell the values of n that are proven possible when exactly the cells with true in
// `hidden` are hidden: at least `width` + 1 of them where exchanges are found; the true n alone for
// a cell that may be computed. For masks that come from elsewhere, such as the union of the masks
// of several tables. One element of `hidden` for each cell; those of empty cells are ignored.
std::vector<Interval> Audit(const Table& table, const std::vector<bool>& hidden, uint32_t width);

}  // namespace hailong::disclosure
