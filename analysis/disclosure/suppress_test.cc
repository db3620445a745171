#include "analysis/disclosure/suppress.h"

#include <gtest/gtest.h>

#include <map>

namespace hailong::disclosure {
namespace {

// Respondents by nodes, all of step 0.
using Counts = std::map<std::vector<uint32_t>, uint32_t>;

Table TableOf(const std::vector<Dimension>& dimensions, const Counts& counts,
              const std::vector<Crossing>& crossings) {
  auto builder = TableBuilder::Create(dimensions, crossings, 1);
  EXPECT_TRUE(builder.ok()) << builder.status();
  for (const auto& [nodes, count] : counts) EXPECT_TRUE(builder->Add(nodes, 0, count).ok());
  return (*std::move(builder)).Build();
}

Table UnitsOf(const std::vector<uint32_t>& counts) {
  Counts by_node;
  for (uint32_t i = 0; i < counts.size(); ++i) by_node[{i + 1}] = counts[i];
  return TableOf({FlatDimension("units", counts.size())}, by_node, {{0}});
}

// Respondents of a step, at nodes of a table of several steps.
void AddOrDie(TableBuilder& builder, const std::vector<uint32_t>& nodes, size_t step,
              uint32_t count, double weight = 1) {
  ASSERT_TRUE(builder.Add(nodes, step, count, weight).ok());
}

Suppression SuppressOrDie(const Table& table, const Rule& rule = {}) {
  auto suppression = Suppress(table, rule);
  EXPECT_TRUE(suppression.ok()) << suppression.status();
  return *std::move(suppression);
}

// The root, the units and the root's own leaf in one letter each: shown, empty, primary,
// complementary.
std::string Letters(const std::vector<CellStatus>& status) {
  std::string letters;
  for (const CellStatus cell : status) letters += "sepc"[static_cast<size_t>(cell)];
  return letters;
}

TEST(Suppress, HidesTheSmallestPartnerThatProtectsEnough) {
  const Table table = UnitsOf({3, 20, 8});
  const Suppression suppression = SuppressOrDie(table);
  EXPECT_EQ(Letters(suppression.status), "spsce");
  EXPECT_EQ(suppression.primary, 1u);
  EXPECT_EQ(suppression.complementary, 1u);
  EXPECT_EQ(suppression.complementary_totals, 0u);
  // Of 11 in both, one at least in each; 4 more for the small cell are as many as were asked for.
  EXPECT_EQ(suppression.proven[1].low, 3u);
  EXPECT_EQ(suppression.proven[1].high, 7u);
  EXPECT_EQ(suppression.proven[3].low, 4u);
  EXPECT_EQ(suppression.proven[2].width(), 0u);
}

TEST(Suppress, HidesNothingWhereNothingIsSmall) {
  EXPECT_EQ(Letters(SuppressOrDie(UnitsOf({5, 6, 7})).status), "sssse");
}

TEST(Suppress, SmallCellsMayProtectEachOther) {
  // 4 and 4: either may have 1 to 7.
  EXPECT_EQ(Letters(SuppressOrDie(UnitsOf({4, 4, 30})).status), "sppse");
  // 1 and 2: three in both, so neither could have 5.
  EXPECT_EQ(Letters(SuppressOrDie(UnitsOf({1, 2, 30})).status), "sppce");
}

TEST(Suppress, AnEmptyCellIsShownAndProtectsNothing) {
  EXPECT_EQ(Letters(SuppressOrDie(UnitsOf({3, 0, 9})).status), "spece");
  EXPECT_EQ(Letters(SuppressOrDie(UnitsOf({7, 0, 9})).status), "ssese");
}

TEST(Suppress, FewInAllAreHiddenInAll) {
  const Suppression suppression = SuppressOrDie(UnitsOf({1, 4, 1}), {.n_min = 9});
  EXPECT_EQ(Letters(suppression.status), "ppppe");
  EXPECT_GE(suppression.proven[0].high, 9u);
}

TEST(Suppress, TakesTheTotalWhenPartsAreTooFew) {
  // 4 and 2 in the parts: with one left in each, neither can have more than 5 of the 6 in all.
  const Suppression suppression = SuppressOrDie(UnitsOf({4, 2}), {.n_min = 6});
  EXPECT_EQ(Letters(suppression.status), "cppe");
  EXPECT_EQ(suppression.complementary_totals, 1u);
}

TEST(Suppress, PartnersComeFromElsewhereWhenThereAreTooFewNearby) {
  // A district with communes of 2 and 2, another with communes of 10 and 12; a department of 60.
  const Dimension units{.name = "units", .parents = {-1, 0, 0, 1, 1, 2, 2, 0}};
  const Table table =
      TableOf({units}, {{{3}, 2}, {{4}, 2}, {{5}, 10}, {{6}, 12}, {{7}, 60}}, {{0}});
  EXPECT_EQ(Letters(SuppressOrDie(table).status), "spcppcsseee");
}

TEST(Suppress, WhatAParentHasOfItsOwnIsProtectedFromSubtraction) {
  // A district with 2 of its own and communes of 10 and 12; a department of 40.
  const Dimension units{.name = "units", .parents = {-1, 0, 0, 1, 1}};
  const Table table = TableOf({units}, {{{1}, 2}, {{2}, 40}, {{3}, 10}, {{4}, 12}}, {{0}});
  EXPECT_EQ(Letters(SuppressOrDie(table).status), "ssscsep");
}

TEST(Suppress, ASmallCellOfACrossingTakesThreeOthers) {
  const Counts counts = {{{1, 1}, 2}, {{1, 2}, 10}, {{2, 1}, 10}, {{2, 2}, 10}};
  const std::vector<Dimension> dimensions = {FlatDimension("units", 2), FlatDimension("g", 2)};
  const Table table = TableOf(dimensions, counts, {{0, 1}});
  const Suppression suppression = SuppressOrDie(table);
  const auto status = [&](std::vector<uint32_t> nodes) {
    return suppression.status[*table.Find(nodes)];
  };
  EXPECT_EQ(status({1, 1}), CellStatus::kPrimary);
  EXPECT_EQ(status({1, 2}), CellStatus::kComplementary);
  EXPECT_EQ(status({2, 1}), CellStatus::kComplementary);
  EXPECT_EQ(status({2, 2}), CellStatus::kComplementary);
  EXPECT_EQ(suppression.complementary, 3u);
}

TEST(Suppress, OnlyAnswersOfTheSameStepStandInForOneAnother) {
  // Units 1..3 by gender. Without steps unit 2 is the cheaper partner of unit 1; but its women said
  // otherwise than the men of unit 1, so that with steps the two cannot change places.
  for (const bool with_steps : {false, true}) {
    auto builder = TableBuilder::Create({FlatDimension("units", 3), FlatDimension("g", 2)},
                                        {{0, 1}}, with_steps ? 2 : 1);
    ASSERT_TRUE(builder.ok());
    const auto add = [&](std::vector<uint32_t> nodes, size_t step, uint32_t count) {
      AddOrDie(*builder, nodes, with_steps ? step : 0, count);
    };
    add({1, 1}, 0, 2);
    add({1, 2}, 0, 100);
    add({2, 1}, 1, 10);
    add({2, 2}, 0, 100);
    for (const uint32_t gender : {1u, 2u}) {
      add({3, gender}, 0, 29);
      add({3, gender}, 1, 29);
    }
    const Table table = (*std::move(builder)).Build();
    const Suppression suppression = SuppressOrDie(table);
    const size_t second = *table.Find(std::vector<uint32_t>{2, 1});
    const size_t third = *table.Find(std::vector<uint32_t>{3, 1});
    EXPECT_EQ(IsHidden(suppression.status[second]), !with_steps);
    EXPECT_EQ(IsHidden(suppression.status[third]), with_steps);
  }
}

TEST(Suppress, NoStepOfASmallCellIsLeftOver) {
  // One of three women in unit 1 chose step 1. Unit 3 is the cheapest partner, but nobody chose
  // step 1 there, as its total shows: the one of unit 1 would have to be a woman.
  auto builder = TableBuilder::Create({FlatDimension("units", 3), FlatDimension("g", 2)}, {{0, 1}},
                                      /*steps=*/2);
  ASSERT_TRUE(builder.ok());
  AddOrDie(*builder, {1, 1}, 0, 2);
  AddOrDie(*builder, {1, 1}, 1, 1);
  AddOrDie(*builder, {1, 2}, 0, 100);
  for (const uint32_t gender : {1u, 2u}) {
    AddOrDie(*builder, {2, gender}, 0, 50);
    AddOrDie(*builder, {2, gender}, 1, 20);
    AddOrDie(*builder, {3, gender}, 0, 50);
  }
  const Table table = (*std::move(builder)).Build();
  const Suppression suppression = SuppressOrDie(table);
  for (const uint32_t unit : {1u, 2u, 3u}) {
    for (const uint32_t gender : {1u, 2u}) {
      const size_t cell = *table.Find(std::vector<uint32_t>{unit, gender});
      EXPECT_TRUE(IsHidden(suppression.status[cell])) << unit << " " << gender;
    }
  }
  EXPECT_EQ(suppression.complementary_totals, 0u);
}

TEST(Suppress, EachRuleFindsItsCells) {
  auto builder = TableBuilder::Create({FlatDimension("units", 4)}, {{0}}, 5);
  ASSERT_TRUE(builder.ok());
  const auto add = [&](uint32_t unit, size_t step, uint32_t count, double weight) {
    AddOrDie(*builder, {unit}, step, count, weight);
  };
  // Unit 1: one of weight 91 beside 9. Unit 2: two of 45 beside 10. Unit 3: all said the same.
  add(1, 0, 1, 91);
  add(1, 1, 9, 1);
  add(2, 0, 2, 45);
  add(2, 1, 10, 1);
  add(3, 4, 12, 1);
  add(4, 0, 50, 1);
  add(4, 1, 50, 1);
  const Table table = (*std::move(builder)).Build();
  const auto primary = [&](const Rule& rule) {
    std::vector<size_t> cells;
    const Suppression suppression = SuppressOrDie(table, rule);
    for (size_t i = 0; i < table.cell_count(); ++i) {
      if (suppression.status[i] == CellStatus::kPrimary) cells.push_back(i);
    }
    return cells;
  };
  using Cells = std::vector<size_t>;
  EXPECT_EQ(primary({}), Cells());
  EXPECT_EQ(primary({.largest_share_max = 0.9}), Cells({1}));
  EXPECT_EQ(primary({.largest_share_max = 0.91}), Cells());
  EXPECT_EQ(primary({.largest_two_share_max = 0.89}), Cells({1, 2}));
  EXPECT_EQ(primary({.p_percent = 10}), Cells({1}));
  EXPECT_EQ(primary({.p_percent = 23}), Cells({1, 2}));
  EXPECT_EQ(primary({.unanimous_n_min = 13}), Cells({3}));
  EXPECT_EQ(primary({.unanimous_n_min = 12}), Cells());
  EXPECT_EQ(primary({.n_min = 11}), Cells({1}));
}

TEST(Suppress, RefusesRulesOutsideTheirBounds) {
  const Table table = UnitsOf({3, 20, 8});
  for (const Rule& rule :
       {Rule{.n_min = 1}, Rule{.n_min = kNMinMax + 1}, Rule{.largest_share_max = 0},
        Rule{.largest_share_max = 1.01}, Rule{.largest_two_share_max = -1}, Rule{.p_percent = 101},
        Rule{.p_percent = 0}, Rule{.unanimous_n_min = 3}}) {
    EXPECT_EQ(Suppress(table, rule).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

// Two tables over the same respondents: what one hides the other may use, and brings nothing back.
TEST(Suppress, GoesOnFromCellsThatAreHidden) {
  const Table table = UnitsOf({3, 20, 8});
  EXPECT_EQ(Letters(SuppressOrDie(table).status), "spsce");
  const auto from = Suppress(table, {}, {false, false, true, false, false});
  ASSERT_TRUE(from.ok()) << from.status();
  EXPECT_EQ(Letters(from->status), "spcse");
  EXPECT_GE(from->proven[1].width(), 4u);
  // Nothing is small: the mask stays as it is.
  const auto none = Suppress(UnitsOf({9, 20, 8}), {}, {false, false, true, false, false});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(Letters(none->status), "sscse");
}

TEST(Audit, SeesThroughAMaskThatHidesTooLittle) {
  const Table table = UnitsOf({3, 20, 8});
  const std::vector<Interval> alone = Audit(table, {false, true, false, false, false}, 4);
  EXPECT_EQ(alone[1].low, 3u);
  EXPECT_EQ(alone[1].high, 3u);
  const std::vector<Interval> both = Audit(table, {false, true, false, true, false}, 100);
  EXPECT_EQ(both[1].low, 1u);
  EXPECT_EQ(both[1].high, 10u);
}

}  // namespace
}  // namespace hailong::disclosure
