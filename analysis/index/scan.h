// The one pass over rows: sums of linearised variables by cell.
//
// What one question says by unit is in the counts of the frame. What a component says needs the
// answers of a respondent together, so each row is visited once: its z is the sum, over the items
// of the component, of a number looked up by the row's domain and answer. Columns are read block by
// block, a few at a time, into a run of sums that stays in cache; where the z of a component is
// part of that of the one above it, it is summed once and added up.
//
// Rows are split into cells (a unit, or a unit and a respondent group), and each cell belongs to
// one domain, whose tables apply to its rows.
//
// Threads: the functions split the blocks over `threads` threads of their own. All sums are
// integers, so the split does not show in the result.
#ifndef HAILONG_ANALYSIS_INDEX_SCAN_H_
#define HAILONG_ANALYSIS_INDEX_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/estimate/stratified.h"
#include "analysis/frame/frame.h"

namespace hailong::index {

// How rows are split. Unit u has the cells first_cell[u] + s in the domains first_domain[u] + s, s
// < per_unit.
struct Partition {
  static constexpr uint32_t kNowhere = UINT32_MAX;

  size_t cells = 0;
  size_t domains = 0;
  size_t per_unit = 1;
  // By unit; kNowhere: its rows are left out.
  std::vector<uint32_t> first_cell;
  std::vector<uint32_t> first_domain;
  // The column whose answer - 1 is s; rows without an answer to it are left out. Absent: s = 0.
  std::optional<size_t> group_column;
  bool without_flagged = false;
};

// Elements are by unit: its rows take part.
Partition OneDomain(const std::vector<uint8_t>& units, bool without_flagged);
Partition DomainByUnit(const std::vector<uint8_t>& units, bool without_flagged);
Partition DomainByGroup(const std::vector<uint8_t>& units, bool without_flagged,
                        size_t group_column, uint8_t groups);

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
std::vector<uint64_t> ScanCounts(const frame::Frame& frame, const Partition& partition,
                                 size_t stride, const std::vector<size_t>& columns, int threads);

}  // namespace hailong::index

#endif  // HAILONG_ANALYSIS_INDEX_SCAN_H_
