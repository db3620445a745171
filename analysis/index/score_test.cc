#include "analysis/index/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <vector>

#include "analysis/testing/random_case.h"

namespace hailong::index {
namespace {

using estimate::Estimate;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using Answers = std::vector<uint8_t>;

// Every bit of a score, in an order of its own.
class Bits {
 public:
  void Add(double number) { bits_.push_back(std::bit_cast<uint64_t>(number)); }
  void Add(const Estimate& estimate) {
    Add(estimate.value);
    for (const auto& part : {estimate.standard_error, estimate.ci_low, estimate.ci_high,
                             estimate.n_effective, estimate.design_effect}) {
      Add(part.value_or(-1));
    }
    bits_.push_back(estimate.n);
    bits_.push_back(estimate.defined ? 1 : 0);
  }
  void Add(const std::vector<ComponentEstimate>& components) {
    for (const ComponentEstimate& component : components) {
      Add(component.index);
      Add(component.mean_score);
      for (const double share : component.shares) Add(share);
      bits_.insert(bits_.end(), component.counts.begin(), component.counts.end());
    }
  }
  bool operator==(const Bits& other) const = default;

 private:
  std::vector<uint64_t> bits_;
};

Bits ScoreBits(const RandomCase& random, const frame::Frame& frame, int threads) {
  const auto framework = Framework::Create(random.framework);
  ScoreOptions options = random.options;
  options.threads = threads;
  const auto score = ScoreIndex(frame, *framework, random.units, options);
  const auto units = ScoreUnits(frame, *framework, random.units, options, true);
  EXPECT_TRUE(score.ok() && units.ok()) << score.status();
  Bits bits;
  bits.Add(score->overall);
  bits.Add(score->components);
  for (const GroupEstimate& group : score->groups) bits.Add(group.index);
  for (const DomainEstimate& domain : score->domains) {
    bits.Add(domain.overall);
    bits.Add(domain.components);
  }
  for (const UnitScore& unit : *units) {
    bits.Add(unit.overall);
    bits.Add(unit.components);
  }
  return bits;
}

// A random case with so many rows that several threads are used; `weighted`: with a plan of steps
// that the answers to gender and age can be weighted to, and domains.
RandomCase CreateLongCase(uint64_t seed, bool weighted) {
  RandomCase random = weighted ? CreateWeightedCase(seed) : CreateRandomCase(seed);
  std::mt19937_64 engine(seed);
  random.rows.clear();
  std::vector<uint64_t> counted(random.units.size(), 0);
  while (random.rows.size() < 60 * frame::kBlockRows + 17) {
    Row row;
    row.unit = static_cast<uint16_t>(engine() % random.units.size());
    row.counted = engine() % 8 != 0;
    row.flags = static_cast<uint8_t>(engine() % 16 == 0 ? 2 : 0);
    for (const frame::Column& column : random.columns) {
      row.answers.push_back(static_cast<uint8_t>(engine() % (column.options + 1u)));
    }
    if (row.counted) ++counted[row.unit];
    random.rows.push_back(row);
  }
  for (size_t u = 0; u < random.units.size(); ++u) random.units[u].population = 3 * counted[u];
  for (UnitInput& unit : random.units) {
    for (v1::PopulationMargin& margin : unit.margins) {
      for (int option = 0; option < margin.sizes_size(); ++option) {
        margin.set_sizes(option, 40 + 10 * static_cast<uint64_t>(option));
      }
    }
  }
  return random;
}

TEST(Score, IsTheSameToTheLastBitForAnyNumberOfThreadsAndAnyHistory) {
  const uint64_t first = std::random_device()();
  for (uint64_t seed = first; seed < first + 6; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomCase random = CreateLongCase(seed, /*weighted=*/seed % 2 == 0);
    const Bits one_thread = ScoreBits(random, FrameOf(random), 1);
    for (const int threads : {2, 3, 7}) {
      EXPECT_EQ(ScoreBits(random, FrameOf(random), threads), one_thread) << threads << " threads";
    }

    // All rows come uncounted, and some that will not count are counted for a while.
    frame::Frame corrected(random.columns, random.units.size());
    for (const Row& row : random.rows) {
      corrected.Append(
          {.unit = row.unit, .counted = !row.counted, .flags = row.flags, .answers = row.answers});
    }
    for (size_t r = 0; r < random.rows.size(); ++r) {
      corrected.SetCounted(r, random.rows[r].counted);
    }
    EXPECT_EQ(ScoreBits(random, corrected, 2), one_thread);

    std::mt19937_64 engine(seed);
    std::shuffle(random.rows.begin(), random.rows.end(), engine);
    EXPECT_EQ(ScoreBits(random, FrameOf(random), 2), one_thread);
    std::erase_if(random.rows, [](const Row& row) { return !row.counted; });
    EXPECT_EQ(ScoreBits(random, FrameOf(random), 1), one_thread);
  }
}

// Items q1..qn of five steps, all at the top.
v1::IndexFramework Flat(int items, v1::Scoring scoring = v1::SCORING_TOP2) {
  v1::IndexFramework framework = EmptyFramework(scoring, v1::COMPOSITION_MEAN_OF_ITEMS);
  for (int j = 1; j <= items; ++j) {
    AddComponent(framework, std::to_string(j), "", "q" + std::to_string(j));
  }
  return framework;
}

std::vector<frame::Column> Columns(int items, uint8_t options = 5) {
  std::vector<frame::Column> columns;
  for (int j = 1; j <= items; ++j) columns.push_back({"q" + std::to_string(j), options});
  return columns;
}

void Append(frame::Frame& frame, uint16_t unit, const Answers& answers, uint8_t flags = 0) {
  frame.Append({.unit = unit, .counted = true, .flags = flags, .answers = answers});
}

IndexScore Score(const frame::Frame& frame, const v1::IndexFramework& proto,
                 const std::vector<UnitInput>& units, const ScoreOptions& options = {}) {
  const auto framework = Framework::Create(proto);
  EXPECT_TRUE(framework.ok()) << framework.status();
  auto score = ScoreIndex(frame, *framework, units, options);
  EXPECT_TRUE(score.ok()) << score.status();
  return *std::move(score);
}

TEST(Score, NationalSipas2024FitsTheMeanOf39ItemsAndNotTheMeanOfTwoContents) {
  // Content I: 23 items at 83.84; content II: 16 items at 84.09; published overall: 83.94.
  v1::IndexFramework framework = EmptyFramework(v1::SCORING_TOP2, v1::COMPOSITION_MEAN_OF_ITEMS);
  AddComponent(framework, "I", "", "");
  AddComponent(framework, "II", "", "");
  for (int j = 1; j <= 39; ++j) {
    AddComponent(framework, std::to_string(j), j <= 23 ? "I" : "II", "q" + std::to_string(j));
  }
  frame::Frame frame(Columns(39), 1);
  for (int i = 0; i < 10000; ++i) {
    Answers answers(39, i < 8384 ? 4 : 2);
    std::fill(answers.begin() + 23, answers.end(), static_cast<uint8_t>(i < 8409 ? 5 : 3));
    Append(frame, 0, answers);
  }
  const std::vector<UnitInput> units = {{.population = 100000}};
  const IndexScore items = Score(frame, framework, units);
  EXPECT_THAT(items.components[0].index.value, DoubleNear(83.84, 1e-9));
  EXPECT_THAT(items.components[1].index.value, DoubleNear(84.09, 1e-9));
  EXPECT_THAT(items.overall.value, DoubleNear((23 * 83.84 + 16 * 84.09) / 39, 1e-9));
  EXPECT_THAT(items.overall.value, DoubleNear(83.94, 0.005));
  const IndexScore contents =
      Score(frame, framework, units, {.composition = v1::COMPOSITION_MEAN_OF_CHILDREN});
  EXPECT_THAT(contents.overall.value, DoubleNear(83.965, 1e-9));
}

TEST(Score, PooledAnswersWeighItemsByTheirAnswers) {
  frame::Frame frame(Columns(2), 1);
  Append(frame, 0, {5, 1});
  Append(frame, 0, {5, frame::kNotApplicable});
  Append(frame, 0, {5, frame::kNoAnswer});
  const std::vector<UnitInput> units = {{.population = 9}};
  EXPECT_DOUBLE_EQ(Score(frame, Flat(2), units).overall.value, 50);
  EXPECT_DOUBLE_EQ(
      Score(frame, Flat(2), units, {.composition = v1::COMPOSITION_POOLED_ANSWERS}).overall.value,
      75);
}

TEST(Score, TheScoringStrategiesAreTheirFormulas) {
  frame::Frame frame(Columns(1), 1);
  for (const uint8_t answer : Answers{1, 3, 4, 5}) Append(frame, 0, {answer});
  const std::vector<UnitInput> units = {{.population = 9}};
  const auto value = [&](v1::Scoring scoring) {
    return Score(frame, Flat(1), units, {.scoring = scoring}).overall.value;
  };
  EXPECT_DOUBLE_EQ(value(v1::SCORING_TOP2), 50);
  EXPECT_DOUBLE_EQ(value(v1::SCORING_MEAN_OF_MAXIMUM), 100 * 3.25 / 5);
  EXPECT_DOUBLE_EQ(value(v1::SCORING_MEAN_OF_RANGE), 100 * 2.25 / 4);
  // 1, 0.6, 0.2, 0; the fifth option leaves the denominator.
  const IndexScore weighted = Score(frame, Flat(1, v1::SCORING_OPTION_WEIGHTS), units);
  EXPECT_DOUBLE_EQ(weighted.overall.value, 100 * (1 + 0.2 + 0) / 3);
  EXPECT_EQ(weighted.overall.n, 3u);
  EXPECT_THAT(weighted.components[0].counts, ElementsAre(1, 0, 1, 1, 1));
  EXPECT_THAT(weighted.components[0].shares, ElementsAre(25, 0, 25, 25, 25));
}

TEST(Score, AnItemWithoutAnswersIsLeftOutOfTheMeanAboveIt) {
  frame::Frame frame(Columns(2), 1);
  Append(frame, 0, {5, 0});
  Append(frame, 0, {1, 0});
  const IndexScore score = Score(frame, Flat(2), {{.population = 9}});
  EXPECT_EQ(score.overall.value, 50);
  EXPECT_FALSE(score.components[1].index.defined);
  EXPECT_TRUE(score.components[1].shares.empty());
}

TEST(Score, WithoutResponsesNothingIsDefined) {
  const frame::Frame frame(Columns(2), 1);
  const IndexScore score = Score(frame, Flat(2), {{.population = 9}});
  EXPECT_FALSE(score.overall.defined);
  ASSERT_EQ(score.weighting.issues.size(), 1u);
  EXPECT_EQ(score.weighting.issues[0].issue, weighting::Issue::kNoResponse);
}

TEST(Score, AConstantAnswerHasNoErrorAndNoDesignEffect) {
  frame::Frame frame(Columns(3), 2);
  for (int i = 0; i < 7; ++i) Append(frame, static_cast<uint16_t>(i % 2), {5, 4, 5});
  const IndexScore score = Score(frame, Flat(3), {{.population = 31}, {.population = 77}});
  EXPECT_EQ(score.overall.value, 100);
  EXPECT_EQ(score.overall.standard_error, 0);
  EXPECT_FALSE(score.overall.design_effect.has_value());
}

TEST(Score, UnitsThatDifferButAreEachOfOneMindHaveNoError) {
  frame::Frame frame(Columns(3), 2);
  for (int i = 0; i < 7; ++i) {
    Append(frame, static_cast<uint16_t>(i % 2), i % 2 == 0 ? Answers{5, 4, 5} : Answers{1, 2, 3});
  }
  const IndexScore score = Score(frame, Flat(3), {{.population = 31}, {.population = 77}});
  EXPECT_EQ(score.overall.standard_error, 0);
  EXPECT_EQ(score.overall.design_effect, 0);
}

TEST(Score, AUnitWithoutPopulationIsLeftOutButScoredByItself) {
  frame::Frame frame(Columns(1), 3);
  for (int i = 0; i < 4; ++i) {
    Append(frame, 0, {5});
    Append(frame, 1, {1});
    Append(frame, 2, {1});
  }
  const std::vector<UnitInput> units = {{.population = 10}, {.population = 0}, {.population = 3}};
  const IndexScore score = Score(frame, Flat(1), units);
  EXPECT_EQ(score.overall.value, 100);
  EXPECT_EQ(score.overall.n, 4u);
  EXPECT_THAT(score.components[0].counts, ElementsAre(0, 0, 0, 0, 4));
  const auto framework = Framework::Create(Flat(1));
  const auto alone = ScoreUnits(frame, *framework, units, {}, false);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ((*alone)[1].issue, v1::UNIT_ISSUE_NO_POPULATION);
  EXPECT_EQ((*alone)[2].issue, v1::UNIT_ISSUE_POPULATION_BELOW_SAMPLE);
  for (const size_t unit : {1u, 2u}) {
    EXPECT_EQ((*alone)[unit].weight, 0);
    EXPECT_TRUE((*alone)[unit].overall.defined);
    EXPECT_EQ((*alone)[unit].overall.value, 0);
    EXPECT_TRUE((*alone)[unit].components.empty());
  }
}

TEST(Score, AUnitWithASingleResponseHasNoErrorOfItsOwn) {
  frame::Frame frame(Columns(1), 2);
  Append(frame, 0, {5});
  Append(frame, 1, {5});
  const auto framework = Framework::Create(Flat(1));
  const std::vector<UnitInput> units = {{.population = 10}, {.population = 1}};
  const auto scores = ScoreUnits(frame, *framework, units, {}, false);
  ASSERT_TRUE(scores.ok());
  EXPECT_EQ((*scores)[0].issue, v1::UNIT_ISSUE_SINGLE_RESPONSE);
  EXPECT_FALSE((*scores)[0].overall.standard_error.has_value());
  EXPECT_EQ((*scores)[1].issue, v1::UNIT_ISSUE_UNSPECIFIED);
  EXPECT_EQ((*scores)[1].overall.standard_error, 0);
}

TEST(Score, FlaggedResponsesCanBeLeftOut) {
  frame::Frame frame(Columns(1), 1);
  Append(frame, 0, {1}, 2);
  Append(frame, 0, {5});
  Append(frame, 0, {5});
  EXPECT_EQ(Score(frame, Flat(1), {{.population = 9}}).overall.n, 3u);
  const IndexScore without = Score(frame, Flat(1), {{.population = 9}}, {.without_flagged = true});
  EXPECT_EQ(without.overall.n, 2u);
  EXPECT_EQ(without.overall.value, 100);
  EXPECT_TRUE(without.without_flagged);
  EXPECT_EQ(without.weighting.weight_sum, 9);
}

TEST(Score, EqualGroupsCountTheSameHoweverManyAnswered) {
  v1::IndexFramework framework = Flat(2);
  framework.set_group_question_id("group");
  framework.set_group_composition(v1::GROUP_COMPOSITION_EQUAL_GROUPS);
  std::vector<frame::Column> columns = Columns(2);
  columns.push_back({"group", 3});
  frame::Frame frame(columns, 1);
  for (int i = 0; i < 8; ++i) Append(frame, 0, {5, 5, 1});
  for (int i = 0; i < 2; ++i) Append(frame, 0, {1, 0, 2});
  Append(frame, 0, {1, 1, 0});
  const IndexScore score = Score(frame, framework, {{.population = 100}});
  // Item 1: (100 + 0) / 2; item 2: only the first group answered it.
  EXPECT_EQ(score.components[0].index.value, 50);
  EXPECT_EQ(score.components[1].index.value, 100);
  EXPECT_EQ(score.overall.value, 75);
  EXPECT_EQ(score.overall.n, 10u);
  ASSERT_EQ(score.groups.size(), 3u);
  EXPECT_EQ(score.groups[0].index.value, 100);
  EXPECT_EQ(score.groups[1].index.value, 0);
  EXPECT_FALSE(score.groups[2].index.defined);
}

TEST(Score, WhatCannotBeScoredIsRefusedByName) {
  const frame::Frame frame(Columns(1, 2), 1);
  const std::vector<UnitInput> units(1);
  const auto refusal = [&](const v1::IndexFramework& proto, const std::vector<UnitInput>& inputs,
                           const ScoreOptions& options) {
    const auto framework = Framework::Create(proto);
    return ScoreIndex(frame, *framework, inputs, options).status();
  };
  const absl::Status no_column = refusal(Flat(2), units, {.scoring = v1::SCORING_MEAN_OF_RANGE});
  EXPECT_EQ(no_column.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(no_column.message()), HasSubstr("no column for question q2"));
  const absl::Status few_steps = refusal(Flat(1), units, {});
  EXPECT_EQ(few_steps.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(few_steps.message()), HasSubstr("2 options; SCORING_TOP2 needs"));
  EXPECT_EQ(refusal(Flat(1), units, {.scoring = v1::SCORING_OPTION_WEIGHTS}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refusal(Flat(1), units, {.composition = v1::COMPOSITION_POINTS}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refusal(Flat(1), {}, {}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal(Flat(1), units, {.threads = 0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal(Flat(1), units, {.weighting = static_cast<v1::WeightingMode>(9)}).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hailong::index
