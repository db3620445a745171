// Reads CSV of any size, row by row, with libcsv: quoted cells, line breaks inside quotes, LF or
// CRLF ends, a byte order mark, spaces around unquoted cells trimmed, blank lines skipped.
//
// What is wrong with one row is a fault of that row; only a quote that never ends stops the file.
//
// Thread promise: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::cli {

inline constexpr std::size_t kCellBytesMax = 64 << 10;
inline constexpr std::size_t kRowBytesMax = 1 << 20;
inline constexpr std::size_t kRowCellsMax = 2000;

struct CsvRow {
  // The line of the file on which it begins, from 1.
  uint64_t line = 0;
  std::vector<std::string> cells;
  // Why the row cannot be used; empty: nothing is wrong with its form.
  std::string fault;
};

class CsvReader {
 public:
  // Reads from `in`, which outlives it.
  CsvReader(std::istream& in, char delimiter);
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  ~CsvReader();

  // The next row into `row`; false: the end. INVALID_ARGUMENT: a cell without end; DATA_LOSS:
  // reading failed. After an error the reader is done.
  absl::StatusOr<bool> Next(CsvRow& row);

  // Of the file, for a progress bar.
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  struct Parser;

  absl::Status Feed();
  void AddCell(const char* data, std::size_t size);
  void EndRow();

  std::istream& in_;
  std::unique_ptr<Parser> parser_;
  std::deque<CsvRow> ready_;
  CsvRow current_;
  std::size_t current_bytes_ = 0;
  uint64_t line_ = 1;
  uint64_t bytes_read_ = 0;
  bool ended_ = false;
};

}  // namespace hailong::cli
