// The one pass over rows: sums of linearised variables by cell.
//
// What one question says by unit is in the counts of the frame. What a component says needs the
// answers of a respondent together, so each row is visited once: its z is the sum, over the items
// of the component, of a number looked up by the row's domain and answer. Columns are read block by
// block, a few at a time, into a run of sums that stays in cache; where the z of a component is
// part of that of the one above it, it is summed once and added up.
//
// Rows are split into cells: those of one unit with the same answers to the questions they are
// split by. Each cell belongs to one domain, whose tables apply to its rows, and to one layer of
// its unit, which is what weights may depend on.
//
// Threads: the functions split the blocks over `threads` threads. All sums are integers, so the
// split does not show in the result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/stratified.h"
#include "analysis/frame/frame.h"

namespace hailong::index {

// How rows are to be split.
struct SplitBy {
  static constexpr uint32_t kNowhere = UINT32_MAX;

  // By unit: the block of domains its rows are in, below `blocks`; kNowhere: they are left out.
  std::vector<uint32_t> block;
  size_t blocks = 1;
  // The domain in the block is the answer to each of these columns, the last counting fastest; rows
  // without an answer to one are left out. None: a block is one domain.
  std::vector<size_t> domain_columns;
  // The layer is the answer to each of these, likewise, with a level of its own, 0, for none.
  std::vector<size_t> layer_columns;
  bool without_flagged = false;
};

// Places for rows that a split makes, most of which may have none: units in it * domains of a block
// * layers. More than kPlacesMax cannot be split.
inline constexpr size_t kPlacesMax = size_t{1} << 22;
// Cells are what sums are kept by.
inline constexpr size_t kCellsMax = size_t{1} << 18;

// How rows are split.
struct Partition {
  // Beyond any place, however many are added up.
  static constexpr uint32_t kLeftOut = uint32_t{1} << 28;
  // What the answers to a column add to the place and to the domain of a row, by slot.
  struct Step {
    size_t column = 0;
    std::vector<uint32_t> place;
    std::vector<uint32_t> domain;
  };

  size_t cells = 0;
  size_t domains = 0;
  // Domains of a block, layers of a unit.
  size_t parts = 1;
  size_t layers = 1;
  // By cell, in the order of units, layers and domains. Rows are counted only where there are
  // steps.
  std::vector<uint32_t> cell_unit;
  std::vector<uint32_t> cell_layer;
  std::vector<uint32_t> cell_domain;
  std::vector<uint64_t> cell_rows;
  // By unit: its first place, or kLeftOut, and the first domain of its block.
  std::vector<uint32_t> unit_place;
  std::vector<uint32_t> unit_domain;
  std::vector<Step> steps;
  // By place; without steps a place is a cell.
  std::vector<uint32_t> place_cell;
  bool without_flagged = false;
};

// Without columns a cell is a unit, and no row is looked at; otherwise one pass finds the cells
// that have rows. Errors: RESOURCE_EXHAUSTED (places, cells).
absl::StatusOr<Partition> SplitRows(const frame::Frame& frame, const SplitBy& by, int threads);

// One block for the units that take part, or one for each unit.
SplitBy OneBlock(const std::vector<uint8_t>& units, bool without_flagged);
SplitBy BlockByUnit(const std::vector<uint8_t>& units, bool without_flagged);

// A fixed point number and whether it counts as an answer, in one addend: the low bits count
// answers, so that the sum over items knows both.
inline constexpr int kAnsweredBits = 10;
constexpr int64_t Pack(int64_t z) { return z * (int64_t{1} << kAnsweredBits) + 1; }

// The z of one component. Row r adds tables[i][domain(r) * stride + slot of columns[i]]; elements
// are 0 or Pack()ed. Tables have one domain more than the partition, all 0, for rows that are left
// out.
struct ScanVariable {
  static constexpr size_t kNone = SIZE_MAX;

  std::vector<size_t> columns;
  std::vector<std::vector<int64_t>> tables;
  // A later variable, whose z this one's is a part of: it is added to it, row by row.
  size_t whole = kNone;
};

// Sums by variable and cell.
std::vector<std::vector<estimate::Sums>> ScanSums(const frame::Frame& frame,
                                                  const Partition& partition, size_t stride,
                                                  const std::vector<ScanVariable>& variables,
                                                  int threads);

// Rows by cell, column and slot: element (cell * columns.size() + i) * stride + slot.
std::vector<uint32_t> ScanCounts(const frame::Frame& frame, const Partition& partition,
                                 size_t stride, const std::vector<size_t>& columns, int threads);

}  // namespace hailong::index
