#pragma once

// Respondents one by one, and what is published of them, as an attacker would write it down: no
// tree of sums, only "does this respondent stand in this cell". Immutable once made; any thread.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "analysis/disclosure/suppress.h"
#include "analysis/disclosure/table.h"
#include "tests/disclosure/attacker.h"

namespace hailong::tests {

// How many respondents stand at the nodes, one for each dimension, and gave the answer.
struct Group {
  std::vector<uint32_t> nodes;
  uint32_t step = 0;
  uint32_t count = 0;
};

struct World {
  std::vector<disclosure::Dimension> dimensions;
  std::vector<disclosure::Crossing> crossings;
  uint32_t steps = 1;
  // Every place where respondents may stand, also those with none.
  std::vector<Group> groups;

  std::string ToString() const;
};

// Bounds of a random world.
struct WorldSize {
  uint32_t units_max = 5;
  uint32_t categories_max = 2;
  uint32_t dimensions_max = 2;
  uint32_t steps_max = 2;
  uint32_t count_max = 4;
};

World CreateRandomWorld(std::mt19937_64& random, const WorldSize& size);

// The units of a real province as it is shipped (119 rated units and the province), by gender and
// age band, `respondents` of them, as uneven as dossiers are.
World CreateProvince(std::mt19937_64& random, uint32_t respondents, uint32_t steps);

disclosure::Table TableOf(const World& world);

// What a reader is confronted with when these cells of the table are hidden. A variable is a group;
// with the steps added up, a place (the groups of one place stand together).
Puzzle PuzzleOf(const World& world, const disclosure::Table& table,
                const std::vector<disclosure::CellStatus>& status, bool with_steps = true);

}  // namespace hailong::tests
