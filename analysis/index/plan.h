// A framework laid over a frame: which column each item reads, what each answer is worth, which
// items make which component. Everything that depends on the strategies and not on the answers.
//
// Threads: immutable once created.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/estimate.h"
#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "hailong/v1/framework.pb.h"

namespace hailong::index {

// What the slots of a column are worth. Elements are by slot; slots that are no answer, or none
// that is scored, have scored = 0 and stay outside the domain.
struct Scale {
  std::vector<double> values;
  std::vector<uint8_t> scored;
  estimate::Range range;
};

// One item, a leaf that scores a question.
struct Item {
  // None of the framework: see AddExpectations().
  static constexpr size_t kNoComponent = SIZE_MAX;

  size_t component = 0;
  size_t column = 0;
  uint8_t options = 0;
  double max_points = 0;
  // In percent, by the scoring strategy.
  Scale index;
  // The steps themselves.
  Scale step;
};

// An inner node, or the overall index.
struct Aggregate {
  // Absent: the overall index.
  std::optional<size_t> component;
  // All items below, at any depth.
  std::vector<size_t> items;
  // Directly below: items and other aggregates.
  std::vector<size_t> child_items;
  std::vector<size_t> child_aggregates;
};

struct Plan {
  v1::Scoring scoring = v1::SCORING_UNSPECIFIED;
  v1::Composition composition = v1::COMPOSITION_UNSPECIFIED;
  std::vector<Item> items;
  // The overall index first, then inner nodes in the order of the framework: parents before
  // children.
  std::vector<Aggregate> aggregates;
  std::optional<size_t> group_column;
};

// Unspecified strategies are the framework's. INVALID_ARGUMENT: an enumerator that is none.
// FAILED_PRECONDITION: see ScoreIndex().
absl::StatusOr<Plan> CreatePlan(const frame::Frame& frame, const Framework& framework,
                                v1::Scoring scoring, v1::Composition composition);

// Appends an item to the plan, below no aggregate, for each expectation whose question the frame
// has; returns their numbers in the framework. FAILED_PRECONDITION: too few options for the
// scoring.
absl::StatusOr<std::vector<size_t>> AddExpectations(const frame::Frame& frame,
                                                    const Framework& framework, Plan& plan);

}  // namespace hailong::index
