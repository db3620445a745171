#include "analysis/cli/grid.h"

#include <algorithm>
#include <utility>

#include "analysis/cli/csv_writer.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {

void Grid::AddRow(std::vector<Cell> row) {
  row.resize(columns_.size(), Cell(""));
  rows_.push_back(std::move(row));
}

void Grid::PrintTable(std::ostream& out) const {
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!columns_[c].title.empty()) shown.push_back(c);
  }
  std::vector<std::vector<std::string>> lines(rows_.size() + 1);
  std::vector<std::size_t> widths;
  for (const std::size_t c : shown) {
    std::size_t width = 0;
    for (std::size_t r = 0; r < lines.size(); ++r) {
      std::string text = ReplaceControls(r == 0 ? columns_[c].title : rows_[r - 1][c].shown);
      if (columns_[c].width_max > 0) text = Truncate(text, columns_[c].width_max);
      width = std::max(width, DisplayWidth(text));
      lines[r].push_back(std::move(text));
    }
    widths.push_back(width);
  }
  for (std::size_t r = 0; r < lines.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (i > 0) line += "  ";
      line += columns_[shown[i]].number ? PadLeft(lines[r][i], widths[i])
                                        : PadRight(lines[r][i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
    if (r > 0) continue;
    std::string rule;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (i > 0) rule += "  ";
      for (std::size_t k = 0; k < widths[i]; ++k) rule += "─";
    }
    out << rule << '\n';
  }
}

void Grid::PrintCsv(std::ostream& out, bool byte_order_mark) const {
  CsvWriter csv(out);
  if (byte_order_mark) csv.ByteOrderMark();
  for (const Column& column : columns_) {
    if (!column.key.empty()) csv.Text(column.key);
  }
  csv.EndRow();
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].key.empty()) continue;
      columns_[c].number ? csv.Verbatim(row[c].exact) : csv.Text(row[c].exact);
    }
    csv.EndRow();
  }
}

}  // namespace hailong::cli
