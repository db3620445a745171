#include "analysis/cli/csv_reader.h"

#include <csv.h>

#include <array>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hailong::cli {

namespace {

// csv_parser::pstate before the first byte of a row that is no space; csv.h does not name it.
constexpr int kRowNotBegun = 0;

}  // namespace

struct CsvReader::Parser {
  csv_parser csv;
};

CsvReader::CsvReader(std::istream& in, char delimiter)
    : in_(in), parser_(std::make_unique<Parser>()) {
  csv_init(&parser_->csv, 0);
  csv_set_delim(&parser_->csv, static_cast<unsigned char>(delimiter));
  csv_set_blk_size(&parser_->csv, 4096);
}

CsvReader::~CsvReader() { csv_free(&parser_->csv); }

absl::StatusOr<bool> CsvReader::Next(CsvRow& row) {
  while (ready_.empty() && !ended_) {
    if (absl::Status status = Feed(); !status.ok()) {
      ended_ = true;
      return status;
    }
  }
  if (ready_.empty()) return false;
  row = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

// Gives the parser one line, or a piece of a long one, so that the line of each row is known
// exactly.
absl::Status CsvReader::Feed() {
  std::array<char, 16384> piece;
  in_.getline(piece.data(), static_cast<std::streamsize>(piece.size() - 1));
  std::size_t size = static_cast<std::size_t>(in_.gcount());
  bool line_ended = false;
  if (in_.bad()) return absl::DataLossError(absl::StrCat("line ", line_, ": reading failed"));
  if (in_.eof()) {
    ended_ = true;
  } else if (in_.fail()) {
    in_.clear();  // A long line: its next piece comes with the next call.
  } else {
    line_ended = true;
    piece[size - 1] = '\n';  // getline counts the line end and puts a NUL in its place.
  }
  std::string_view text(piece.data(), size);
  if (bytes_read_ == 0 && text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  bytes_read_ += size;

  const auto on_cell = [](void* data, std::size_t cell_size, void* self) {
    static_cast<CsvReader*>(self)->AddCell(static_cast<const char*>(data), cell_size);
  };
  const auto on_row = [](int, void* self) { static_cast<CsvReader*>(self)->EndRow(); };
  csv_parser* csv = &parser_->csv;
  if (csv->pstate == kRowNotBegun) current_.line = line_;
  if (csv_parse(csv, text.data(), text.size(), on_cell, on_row, this) != text.size()) {
    return absl::DataLossError(
        absl::StrCat("line ", line_, ": ", std::string(csv_strerror(csv_error(csv)))));
  }
  if (line_ended) ++line_;
  if (csv->entry_pos > kRowBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("line ", current_.line,
                                                   ": a cell has more than ", kRowBytesMax,
                                                   " bytes; is its closing quote missing?"));
  }
  if (!ended_) return absl::OkStatus();

  csv_set_opts(csv, CSV_STRICT | CSV_STRICT_FINI);
  if (csv_fini(csv, on_cell, on_row, this) != 0) {
    current_.fault = "the last cell has no closing quote";
    csv_set_opts(csv, 0);
    csv_fini(csv, on_cell, on_row, this);
  }
  return absl::OkStatus();
}

void CsvReader::AddCell(const char* data, std::size_t size) {
  if (size > kCellBytesMax && current_.fault.empty()) {
    current_.fault = absl::StrCat("cell ", current_.cells.size() + 1, " has ", size,
                                  " bytes, at most ", kCellBytesMax, " are allowed");
  }
  current_bytes_ += size;
  if (current_bytes_ > kRowBytesMax || current_.cells.size() == kRowCellsMax) {
    current_.fault = absl::StrCat("the row has more than ", kRowCellsMax, " cells or ",
                                  kRowBytesMax, " bytes; what is beyond is left out here");
    return;
  }
  current_.cells.emplace_back(data, size);
}

void CsvReader::EndRow() {
  ready_.push_back(std::exchange(current_, CsvRow()));
  current_.line = line_;
  current_bytes_ = 0;
}

}  // namespace hailong::cli
