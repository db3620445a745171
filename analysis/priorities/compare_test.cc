#include "analysis/priorities/compare.h"

#include <gtest/gtest.h>

#include <vector>

#include "analysis/testing/random_case.h"

namespace hailong::priorities {
namespace {

// I > 1, 2; II > 3. `swapped`: II stands first, so that components have other numbers.
index::Framework Two(bool swapped) {
  v1::IndexFramework framework =
      index::EmptyFramework(v1::SCORING_TOP2, v1::COMPOSITION_MEAN_OF_ITEMS);
  const auto one = [&] {
    index::AddComponent(framework, "I", "", "");
    index::AddComponent(framework, "1", "I", "q1");
    index::AddComponent(framework, "2", "I", "q2");
  };
  if (!swapped) one();
  index::AddComponent(framework, "II", "", "");
  index::AddComponent(framework, "3", "II", "q3");
  if (swapped) one();
  return *index::Framework::Create(framework);
}

Priorities Made(const index::Framework& framework, double first, double second) {
  const auto measured = [](double value) {
    return estimate::Estimate{
        .value = value, .standard_error = 2, .n = 50, .defined = true, .degrees_of_freedom = 49};
  };
  Priorities made;
  made.overall = measured((first + second) / 2);
  made.components.resize(framework.size());
  made.components[*framework.Find("I")].index = measured(first);
  made.components[*framework.Find("II")].index = measured(second);
  return made;
}

TEST(Compare, ElementsStandDirectlyAboveItems) {
  v1::IndexFramework proto = index::EmptyFramework(v1::SCORING_TOP2, v1::COMPOSITION_MEAN_OF_ITEMS);
  index::AddComponent(proto, "I", "", "");
  index::AddComponent(proto, "I.A", "I", "");
  index::AddComponent(proto, "1", "I.A", "q1");
  index::AddComponent(proto, "2", "", "q2");
  EXPECT_EQ(ElementsOf(*index::Framework::Create(proto)), std::vector<size_t>{1});
}

TEST(Compare, FindsComponentsByIdAndUnitsByPair) {
  const index::Framework now = Two(false);
  const index::Framework then = Two(true);
  const RoundPriorities found_now = {Made(now, 80, 60), {Made(now, 90, 70), Made(now, 50, 50)}};
  const RoundPriorities found_then = {Made(then, 79, 58), {Made(then, 1, 1), Made(then, 80, 71)}};
  const UnitPair units[] = {{.listed = true, .before = 1}, {.listed = true}};
  const RoundChanges changes =
      CompareRounds({{then, {}}, found_then}, {{now, {}}, found_now}, true, units);
  ASSERT_EQ(changes.units[0].elements.size(), 2u);
  EXPECT_DOUBLE_EQ(*changes.units[0].elements[0].difference, 10);
  EXPECT_DOUBLE_EQ(*changes.units[0].elements[1].difference, -1);
  EXPECT_DOUBLE_EQ(*changes.whole.elements[0].difference, 1);
  EXPECT_EQ(changes.units[1].overall.issue, ChangeIssue::kNoSuchUnit);
  EXPECT_EQ(changes.units[1].elements[1].issue, ChangeIssue::kNoSuchUnit);
  // The order of components is no difference.
  EXPECT_DOUBLE_EQ(*changes.units[0].overall.difference, 4.5);
}

TEST(Compare, AdjustsOverListedUnitsOnlyAndWholeApart) {
  const index::Framework framework = Two(false);
  const RoundPriorities then = {
      Made(framework, 70, 70),
      {Made(framework, 70, 70), Made(framework, 70, 70), Made(framework, 70, 70)}};
  const RoundPriorities now = {
      Made(framework, 76, 70),
      {Made(framework, 76, 70), Made(framework, 71, 70), Made(framework, 99, 99)}};
  const UnitPair units[] = {{true, 0}, {true, 1}, {false, 2}};
  const RoundChanges changes =
      CompareRounds({{framework, {}}, then}, {{framework, {}}, now}, true, units);
  const Change& whole = changes.whole.elements[0];
  const Change& unit = changes.units[0].elements[0];
  EXPECT_DOUBLE_EQ(*whole.p_holm, 2 * *whole.p_value);
  EXPECT_DOUBLE_EQ(*unit.p_holm, 4 * *unit.p_value);
  EXPECT_DOUBLE_EQ(*changes.whole.overall.p_holm, *changes.whole.overall.p_value);
  EXPECT_DOUBLE_EQ(*changes.units[0].overall.p_holm, 2 * *changes.units[0].overall.p_value);
  EXPECT_TRUE(changes.units[2].elements.empty());
}

TEST(Compare, AWholeThatWasNotThereIsNoSuchUnit) {
  const index::Framework framework = Two(false);
  const RoundPriorities found = {Made(framework, 70, 70), {}};
  const RoundChanges changes =
      CompareRounds({{framework, {}}, found}, {{framework, {}}, found}, false, {});
  EXPECT_EQ(changes.whole.overall.issue, ChangeIssue::kNoSuchUnit);
}

TEST(Compare, AUnitOfTheOtherRoundThatWasNotScoredHasNoAnswers) {
  const index::Framework framework = Two(false);
  const RoundPriorities then = {Made(framework, 70, 70), {Priorities{}}};
  const RoundPriorities now = {Made(framework, 70, 70), {Made(framework, 70, 70)}};
  const UnitPair units[] = {{true, 0}};
  const RoundChanges changes =
      CompareRounds({{framework, {}}, then}, {{framework, {}}, now}, true, units);
  EXPECT_EQ(changes.units[0].overall.issue, ChangeIssue::kNoAnswers);
  EXPECT_EQ(changes.units[0].elements[0].issue, ChangeIssue::kNoAnswers);
}

}  // namespace
}  // namespace hailong::priorities
