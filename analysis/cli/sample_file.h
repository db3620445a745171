// A sample in a CSV file: only the columns asked for, as numbers or as factors.
//
// A header names the columns. An empty cell and NA are missing. Rows are counted from 1 below the
// header; messages name row and line, which differ where a cell has line breaks.
//
// Thread promise: functions of their arguments; values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/design/factor.h"

namespace hailong::cli {

// Numbers up to this size are taken, so that their squares can be summed.
inline constexpr double kMagnitudeMax = 1e50;
inline constexpr size_t kSampleRowsMax = 100'000'000;

struct SampleFile {
  std::string path;
  // All columns of the file.
  std::vector<std::string> header;
  size_t rows = 0;
  // By row: where it begins.
  std::vector<uint64_t> lines;
  // By name of the column, then by row; NaN: missing.
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, design::Factor> factors;

  // 'data.csv: row 4 (line 5), column "pw": '.
  std::string Place(size_t row, std::string_view column) const;
  bool HasColumn(std::string_view name) const;
  // INVALID_ARGUMENT, naming the row: a cell of the column is missing, and `needed_for` ("a
  // weight") is needed in every row.
  absl::Status RefuseMissing(const std::string& column, std::string_view needed_for) const;
};

struct SampleColumns {
  std::set<std::string> numbers;
  std::set<std::string> factors;
};

// A decimal number with a point. INVALID_ARGUMENT: anything else, with what is allowed.
absl::StatusOr<double> ReadNumber(std::string_view text);
// Empty or NA.
bool IsMissing(std::string_view cell);

// The first line: which columns there are. INVALID_ARGUMENT: no header, names that are empty or
// come twice, a delimiter that does not seem to be the file's.
absl::StatusOr<std::vector<std::string>> ReadHeader(const std::string& path, char delimiter);

// The columns, in NFC; levels in the order in which they appear. `on_bytes` is told how far reading
// is. INVALID_ARGUMENT, naming file, row and column: one that is not in the file, a row of another
// length than the header, text that is not UTF-8, a number that is none; no rows.
absl::StatusOr<SampleFile> ReadSample(const std::string& path, char delimiter,
                                      const SampleColumns& columns,
                                      const std::function<void(uint64_t bytes)>& on_bytes);

// Puts the levels in order: numbers by size, otherwise as in a Vietnamese dictionary.
absl::Status SortLevels(design::Factor& factor);

}  // namespace hailong::cli
