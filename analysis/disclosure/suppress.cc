#include "analysis/disclosure/suppress.h"

#include <numeric>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::disclosure {
namespace {

absl::Status CheckRatio(const std::optional<double>& value, double max, const char* name) {
  if (!value || (*value > 0 && *value <= max)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Cat("rule: ", name, " is ", *value, ", allowed is above 0 to ", max));
}

absl::Status CheckRule(const Table& table, const Rule& rule) {
  if (rule.n_min < 2 || rule.n_min > kNMinMax) {
    return absl::InvalidArgumentError(
        base::Cat("rule: n_min is ", rule.n_min, ", allowed are 2..", kNMinMax));
  }
  RETURN_IF_ERROR(CheckRatio(rule.largest_share_max, 1, "largest_share_max"));
  RETURN_IF_ERROR(CheckRatio(rule.largest_two_share_max, 1, "largest_two_share_max"));
  RETURN_IF_ERROR(CheckRatio(rule.p_percent, 100, "p_percent"));
  if (rule.unanimous_n_min > 0 && table.steps() < 2) {
    return absl::InvalidArgumentError(
        "rule: unanimous_n_min needs a table with steps, found a table with one");
  }
  return absl::OkStatus();
}

bool IsUnsafe(const Cell& cell, const Rule& rule) {
  const double largest_two = cell.weight_largest + cell.weight_second;
  return cell.n < rule.n_min ||
         (rule.largest_share_max && cell.weight_largest > *rule.largest_share_max * cell.weight) ||
         (rule.largest_two_share_max && largest_two > *rule.largest_two_share_max * cell.weight) ||
         (rule.p_percent &&
          cell.weight - largest_two < *rule.p_percent / 100 * cell.weight_largest) ||
         (cell.unanimous && cell.n < rule.unanimous_n_min);
}

uint64_t RespondentsHidden(const Table& table, const std::vector<Visibility>& visibility) {
  uint64_t sum = 0;
  for (size_t i = 0; i < visibility.size(); ++i) {
    if (visibility[i] == Visibility::kHidden) sum += table.cell(i).n;
  }
  return sum;
}

struct Pass {
  std::vector<Visibility> visibility;
  std::vector<Interval> proven;
};

// Protects the unsafe cells in the given order.
Pass Protect(const Table& table, const std::vector<size_t>& unsafe, uint32_t width,
             std::vector<Visibility> visibility) {
  ExchangeSearch search(table);
  const auto protects = [&](size_t cell) {
    search.Widen(cell, width, visibility);
    return search.intervals()[cell].width() >= width && search.MoveSteps(cell, visibility);
  };
  for (const size_t cell : unsafe) {
    if (protects(cell)) continue;
    // Only with fixed cells can this happen: joining a leaf of the cell alone widens it without
    // end, when all that holds the leaf may be hidden.
    for (size_t i = 0; i < visibility.size(); ++i) {
      if (visibility[i] == Visibility::kFixed && table.cell(i).n > 0) {
        visibility[i] = Visibility::kOpen;
      }
    }
    HAILONG_CHECK(protects(cell));
  }
  return {.visibility = std::move(visibility), .proven = search.intervals()};
}

// Cells that were hidden for a cell and turned out not to be needed, since a later cell hid better
// ones, come back: only what the first pass hid may be hidden, and the order is turned round.
Pass Shrink(const Table& table, const std::vector<size_t>& unsafe, uint32_t width,
            const std::vector<Visibility>& given, const Pass& first) {
  std::vector<Visibility> visibility;
  for (const Visibility before : first.visibility) {
    visibility.push_back(before == Visibility::kHidden ? Visibility::kOpen : Visibility::kFixed);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] == Visibility::kHidden) visibility[i] = Visibility::kHidden;
  }
  return Protect(table, {unsafe.rbegin(), unsafe.rend()}, width, std::move(visibility));
}

}  // namespace

absl::StatusOr<Suppression> Suppress(const Table& table, const Rule& rule,
                                     const std::vector<bool>& hidden) {
  HAILONG_CHECK(hidden.empty() || hidden.size() == table.cell_count());
  RETURN_IF_ERROR(CheckRule(table, rule));
  std::vector<Visibility> visibility;
  std::vector<size_t> unsafe;
  Suppression result;
  for (size_t i = 0; i < table.cell_count(); ++i) {
    const Cell& cell = table.cell(i);
    if (cell.n == 0) {
      visibility.push_back(Visibility::kFixed);
      result.status.push_back(CellStatus::kEmpty);
    } else if (IsUnsafe(cell, rule)) {
      visibility.push_back(Visibility::kHidden);
      result.status.push_back(CellStatus::kPrimary);
      unsafe.push_back(i);
    } else if (!hidden.empty() && hidden[i]) {
      visibility.push_back(Visibility::kHidden);
      result.status.push_back(CellStatus::kComplementary);
    } else {
      visibility.push_back(Visibility::kOpen);
      result.status.push_back(CellStatus::kShown);
    }
  }
  const uint32_t width = rule.n_min - 1;
  Pass pass = Protect(table, unsafe, width, visibility);
  Pass shrunk = Shrink(table, unsafe, width, visibility, pass);
  if (RespondentsHidden(table, shrunk.visibility) < RespondentsHidden(table, pass.visibility)) {
    pass = std::move(shrunk);
  }
  result.primary = unsafe.size();
  for (size_t i = 0; i < table.cell_count(); ++i) {
    if (pass.visibility[i] != Visibility::kHidden) continue;
    if (result.status[i] == CellStatus::kPrimary) continue;
    HAILONG_CHECK(visibility[i] == Visibility::kHidden || pass.proven[i].width() > 0);
    result.status[i] = CellStatus::kComplementary;
    ++result.complementary;
    if (table.IsTotal(i)) ++result.complementary_totals;
  }
  result.proven = std::move(pass.proven);
  return result;
}

std::vector<Interval> Audit(const Table& table, const std::vector<bool>& hidden, uint32_t width) {
  HAILONG_CHECK(hidden.size() == table.cell_count());
  std::vector<Visibility> visibility;
  for (size_t i = 0; i < hidden.size(); ++i) {
    const bool may_change = hidden[i] && table.cell(i).n > 0;
    visibility.push_back(may_change ? Visibility::kHidden : Visibility::kFixed);
  }
  ExchangeSearch search(table);
  for (size_t i = 0; i < visibility.size(); ++i) {
    if (visibility[i] == Visibility::kHidden) search.Widen(i, width, visibility);
  }
  return search.intervals();
}

}  // namespace hailong::disclosure
