#include "analysis/index/points.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hailong::index {
namespace {

using estimate::Estimate;

absl::Status Check(const Framework& framework, const IndexScore& officials) {
  const std::string& id = framework.proto().framework_id();
  if (framework.proto().max_points() == 0) {
    return absl::FailedPreconditionError(absl::StrCat("framework ", id, " gives no points"));
  }
  if (officials.components.size() != framework.size()) {
    return absl::InvalidArgumentError(absl::StrCat("a score of ", officials.components.size(),
                                                   " components; framework ", id, " has ",
                                                   framework.size()));
  }
  if (officials.composition != v1::COMPOSITION_POINTS) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the officials' score is composed by ", v1::Composition_Name(officials.composition),
        "; points need ", v1::Composition_Name(v1::COMPOSITION_POINTS)));
  }
  std::string other_index;
  for (size_t c = 0; c < framework.size(); ++c) {
    const std::string& index_of = framework.component(c).index_of();
    if (index_of.empty()) continue;
    if (!other_index.empty() && index_of != other_index) {
      return absl::FailedPreconditionError(absl::StrCat("framework ", id, " takes the indexes ",
                                                        other_index, " and ", index_of,
                                                        "; one is allowed"));
    }
    other_index = index_of;
  }
  return absl::OkStatus();
}

// What one round gives to a component.
struct Share {
  // Points at 100% of its leaves that have answers.
  double max_points = 0;
  Estimate index;
};

Share FromOfficials(const Framework& framework, const IndexScore& officials,
                    const std::vector<size_t>& leaves, const Estimate& index) {
  Share share;
  for (const size_t leaf : leaves) {
    if (framework.is_item(leaf) && officials.components[leaf].index.defined) {
      share.max_points += framework.component(leaf).max_points();
    }
  }
  share.index = index;
  return share;
}

Share FromCitizens(const Framework& framework, const std::vector<size_t>& leaves,
                   const Estimate& index) {
  Share share;
  for (const size_t leaf : leaves) {
    if (!framework.is_item(leaf) && index.defined) {
      share.max_points += framework.component(leaf).max_points();
    }
  }
  share.index = index;
  return share;
}

ComponentPoints Add(double max_points, const Share& officials, const Share& citizens) {
  ComponentPoints result;
  result.max_points = max_points;
  double variance = 0;
  bool estimable = true;
  for (const Share* share : {&officials, &citizens}) {
    if (share->max_points == 0) continue;
    result.points += share->index.value / 100 * share->max_points;
    result.index.n += share->index.n;
    if (share->index.standard_error.has_value()) {
      const double error = *share->index.standard_error / 100 * share->max_points;
      variance += error * error;
    } else {
      estimable = false;
    }
  }
  if (officials.max_points + citizens.max_points == 0) return result;
  if (estimable) result.standard_error = std::sqrt(variance);

  // One round and nothing missing: its own estimate, with all that is known of it.
  for (const Share* share : {&officials, &citizens}) {
    if (std::abs(share->max_points - max_points) <= kPointsTolerance * (1 + max_points)) {
      result.index = share->index;
      return result;
    }
  }
  result.index.defined = true;
  result.index.value = 100 * result.points / max_points;
  if (estimable) {
    const double error = 100 * *result.standard_error / max_points;
    result.index.standard_error = error;
    result.index.ci_low = std::max(0.0, result.index.value - estimate::kNormal95 * error);
    result.index.ci_high = std::min(100.0, result.index.value + estimate::kNormal95 * error);
  }
  return result;
}

}  // namespace

absl::StatusOr<PointsScore> ScorePoints(const Framework& framework, const IndexScore& officials,
                                        const IndexScore& citizens) {
  absl::Status status = Check(framework, officials);
  if (!status.ok()) return status;

  PointsScore score;
  std::vector<size_t> all;
  for (size_t c = 0; c < framework.size(); ++c) {
    const std::vector<size_t> leaves = framework.Leaves(c);
    score.components.push_back(
        Add(framework.MaxPoints(c),
            FromOfficials(framework, officials, leaves, officials.components[c].index),
            FromCitizens(framework, leaves, citizens.overall)));
    if (!framework.is_leaf(c)) continue;
    all.push_back(c);
    const bool answered =
        framework.is_item(c) ? officials.components[c].index.defined : citizens.overall.defined;
    if (!answered) score.incomplete = true;
  }
  const ComponentPoints sum = Add(framework.proto().max_points(),
                                  FromOfficials(framework, officials, all, officials.overall),
                                  FromCitizens(framework, all, citizens.overall));
  score.max_points = sum.max_points;
  score.points = sum.points;
  score.standard_error = sum.standard_error;
  return score;
}

}  // namespace hailong::index
