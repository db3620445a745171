// What a round publishes, as one table: every cell that anybody may ever ask for, and how the cells
// hang together.
//
// Respondents stand in a space of a few dimensions, each a tree: the units of a province, or
// "everybody" with the age bands below it. Node 0 of a dimension is its root, "all". A cell is one
// node of each dimension; it holds all respondents who stand at or below all of its nodes. A
// crossing is a set of dimensions that may be broken down together; it publishes the cells with any
// nodes in these dimensions and the root in all others, so margins and totals come with it.
//
// An inner node may have respondents of its own (a district answers for itself besides its
// communes). They stand in a leaf that is added below the node, its "own" leaf: what the node's
// children leave over can be computed by anyone, so it is a cell like every other.
//
// A respondent's answer is one of `steps` steps. The steps are no dimension: a cell that is shown
// shows its count by step (so its mean and shares), a cell that is hidden hides all of it.
//
// Atoms are the finest cells: one leaf of each dimension. Every count is a sum of atoms, published
// or not, which is all that there is to know about how cells hang together.
//
// Threads: a Table is immutable; a TableBuilder belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::disclosure {

inline constexpr size_t kDimensionsMax = 6;
inline constexpr size_t kStepsMax = 255;
// Combinations of nodes, and atoms times steps, of one table.
inline constexpr size_t kCombinationsMax = size_t{1} << 24;
// Respondents of one table.
inline constexpr uint64_t kRespondentsMax = uint64_t{1} << 30;

struct Dimension {
  // For messages.
  std::string name;
  // The parent of each node; -1 for node 0, the root; parents stand before their children.
  std::vector<int32_t> parents;
};

// A root with `categories` nodes below it, 1..categories. Who did not say needs a category as well.
Dimension FlatDimension(std::string name, size_t categories);

// Dimensions that may be broken down together, as indices.
using Crossing = std::vector<size_t>;

// What is added up of the respondents of one cell. Weights are the contributions of single
// respondents, for the rules against dominance.
struct Cell {
  uint32_t n = 0;
  double weight = 0;
  double weight_largest = 0;
  double weight_second = 0;
  // All gave the same answer; false for no respondents.
  bool unanimous = false;
};

// A dimension with its own leaves, and where each leaf stands.
class Hierarchy {
 public:
  explicit Hierarchy(const Dimension& dimension);

  // Nodes of the dimension, then the own leaves in the order of their inner nodes.
  size_t node_count() const { return parents_.size(); }
  size_t leaf_count() const { return paths_.size(); }
  static constexpr uint32_t root() { return 0; }
  // The root is its own parent.
  uint32_t parent(size_t node) const {
    return parents_[node] < 0 ? root() : static_cast<uint32_t>(parents_[node]);
  }
  // The nodes from the leaf up to the root.
  const std::vector<uint32_t>& path(size_t leaf) const { return paths_[leaf]; }
  // The leaves at or below the node, ascending.
  const std::vector<uint32_t>& leaves(size_t node) const { return leaves_[node]; }
  // The leaf where those stand who belong to the node itself: the node, or its own leaf.
  uint32_t own_leaf(size_t node) const { return own_leaves_[node]; }
  // The node that this leaf is.
  uint32_t leaf_node(size_t leaf) const { return paths_[leaf].front(); }

 private:
  std::vector<int32_t> parents_;
  std::vector<std::vector<uint32_t>> paths_;
  std::vector<std::vector<uint32_t>> leaves_;
  std::vector<uint32_t> own_leaves_;
};

class Table {
 public:
  // Published cells are numbered 0, 1, ...; totals stand before what they are the total of.
  size_t cell_count() const { return cells_.size(); }
  const Cell& cell(size_t index) const { return cells_[index]; }
  // One node for each dimension.
  std::vector<uint32_t> nodes(size_t index) const;
  // The published cell at these nodes, one for each dimension; nullopt: no crossing publishes it.
  std::optional<size_t> Find(std::span<const uint32_t> nodes) const;
  // Whether other published cells lie below it.
  bool IsTotal(size_t index) const;

  size_t steps() const { return steps_; }
  const std::vector<Hierarchy>& dimensions() const { return dimensions_; }

  // For the search of exchanges. A combination of nodes is the sum of node times stride; the
  // published cell there, or -1.
  size_t stride(size_t dimension) const { return strides_[dimension]; }
  int32_t cell_at(size_t combination) const { return cell_at_[combination]; }
  // Counts by atom, then step; an atom is the sum of leaf times leaf stride.
  size_t leaf_stride(size_t dimension) const { return leaf_strides_[dimension]; }
  const std::vector<uint32_t>& atoms() const { return atoms_; }

 private:
  friend class TableBuilder;

  size_t steps_ = 1;
  std::vector<Hierarchy> dimensions_;
  std::vector<size_t> strides_;
  std::vector<size_t> leaf_strides_;
  std::vector<int32_t> cell_at_;
  std::vector<size_t> combinations_;
  std::vector<Cell> cells_;
  std::vector<uint32_t> atoms_;
};

class TableBuilder {
 public:
  // `crossings` must be all that will ever be published of these respondents: tables that are made
  // one by one can be put together by whoever reads them. INVALID_ARGUMENT: a dimension is no tree
  // in the order above, a crossing names no dimension or one twice, or a limit above is passed.
  static absl::StatusOr<TableBuilder> Create(const std::vector<Dimension>& dimensions,
                                             const std::vector<Crossing>& crossings, size_t steps);

  // Adds `count` respondents of the same answer and weight, who stand at these nodes, one for each
  // dimension. Sums of weights are taken in the order of calls. INVALID_ARGUMENT: no such node or
  // step, a weight that is not finite and positive, or too many respondents; nothing is added then.
  absl::Status Add(std::span<const uint32_t> nodes, size_t step, uint32_t count, double weight = 1);

  Table Build() &&;

 private:
  TableBuilder() = default;
  void AddToCell(size_t index, size_t step, uint32_t count, double weight);

  Table table_;
  uint64_t respondents_ = 0;
  // The step of the first respondent of a cell; only read where n > 0.
  std::vector<uint8_t> first_steps_;
};

}  // namespace hailong::disclosure
