#include "analysis/disclosure/table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace hailong::disclosure {
namespace {

absl::Status CheckDimension(const Dimension& dimension) {
  const auto& parents = dimension.parents;
  if (parents.empty() || parents[0] != -1) {
    return absl::InvalidArgumentError(
        base::Cat("dimension '", dimension.name, "': node 0 must be the root, with parent -1"));
  }
  if (parents.size() > kCombinationsMax) {
    return absl::InvalidArgumentError(base::Cat("dimension '", dimension.name,
                                                "': ", parents.size(), " nodes, at most ",
                                                kCombinationsMax, " are allowed"));
  }
  for (size_t node = 1; node < parents.size(); ++node) {
    if (parents[node] < 0 || static_cast<size_t>(parents[node]) >= node) {
      return absl::InvalidArgumentError(base::Cat("dimension '", dimension.name, "': node ", node,
                                                  " has parent ", parents[node],
                                                  ", which must be in 0..", node - 1));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCrossing(const Crossing& crossing, size_t dimensions) {
  for (size_t i = 0; i < crossing.size(); ++i) {
    if (crossing[i] >= dimensions) {
      return absl::InvalidArgumentError(base::Cat("crossing: dimension ", crossing[i],
                                                  " is not among the ", dimensions, " declared"));
    }
    if (std::find(crossing.begin(), crossing.begin() + static_cast<ptrdiff_t>(i), crossing[i]) !=
        crossing.begin() + static_cast<ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(
          base::Cat("crossing: dimension ", crossing[i], " is named twice"));
    }
  }
  return absl::OkStatus();
}

// Calls visit(sum) for each way to take one number from each list, the last list fastest.
template <typename Visit>
void ForEachSum(std::span<const std::vector<size_t>> lists, size_t sum, const Visit& visit) {
  if (lists.empty()) return visit(sum);
  for (const size_t offset : lists.front()) ForEachSum(lists.subspan(1), sum + offset, visit);
}

}  // namespace

Dimension FlatDimension(std::string name, size_t categories) {
  Dimension dimension{.name = std::move(name), .parents = {-1}};
  dimension.parents.resize(1 + categories, 0);
  return dimension;
}

Hierarchy::Hierarchy(const Dimension& dimension) : parents_(dimension.parents) {
  const size_t given = parents_.size();
  std::vector<bool> inner(given);
  for (size_t node = 1; node < given; ++node) inner[static_cast<size_t>(parents_[node])] = true;
  own_leaves_.resize(given);
  std::vector<uint32_t> leaf_nodes;
  for (size_t node = 0; node < given; ++node) {
    own_leaves_[node] = static_cast<uint32_t>(leaf_nodes.size());
    if (inner[node]) {
      leaf_nodes.push_back(static_cast<uint32_t>(parents_.size()));
      parents_.push_back(static_cast<int32_t>(node));
    } else {
      leaf_nodes.push_back(static_cast<uint32_t>(node));
    }
  }
  leaves_.resize(parents_.size());
  for (size_t leaf = 0; leaf < leaf_nodes.size(); ++leaf) {
    std::vector<uint32_t> path;
    for (auto node = static_cast<int32_t>(leaf_nodes[leaf]); node >= 0;
         node = parents_[static_cast<size_t>(node)]) {
      path.push_back(static_cast<uint32_t>(node));
      leaves_[static_cast<size_t>(node)].push_back(static_cast<uint32_t>(leaf));
    }
    paths_.push_back(std::move(path));
  }
  // An own leaf can be asked for like any node.
  own_leaves_.resize(parents_.size());
  for (size_t node = given; node < parents_.size(); ++node) {
    own_leaves_[node] = leaves_[node].front();
  }
}

std::vector<uint32_t> Table::nodes(size_t index) const {
  size_t rest = combinations_[index];
  std::vector<uint32_t> nodes;
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    nodes.push_back(static_cast<uint32_t>(rest / strides_[d]));
    rest %= strides_[d];
  }
  return nodes;
}

std::optional<size_t> Table::Find(std::span<const uint32_t> nodes) const {
  HAILONG_CHECK(nodes.size() == dimensions_.size());
  size_t combination = 0;
  for (size_t d = 0; d < nodes.size(); ++d) {
    if (nodes[d] >= dimensions_[d].node_count()) return std::nullopt;
    combination += nodes[d] * strides_[d];
  }
  const int32_t index = cell_at_[combination];
  if (index < 0) return std::nullopt;
  return static_cast<size_t>(index);
}

bool Table::IsTotal(size_t index) const {
  const std::vector<uint32_t> at = nodes(index);
  for (size_t d = 0; d < at.size(); ++d) {
    const Hierarchy& dimension = dimensions_[d];
    const uint32_t leaf_node = dimension.leaf_node(dimension.own_leaf(at[d]));
    if (leaf_node == at[d]) continue;
    std::vector<uint32_t> below = at;
    below[d] = leaf_node;
    if (Find(below).has_value()) return true;
  }
  return false;
}

absl::StatusOr<TableBuilder> TableBuilder::Create(const std::vector<Dimension>& dimensions,
                                                  const std::vector<Crossing>& crossings,
                                                  size_t steps) {
  if (dimensions.empty() || dimensions.size() > kDimensionsMax) {
    return absl::InvalidArgumentError(
        base::Cat("table: ", dimensions.size(), " dimensions, allowed are 1..", kDimensionsMax));
  }
  if (steps == 0 || steps > kStepsMax) {
    return absl::InvalidArgumentError(
        base::Cat("table: ", steps, " steps, allowed are 1..", kStepsMax));
  }
  TableBuilder builder;
  Table& table = builder.table_;
  table.steps_ = steps;
  for (const Dimension& dimension : dimensions) {
    RETURN_IF_ERROR(CheckDimension(dimension));
    table.dimensions_.emplace_back(dimension);
  }
  for (const Crossing& crossing : crossings) {
    RETURN_IF_ERROR(CheckCrossing(crossing, dimensions.size()));
  }

  size_t combinations = 1, atoms = 1;
  table.strides_.resize(dimensions.size());
  table.leaf_strides_.resize(dimensions.size());
  for (size_t d = dimensions.size(); d-- > 0;) {
    table.strides_[d] = combinations;
    table.leaf_strides_[d] = atoms;
    combinations *= table.dimensions_[d].node_count();
    atoms *= table.dimensions_[d].leaf_count();
    if (combinations > kCombinationsMax || atoms * steps > kCombinationsMax) {
      return absl::InvalidArgumentError(
          base::Cat("table: more than ", kCombinationsMax, " combinations of nodes or answers"));
    }
  }
  table.atoms_.resize(atoms * steps);

  // Marked first, then numbered, so that cells stand in the order of their combinations.
  table.cell_at_.assign(combinations, -1);
  table.cell_at_[0] = 0;
  for (const Crossing& crossing : crossings) {
    std::vector<std::vector<size_t>> offsets(dimensions.size(), {0});
    for (const size_t d : crossing) {
      for (size_t node = 1; node < table.dimensions_[d].node_count(); ++node) {
        offsets[d].push_back(node * table.strides_[d]);
      }
    }
    ForEachSum(offsets, 0, [&](size_t combination) { table.cell_at_[combination] = 0; });
  }
  for (size_t combination = 0; combination < combinations; ++combination) {
    if (table.cell_at_[combination] < 0) continue;
    table.cell_at_[combination] = static_cast<int32_t>(table.combinations_.size());
    table.combinations_.push_back(combination);
  }
  table.cells_.resize(table.combinations_.size());
  builder.first_steps_.resize(table.cells_.size());
  return builder;
}

absl::Status TableBuilder::Add(std::span<const uint32_t> nodes, size_t step, uint32_t count,
                               double weight) {
  if (nodes.size() != table_.dimensions_.size()) {
    return absl::InvalidArgumentError(base::Cat("respondents: ", nodes.size(), " nodes, ",
                                                table_.dimensions_.size(), " are needed"));
  }
  for (size_t d = 0; d < nodes.size(); ++d) {
    if (nodes[d] >= table_.dimensions_[d].node_count()) {
      return absl::InvalidArgumentError(base::Cat("respondents: node ", nodes[d], " of dimension ",
                                                  d, " is not in 0..",
                                                  table_.dimensions_[d].node_count() - 1));
    }
  }
  if (step >= table_.steps_) {
    return absl::InvalidArgumentError(
        base::Cat("respondents: step ", step, " is not in 0..", table_.steps_ - 1));
  }
  if (!std::isfinite(weight) || weight <= 0) {
    return absl::InvalidArgumentError(
        base::Cat("respondents: weight ", weight, " is not finite and positive"));
  }
  if (count > kRespondentsMax - respondents_) {
    return absl::InvalidArgumentError(
        base::Cat("respondents: more than ", kRespondentsMax, " in one table"));
  }
  if (count == 0) return absl::OkStatus();
  respondents_ += count;

  size_t atom = 0;
  std::vector<std::vector<size_t>> offsets(nodes.size());
  for (size_t d = 0; d < nodes.size(); ++d) {
    const Hierarchy& dimension = table_.dimensions_[d];
    const uint32_t leaf = dimension.own_leaf(nodes[d]);
    atom += leaf * table_.leaf_strides_[d];
    for (const uint32_t node : dimension.path(leaf)) {
      offsets[d].push_back(node * table_.strides_[d]);
    }
  }
  table_.atoms_[atom * table_.steps_ + step] += count;
  ForEachSum(offsets, 0, [&](size_t combination) {
    const int32_t index = table_.cell_at_[combination];
    if (index >= 0) AddToCell(static_cast<size_t>(index), step, count, weight);
  });
  return absl::OkStatus();
}

void TableBuilder::AddToCell(size_t index, size_t step, uint32_t count, double weight) {
  Cell& cell = table_.cells_[index];
  if (cell.n == 0) {
    first_steps_[index] = static_cast<uint8_t>(step);
    cell.unanimous = true;
  }
  cell.unanimous = cell.unanimous && first_steps_[index] == step;
  cell.n += count;
  cell.weight += weight * count;
  for (uint32_t i = 0; i < std::min<uint32_t>(count, 2); ++i) {
    if (weight > cell.weight_largest) {
      cell.weight_second = std::exchange(cell.weight_largest, weight);
    } else {
      cell.weight_second = std::max(cell.weight_second, weight);
    }
  }
}

Table TableBuilder::Build() && { return std::move(table_); }

}  // namespace hailong::disclosure
