// For tests: the slow and obvious way to a score. Values are loops over rows, straight from their
// definitions; the linearised variable is not written down at all but is the derivative of the
// value by the weight of each response, taken with dual numbers. Shares no code with scoring.
#ifndef HAILONG_ANALYSIS_TESTING_ORACLE_H_
#define HAILONG_ANALYSIS_TESTING_ORACLE_H_

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

// The index of a component in one unit by itself.
estimate::Estimate OracleUnit(const RandomCase& random, size_t unit,
                              const std::string& component_id);

}  // namespace hailong::index

#endif  // HAILONG_ANALYSIS_TESTING_ORACLE_H_
