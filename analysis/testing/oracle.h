// For tests: the slow and obvious way to a score. Values are loops over rows, straight from their
// definitions; the linearised variable is not written down at all but is the derivative of the
// value by the weight of each response, taken with dual numbers. Weights of a plan with steps are
// raked row by row, and its residuals are those of a plain regression. Shares no code with scoring.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "analysis/testing/random_case.h"

namespace hailong::index {

// The index of a component ("" : overall) over the included units.
estimate::Estimate OracleIndex(const RandomCase& random, const std::string& component_id);

// The mean of an item's steps over the included units.
estimate::Estimate OracleMeanScore(const RandomCase& random, const std::string& component_id);

// The overall index of one respondent group, from 1.
estimate::Estimate OracleGroup(const RandomCase& random, int group);

// The index of a component in a domain of random.options.by: unit_id, level, or option.
estimate::Estimate OracleDomain(const RandomCase& random, const std::vector<std::string>& keys,
                                const std::string& component_id);

// The index of a component in one unit by itself.
estimate::Estimate OracleUnit(const RandomCase& random, size_t unit,
                              const std::string& component_id);

}  // namespace hailong::index
