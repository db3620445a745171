// What a command line of `hailong estimate` says, as given and taken apart.
//
//   lists      a,b,c; a backslash before , : / = + \ makes it part of a name
//   levels     column=4+5: the share of levels 4 and 5
//   replicates jk1, jkn, brr, fay:0.3, bootstrap:500, bootstrap-fpc:500
//
// Thread promise: functions of their arguments; values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/design/design.h"
#include "analysis/estimate/intervals.h"
#include "analysis/replicate/replicates.h"
#include "analysis/tabulate/tabulate.h"
#include "analysis/weighting/adjust.h"

namespace hailong::cli {

struct EstimateOptions {
  std::string file;
  char delimiter = ',';
  std::string weight, strata, cluster, fpc;
  bool nest = false;
  design::LonelyPsu lonely = design::LonelyPsu::kFail;
  std::vector<std::string> mean, total, proportion, ratio, quantile;
  std::string by, against;
  std::string nonresponse, poststratify, rake, calibrate, bounds, trim;
  weighting::Distance distance = weighting::Distance::kLinear;
  std::string replicates;
  uint64_t seed = 1;
  estimate::IntervalKind interval = estimate::IntervalKind::kT;
  double confidence = 0.95;
  bool deff = false;
  // 0: as many as the machine has.
  int threads = 0;
};

// One figure that is asked for; of --proportion without levels: one for each level there is.
struct Asked {
  tabulate::QuestionKind kind = tabulate::QuestionKind::kMean;
  std::string column;
  // Of a ratio.
  std::string denominator;
  // Of a share.
  std::vector<std::string> levels;
  // Of a quantile.
  double probability = 0.5;
};

// The names of a list. INVALID_ARGUMENT: an empty one, unless `may_be_empty`. An empty text is an
// empty list.
absl::StatusOr<std::vector<std::string>> ReadNames(std::string_view option, std::string_view text,
                                                   bool may_be_empty);

// In the order mean, total, proportion, ratio, quantile. INVALID_ARGUMENT: naming the option; none
// at all.
absl::StatusOr<std::vector<Asked>> ReadAsked(const EstimateOptions& options);

// Nothing: Taylor. INVALID_ARGUMENT: another word.
absl::StatusOr<std::optional<replicate::Method>> ReadMethod(const std::string& text, uint64_t seed);

// "lower,upper", of which one may be empty. INVALID_ARGUMENT: anything else.
absl::StatusOr<std::pair<std::optional<double>, std::optional<double>>> ReadBounds(
    std::string_view option, std::string_view text);

struct NonResponseOption {
  // Holds 1 for who responded, 0 for who did not.
  std::string responded;
  // The columns whose combinations are the cells; none: one cell.
  std::vector<std::string> cells;
};
// "column" or "column:cell,cell".
absl::StatusOr<NonResponseOption> ReadNonResponse(std::string_view text);

}  // namespace hailong::cli
