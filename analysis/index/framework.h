// A checked index framework: the tree that says which questions make which component.
//
// Create() is the only way to one, so code that has a Framework need not check it again. Components
// keep the order of the message: parents before children. A leaf scores a question or stands for
// another index (index_of); all other components are inner nodes. Above the components without a
// parent stands the overall index.
//
// Threads: immutable once created.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hailong/v1/framework.pb.h"

namespace hailong::index {

inline constexpr int kComponentsMax = 1000;
inline constexpr int kOptionWeightsMax = 32;
inline constexpr int kExpectationsMax = 100;
// How far sums of points may be from each other.
inline constexpr double kPointsTolerance = 1e-9;

class Framework {
 public:
  // Refuses (INVALID_ARGUMENT, naming what, found and allowed): ids that are empty, malformed or
  // used twice; a parent that is unknown or does not stand before its child; a leaf without exactly
  // one of question and index_of; an inner node with either; a fact without a source;
  // OPTION_WEIGHTS without weights; POINTS without points; numbers that are negative, infinite or
  // NaN; more than kComponentsMax components; points that do not add up; expectations without a
  // question of their own, a known component, a source.
  static absl::StatusOr<Framework> Create(const v1::IndexFramework& proto);

  const v1::IndexFramework& proto() const { return proto_; }

  size_t size() const { return parents_.size(); }
  const v1::Component& component(size_t index) const {
    return proto_.components(static_cast<int>(index));
  }
  // The component above; absent: the top.
  std::optional<size_t> parent(size_t index) const { return parents_[index]; }
  // Components directly below, in order.
  const std::vector<size_t>& children(size_t index) const { return children_[index]; }
  // Components without a parent, in order.
  const std::vector<size_t>& tops() const { return tops_; }
  // All leaves below, at any depth, in order; of a leaf: itself.
  std::vector<size_t> Leaves(size_t index) const;
  bool is_leaf(size_t index) const { return children_[index].empty(); }
  // A leaf that scores a question.
  bool is_item(size_t index) const { return !component(index).question_id().empty(); }
  std::optional<size_t> Find(std::string_view component_id) const;
  // Points at 100% of the leaves below, or of the leaf.
  double MaxPoints(size_t index) const;

  // The questions a frame must have: those of the items in order, then the group question; each
  // once.
  const std::vector<std::string>& question_ids() const { return question_ids_; }

 private:
  Framework() = default;

  v1::IndexFramework proto_;
  std::vector<std::optional<size_t>> parents_;
  std::vector<std::vector<size_t>> children_;
  std::vector<size_t> tops_;
  std::vector<std::string> question_ids_;
};

}  // namespace hailong::index
