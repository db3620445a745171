// From options and files to a plan of analysis/tabulate.
//
// Thread promise: reads files; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/cli/estimate_options.h"
#include "analysis/cli/sample_file.h"
#include "analysis/tabulate/tabulate.h"

namespace hailong::cli {

struct Estimation {
  // Owns the columns that the questions refer to.
  std::unique_ptr<const SampleFile> sample;
  tabulate::Plan plan;
  // Figure by figure.
  std::vector<tabulate::Question> questions;
  // What each question asks; every share with its levels.
  std::vector<Asked> asked;
  // The columns of --by.
  std::vector<design::Factor> by;
  size_t stages = 1;
  // What a reader must know.
  std::vector<std::string> notes;
};

// Reads the sample and the files of the population. INVALID_ARGUMENT or what opening a file gives:
// the first thing that is wrong, naming file, row and column.
absl::StatusOr<Estimation> ReadEstimation(const EstimateOptions& options,
                                          const std::function<void(uint64_t bytes)>& on_bytes);

}  // namespace hailong::cli
