#include "analysis/cli/sample_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "analysis/cli/csv_reader.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

using base::Cat;
using design::Factor;

constexpr size_t kShownMax = 40;

// A cell for a message.
std::string Quoted(std::string_view cell) {
  return Cat("\"", Truncate(ReplaceControls(cell), kShownMax), "\"");
}

absl::Status Bad(const std::string& message) { return absl::InvalidArgumentError(message); }

bool IsText(std::string_view cell) {
  return base::IsUtf8(cell) && cell.find('\0') == std::string_view::npos;
}

absl::Status OpenFile(const std::string& path, std::ifstream& in) {
  errno = 0;
  in.open(path, std::ios::binary);
  if (!in) return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  return absl::OkStatus();
}

absl::Status CheckHeader(const std::string& path, char delimiter, const CsvRow& row) {
  if (!row.fault.empty()) return Bad(Cat(path, ": the header: ", row.fault));
  std::set<std::string_view> names;
  for (size_t c = 0; c < row.cells.size(); ++c) {
    const std::string& name = row.cells[c];
    if (!IsText(name)) return Bad(Cat(path, ": the header, column ", c + 1, ": not UTF-8 text"));
    // R's write.csv() leaves the name of row numbers empty; such a column cannot be asked for.
    if (name.empty()) continue;
    if (!names.insert(name).second) {
      return Bad(Cat(path, ": two columns are called ", Quoted(name), "; names must differ"));
    }
  }
  if (names.empty()) return Bad(Cat(path, ": the first line names no columns"));
  constexpr std::string_view kOthers = ";\t,";
  for (const char other : kOthers) {
    if (row.cells.size() > 1 || other == delimiter) continue;
    if (row.cells.front().find(other) == std::string::npos) continue;
    const std::string name = other == '\t' ? "tab" : std::string(1, other);
    return Bad(Cat(path, ": the header is one column with '", name,
                   "' in it; if that parts the columns, add --delimiter '", name, "'"));
  }
  return absl::OkStatus();
}

// Reads the header from `reader` and checks it.
absl::StatusOr<std::vector<std::string>> NextHeader(const std::string& path, char delimiter,
                                                    CsvReader& reader) {
  CsvRow row;
  const absl::StatusOr<bool> more = reader.Next(row);
  if (!more.ok())
    return absl::Status(more.status().code(), Cat(path, ": ", more.status().message()));
  if (!*more) return Bad(Cat(path, ": is empty; the first line must name the columns"));
  RETURN_IF_ERROR(CheckHeader(path, delimiter, row));
  for (std::string& name : row.cells) name = ToNfc(name);
  return std::move(row.cells);
}

// One column that is being read.
class ColumnReader {
 public:
  ColumnReader(size_t place, std::string name, std::vector<double>* numbers, Factor* factor)
      : place_(place), name_(std::move(name)), numbers_(numbers), factor_(factor) {
    if (factor_ != nullptr) factor_->name = name_;
  }

  const std::string& name() const { return name_; }

  // INVALID_ARGUMENT: what is wrong with the cell.
  absl::Status Add(const CsvRow& row) {
    const std::string& cell = row.cells[place_];
    const bool missing = IsMissing(cell);
    if (numbers_ != nullptr) {
      double number = std::numeric_limits<double>::quiet_NaN();
      if (!missing) {
        ASSIGN_OR_RETURN(number, ReadNumber(cell));
      }
      numbers_->push_back(number);
    }
    if (factor_ != nullptr) {
      uint32_t code = Factor::kMissing;
      if (!missing) {
        ASSIGN_OR_RETURN(code, CodeOf(cell));
      }
      factor_->codes.push_back(code);
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<uint32_t> CodeOf(const std::string& cell) {
    const auto found = codes_.find(cell);
    if (found != codes_.end()) return found->second;
    if (!IsText(cell)) return Bad(Cat(Quoted(cell), " is not UTF-8 text"));
    // Two spellings of one text are one level.
    std::string level = ToNfc(cell);
    const auto [entry, fresh] =
        codes_.try_emplace(level, static_cast<uint32_t>(factor_->levels.size()));
    const uint32_t code = entry->second;
    if (fresh) factor_->levels.push_back(std::move(level));
    codes_.try_emplace(cell, code);
    return code;
  }

  size_t place_;
  std::string name_;
  std::vector<double>* numbers_;
  Factor* factor_;
  absl::flat_hash_map<std::string, uint32_t> codes_;
};

absl::StatusOr<std::vector<ColumnReader>> FindColumns(const SampleColumns& columns,
                                                      SampleFile& file) {
  std::set<std::string> names = columns.numbers;
  names.insert(columns.factors.begin(), columns.factors.end());
  std::vector<ColumnReader> readers;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(file.header, name);
    if (name.empty() || found == file.header.end()) {
      constexpr size_t kNamesMax = 30;
      std::vector<std::string> some(
          file.header.begin(),
          file.header.begin() + static_cast<ptrdiff_t>(std::min(kNamesMax, file.header.size())));
      return Bad(Cat(file.path, ": no column ", Quoted(name), "; there are ",
                     absl::StrJoin(some, ", "), file.header.size() > kNamesMax ? ", ..." : ""));
    }
    readers.emplace_back(static_cast<size_t>(found - file.header.begin()), name,
                         columns.numbers.contains(name) ? &file.numbers[name] : nullptr,
                         columns.factors.contains(name) ? &file.factors[name] : nullptr);
  }
  return readers;
}

}  // namespace

std::string SampleFile::Place(size_t row, std::string_view column) const {
  return Cat(path, ": row ", row + 1, " (line ", lines[row], "), column ", Quoted(column), ": ");
}

bool SampleFile::HasColumn(std::string_view name) const {
  return !name.empty() && std::ranges::find(header, name) != header.end();
}

absl::Status SampleFile::RefuseMissing(const std::string& column,
                                       std::string_view needed_for) const {
  const auto refuse = [&](size_t row) {
    return Bad(Cat(Place(row, column), "empty or NA; ", needed_for, " is needed in every row"));
  };
  if (const auto found = numbers.find(column); found != numbers.end()) {
    for (size_t r = 0; r < rows; ++r) {
      if (std::isnan(found->second[r])) return refuse(r);
    }
  }
  if (const auto found = factors.find(column); found != factors.end()) {
    for (size_t r = 0; r < rows; ++r) {
      if (found->second.codes[r] == Factor::kMissing) return refuse(r);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<double> ReadNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && std::abs(number) <= kMagnitudeMax) return number;
  const bool comma = std::ranges::count(text, ',') == 1;
  return Bad(Cat(Quoted(text), " is not a number; allowed: digits with a decimal point, as 12.5, ",
                 "up to 1e50 in size", comma ? "; write a decimal comma as a point" : ""));
}

bool IsMissing(std::string_view cell) { return cell.empty() || cell == "NA"; }

absl::StatusOr<std::vector<std::string>> ReadHeader(const std::string& path, char delimiter) {
  std::ifstream in;
  RETURN_IF_ERROR(OpenFile(path, in));
  CsvReader reader(in, delimiter);
  return NextHeader(path, delimiter, reader);
}

absl::StatusOr<SampleFile> ReadSample(const std::string& path, char delimiter,
                                      const SampleColumns& columns,
                                      const std::function<void(uint64_t bytes)>& on_bytes) {
  std::ifstream in;
  RETURN_IF_ERROR(OpenFile(path, in));
  CsvReader reader(in, delimiter);
  SampleFile file;
  file.path = path;
  ASSIGN_OR_RETURN(file.header, NextHeader(path, delimiter, reader));
  ASSIGN_OR_RETURN(std::vector<ColumnReader> readers, FindColumns(columns, file));
  CsvRow row;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(row);
    if (!more.ok()) {
      return absl::Status(more.status().code(), Cat(path, ": ", more.status().message()));
    }
    if (!*more) break;
    const auto bad = [&](const std::string& what) {
      return Bad(Cat(path, ": row ", file.rows + 1, " (line ", row.line, ")", what));
    };
    if (!row.fault.empty()) return bad(Cat(": ", row.fault));
    if (row.cells.size() != file.header.size()) {
      return bad(
          Cat(": the row has ", row.cells.size(), " cells, the header ", file.header.size()));
    }
    if (file.rows == kSampleRowsMax) return Bad(Cat(path, ": more than ", kSampleRowsMax, " rows"));
    for (ColumnReader& column : readers) {
      if (const absl::Status status = column.Add(row); !status.ok()) {
        return bad(Cat(", column ", Quoted(column.name()), ": ", status.message()));
      }
    }
    file.lines.push_back(row.line);
    ++file.rows;
    if (on_bytes && file.rows % 4096 == 0) on_bytes(reader.bytes_read());
  }
  if (file.rows == 0) return Bad(Cat(path, ": a header and no rows"));
  return file;
}

absl::Status SortLevels(Factor& factor) {
  const size_t count = factor.levels.size();
  std::vector<double> numbers;
  std::vector<std::string> keys;
  for (const std::string& level : factor.levels) {
    const absl::StatusOr<double> number = ReadNumber(level);
    if (!number.ok()) break;
    numbers.push_back(*number);
  }
  if (numbers.size() != count) {
    ASSIGN_OR_RETURN(const Collation collation, Collation::Create());
    for (const std::string& level : factor.levels) keys.push_back(collation.SortKey(level));
  }
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) {
    if (keys.empty() && numbers[a] != numbers[b]) return numbers[a] < numbers[b];
    if (!keys.empty() && keys[a] != keys[b]) return keys[a] < keys[b];
    return factor.levels[a] < factor.levels[b];
  });
  std::vector<std::string> levels;
  std::vector<uint32_t> place(count);
  for (const uint32_t old : order) {
    place[old] = static_cast<uint32_t>(levels.size());
    levels.push_back(std::move(factor.levels[old]));
  }
  factor.levels = std::move(levels);
  for (uint32_t& code : factor.codes) {
    if (code != Factor::kMissing) code = place[code];
  }
  return absl::OkStatus();
}

}  // namespace hailong::cli
