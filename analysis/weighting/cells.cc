#include "analysis/weighting/cells.h"

#include "absl/container/flat_hash_map.h"

namespace hailong::weighting {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Cuts `cells` by one more factor. A table is used while it is small beside the rows, or at all.
void CutByTable(const design::Factor& factor, Cells& cells) {
  const size_t levels = factor.levels.size();
  std::vector<uint32_t> number(cells.count * levels, kNone);
  for (size_t r = 0; r < cells.of_row.size(); ++r) {
    uint32_t& cell = cells.of_row[r];
    cell = static_cast<uint32_t>(cell * levels + factor.codes[r]);
    number[cell] = 0;
  }
  std::vector<std::vector<uint32_t>> by_margin(cells.levels.size() + 1);
  uint32_t next = 0;
  for (size_t i = 0; i < number.size(); ++i) {
    if (number[i] == kNone) continue;
    number[i] = next++;
    for (size_t m = 0; m < cells.levels.size(); ++m) {
      by_margin[m].push_back(cells.levels[m][i / levels]);
    }
    by_margin.back().push_back(static_cast<uint32_t>(i % levels));
  }
  if (next != number.size()) {
    for (uint32_t& cell : cells.of_row) cell = number[cell];
  }
  cells.count = next;
  cells.levels = std::move(by_margin);
}

void CutByHash(const design::Factor& factor, Cells& cells) {
  const uint64_t levels = factor.levels.size();
  absl::flat_hash_map<uint64_t, uint32_t> number;
  std::vector<std::vector<uint32_t>> by_margin(cells.levels.size() + 1);
  for (size_t r = 0; r < cells.of_row.size(); ++r) {
    const uint32_t old = cells.of_row[r];
    const auto [at, is_new] =
        number.try_emplace(old * levels + factor.codes[r], static_cast<uint32_t>(number.size()));
    if (is_new) {
      for (size_t m = 0; m < cells.levels.size(); ++m) by_margin[m].push_back(cells.levels[m][old]);
      by_margin.back().push_back(factor.codes[r]);
    }
    cells.of_row[r] = at->second;
  }
  cells.count = number.size();
  cells.levels = std::move(by_margin);
}

}  // namespace

Cells CrossMargins(size_t rows, const std::vector<Margin>& margins) {
  constexpr uint64_t kTableMax = uint64_t{1} << 20;
  Cells cells;
  cells.count = 1;
  cells.of_row.resize(rows, 0);
  for (const Margin& margin : margins) {
    const uint64_t crossing = uint64_t{cells.count} * margin.factor.levels.size();
    crossing <= kTableMax ? CutByTable(margin.factor, cells) : CutByHash(margin.factor, cells);
  }
  return cells;
}

}  // namespace hailong::weighting
