#include "analysis/priorities/priorities.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "analysis/testing/random_case.h"

namespace hailong::priorities {
namespace {

using frame::Frame;

// A > 1, 2; and an expectation "x" of A.
v1::IndexFramework Small(v1::Composition composition) {
  v1::IndexFramework framework = index::EmptyFramework(v1::SCORING_TOP2, composition);
  index::AddComponent(framework, "A", "", "");
  index::AddComponent(framework, "1", "A", "q1");
  index::AddComponent(framework, "2", "A", "q2");
  framework.set_expectation_scoring(v1::SCORING_TOP2);
  framework.mutable_expectation_scoring_provenance()->set_source("made up");
  v1::Expectation& expectation = *framework.add_expectations();
  expectation.set_question_id("x");
  expectation.set_component_id("A");
  expectation.mutable_title()->set_vi("mong muốn");
  expectation.mutable_provenance()->set_source("made up");
  return framework;
}

RoundPriorities Find(const std::vector<std::vector<uint8_t>>& rows, v1::Composition composition,
                     double target) {
  const auto framework = index::Framework::Create(Small(composition));
  EXPECT_TRUE(framework.ok()) << framework.status();
  Frame frame({{"q1", 5}, {"q2", 5}, {"x", 4}}, 1);
  for (const std::vector<uint8_t>& row : rows) {
    frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = row});
  }
  const std::vector<index::UnitInput> units(1);
  index::ScoreOptions options;
  options.weighting = v1::WEIGHTING_MODE_NONE;
  auto found = FindPriorities(frame, *framework, units, options, target);
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? *std::move(found) : RoundPriorities{};
}

// Four answer q1 (half satisfied); two of them q2 (both satisfied).
const std::vector<std::vector<uint8_t>> kRows = {{5, 4, 1}, {4, 5, 2}, {1, 0, 4}, {2, 0, 3}};

TEST(Priorities, AreThePartTimesTheShortfall) {
  const RoundPriorities found = Find(kRows, v1::COMPOSITION_MEAN_OF_ITEMS, 95);
  const Priorities& unit = found.units[0];
  EXPECT_DOUBLE_EQ(unit.overall.value, 75);
  EXPECT_DOUBLE_EQ(unit.distance.value, 20);
  EXPECT_DOUBLE_EQ(unit.components[0].contribution.value, 20);
  EXPECT_DOUBLE_EQ(unit.components[1].contribution.value, 22.5);
  EXPECT_DOUBLE_EQ(unit.components[2].contribution.value, -2.5);
  EXPECT_EQ(unit.components[1].rank, 1u);
  EXPECT_EQ(unit.components[2].rank, 2u);
  EXPECT_EQ(unit.components[0].rank, 0u);
  EXPECT_EQ(unit.responses, 4u);
  // Half the error of the item, which is sqrt(4/3 * 4 * 2500 / 16).
  EXPECT_NEAR(*unit.components[1].contribution.standard_error,
              0.5 * std::sqrt(4.0 / 3 * 4 * 2500 / 16), 1e-9);
  EXPECT_DOUBLE_EQ(found.whole.distance.value, 20);
}

TEST(Priorities, PooledCountAnItemByItsAnswers) {
  const Priorities unit = Find(kRows, v1::COMPOSITION_POOLED_ANSWERS, 95).units[0];
  // 4 of 6 answers satisfied.
  EXPECT_NEAR(unit.overall.value, 200.0 / 3, 1e-9);
  EXPECT_NEAR(unit.components[1].contribution.value, 4.0 / 6 * 45, 1e-9);
  EXPECT_NEAR(unit.components[2].contribution.value, -2.0 / 6 * 5, 1e-9);
}

// Whoever is dissatisfied asks for it: the two move against each other, so the gap varies more than
// independent answers would make it.
TEST(Priorities, TheGapKnowsThatTheSamePeopleAnswered) {
  std::vector<std::vector<uint8_t>> rows;
  for (int i = 0; i < 40; ++i) {
    const bool satisfied = i % 2 == 0;
    const uint8_t answer = satisfied ? 5 : 1;
    rows.push_back({answer, answer, static_cast<uint8_t>(satisfied ? 1 : 4)});
  }
  const Priorities unit = Find(rows, v1::COMPOSITION_MEAN_OF_ITEMS, 95).units[0];
  ASSERT_EQ(unit.expectations.size(), 1u);
  const ExpectationGap& gap = unit.expectations[0];
  EXPECT_DOUBLE_EQ(gap.wanted.value, 50);
  EXPECT_DOUBLE_EQ(gap.satisfaction->value, 50);
  EXPECT_DOUBLE_EQ(gap.gap->value, 0);
  // x = 100 - y: the error of the difference is the sum of the errors, not the root of squares.
  EXPECT_NEAR(*gap.gap->standard_error,
              *gap.wanted.standard_error + *gap.satisfaction->standard_error, 1e-9);
}

TEST(Priorities, ALoneRespondentHasNoError) {
  for (const auto composition : {v1::COMPOSITION_MEAN_OF_ITEMS, v1::COMPOSITION_POOLED_ANSWERS}) {
    // One answer to q2, one to x.
    const Priorities unit = Find({{5, 4, 0}, {4, 0, 4}, {1, 0, 0}}, composition, 95).units[0];
    EXPECT_TRUE(unit.components[1].contribution.standard_error.has_value());
    EXPECT_FALSE(unit.components[2].contribution.standard_error.has_value());
    EXPECT_FALSE(unit.expectations[0].gap->standard_error.has_value());
    EXPECT_TRUE(unit.expectations[0].gap->defined);
  }
}

TEST(Priorities, WithoutAnswersNothingIsDefined) {
  const RoundPriorities found = Find({}, v1::COMPOSITION_MEAN_OF_ITEMS, 95);
  EXPECT_FALSE(found.whole.distance.defined);
  for (const Contribution& one : found.units[0].components) {
    EXPECT_FALSE(one.contribution.defined);
    EXPECT_EQ(one.rank, 0u);
  }
  EXPECT_FALSE(found.units[0].expectations[0].gap->defined);
}

TEST(Priorities, AnExpectationThatWasNotAskedIsLeftOut) {
  const auto framework = index::Framework::Create(Small(v1::COMPOSITION_MEAN_OF_ITEMS));
  ASSERT_TRUE(framework.ok());
  Frame frame({{"q1", 5}, {"q2", 5}}, 1);
  const std::vector<uint8_t> answers = {5, 3};
  frame.Append({.unit = 0, .counted = true, .flags = 0, .answers = answers});
  const std::vector<index::UnitInput> units(1);
  const auto found = FindPriorities(frame, *framework, units, {}, 95);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->units[0].expectations.empty());
}

TEST(Priorities, RefuseATargetThatIsNone) {
  const auto framework = index::Framework::Create(Small(v1::COMPOSITION_MEAN_OF_ITEMS));
  ASSERT_TRUE(framework.ok());
  const Frame frame({{"q1", 5}, {"q2", 5}}, 1);
  const std::vector<index::UnitInput> units(1);
  for (const double target : {0.0, -1.0, 100.5, std::nan("")}) {
    const auto found = FindPriorities(frame, *framework, units, {}, target);
    EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument) << target;
  }
}

// Under weights by cell too, whole and units: the same values and errors as scoring gives, and
// contributions that add up.
TEST(Priorities, OfWeightedRoundsAgreeWithTheirScores) {
  const uint64_t first =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  size_t compared = 0;
  for (uint64_t seed = first; seed < first + 60 && !testing::Test::HasFailure(); ++seed) {
    const index::RandomCase random = index::CreateWeightedCase(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto framework = index::Framework::Create(random.framework);
    ASSERT_TRUE(framework.ok()) << framework.status();
    const Frame frame = FrameOf(random);
    const auto score = ScoreIndex(frame, *framework, random.units, random.options);
    const auto units = ScoreUnits(frame, *framework, random.units, random.options, true);
    const auto found = FindPriorities(frame, *framework, random.units, random.options, 80);
    ASSERT_EQ(score.ok(), found.ok()) << score.status() << found.status();
    if (!score.ok()) continue;
    const auto compare = [&](const Priorities& got, const estimate::Estimate& overall,
                             const std::vector<index::ComponentEstimate>& components) {
      ASSERT_EQ(got.overall.defined, overall.defined);
      if (!overall.defined) return;
      EXPECT_EQ(got.overall.value, overall.value);
      EXPECT_EQ(got.overall.standard_error, overall.standard_error);
      double sum = 0;
      for (size_t c = 0; c < framework->size(); ++c) {
        EXPECT_EQ(got.components[c].index.value, components[c].index.value);
        EXPECT_EQ(got.components[c].index.standard_error, components[c].index.standard_error);
        if (framework->is_item(c) && got.components[c].contribution.defined) {
          sum += got.components[c].contribution.value;
        }
      }
      EXPECT_NEAR(sum, 80 - overall.value, 1e-9);
      ++compared;
    };
    compare(found->whole, score->overall, score->components);
    for (size_t u = 0; u < random.units.size(); ++u) {
      if (!random.units[u].included) continue;
      compare(found->units[u], (*units)[u].overall, (*units)[u].components);
    }
  }
  EXPECT_GT(compared, 30u);
}

}  // namespace
}  // namespace hailong::priorities
