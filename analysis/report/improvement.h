// What to improve, as a message.
//
// Threads: pure functions of their arguments.
#pragma once

#include <optional>
#include <vector>

#include "analysis/index/framework.h"
#include "analysis/priorities/compare.h"
#include "analysis/priorities/priorities.h"
#include "analysis/report/report.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::report {

// `changes` is absent if there is no other round; `adjustment` says which p-value is looked at.
v1::Improvement BuildImprovement(const index::Framework& framework,
                                 const priorities::Priorities& priorities,
                                 const std::optional<priorities::Changes>& changes,
                                 v1::Adjustment adjustment, const UnitLabel& unit);

// What expectations rest on that is not VERIFIED, as Unverified() has it.
std::vector<v1::Provenance> UnverifiedExpectations(const index::Framework& framework);

}  // namespace hailong::report
