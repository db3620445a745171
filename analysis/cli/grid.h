// Rows and columns that print as a table for people or as CSV for programs.
//
// Thread promise: one thread.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace hailong::cli {

struct Column {
  // The name in CSV; empty: the column is for tables only.
  std::string key;
  // The heading in tables; empty: the column is for CSV only.
  std::string title;
  // Stands at the right and is written to CSV as it is.
  bool number = false;
  // Longer text is cut in tables; 0: never.
  std::size_t width_max = 0;
};

// What a cell shows in a table and holds in CSV.
struct Cell {
  Cell(std::string both) : shown(both), exact(std::move(both)) {}  // NOLINT: a cell is a text
  Cell(const char* both) : Cell(std::string(both)) {}              // NOLINT
  Cell(std::string shown_text, std::string exact_text)
      : shown(std::move(shown_text)), exact(std::move(exact_text)) {}
  std::string shown;
  std::string exact;
};

class Grid {
 public:
  explicit Grid(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column.
  void AddRow(std::vector<Cell> row);

  // Columns line up whatever the letters; control characters in data are shown as U+FFFD.
  void PrintTable(std::ostream& out) const;

  void PrintCsv(std::ostream& out, bool byte_order_mark) const;

  std::size_t rows() const { return rows_.size(); }

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace hailong::cli
