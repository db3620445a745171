#include "analysis/priorities/change.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "analysis/testing/random_case.h"

namespace hailong::priorities {
namespace {

using estimate::Estimate;

Estimate Measured(double value, double error, uint64_t n) {
  return {.value = value,
          .standard_error = error,
          .n = n,
          .defined = true,
          .degrees_of_freedom = n - 1};
}

TEST(Change, IsWelchs) {
  // V = 9 + 16; df = 25^2 / (81/9 + 256/16) = 25; t = 10 / 5.
  const Change change = ChangeSince(Measured(70, 4, 17), Measured(80, 3, 10));
  EXPECT_EQ(change.issue, ChangeIssue::kNone);
  EXPECT_DOUBLE_EQ(*change.difference, 10);
  EXPECT_DOUBLE_EQ(*change.standard_error, 5);
  EXPECT_DOUBLE_EQ(*change.degrees_of_freedom, 25);
  // 2 * pt(-2, 25) and qt(0.975, 25).
  EXPECT_NEAR(*change.p_value, 0.056475980426897, 1e-12);
  EXPECT_NEAR(*change.ci_low, 10 - 5 * 2.059539, 1e-5);
  EXPECT_NEAR(*change.ci_high, 10 + 5 * 2.059539, 1e-5);
  EXPECT_DOUBLE_EQ(change.before->value, 70);
}

TEST(Change, IsTheOppositeTheOtherWayRound) {
  const Change there = ChangeSince(Measured(70, 4, 17), Measured(80, 3, 10));
  const Change back = ChangeSince(Measured(80, 3, 10), Measured(70, 4, 17));
  EXPECT_EQ(*there.difference, -*back.difference);
  EXPECT_EQ(*there.p_value, *back.p_value);
}

TEST(Change, ClaimsNothingWithoutAnError) {
  const Estimate sound = Measured(80, 3, 10);
  Estimate lone = Measured(70, 0, 1);
  lone.standard_error = std::nullopt;
  const Estimate unanimous = Measured(100, 0, 12);
  for (const Estimate& doubtful : {lone, unanimous}) {
    for (const Change& change : {ChangeSince(doubtful, sound), ChangeSince(sound, doubtful)}) {
      EXPECT_EQ(change.issue, ChangeIssue::kNoError);
      EXPECT_TRUE(change.difference.has_value());
      EXPECT_FALSE(change.p_value.has_value() || change.standard_error.has_value());
    }
  }
  EXPECT_EQ(ChangeSince({}, sound).issue, ChangeIssue::kNoAnswers);
  EXPECT_FALSE(ChangeSince({}, sound).difference.has_value());
}

TEST(Change, OfEverybodyAskedHasNoChanceInIt) {
  Estimate all = Measured(80, 0, 10);
  all.taken_in_full = true;
  EXPECT_EQ(ChangeSince(all, all).issue, ChangeIssue::kTakenInFull);
  // One of two: all the error is the other's.
  const Change change = ChangeSince(all, Measured(70, 5, 21));
  EXPECT_EQ(change.issue, ChangeIssue::kNone);
  EXPECT_DOUBLE_EQ(*change.standard_error, 5);
  EXPECT_DOUBLE_EQ(*change.degrees_of_freedom, 20);
}

TEST(Change, IsAdjustedOverThoseThatAreTested) {
  std::vector<Change> changes = {ChangeSince(Measured(70, 1, 100), Measured(73, 1, 100)),
                                 NoChange(ChangeIssue::kNoSuchUnit),
                                 ChangeSince(Measured(70, 1, 100), Measured(71, 1, 100))};
  std::vector<Change*> family;
  for (Change& change : changes) family.push_back(&change);
  AdjustFamily(family);
  EXPECT_DOUBLE_EQ(*changes[0].p_holm, 2 * *changes[0].p_value);
  EXPECT_DOUBLE_EQ(*changes[2].p_holm, *changes[2].p_value);
  EXPECT_DOUBLE_EQ(*changes[0].p_benjamini_hochberg, 2 * *changes[0].p_value);
  EXPECT_FALSE(changes[1].p_holm.has_value());
}

// I > 1, 2; II > 3.
v1::IndexFramework Two() {
  v1::IndexFramework framework =
      index::EmptyFramework(v1::SCORING_TOP2, v1::COMPOSITION_MEAN_OF_ITEMS);
  index::AddComponent(framework, "I", "", "");
  index::AddComponent(framework, "1", "I", "q1");
  index::AddComponent(framework, "2", "I", "q2");
  index::AddComponent(framework, "II", "", "");
  index::AddComponent(framework, "3", "II", "q3");
  return framework;
}

const std::map<std::string, std::string> kWording = {{"q1", "a"}, {"q2", "b"}, {"q3", "c"}};

// I, 1, 2, II, 3, and the index.
std::vector<bool> Compare(const v1::IndexFramework& before,
                          const std::map<std::string, std::string>& wording) {
  const auto then = index::Framework::Create(before);
  const auto now = index::Framework::Create(Two());
  EXPECT_TRUE(then.ok() && now.ok()) << then.status() << now.status();
  return ComparableComponents({*then, wording}, {*now, kWording});
}

TEST(Comparable, EverythingWithItself) {
  EXPECT_EQ(Compare(Two(), kWording), std::vector<bool>(6, true));
}

TEST(Comparable, WhatItemsDifferIsNot) {
  v1::IndexFramework other = Two();
  index::AddComponent(other, "4", "II", "q4");
  EXPECT_EQ(Compare(other, kWording), (std::vector<bool>{true, true, true, false, true, false}));
  other = Two();
  other.mutable_components()->DeleteSubrange(2, 1);
  EXPECT_EQ(Compare(other, kWording), (std::vector<bool>{false, true, false, true, true, false}));
}

TEST(Comparable, NorIsWhatWasAskedInOtherWords) {
  auto wording = kWording;
  wording["q2"] = "otherwise";
  EXPECT_EQ(Compare(Two(), wording), (std::vector<bool>{false, true, false, true, true, false}));
}

TEST(Comparable, NorIsAnythingScoredOrComposedAnotherWay) {
  v1::IndexFramework other = Two();
  other.set_scoring(v1::SCORING_MEAN_OF_RANGE);
  EXPECT_EQ(Compare(other, kWording), std::vector<bool>(6, false));
  other = Two();
  other.set_composition(v1::COMPOSITION_POOLED_ANSWERS);
  EXPECT_EQ(Compare(other, kWording), std::vector<bool>(6, false));
}

TEST(Comparable, TitlesVersionsAndExpectationsDoNotMatter) {
  v1::IndexFramework other = Two();
  other.set_version(7);
  other.mutable_components(1)->mutable_title()->set_vi("tên khác");
  EXPECT_EQ(Compare(other, kWording), std::vector<bool>(6, true));
}

}  // namespace
}  // namespace hailong::priorities
