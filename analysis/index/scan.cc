#include "analysis/index/scan.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/parallel/parallel.h"

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

// The place and the domain of each row; kLeftOut or more: left out.
void FindRawPlaces(const BlockView& block, const Partition& partition, uint32_t* places,
                   uint32_t* domains) {
  for (size_t r = 0; r < block.rows; ++r) {
    const size_t unit = block.units[r];
    const bool left_out =
        block.counted[r] == 0 || (partition.without_flagged && block.flags[r] != 0);
    places[r] = left_out ? Partition::kLeftOut : partition.unit_place[unit];
    domains[r] = partition.unit_domain[unit];
  }
  for (const Partition::Step& step : partition.steps) {
    const uint8_t* slots = block.column(step.column);
    for (size_t r = 0; r < block.rows; ++r) {
      places[r] += step.place[slots[r]];
      domains[r] += step.domain[slots[r]];
    }
  }
}

void FindPlaces(const BlockView& block, const Partition& partition, size_t stride, Places& places) {
  FindRawPlaces(block, partition, places.cells, places.offsets);
  const uint32_t step = static_cast<uint32_t>(stride);
  const uint32_t* cells = partition.steps.empty() ? nullptr : partition.place_cell.data();
  for (size_t r = 0; r < block.rows; ++r) {
    const uint32_t place = places.cells[r];
    const bool left_out = place >= Partition::kLeftOut;
    places.offsets[r] =
        step * (left_out ? static_cast<uint32_t>(partition.domains) : places.offsets[r]);
    if (left_out) {
      places.cells[r] = static_cast<uint32_t>(partition.cells);
    } else if (cells != nullptr) {
      places.cells[r] = cells[place];
    }
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

// `threads`, if there are blocks for them.
size_t ThreadsFor(size_t blocks, int threads) {
  // Below this a thread costs more to start than it saves.
  constexpr size_t kBlocksPerThreadMin = 16;
  return std::clamp<size_t>(blocks / kBlocksPerThreadMin, 1, static_cast<size_t>(threads));
}

// Runs work(thread, first block, last block) over all blocks.
void SplitBlocks(size_t blocks, size_t threads,
                 const std::function<void(size_t, size_t, size_t)>& work) {
  parallel::ForEach(threads, threads, [&](size_t part) {
    work(part, blocks * part / threads, blocks * (part + 1) / threads);
  });
}

// The steps of a split; sets parts and layers.
void AddSteps(const frame::Frame& frame, const SplitBy& by, Partition& partition) {
  const auto options = [&](size_t column) { return size_t{frame.columns()[column].options}; };
  for (const size_t column : by.domain_columns) partition.parts *= options(column);
  for (const size_t column : by.layer_columns) partition.layers *= options(column) + 1;
  size_t weight = partition.parts;
  for (const size_t column : by.domain_columns) {
    weight /= options(column);
    // No answer and not applicable are left out.
    Partition::Step step = {
        .column = column,
        .place = std::vector<uint32_t>(options(column) + 2, Partition::kLeftOut),
        .domain = std::vector<uint32_t>(options(column) + 2, 0)};
    for (size_t slot = 1; slot <= options(column); ++slot) {
      step.place[slot] = step.domain[slot] = static_cast<uint32_t>((slot - 1) * weight);
    }
    partition.steps.push_back(std::move(step));
  }
  weight = partition.layers * partition.parts;
  for (const size_t column : by.layer_columns) {
    weight /= options(column) + 1;
    Partition::Step step = {.column = column,
                            .place = std::vector<uint32_t>(options(column) + 2, 0),
                            .domain = std::vector<uint32_t>(options(column) + 2, 0)};
    for (size_t slot = 1; slot <= options(column); ++slot) {
      step.place[slot] = static_cast<uint32_t>(slot * weight);
    }
    partition.steps.push_back(std::move(step));
  }
}

// The product of the sizes of a split, or more than any limit.
size_t PlacesOf(const frame::Frame& frame, const SplitBy& by) {
  size_t places = 0;
  for (const uint32_t block : by.block) places += block == SplitBy::kNowhere ? 0 : 1;
  const auto times = [&](size_t factor) { places = std::min(places * factor, kPlacesMax + 1); };
  for (const size_t column : by.domain_columns) times(frame.columns()[column].options);
  for (const size_t column : by.layer_columns) times(frame.columns()[column].options + size_t{1});
  return places;
}

std::vector<uint64_t> CountPlaces(const frame::Frame& frame, const Partition& partition,
                                  size_t places, int threads) {
  const size_t used = ThreadsFor(frame.block_count(), threads);
  std::vector<std::vector<uint64_t>> counts(used, std::vector<uint64_t>(places));
  SplitBlocks(frame.block_count(), used, [&](size_t thread, size_t begin, size_t end) {
    Places raw;
    for (size_t b = begin; b < end; ++b) {
      const BlockView block = frame.block(b);
      FindRawPlaces(block, partition, raw.cells, raw.offsets);
      for (size_t r = 0; r < block.rows; ++r) {
        if (raw.cells[r] < Partition::kLeftOut) ++counts[thread][raw.cells[r]];
      }
    }
  });
  for (size_t t = 1; t < used; ++t) {
    for (size_t p = 0; p < places; ++p) counts[0][p] += counts[t][p];
  }
  return std::move(counts[0]);
}

}  // namespace

absl::StatusOr<Partition> SplitRows(const frame::Frame& frame, const SplitBy& by, int threads) {
  const size_t places = PlacesOf(frame, by);
  if (places > kPlacesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("units and answers to the questions asked for or weighted by make more than ",
                     kPlacesMax, " cells; ask for fewer at once"));
  }
  Partition partition;
  partition.without_flagged = by.without_flagged;
  AddSteps(frame, by, partition);
  uint32_t next = 0;
  // By place that has no steps yet: the unit.
  std::vector<uint32_t> units;
  for (size_t u = 0; u < by.block.size(); ++u) {
    const bool left_out = by.block[u] == SplitBy::kNowhere;
    partition.unit_place.push_back(left_out ? Partition::kLeftOut : next);
    partition.unit_domain.push_back(
        left_out ? 0 : static_cast<uint32_t>(by.block[u] * partition.parts));
    if (left_out) continue;
    units.push_back(static_cast<uint32_t>(u));
    next += static_cast<uint32_t>(partition.parts * partition.layers);
  }
  partition.domains = by.blocks * partition.parts;
  std::vector<uint64_t> rows;
  if (!partition.steps.empty()) rows = CountPlaces(frame, partition, places, threads);
  for (size_t place = 0; place < places; ++place) {
    if (!rows.empty()) {
      partition.place_cell.push_back(static_cast<uint32_t>(partition.cell_unit.size()));
      if (rows[place] == 0) continue;
      partition.cell_rows.push_back(rows[place]);
    }
    const size_t in_unit = place % (partition.parts * partition.layers);
    const uint32_t unit = units[place / (partition.parts * partition.layers)];
    partition.cell_unit.push_back(unit);
    partition.cell_layer.push_back(static_cast<uint32_t>(in_unit / partition.parts));
    partition.cell_domain.push_back(
        static_cast<uint32_t>(partition.unit_domain[unit] + in_unit % partition.parts));
  }
  partition.cells = partition.cell_unit.size();
  if (partition.cells > kCellsMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "units and answers to the questions asked for or weighted by make ", partition.cells,
        " cells with responses; allowed are ", kCellsMax, ": ask for fewer at once"));
  }
  return partition;
}

SplitBy OneBlock(const std::vector<uint8_t>& units, bool without_flagged) {
  SplitBy by;
  by.without_flagged = without_flagged;
  for (const uint8_t unit : units) by.block.push_back(unit ? 0 : SplitBy::kNowhere);
  return by;
}

SplitBy BlockByUnit(const std::vector<uint8_t>& units, bool without_flagged) {
  SplitBy by = OneBlock(units, without_flagged);
  by.blocks = units.size();
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u]) by.block[u] = static_cast<uint32_t>(u);
  }
  return by;
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

std::vector<uint32_t> ScanCounts(const frame::Frame& frame, const Partition& partition,
                                 size_t stride, const std::vector<size_t>& columns, int threads) {
  const size_t used = ThreadsFor(frame.block_count(), threads);
  const size_t size = (partition.cells + 1) * columns.size() * stride;
  std::vector<std::vector<uint32_t>> counts(used, std::vector<uint32_t>(size));
  SplitBlocks(frame.block_count(), used, [&](size_t thread, size_t begin, size_t end) {
    Places places;
    for (size_t b = begin; b < end; ++b) {
      const BlockView block = frame.block(b);
      FindPlaces(block, partition, stride, places);
      for (size_t i = 0; i < columns.size(); ++i) {
        const uint8_t* slots = block.column(columns[i]);
        uint32_t* count = counts[thread].data() + i * stride;
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
