#include "analysis/index/scan.h"

#include <algorithm>
#include <array>
#include <functional>
#include <thread>
#include <utility>

namespace hailong::index {
namespace {

using estimate::Int128;
using estimate::Sums;
using frame::BlockView;
using frame::kBlockRows;

// Where the rows of one block go. Rows that are left out go to the cell and the domain after the
// last.
struct Places {
  uint32_t cells[kBlockRows];
  // Where the tables of the row's domain begin.
  uint32_t offsets[kBlockRows];
};

void FindPlaces(const BlockView& block, const Partition& partition, size_t stride, Places& places) {
  const uint8_t* groups =
      partition.group_column.has_value() ? block.column(*partition.group_column) : nullptr;
  const uint32_t step = static_cast<uint32_t>(stride);
  for (size_t r = 0; r < block.rows; ++r) {
    const size_t unit = block.units[r];
    // An answer that is none becomes a number beyond the last group.
    const uint32_t part = groups == nullptr ? 0u : groups[r] - 1u;
    const bool left_out =
        block.counted[r] == 0 || (partition.without_flagged && block.flags[r] != 0) ||
        partition.first_cell[unit] == Partition::kNowhere || part >= partition.per_unit;
    places.cells[r] =
        left_out ? static_cast<uint32_t>(partition.cells) : partition.first_cell[unit] + part;
    places.offsets[r] = step * (left_out ? static_cast<uint32_t>(partition.domains)
                                         : partition.first_domain[unit] + part);
  }
}

// Adds kColumns columns at once, so that the sums are loaded and stored once for all of them.
template <size_t kColumns>
void AddColumns(const uint8_t* const* slots, const std::vector<int64_t>* tables,
                const uint32_t* offsets, size_t rows, int64_t* sums) {
  const int64_t* table[kColumns];
  const uint8_t* slot[kColumns];
  for (size_t i = 0; i < kColumns; ++i) {
    table[i] = tables[i].data();
    slot[i] = slots[i];
  }
  for (size_t r = 0; r < rows; ++r) {
    const size_t offset = offsets[r];
    int64_t sum = sums[r];
    for (size_t i = 0; i < kColumns; ++i) sum += table[i][offset + slot[i][r]];
    sums[r] = sum;
  }
}

// The packed z of the rows of a block, by variable.
using BlockSums = std::vector<std::array<int64_t, kBlockRows>>;

void AddVariable(const BlockView& block, const Places& places, const ScanVariable& variable,
                 int64_t* sums) {
  constexpr size_t kAtOnce = 4;
  const uint8_t* slots[kAtOnce];
  const size_t columns = variable.columns.size();
  size_t i = 0;
  for (; i + kAtOnce <= columns; i += kAtOnce) {
    for (size_t k = 0; k < kAtOnce; ++k) slots[k] = block.column(variable.columns[i + k]);
    AddColumns<kAtOnce>(slots, &variable.tables[i], places.offsets, block.rows, sums);
  }
  for (; i < columns; ++i) {
    slots[0] = block.column(variable.columns[i]);
    AddColumns<1>(slots, &variable.tables[i], places.offsets, block.rows, sums);
  }
}

void AddToCells(const Places& places, const int64_t* sums, size_t rows, std::vector<Sums>& cells) {
  constexpr int64_t kAnsweredMask = (int64_t{1} << kAnsweredBits) - 1;
  for (size_t r = 0; r < rows; ++r) {
    const Int128 z = sums[r] >> kAnsweredBits;
    Sums& cell = cells[places.cells[r]];
    cell.z += z;
    cell.z_squared += z * z;
    cell.answered += (sums[r] & kAnsweredMask) != 0 ? 1 : 0;
  }
}

void ScanBlock(const BlockView& block, const Places& places,
               const std::vector<ScanVariable>& variables, BlockSums& sums,
               std::vector<std::vector<Sums>>& cells) {
  for (auto& of_variable : sums) of_variable.fill(0);
  for (size_t v = 0; v < variables.size(); ++v) {
    AddVariable(block, places, variables[v], sums[v].data());
    AddToCells(places, sums[v].data(), block.rows, cells[v]);
    if (variables[v].whole == ScanVariable::kNone) continue;
    int64_t* const whole = sums[variables[v].whole].data();
    for (size_t r = 0; r < block.rows; ++r) whole[r] += sums[v][r];
  }
}

// Runs work(thread, first block, last block) over all blocks, on `threads` threads if there are
// blocks for them.
size_t ThreadsFor(size_t blocks, int threads) {
  // Below this a thread costs more to start than it saves.
  constexpr size_t kBlocksPerThreadMin = 16;
  return std::clamp<size_t>(blocks / kBlocksPerThreadMin, 1, static_cast<size_t>(threads));
}

void SplitBlocks(size_t blocks, size_t threads,
                 const std::function<void(size_t, size_t, size_t)>& work) {
  std::vector<std::thread> others;
  for (size_t t = 1; t < threads; ++t) {
    others.emplace_back(work, t, blocks * t / threads, blocks * (t + 1) / threads);
  }
  work(0, 0, blocks / threads);
  for (std::thread& other : others) other.join();
}

Partition EmptyPartition(size_t units, bool without_flagged) {
  Partition partition;
  partition.first_cell.resize(units, Partition::kNowhere);
  partition.first_domain.resize(units, 0);
  partition.without_flagged = without_flagged;
  return partition;
}

}  // namespace

Partition OneDomain(const std::vector<uint8_t>& units, bool without_flagged) {
  Partition partition = EmptyPartition(units.size(), without_flagged);
  partition.cells = units.size();
  partition.domains = 1;
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u]) partition.first_cell[u] = static_cast<uint32_t>(u);
  }
  return partition;
}

Partition DomainByUnit(const std::vector<uint8_t>& units, bool without_flagged) {
  Partition partition = OneDomain(units, without_flagged);
  partition.domains = units.size();
  for (size_t u = 0; u < units.size(); ++u) {
    partition.first_domain[u] = static_cast<uint32_t>(u);
  }
  return partition;
}

Partition DomainByGroup(const std::vector<uint8_t>& units, bool without_flagged,
                        size_t group_column, uint8_t groups) {
  Partition partition = EmptyPartition(units.size(), without_flagged);
  partition.cells = units.size() * groups;
  partition.domains = groups;
  partition.per_unit = groups;
  partition.group_column = group_column;
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u]) partition.first_cell[u] = static_cast<uint32_t>(u * groups);
  }
  return partition;
}

std::vector<std::vector<Sums>> ScanSums(const frame::Frame& frame, const Partition& partition,
                                        size_t stride, const std::vector<ScanVariable>& variables,
                                        int threads) {
  const size_t used = ThreadsFor(frame.block_count(), threads);
  const std::vector<std::vector<Sums>> zero(variables.size(),
                                            std::vector<Sums>(partition.cells + 1));
  std::vector<std::vector<std::vector<Sums>>> sums(used, zero);
  SplitBlocks(frame.block_count(), used, [&](size_t thread, size_t begin, size_t end) {
    Places places;
    BlockSums block_sums(variables.size());
    for (size_t b = begin; b < end; ++b) {
      const BlockView block = frame.block(b);
      FindPlaces(block, partition, stride, places);
      ScanBlock(block, places, variables, block_sums, sums[thread]);
    }
  });
  for (size_t t = 1; t < used; ++t) {
    for (size_t v = 0; v < variables.size(); ++v) {
      for (size_t c = 0; c < partition.cells; ++c) sums[0][v][c] += sums[t][v][c];
    }
  }
  return std::move(sums[0]);
}

std::vector<uint64_t> ScanCounts(const frame::Frame& frame, const Partition& partition,
                                 size_t stride, const std::vector<size_t>& columns, int threads) {
  const size_t used = ThreadsFor(frame.block_count(), threads);
  const size_t size = (partition.cells + 1) * columns.size() * stride;
  std::vector<std::vector<uint64_t>> counts(used, std::vector<uint64_t>(size));
  SplitBlocks(frame.block_count(), used, [&](size_t thread, size_t begin, size_t end) {
    Places places;
    for (size_t b = begin; b < end; ++b) {
      const BlockView block = frame.block(b);
      FindPlaces(block, partition, stride, places);
      for (size_t i = 0; i < columns.size(); ++i) {
        const uint8_t* slots = block.column(columns[i]);
        uint64_t* count = counts[thread].data() + i * stride;
        for (size_t r = 0; r < block.rows; ++r) {
          ++count[places.cells[r] * columns.size() * stride + slots[r]];
        }
      }
    }
  });
  for (size_t t = 1; t < used; ++t) {
    for (size_t i = 0; i < size; ++i) counts[0][i] += counts[t][i];
  }
  return std::move(counts[0]);
}

}  // namespace hailong::index
