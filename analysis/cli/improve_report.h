// What to improve as grids, and the notes that must stand under them. No gRPC here.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/cli/format.h"
#include "analysis/cli/grid.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::cli {

// The items that add most to the distance from the target: of the whole, then of each unit; at most
// `top` of each, 0: all.
Grid ContributionsGrid(const v1::ListImprovementsResponse& response, uint32_t top,
                       Language language);

// What people ask for, largest gap first, then what no component asks about; `units`: also of each
// unit.
Grid ExpectationsGrid(const v1::ListImprovementsResponse& response, bool units, Language language);

// Changes of the index and its elements; `all`: also those of units that are not significant.
Grid ChangesGrid(const v1::ListImprovementsResponse& response, v1::Adjustment adjustment, bool all,
                 Language language);

// What the numbers do and do not say, a line each.
std::vector<std::string> ImprovementNotes(const v1::ListImprovementsResponse& response,
                                          v1::Adjustment adjustment, Language language);

}  // namespace hailong::cli
