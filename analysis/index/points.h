// From indexes to points: the 32 survey points of the PAR Index from a round of officials and one
// of citizens.
//
// Points of a leaf = its value / 100 * its max_points; a leaf with index_of takes the overall index
// of the citizens. Points of a component are the sum of those below. Leaves of one round share
// their respondents, so the error of a sum over items is that of the officials' component under
// COMPOSITION_POINTS; the two rounds are independent, so their variances add. A leaf without an
// answer gives no points and makes the score incomplete: a lower bound.
//
// Threads: pure functions of their arguments.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/estimate.h"
#include "analysis/index/framework.h"
#include "analysis/index/score.h"

namespace hailong::index {

struct ComponentPoints {
  double max_points = 0;
  double points = 0;
  // In points; absent: not estimable, or nothing to estimate.
  std::optional<double> standard_error = std::nullopt;
  // points / max_points, in percent. The n of a component over both rounds is the sum of both; it
  // has no design effect.
  estimate::Estimate index = {};
};

struct PointsScore {
  // In the order of the framework.
  std::vector<ComponentPoints> components;
  double max_points = 0;
  double points = 0;
  std::optional<double> standard_error = std::nullopt;
  // Some leaf has no answers: the points are a lower bound.
  bool incomplete = false;
};

// `officials` is the score of the officials' round under `framework` with COMPOSITION_POINTS;
// `citizens` is the index that the leaves with index_of stand for. Errors: FAILED_PRECONDITION (no
// points in the framework, another composition, leaves that stand for two different indexes),
// INVALID_ARGUMENT (not a score of this framework).
absl::StatusOr<PointsScore> ScorePoints(const Framework& framework, const IndexScore& officials,
                                        const IndexScore& citizens);

}  // namespace hailong::index
