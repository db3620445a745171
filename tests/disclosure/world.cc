#include "tests/disclosure/world.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "base/check.h"

namespace hailong::tests {
namespace {

using disclosure::CellStatus;
using disclosure::Crossing;
using disclosure::Dimension;
using disclosure::FlatDimension;

uint32_t Upto(std::mt19937_64& random, uint32_t least, uint32_t most) {
  return std::uniform_int_distribution<uint32_t>(least, most)(random);
}

// One group without respondents for each place and step; in flat dimensions nobody stands at the
// root, in the first, the units, everywhere.
void AddPlaces(World& world) {
  std::vector<std::vector<uint32_t>> places = {{}};
  for (size_t d = 0; d < world.dimensions.size(); ++d) {
    std::vector<std::vector<uint32_t>> longer;
    for (const auto& place : places) {
      const auto nodes = static_cast<uint32_t>(world.dimensions[d].parents.size());
      for (uint32_t node = d == 0 ? 0 : 1; node < nodes; ++node) {
        longer.push_back(place);
        longer.back().push_back(node);
      }
    }
    places = std::move(longer);
  }
  for (const auto& place : places) {
    for (uint32_t step = 0; step < world.steps; ++step) {
      world.groups.push_back({.nodes = place, .step = step, .count = 0});
    }
  }
}

bool IsBelow(const Dimension& dimension, uint32_t node, uint32_t above) {
  for (auto at = static_cast<int32_t>(node); at >= 0;
       at = dimension.parents[static_cast<size_t>(at)]) {
    if (static_cast<uint32_t>(at) == above) return true;
  }
  return false;
}

// The inner node whose own leaf this is; own leaves are numbered after the nodes, in their order.
uint32_t OwnerOf(const Dimension& dimension, uint32_t own_leaf) {
  auto next = static_cast<uint32_t>(dimension.parents.size());
  for (uint32_t node = 0; node < dimension.parents.size(); ++node) {
    const bool inner = std::count(dimension.parents.begin(), dimension.parents.end(),
                                  static_cast<int32_t>(node)) > 0;
    if (inner && next++ == own_leaf) return node;
  }
  HAILONG_CHECK(false);
  return 0;
}

// Where those of a cell stand, by dimension: at the node or below it, or at the node itself.
struct PlacePart {
  uint32_t node = 0;
  bool itself = false;
};
using Place = std::vector<PlacePart>;

// Of a cell of the table of this world, whose nodes may be own leaves.
Place PlaceOf(const World& world, const std::vector<uint32_t>& cell) {
  Place place;
  for (size_t d = 0; d < cell.size(); ++d) {
    const Dimension& dimension = world.dimensions[d];
    const bool own = cell[d] >= dimension.parents.size();
    place.push_back({.node = own ? OwnerOf(dimension, cell[d]) : cell[d], .itself = own});
  }
  return place;
}

bool StandsIn(const World& world, const std::vector<uint32_t>& at, const Place& place) {
  for (size_t d = 0; d < at.size(); ++d) {
    const bool in = place[d].itself ? at[d] == place[d].node
                                    : IsBelow(world.dimensions[d], at[d], place[d].node);
    if (!in) return false;
  }
  return true;
}

}  // namespace

std::string World::ToString() const {
  std::ostringstream out;
  for (const Dimension& dimension : dimensions) {
    out << dimension.name << ": parents";
    for (const int32_t parent : dimension.parents) out << ' ' << parent;
    out << '\n';
  }
  for (const Crossing& crossing : crossings) {
    out << "crossing";
    for (const size_t d : crossing) out << ' ' << d;
    out << '\n';
  }
  for (const Group& group : groups) {
    if (group.count == 0) continue;
    for (const uint32_t node : group.nodes) out << node << ' ';
    out << "step " << group.step << ": " << group.count << '\n';
  }
  return out.str();
}

World CreateRandomWorld(std::mt19937_64& random, const WorldSize& size) {
  World world;
  world.steps = Upto(random, 1, size.steps_max);
  Dimension units{.name = "units", .parents = {-1}};
  const uint32_t unit_count = Upto(random, 3, size.units_max);
  for (uint32_t node = 1; node < unit_count; ++node) {
    units.parents.push_back(static_cast<int32_t>(Upto(random, 0, std::min(node - 1, 2u))));
  }
  world.dimensions.push_back(units);
  const uint32_t dimension_count = Upto(random, 1, size.dimensions_max);
  for (uint32_t d = 1; d < dimension_count; ++d) {
    world.dimensions.push_back(
        FlatDimension("d" + std::to_string(d), Upto(random, 2, size.categories_max)));
  }
  const uint32_t crossing_count = Upto(random, 1, 3);
  for (uint32_t i = 0; i < crossing_count; ++i) {
    Crossing crossing;
    for (size_t d = 0; d < dimension_count; ++d) {
      if (Upto(random, 0, 2) > 0) crossing.push_back(d);
    }
    world.crossings.push_back(crossing);
  }
  AddPlaces(world);
  const uint32_t empty_of_ten = Upto(random, 0, 5);
  for (Group& group : world.groups) {
    if (Upto(random, 0, 9) >= empty_of_ten) group.count = Upto(random, 0, size.count_max);
  }
  return world;
}

World CreateProvince(std::mt19937_64& random, uint32_t respondents, uint32_t steps) {
  World world;
  world.steps = steps;
  Dimension units{.name = "units", .parents = {}};
  std::map<std::string, int32_t> numbers;
  std::ifstream file(HAILONG_REGISTRY);
  HAILONG_CHECK(file.good());
  std::string line;
  std::getline(file, line);
  std::vector<std::pair<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    // A quoted name may hold a comma: the parent is the field after the level.
    const std::string id = line.substr(0, line.find(','));
    for (const char* level : {",province,", ",department,", ",district,", ",commune,"}) {
      const size_t at = line.find(level);
      if (at == std::string::npos) continue;
      const size_t begin = at + std::string(level).size();
      rows.emplace_back(id, line.substr(begin, line.find(',', begin) - begin));
    }
  }
  for (const auto& [id, parent] : rows) {
    const auto found = numbers.find(parent);
    HAILONG_CHECK((found == numbers.end()) == units.parents.empty());
    numbers[id] = static_cast<int32_t>(units.parents.size());
    units.parents.push_back(found == numbers.end() ? -1 : found->second);
  }
  HAILONG_CHECK(units.parents.size() == 120);
  world.dimensions = {units, FlatDimension("gender", 2), FlatDimension("age", 5)};
  world.crossings = {{0, 1, 2}};
  AddPlaces(world);
  std::vector<double> unit_share, step_share;
  std::exponential_distribution<double> share;
  for (size_t unit = 0; unit < units.parents.size(); ++unit) {
    unit_share.push_back(unit == 0 ? 0 : share(random));
  }
  constexpr double kAgeShare[] = {0, 0.15, 0.35, 0.3, 0.15, 0.05};
  std::vector<double> shares;
  for (const Group& group : world.groups) {
    shares.push_back(unit_share[group.nodes[0]] * kAgeShare[group.nodes[2]] *
                     static_cast<double>(1 + group.step));
  }
  std::discrete_distribution<size_t> draw(shares.begin(), shares.end());
  for (uint32_t i = 0; i < respondents; ++i) ++world.groups[draw(random)].count;
  return world;
}

disclosure::Table TableOf(const World& world) {
  auto builder = disclosure::TableBuilder::Create(world.dimensions, world.crossings, world.steps);
  HAILONG_CHECK(builder.ok());
  for (const Group& group : world.groups) {
    HAILONG_CHECK(builder->Add(group.nodes, group.step, group.count).ok());
  }
  return (*std::move(builder)).Build();
}

Puzzle PuzzleOf(const World& world, const disclosure::Table& table,
                const std::vector<CellStatus>& status, bool with_steps) {
  const uint32_t per_place = with_steps ? 1 : world.steps;
  Puzzle puzzle;
  puzzle.variables = world.groups.size() / per_place;
  for (size_t i = 0; i < table.cell_count(); ++i) {
    const Place place = PlaceOf(world, table.nodes(i));
    Variables in_cell;
    std::vector<Puzzle::Sum> sums(world.steps / per_place);
    for (size_t g = 0; g < world.groups.size(); ++g) {
      const Group& group = world.groups[g];
      if (!StandsIn(world, group.nodes, place)) continue;
      const auto variable = static_cast<uint32_t>(g / per_place);
      if (in_cell.empty() || in_cell.back() != variable) in_cell.push_back(variable);
      Puzzle::Sum& sum = sums[with_steps ? group.step : 0];
      if (sum.of.empty() || sum.of.back() != variable) sum.of.push_back(variable);
      sum.is += group.count;
    }
    if (disclosure::IsHidden(status[i])) {
      puzzle.hidden.push_back(std::move(in_cell));
    } else {
      puzzle.shown.insert(puzzle.shown.end(), sums.begin(), sums.end());
    }
  }
  return puzzle;
}

}  // namespace hailong::tests
