// CSV as RFC 4180 with LF ends, safe to open in a spreadsheet.
//
// A spreadsheet runs a cell that begins with = + - @ (or a tab or line break before one) as a
// formula, even inside quotes; Text therefore puts an apostrophe before such a cell.
//
// Thread promise: one thread.
#pragma once

#include <ostream>
#include <string_view>

namespace hailong::cli {

class CsvWriter {
 public:
  // Writes to `out`, which outlives it.
  explicit CsvWriter(std::ostream& out, char delimiter = ',') : out_(out), delimiter_(delimiter) {}

  // The mark by which Excel knows UTF-8; before anything else.
  void ByteOrderMark();

  // A cell of text, made harmless to spreadsheets.
  void Text(std::string_view cell);

  // A cell exactly as it is: numbers of ours, and cells that the reader gave us and wants back.
  void Verbatim(std::string_view cell);

  void EndRow();

 private:
  void Put(std::string_view prefix, std::string_view cell);

  std::ostream& out_;
  char delimiter_;
  bool row_begun_ = false;
};

}  // namespace hailong::cli
