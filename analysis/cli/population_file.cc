#include "analysis/cli/population_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "analysis/cli/files.h"

namespace hailong::cli {
namespace {

const std::vector<std::string> kFixed = {"unit_id", "size", "source"};

// "gender:2" is option 2 of gender.
struct MarginColumn {
  std::string question_id;
  uint32_t option = 0;
};

bool ParseMarginColumn(const std::string& name, MarginColumn* column) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  column->question_id = name.substr(0, colon);
  return absl::SimpleAtoi(name.substr(colon + 1), &column->option) && column->option > 0;
}

// By question: the places of its options in a record, the first option first.
using Margins = std::map<std::string, std::vector<std::size_t>>;

absl::StatusOr<Margins> FindMargins(const std::string& path, const std::vector<std::string>& header,
                                    std::vector<std::string>& columns) {
  std::map<std::string, std::map<uint32_t, std::size_t>> found;
  for (const std::string& name : header) {
    MarginColumn column;
    if (!ParseMarginColumn(name, &column)) continue;
    const bool first = found[column.question_id].emplace(column.option, columns.size()).second;
    if (!first) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": column \"", name, "\" is there twice"));
    }
    columns.push_back(name);
  }
  Margins margins;
  for (const auto& [question_id, options] : found) {
    std::vector<std::size_t>& places = margins[question_id];
    for (const auto& [option, place] : options) {
      if (option != places.size() + 1) {
        return absl::InvalidArgumentError(absl::StrCat(path, ": no column \"", question_id, ":",
                                                       places.size() + 1,
                                                       "\"; every option needs one"));
      }
      places.push_back(place);
    }
  }
  return margins;
}

absl::Status ReadSize(const std::string& path, const Record& record, std::size_t place,
                      const std::string& column, uint64_t* size) {
  if (absl::SimpleAtoi(record.cells[place], size)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ":", record.line, ": ", column, " \"",
                                                 record.cells[place],
                                                 "\" is not a whole number of 0 or more"));
}

}  // namespace

absl::StatusOr<std::vector<v1::Population>> ReadPopulations(const std::string& path) {
  const absl::StatusOr<std::vector<std::string>> header = ReadHeader(path);
  if (!header.ok()) return header.status();
  std::vector<std::string> columns = kFixed;
  const absl::StatusOr<Margins> margins = FindMargins(path, *header, columns);
  if (!margins.ok()) return margins.status();
  const absl::StatusOr<std::vector<Record>> records = ReadRecords(path, columns);
  if (!records.ok()) return records.status();
  std::vector<v1::Population> populations;
  for (const Record& record : *records) {
    v1::Population& population = populations.emplace_back();
    uint64_t size = 0;
    absl::Status read = ReadSize(path, record, 1, "size", &size);
    population.set_unit_id(record.cells[0]);
    population.set_size(size);
    population.set_source(record.cells[2]);
    for (const auto& [question_id, places] : *margins) {
      const bool known = std::any_of(places.begin(), places.end(), [&](std::size_t place) {
        return !record.cells[place].empty();
      });
      if (!known) continue;
      v1::PopulationMargin& margin = *population.add_margins();
      margin.set_question_id(question_id);
      uint64_t sum = 0;
      for (const std::size_t place : places) {
        uint64_t part = 0;
        read.Update(ReadSize(path, record, place, columns[place], &part));
        margin.add_sizes(part);
        // Against numbers that wrap around.
        sum += std::min(part, uint64_t{1} << 50);
      }
      if (sum != size) {
        read.Update(absl::InvalidArgumentError(absl::StrCat(path, ":", record.line, ": ",
                                                            question_id, " adds up to ", sum,
                                                            ", the size of the unit is ", size)));
      }
    }
    if (!read.ok()) return read;
  }
  return populations;
}

std::vector<std::string> MarginColumns(const std::vector<v1::Population>& populations) {
  std::map<std::string, int> options;
  for (const v1::Population& population : populations) {
    for (const v1::PopulationMargin& margin : population.margins()) {
      int& count = options[margin.question_id()];
      count = std::max(count, margin.sizes_size());
    }
  }
  std::vector<std::string> columns;
  for (const auto& [question_id, count] : options) {
    for (int option = 1; option <= count; ++option) {
      columns.push_back(absl::StrCat(question_id, ":", option));
    }
  }
  return columns;
}

std::string MarginCell(const v1::Population& population, const std::string& column) {
  MarginColumn wanted;
  if (!ParseMarginColumn(column, &wanted)) return "";
  for (const v1::PopulationMargin& margin : population.margins()) {
    if (margin.question_id() != wanted.question_id) continue;
    const int place = static_cast<int>(wanted.option) - 1;
    if (place < margin.sizes_size()) return std::to_string(margin.sizes(place));
  }
  return "";
}

}  // namespace hailong::cli
