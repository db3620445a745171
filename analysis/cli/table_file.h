// A CSV table that is read and written whole: a list of people, and the links made for them.
//
// Thread promise: any thread, one at a time for each file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::cli {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // of as many cells as the header
  std::vector<std::size_t> lines;              // of the file, on which each row begins

  std::optional<std::size_t> Find(std::string_view column) const;
  // The column; adds an empty one if it is not there.
  std::size_t FindOrAdd(const std::string& column);
};

// All of it, in NFC. INVALID_ARGUMENT: the first row that is malformed, or two columns of one name.
absl::StatusOr<Table> ReadTable(const std::string& path);

// The place of a column. INVALID_ARGUMENT: there is none.
absl::StatusOr<std::size_t> FindColumn(const Table& table, const std::string& path,
                                       const std::string& column);

// Mode 0600, since links let people in; either all of it or the file before is there.
absl::Status WriteTable(const std::string& path, const Table& table);

}  // namespace hailong::cli
