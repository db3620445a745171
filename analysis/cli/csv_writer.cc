#include "analysis/cli/csv_writer.h"

namespace hailong::cli {

void CsvWriter::ByteOrderMark() { out_ << "\xEF\xBB\xBF"; }

void CsvWriter::Text(std::string_view cell) {
  const bool formula =
      !cell.empty() && std::string_view("=+-@\t\r\n").find(cell.front()) != std::string_view::npos;
  Put(formula ? "'" : "", cell);
}

void CsvWriter::Verbatim(std::string_view cell) { Put("", cell); }

void CsvWriter::EndRow() {
  out_ << '\n';
  row_begun_ = false;
}

void CsvWriter::Put(std::string_view prefix, std::string_view cell) {
  if (row_begun_) out_ << delimiter_;
  // Spaces at the ends are quoted because readers (ours too) trim unquoted cells. An empty first
  // cell is quoted because a row of nothing else would read as a blank line.
  const bool quote = cell.empty() ? !row_begun_
                                  : cell.find_first_of("\",;\t\r\n") != std::string_view::npos ||
                                        cell.find(delimiter_) != std::string_view::npos ||
                                        cell.front() == ' ' || cell.back() == ' ';
  row_begun_ = true;
  if (!quote) {
    out_ << prefix << cell;
    return;
  }
  out_ << '"' << prefix;
  for (const char c : cell) {
    if (c == '"') out_ << '"';
    out_ << c;
  }
  out_ << '"';
}

}  // namespace hailong::cli
