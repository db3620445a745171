#include "analysis/cli/table_file.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "analysis/cli/csv_writer.h"
#include "analysis/cli/files.h"
#include "base/files.h"

namespace hailong::cli {

std::optional<std::size_t> Table::Find(std::string_view column) const {
  const auto found = std::find(header.begin(), header.end(), column);
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

std::size_t Table::FindOrAdd(const std::string& column) {
  if (const auto found = Find(column)) return *found;
  header.push_back(column);
  for (std::vector<std::string>& row : rows) row.emplace_back();
  return header.size() - 1;
}

absl::StatusOr<Table> ReadTable(const std::string& path) {
  Table table;
  absl::StatusOr<std::vector<std::string>> header = ReadHeader(path);
  if (!header.ok()) return header.status();
  table.header = *std::move(header);
  std::set<std::string> seen;
  for (const std::string& column : table.header) {
    if (!seen.insert(column).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": two columns are named \"", column, "\""));
    }
  }
  absl::StatusOr<std::vector<Record>> records = ReadRecords(path, table.header);
  if (!records.ok()) return records.status();
  for (Record& record : *records) {
    table.rows.push_back(std::move(record.cells));
    table.lines.push_back(record.line);
  }
  return table;
}

absl::StatusOr<std::size_t> FindColumn(const Table& table, const std::string& path,
                                       const std::string& column) {
  if (const auto found = table.Find(column)) return *found;
  return absl::InvalidArgumentError(absl::StrCat(path, ": no column \"", column, "\""));
}

absl::Status WriteTable(const std::string& path, const Table& table) {
  std::ostringstream text;
  CsvWriter csv(text);
  const auto write = [&](const std::vector<std::string>& row) {
    for (const std::string& cell : row) csv.Verbatim(cell);
    csv.EndRow();
  };
  write(table.header);
  for (const std::vector<std::string>& row : table.rows) write(row);
  return base::WritePrivateFile(path, text.str());
}

}  // namespace hailong::cli
