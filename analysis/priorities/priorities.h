// What to improve: what keeps a unit from the target, item by item, and what its people ask for.
//
// A contribution says how much of the distance from the target is one item's (see contribution.h);
// they add up to the distance exactly, and the largest is where a point gained moves the index most
// short of moving it beyond the target. It says nothing of causes or costs.
//
// An expectation is the share who want an improvement, among those who answered that question; the
// gap is that share less the satisfaction with the component beside it, in percentage points. The
// same people answer both, so the error of the gap is that of the difference of their answers.
//
// Threads: pure; the frame must not be written to meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/estimate.h"
#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "analysis/index/score.h"

namespace hailong::priorities {

// Below it the normal interval is only a rough one, and the order of items mostly chance. A rule of
// thumb, not a law of anything.
inline constexpr uint64_t kFewResponses = 30;

// The target of decision 468/QĐ-TTg of 27/03/2021: satisfaction of at least 95 % by 2025.
inline constexpr double kTargetDefault = 95;

struct Contribution {
  // In percent.
  estimate::Estimate index = {};
  // In percentage points of the index; defined where the index is.
  estimate::Estimate contribution = {};
  // Of an item: 1 for the one that adds most; equal ones in the order of the framework. 0: none.
  uint32_t rank = 0;
};

struct ExpectationGap {
  // Its number in the framework.
  size_t expectation = 0;
  estimate::Estimate wanted = {};
  // Of the component beside it; absent: there is none.
  std::optional<estimate::Estimate> satisfaction = std::nullopt;
  // wanted - satisfaction; not defined unless both are.
  std::optional<estimate::Estimate> gap = std::nullopt;
};

struct Priorities {
  // Responses that count.
  uint64_t responses = 0;
  estimate::Estimate overall = {};
  // target - overall.
  estimate::Estimate distance = {};
  // By component of the framework; for leaves with index_of nothing is defined.
  std::vector<Contribution> components;
  // Of the expectations whose question the frame has.
  std::vector<ExpectationGap> expectations;
};

struct RoundPriorities {
  // Over all included units, as index::ScoreIndex() has it.
  Priorities whole;
  // By unit of the frame, as index::ScoreUnits() has it; those that are not included are left at
  // their defaults.
  std::vector<Priorities> units;
};

// `options.by` and `options.interval` are not used. Errors: INVALID_ARGUMENT (a target that is not
// above 0 and at most 100), those of index::ScoreIndex().
absl::StatusOr<RoundPriorities> FindPriorities(const frame::Frame& frame,
                                               const index::Framework& framework,
                                               std::span<const index::UnitInput> units,
                                               const index::ScoreOptions& options, double target);

}  // namespace hailong::priorities
