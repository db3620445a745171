#include "analysis/index/points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "analysis/testing/random_case.h"

namespace hailong::index {
namespace {

using testing::HasSubstr;

// 22 points of officials in two criteria of 12 and 10, and 10 points of SIPAS.
v1::IndexFramework ParFramework() {
  v1::IndexFramework framework = EmptyFramework(v1::SCORING_OPTION_WEIGHTS, v1::COMPOSITION_POINTS);
  AddComponent(framework, "officials", "", "");
  AddComponent(framework, "a", "officials", "qa");
  AddComponent(framework, "b", "officials", "qb");
  AddComponent(framework, "citizens", "", "").set_index_of("sipas");
  framework.set_max_points(32);
  const double points[] = {0, 12, 10, 10};
  for (int c = 1; c < 4; ++c) {
    framework.mutable_components(c)->set_max_points(points[c]);
    framework.mutable_components(c)->mutable_max_points_provenance()->set_source("made up");
  }
  return framework;
}

class Points : public testing::Test {
 protected:
  Points() : framework_(*Framework::Create(ParFramework())), frame_({{"qa", 5}, {"qb", 5}}, 1) {
    sipas_.overall = {.value = 80, .standard_error = 2, .n = 50, .defined = true};
  }

  void Answer(uint8_t a, uint8_t b) {
    frame_.Append({.unit = 0, .counted = true, .flags = 0, .answers = std::vector<uint8_t>{a, b}});
  }

  IndexScore Officials(v1::Composition composition = v1::COMPOSITION_UNSPECIFIED) {
    return *ScoreIndex(frame_, framework_, std::vector<UnitInput>(1),
                       {.weighting = v1::WEIGHTING_MODE_NONE, .composition = composition});
  }

  Framework framework_;
  frame::Frame frame_;
  IndexScore sipas_;
};

TEST_F(Points, TwentyTwoAndTenAreThirtyTwo) {
  Answer(1, 1);
  Answer(1, 1);
  sipas_.overall.value = 100;
  const auto score = ScorePoints(framework_, Officials(), sipas_);
  ASSERT_TRUE(score.ok()) << score.status();
  EXPECT_EQ(score->max_points, 32);
  EXPECT_DOUBLE_EQ(score->points, 32);
  EXPECT_DOUBLE_EQ(score->components[0].points, 22);
  EXPECT_DOUBLE_EQ(score->components[3].points, 10);
  EXPECT_FALSE(score->incomplete);
}

TEST_F(Points, AreTheSumOfThoseBelowWithTheVariancesOfBothRounds) {
  Answer(1, 4);
  Answer(2, 1);
  Answer(3, 2);
  const IndexScore officials = Officials();
  const auto score = ScorePoints(framework_, officials, sipas_);
  ASSERT_TRUE(score.ok()) << score.status();
  const auto& parts = score->components;
  EXPECT_DOUBLE_EQ(parts[1].points, 12 * (1 + 0.6 + 0.2) / 3);
  EXPECT_DOUBLE_EQ(parts[2].points, 10 * (0 + 1 + 0.6) / 3);
  EXPECT_DOUBLE_EQ(parts[0].points, parts[1].points + parts[2].points);
  EXPECT_DOUBLE_EQ(parts[3].points, 8);
  EXPECT_DOUBLE_EQ(score->points, parts[0].points + 8);
  // Each official's own points, so that the covariance of a and b is in.
  const double own[] = {12 * 1 + 10 * 0, 12 * 0.6 + 10 * 1, 12 * 0.2 + 10 * 0.6};
  const double mean = (own[0] + own[1] + own[2]) / 3;
  double variance = 0;
  for (const double points : own) variance += (points - mean) * (points - mean) / 2 / 3;
  EXPECT_NEAR(*parts[0].standard_error, std::sqrt(variance), 1e-9);
  EXPECT_DOUBLE_EQ(*parts[3].standard_error, 0.2);
  EXPECT_NEAR(*score->standard_error, std::sqrt(variance + 0.04), 1e-9);
  EXPECT_DOUBLE_EQ(parts[0].index.value, officials.components[0].index.value);
}

TEST_F(Points, ALeafWithoutAnswersMakesThePointsALowerBound) {
  Answer(1, 0);
  Answer(2, 0);
  const auto score = ScorePoints(framework_, Officials(), sipas_);
  ASSERT_TRUE(score.ok()) << score.status();
  EXPECT_TRUE(score->incomplete);
  EXPECT_DOUBLE_EQ(score->components[0].points, 12 * 0.8);
  EXPECT_DOUBLE_EQ(score->components[0].index.value, 100 * 12 * 0.8 / 22);
  EXPECT_DOUBLE_EQ(score->points, 12 * 0.8 + 8);
}

TEST_F(Points, WithoutCitizensTheirTenPointsAreMissing) {
  Answer(1, 1);
  Answer(1, 2);
  const auto score = ScorePoints(framework_, Officials(), IndexScore{});
  ASSERT_TRUE(score.ok()) << score.status();
  EXPECT_TRUE(score->incomplete);
  EXPECT_FALSE(score->components[3].index.defined);
  EXPECT_DOUBLE_EQ(score->points, 12 + 8);
}

TEST_F(Points, AnUnknownErrorOfOneRoundLeavesTheSumWithoutOne) {
  Answer(1, 1);
  const auto score = ScorePoints(framework_, Officials(), sipas_);
  ASSERT_TRUE(score.ok()) << score.status();
  EXPECT_FALSE(score->components[0].standard_error.has_value());
  EXPECT_FALSE(score->standard_error.has_value());
  EXPECT_DOUBLE_EQ(*score->components[3].standard_error, 0.2);
}

TEST_F(Points, AnotherCompositionIsRefused) {
  Answer(1, 1);
  const auto score = ScorePoints(framework_, Officials(v1::COMPOSITION_MEAN_OF_ITEMS), sipas_);
  EXPECT_EQ(score.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(score.status().message()), HasSubstr("COMPOSITION_MEAN_OF_ITEMS"));
}

TEST_F(Points, TwoIndexesAreRefused) {
  v1::IndexFramework proto = ParFramework();
  AddComponent(proto, "766", "", "").set_index_of("index-766");
  const auto framework = Framework::Create(proto);
  ASSERT_TRUE(framework.ok()) << framework.status();
  IndexScore officials = Officials();
  officials.components.emplace_back();
  const auto score = ScorePoints(*framework, officials, sipas_);
  EXPECT_EQ(score.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(score.status().message()), HasSubstr("sipas and index-766"));
}

TEST_F(Points, AScoreOfAnotherFrameworkIsRefused) {
  EXPECT_EQ(ScorePoints(framework_, IndexScore{}, sipas_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hailong::index
