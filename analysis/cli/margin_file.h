// Files of what is known of the population.
//
//   a margin   CSV whose columns are columns of the sample, and `population` (or `N`): one row for
//              each cell, which may be a combination of several columns
//   totals     CSV `variable,total`: a numeric column of the sample, `(Intercept)` for the number
//   of
//              rows in the population, or `column:level` for those with a level
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/cli/sample_file.h"
#include "analysis/weighting/adjust.h"

namespace hailong::cli {

struct MarginFile {
  SampleFile file;
  // All but the population, as in the sample.
  std::vector<std::string> columns;
  std::vector<double> population;
};

// INVALID_ARGUMENT: no population, a missing cell, and what ReadSample refuses.
absl::StatusOr<MarginFile> ReadMarginFile(const std::string& path, char delimiter);

// The cell of each row. Rows that are not `active` (0: without weight) need none. INVALID_ARGUMENT,
// naming the row: a cell that the file does not have; a cell that comes twice.
absl::StatusOr<weighting::Margin> MarginOf(const MarginFile& margin, const SampleFile& sample,
                                           const std::vector<uint8_t>& active);

struct KnownTotal {
  // As written in the file.
  std::string variable;
  double total = 0;
  // The column of the sample; empty: (Intercept).
  std::string column;
  // Of rows with this level; empty: the sum of the column.
  std::string level;
};

// `header`: of the sample. INVALID_ARGUMENT: a variable that is not there or comes twice, and what
// ReadSample refuses.
absl::StatusOr<std::vector<KnownTotal>> ReadTotalsFile(const std::string& path, char delimiter,
                                                       const std::vector<std::string>& header);

// INVALID_ARGUMENT, naming the row: an active row without a value; a level that no row has.
absl::StatusOr<weighting::Covariate> CovariateOf(const KnownTotal& known, const SampleFile& sample,
                                                 const std::vector<uint8_t>& active);

}  // namespace hailong::cli
