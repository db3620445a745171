#include "analysis/cli/unit_order.h"

#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace hailong::cli {

void SortParentsFirst(std::vector<v1::Unit>& units) {
  absl::flat_hash_set<std::string> waiting;
  for (const v1::Unit& unit : units) waiting.insert(unit.unit_id());
  std::vector<v1::Unit> sorted;
  sorted.reserve(units.size());
  // Each pass takes one level of the tree; trees here have four.
  for (bool moved = true; moved && !units.empty();) {
    std::vector<v1::Unit> ready;
    std::vector<v1::Unit> rest;
    for (v1::Unit& unit : units) {
      const bool free = !waiting.contains(unit.parent_unit_id());
      (free ? ready : rest).push_back(std::move(unit));
    }
    // A code that is used again in another period waits until all its periods are placed.
    absl::flat_hash_set<std::string> still;
    for (const v1::Unit& unit : rest) still.insert(unit.unit_id());
    waiting = std::move(still);
    moved = !ready.empty();
    std::move(ready.begin(), ready.end(), std::back_inserter(sorted));
    units = std::move(rest);
  }
  std::move(units.begin(), units.end(), std::back_inserter(sorted));
  units = std::move(sorted);
}

}  // namespace hailong::cli
