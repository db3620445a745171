// Tables of `hailong estimate`, and the account of weights that goes with them.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "analysis/cli/estimate_options.h"
#include "analysis/cli/estimate_plan.h"
#include "analysis/cli/format.h"
#include "analysis/cli/grid.h"
#include "analysis/tabulate/tabulate.h"

namespace hailong::cli {

// Everything, in full precision: what was read, the design, the steps, each estimate. Words are
// English.
void WriteEstimatesJson(const EstimateOptions& options, const Estimation& estimation,
                        const tabulate::Table& table, std::ostream& out);

// A row for each estimate. Tables round to what the standard error supports; CSV does not round.
Grid EstimatesGrid(const EstimateOptions& options, const Estimation& estimation,
                   const tabulate::Table& table, Language language);

// The design, the steps and the notes, a line each.
std::vector<std::string> EstimatesReport(const EstimateOptions& options,
                                         const Estimation& estimation, const tabulate::Table& table,
                                         Language language);

}  // namespace hailong::cli
