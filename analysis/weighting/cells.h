// The cells that several factors cut rows into: only those that have rows, however large the
// crossing of all levels.
//
// Threads: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/weighting/adjust.h"

namespace hailong::weighting {

struct Cells {
  size_t count = 0;
  // The cell of each row.
  std::vector<uint32_t> of_row;
  // By margin, by cell.
  std::vector<std::vector<uint32_t>> levels;
};

// Cells in the order of their levels, or of their first rows where the crossing is too large for a
// table. Codes were checked.
Cells CrossMargins(size_t rows, const std::vector<Margin>& margins);

}  // namespace hailong::weighting
