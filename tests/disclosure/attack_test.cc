// Published tables under attack: no hidden cell may be recovered.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "analysis/disclosure/suppress.h"
#include "tests/disclosure/attacker.h"
#include "tests/disclosure/world.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

using disclosure::CellStatus;
using disclosure::Rule;
using disclosure::Suppress;
using disclosure::Suppression;
using disclosure::Table;

constexpr uint64_t kVisitsMax = 100'000;
constexpr WorldSize kTiny = {
    .units_max = 4, .categories_max = 2, .dimensions_max = 2, .steps_max = 2, .count_max = 3};
constexpr WorldSize kSmall = {
    .units_max = 9, .categories_max = 4, .dimensions_max = 3, .steps_max = 3, .count_max = 9};

uint64_t FreshSeed() {
  const uint64_t seed = FromEnvironment("HAILONG_ATTACK_SEED", std::random_device{}());
  std::printf("HAILONG_ATTACK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

struct Case {
  World world;
  Table table;
  Rule rule;
  Suppression suppression;
};

Case CreateCase(uint64_t seed, const WorldSize& size) {
  std::mt19937_64 random(seed);
  World world = CreateRandomWorld(random, size);
  Table table = TableOf(world);
  const Rule rule{.n_min = static_cast<uint32_t>(2 + seed % 4)};
  auto suppression = Suppress(table, rule);
  EXPECT_TRUE(suppression.ok()) << suppression.status();
  return {.world = std::move(world),
          .table = std::move(table),
          .rule = rule,
          .suppression = *std::move(suppression)};
}

// The numbers of the hidden cells, in the order of a puzzle's hidden sums.
std::vector<size_t> HiddenCells(const std::vector<CellStatus>& status) {
  std::vector<size_t> cells;
  for (size_t i = 0; i < status.size(); ++i) {
    if (disclosure::IsHidden(status[i])) cells.push_back(i);
  }
  return cells;
}

// A cell is safe when its range is as wide as Suppress promises, and holds what was proven.
void ExpectSafe(const Case& made, size_t cell, const Range& range) {
  const bool primary = made.suppression.status[cell] == CellStatus::kPrimary;
  EXPECT_GE(range.width(), primary ? made.rule.n_min - 1 : 1)
      << "cell " << cell << ", n = " << made.table.cell(cell).n << ", is between " << range.low
      << " and " << range.high;
  const disclosure::Interval& proven = made.suppression.proven[cell];
  EXPECT_LE(range.low, proven.low) << "cell " << cell;
  EXPECT_GE(range.high, proven.high) << "cell " << cell;
}

TEST(Attacker, FindsTheSameRangesByProgrammingAndByEnumeration) {
  const uint64_t first = FreshSeed();
  size_t compared = 0;
  for (uint64_t seed = first; seed < first + 40 && !testing::Test::HasFailure(); ++seed) {
    const Case made = CreateCase(seed, kTiny);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << made.world.ToString());
    const Puzzle puzzle = PuzzleOf(made.world, made.table, made.suppression.status);
    const uint32_t cap = made.table.cell(0).n + made.rule.n_min;
    const auto ranges = RangesByEnumeration(puzzle, cap, kVisitsMax);
    if (!ranges) continue;
    for (size_t i = 0; i < puzzle.hidden.size(); ++i) {
      const Range range = RangeByProgramming(puzzle, puzzle.hidden[i], true);
      EXPECT_EQ(range.low, (*ranges)[i].low);
      if (range.high != kNoEnd) {
        EXPECT_EQ(range.high, (*ranges)[i].high);
        ++compared;
      } else {
        EXPECT_GE((*ranges)[i].high, cap);
      }
    }
  }
  EXPECT_GT(compared, 20u);
}

TEST(Attack, TryingAllTablesRecoversNothingOfTinyOnes) {
  const uint64_t first = FreshSeed();
  size_t attacked = 0;
  for (uint64_t seed = first; seed < first + 300 && !testing::Test::HasFailure(); ++seed) {
    const Case made = CreateCase(seed, kTiny);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << made.world.ToString());
    const Puzzle puzzle = PuzzleOf(made.world, made.table, made.suppression.status);
    const auto ranges =
        RangesByEnumeration(puzzle, made.table.cell(0).n + made.rule.n_min, kVisitsMax);
    if (!ranges || ranges->empty()) continue;
    const std::vector<size_t> cells = HiddenCells(made.suppression.status);
    for (size_t i = 0; i < cells.size(); ++i) ExpectSafe(made, cells[i], (*ranges)[i]);
    attacked += cells.size();
  }
  std::printf("hidden cells attacked: %zu\n", attacked);
  EXPECT_GT(attacked, 300u);
}

TEST(Attack, EliminationAndProgrammingRecoverNothingOfSmallTables) {
  const uint64_t first = FreshSeed();
  size_t attacked = 0;
  for (uint64_t seed = first; seed < first + 250 && !testing::Test::HasFailure(); ++seed) {
    const Case made = CreateCase(seed, kSmall);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << made.world.ToString());
    const Puzzle puzzle = PuzzleOf(made.world, made.table, made.suppression.status);
    const std::vector<size_t> cells = HiddenCells(made.suppression.status);
    const std::vector<bool> determined = DeterminedByElimination(puzzle);
    for (size_t i = 0; i < cells.size(); ++i) {
      EXPECT_FALSE(determined[i]) << "cell " << cells[i];
    }
    // Some of them in turn, since a program takes its time.
    for (size_t i = seed % 4; i < cells.size(); i += 4) {
      ExpectSafe(made, cells[i], RangeByProgramming(puzzle, puzzle.hidden[i], true));
      ++attacked;
    }
  }
  std::printf("hidden cells attacked: %zu\n", attacked);
  EXPECT_GT(attacked, 100u);
}

// The canary: the same attack must succeed where only the small cells themselves are hidden.
TEST(Attack, SucceedsWithoutComplementaryCells) {
  const uint64_t first = FreshSeed();
  size_t tables = 0, broken = 0;
  for (uint64_t seed = first; seed < first + 200; ++seed) {
    Case made = CreateCase(seed, kSmall);
    if (made.suppression.primary == 0 || made.suppression.complementary == 0) continue;
    for (CellStatus& status : made.suppression.status) {
      if (status == CellStatus::kComplementary) status = CellStatus::kShown;
    }
    ++tables;
    const Puzzle puzzle = PuzzleOf(made.world, made.table, made.suppression.status);
    const std::vector<bool> determined = DeterminedByElimination(puzzle);
    if (std::find(determined.begin(), determined.end(), true) != determined.end()) ++broken;
  }
  std::printf("tables with complementary cells: %zu, broken without them: %zu\n", tables, broken);
  EXPECT_GT(tables, 20u);
  EXPECT_GT(broken * 2, tables);
}

// Tables that are protected one by one can be put together; one that holds all cannot.
TEST(Attack, AskingForOneCrossingAfterAnotherGivesNoMore) {
  const uint64_t first = FreshSeed();
  size_t broken = 0, rounds = 0;
  for (uint64_t seed = first; seed < first + 1200; ++seed) {
    std::mt19937_64 random(seed);
    World world = CreateRandomWorld(random, kSmall);
    if (world.dimensions.size() != 3) continue;
    ++rounds;
    const std::vector<disclosure::Crossing> crossings = {{0}, {0, 1}, {1, 2}};
    const Rule rule;
    world.crossings = crossings;
    const Table all = TableOf(world);
    std::vector<CellStatus> apart(all.cell_count(), CellStatus::kPrimary);
    for (const disclosure::Crossing& crossing : crossings) {
      world.crossings = {crossing};
      const Table table = TableOf(world);
      const auto suppression = Suppress(table, rule);
      ASSERT_TRUE(suppression.ok());
      for (size_t i = 0; i < table.cell_count(); ++i) {
        if (disclosure::IsHidden(suppression->status[i])) continue;
        apart[*all.Find(table.nodes(i))] = suppression->status[i];
      }
    }
    const std::vector<bool> determined = DeterminedByElimination(PuzzleOf(world, all, apart));
    if (std::find(determined.begin(), determined.end(), true) != determined.end()) ++broken;

    const auto together = Suppress(all, rule);
    ASSERT_TRUE(together.ok());
    const std::vector<bool> safe = DeterminedByElimination(PuzzleOf(world, all, together->status));
    EXPECT_EQ(std::find(safe.begin(), safe.end(), true), safe.end()) << "seed " << seed;
  }
  std::printf("of %zu rounds, given away by tables that were protected one by one: %zu\n", rounds,
              broken);
  EXPECT_GT(broken, 0u);
}

// Whatever is hidden, also far too little, Audit proves no more than what holds.
TEST(Attack, AuditProvesNothingThatTheAttackerCanRuleOut) {
  const uint64_t first = FreshSeed();
  size_t audited = 0, wide = 0, proven_wide = 0;
  for (uint64_t seed = first; seed < first + 150 && !testing::Test::HasFailure(); ++seed) {
    Case made = CreateCase(seed, kSmall);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << made.world.ToString());
    std::mt19937_64 random(seed);
    std::vector<bool> hidden;
    for (size_t i = 0; i < made.table.cell_count(); ++i) {
      const bool hide = made.table.cell(i).n > 0 && random() % 2 == 0;
      made.suppression.status[i] = hide ? CellStatus::kPrimary : CellStatus::kShown;
      hidden.push_back(hide);
    }
    const std::vector<disclosure::Interval> proven = Audit(made.table, hidden, 4);
    const Puzzle puzzle = PuzzleOf(made.world, made.table, made.suppression.status);
    const std::vector<size_t> cells = HiddenCells(made.suppression.status);
    for (size_t i = seed % 4; i < cells.size(); i += 4) {
      const Range range = RangeByProgramming(puzzle, puzzle.hidden[i], true);
      EXPECT_LE(range.low, proven[cells[i]].low);
      EXPECT_GE(range.high, proven[cells[i]].high);
      ++audited;
      wide += range.width() >= 4;
      proven_wide += proven[cells[i]].width() >= 4;
    }
  }
  std::printf("hidden cells audited: %zu; of %zu that are safe, proven safe: %zu\n", audited, wide,
              proven_wide);
  EXPECT_GT(audited, 200u);
  EXPECT_GT(proven_wide * 2, wide);
}

// The least that any mask of a tiny table can hide, found by trying all masks.
uint64_t LeastHidden(const Case& made) {
  std::vector<size_t> open;
  uint64_t primary = 0;
  for (size_t i = 0; i < made.table.cell_count(); ++i) {
    const CellStatus status = made.suppression.status[i];
    if (status == CellStatus::kPrimary) primary += made.table.cell(i).n;
    if (status == CellStatus::kShown || status == CellStatus::kComplementary) open.push_back(i);
  }
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (uint32_t mask = 0; mask < (1u << open.size()); ++mask) {
    std::vector<CellStatus> status = made.suppression.status;
    uint64_t hidden = primary;
    for (size_t i = 0; i < open.size(); ++i) {
      const bool hide = (mask >> i) & 1;
      status[open[i]] = hide ? CellStatus::kComplementary : CellStatus::kShown;
      if (hide) hidden += made.table.cell(open[i]).n;
    }
    if (hidden >= least) continue;
    const Puzzle puzzle = PuzzleOf(made.world, made.table, status);
    const auto ranges =
        RangesByEnumeration(puzzle, made.table.cell(0).n + made.rule.n_min, 10 * kVisitsMax);
    if (!ranges) continue;
    const std::vector<size_t> cells = HiddenCells(status);
    bool safe = true;
    for (size_t i = 0; i < cells.size() && safe; ++i) {
      const bool is_primary = status[cells[i]] == CellStatus::kPrimary;
      safe = !is_primary || (*ranges)[i].width() >= made.rule.n_min - 1;
    }
    if (safe) least = hidden;
  }
  return least;
}

TEST(Suppress, HidesLittleMoreThanTheBestMaskOfTinyTables) {
  uint64_t ours = 0, best = 0;
  size_t tables = 0;
  for (uint64_t seed = 1; tables < 40; ++seed) {
    const Case made = CreateCase(seed, kTiny);
    size_t filled = 0;
    uint64_t hidden = 0;
    for (size_t i = 0; i < made.table.cell_count(); ++i) {
      filled += made.table.cell(i).n > 0;
      if (disclosure::IsHidden(made.suppression.status[i])) hidden += made.table.cell(i).n;
    }
    if (filled > 12 || made.world.groups.size() > 10 || made.suppression.primary == 0 ||
        made.suppression.complementary == 0) {
      continue;
    }
    const uint64_t least = LeastHidden(made);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << made.world.ToString());
    ASSERT_LE(least, hidden);
    ours += hidden;
    best += least;
    ++tables;
  }
  std::printf("respondents in hidden cells of %zu tables: %llu, at best %llu\n", tables,
              static_cast<unsigned long long>(ours), static_cast<unsigned long long>(best));
  EXPECT_LE(static_cast<double>(ours), 1.25 * static_cast<double>(best));
}

TEST(Attack, AProvinceByGenderAndAgeWithstands) {
  const uint64_t seed = FreshSeed();
  for (const uint32_t respondents : {3'000u, 36'525u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", respondents " << respondents);
    std::mt19937_64 random(seed);
    const World world = CreateProvince(random, respondents, 5);
    const Table table = TableOf(world);
    const auto begin = std::chrono::steady_clock::now();
    auto suppression = Suppress(table, {});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    ASSERT_TRUE(suppression.ok()) << suppression.status();
    std::printf(
        "%u respondents, %zu cells: %zu primary, %zu complementary, of these %zu totals; "
        "%.3f s\n",
        respondents, table.cell_count(), suppression->primary, suppression->complementary,
        suppression->complementary_totals, took.count());
    const Case made{
        .world = world, .table = table, .rule = {}, .suppression = *std::move(suppression)};
    const Puzzle puzzle = PuzzleOf(world, table, made.suppression.status, false);
    const std::vector<size_t> cells = HiddenCells(made.suppression.status);
    ASSERT_GT(cells.size(), 0u);
    const std::vector<bool> determined = DeterminedByElimination(puzzle);
    for (size_t i = 0; i < cells.size(); ++i) {
      EXPECT_FALSE(determined[i]) << "cell " << cells[i];
    }
    for (size_t i = seed % 200; i < cells.size(); i += 200) {
      ExpectSafe(made, cells[i], RangeByProgramming(puzzle, puzzle.hidden[i], false));
    }
  }
}

}  // namespace
}  // namespace hailong::tests
