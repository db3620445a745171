// Populations of the units of a round from a CSV file as people make it in a spreadsheet: one row
// for each unit.
//
//   unit_id,size,source,gender:1,gender:2
//   25747,1200,"báo cáo quý III",540,660
//
// A column QUESTION:OPTION holds how many of the unit's population are in that option; every option
// from 1 to the last has one, and they add up to the size. A row that leaves all options of a
// question empty does not know them. Other columns are ignored.
//
// Thread promise: any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hailong/v1/registry_service.pb.h"

namespace hailong::cli {

// In the order of the file. INVALID_ARGUMENT: the file, line and column, and what is wrong.
absl::StatusOr<std::vector<v1::Population>> ReadPopulations(const std::string& path);

// The columns of the margins of some populations, in the order of question ids: "gender:1".
std::vector<std::string> MarginColumns(const std::vector<v1::Population>& populations);

// The cell of such a column; empty: not known.
std::string MarginCell(const v1::Population& population, const std::string& column);

}  // namespace hailong::cli
