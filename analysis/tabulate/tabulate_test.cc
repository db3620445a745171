// What tables hold and what they lack, and replicates beside Taylor where both are exact.
#include "analysis/tabulate/tabulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <utility>

namespace hailong::tabulate {
namespace {

using design::Factor;
using ::testing::HasSubstr;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Plan PlanOf(std::vector<double> weights) {
  Plan plan;
  plan.sampling.rows = weights.size();
  plan.sampling.weights = std::move(weights);
  return plan;
}

Table Tabulated(Plan plan, const std::vector<Question>& questions) {
  auto table = Tabulate(std::move(plan), questions, {});
  EXPECT_TRUE(table.ok()) << table.status();
  return *std::move(table);
}

Question Mean(std::span<const double> y) {
  return {.kind = QuestionKind::kMean, .name = "mean", .y = y};
}

Question Total(std::span<const double> y) {
  return {.kind = QuestionKind::kTotal, .name = "total", .y = y};
}

// Strata of clusters with answers, some of them missing, in three groups of which one is empty.
struct Random {
  Plan plan;
  std::vector<double> y, x;
  Factor choice = {"choice", {"a", "b", "c"}, {}};
};

Random MakeRandom(uint64_t seed) {
  std::mt19937_64 engine(seed);
  Random made;
  design::Stage stage;
  stage.strata = {"stratum", {"0", "1", "2"}, {}};
  stage.units.name = "unit";
  Factor group = {"group", {"p", "q", "nobody"}, {}};
  for (uint32_t unit = 0; unit < 30; ++unit) {
    stage.units.levels.push_back(std::to_string(unit));
    for (uint32_t row = 0; row < 1 + unit % 4; ++row) {
      stage.units.codes.push_back(unit);
      stage.strata.codes.push_back(unit % 3);
      made.plan.sampling.weights.push_back(1 + static_cast<double>(engine() % 100) / 9);
      made.y.push_back(engine() % 7 == 0 ? kNone : static_cast<double>(engine() % 1000) / 7);
      made.x.push_back(engine() % 9 == 0 ? kNone : 1 + static_cast<double>(engine() % 5));
      made.choice.codes.push_back(engine() % 8 == 0 ? Factor::kMissing
                                                    : static_cast<uint32_t>(engine() % 3));
      group.codes.push_back(engine() % 10 == 0 ? Factor::kMissing
                                               : static_cast<uint32_t>(engine() % 2));
    }
  }
  made.plan.sampling.rows = made.y.size();
  made.plan.sampling.stages.push_back(std::move(stage));
  made.plan.by.push_back(std::move(group));
  return made;
}

std::vector<Question> AllOf(const Random& sample) {
  return {
      Mean(sample.y),
      Total(sample.y),
      {.kind = QuestionKind::kShare, .name = "share", .factor = &sample.choice, .levels = {0, 2}},
      {.kind = QuestionKind::kRatio, .name = "ratio", .y = sample.y, .x = sample.x}};
}

TEST(Tabulate, AMeanOfRowsDrawnAloneIsThatOfTheTextbook) {
  const std::vector<double> y = {1, 2, 4, kNone, 5};
  const Table table = Tabulated(PlanOf({2, 2, 2, 2, 2}), {Mean(y)});
  const Answer& answer = table.answers.front();
  ASSERT_EQ(answer.cells.size(), 1u);
  EXPECT_DOUBLE_EQ(*answer.cells[0].value, 3);
  // A row without an answer stays in the sample: n/(n-1) with n = 5, over 4 answers.
  EXPECT_NEAR(*answer.cells[0].standard_error, std::sqrt(1.25 * 10) / 4, 1e-14);
  EXPECT_EQ(answer.cells[0].n, 4u);
  EXPECT_EQ(answer.cells[0].degrees_of_freedom, 3);
  EXPECT_EQ(answer.missing, 1u);
  EXPECT_EQ(table.sampling_units, 5u);
  EXPECT_EQ(table.design_weight, 10);
}

TEST(Tabulate, AShareIsTheMeanOfItsIndicator) {
  const Random sample = MakeRandom(1);
  std::vector<double> indicator;
  for (const uint32_t code : sample.choice.codes) {
    indicator.push_back(code == Factor::kMissing ? kNone : code == 1 ? 0 : 1);
  }
  const std::vector<Question> questions = {AllOf(sample)[2], Mean(indicator)};
  for (const bool replicated : {false, true}) {
    Plan plan = sample.plan;
    if (replicated) plan.replicates = replicate::JackknifeN{};
    const Table table = Tabulated(plan, questions);
    for (size_t d = 0; d < 2; ++d) {
      EXPECT_EQ(table.answers[0].cells[d].value, table.answers[1].cells[d].value);
      EXPECT_EQ(table.answers[0].cells[d].standard_error, table.answers[1].cells[d].standard_error);
      EXPECT_EQ(table.answers[0].missing, table.answers[1].missing);
    }
  }
}

TEST(Tabulate, TheJackknifeOfATotalIsTaylors) {
  const Random sample = MakeRandom(2);
  Plan replicated = sample.plan;
  replicated.replicates = replicate::JackknifeN{};
  const Table taylor = Tabulated(sample.plan, {Total(sample.y)});
  const Table jackknife = Tabulated(replicated, {Total(sample.y)});
  EXPECT_EQ(jackknife.replicates, 30u);
  for (size_t d = 0; d < 2; ++d) {
    const Cell& a = taylor.answers[0].cells[d];
    const Cell& b = jackknife.answers[0].cells[d];
    EXPECT_EQ(*a.value, *b.value);
    EXPECT_NEAR(*a.standard_error, *b.standard_error, 1e-10 * *a.standard_error);
    EXPECT_NEAR(*a.design_effect, *b.design_effect, 1e-9 * *a.design_effect);
    EXPECT_NEAR(*a.high, *b.high, 1e-9 * *a.high);
  }
}

// A difference of two totals is the total of y in the one and -y in the other.
TEST(Tabulate, ADifferenceKnowsTheCovarianceOfItsDomains) {
  const Random sample = MakeRandom(6);
  for (const bool replicated : {false, true}) {
    Plan plan = sample.plan;
    if (replicated) plan.replicates = replicate::JackknifeN{};
    plan.against = std::vector<uint32_t>(plan.by.size(), 0);
    const Table table = Tabulated(plan, {Total(sample.y)});
    ASSERT_EQ(table.against, 0u);
    const Answer& answer = table.answers.front();
    ASSERT_EQ(answer.differences.size(), table.domains.size());
    std::vector<double> signed_y(sample.y.size(), kNone);
    for (const uint32_t row : table.domains.rows(0)) signed_y[row] = -sample.y[row];
    for (const uint32_t row : table.domains.rows(1)) signed_y[row] = sample.y[row];
    Plan whole = plan;
    whole.by.clear();
    whole.against.reset();
    const Cell expected = Tabulated(whole, {Total(signed_y)}).answers.front().cells.front();
    const Cell& found = answer.differences[1];
    EXPECT_NEAR(*found.value, *expected.value, 1e-11 * std::abs(*answer.cells[1].value));
    EXPECT_NEAR(*found.standard_error, *expected.standard_error, 1e-9 * *expected.standard_error);
    EXPECT_EQ(found.n, expected.n);
    EXPECT_NEAR(*found.low, *expected.low, 1e-9 * std::abs(*expected.low));
    // A domain less itself.
    EXPECT_EQ(answer.differences[0].value, 0);
    EXPECT_NEAR(*answer.differences[0].standard_error, 0, 1e-6 * *found.standard_error);
  }
}

TEST(Tabulate, ReplicatesOfEachQuestionDoNotDependOnTheOthers) {
  const Random sample = MakeRandom(3);
  Plan plan = sample.plan;
  plan.replicates = replicate::Bootstrap{.replicates = 40, .seed = 5};
  const std::vector<Question> questions = AllOf(sample);
  const Table together = Tabulated(plan, questions);
  for (size_t q = 0; q < questions.size(); ++q) {
    const Table alone = Tabulated(plan, {questions[q]});
    for (size_t d = 0; d < 2; ++d) {
      EXPECT_EQ(alone.answers[0].cells[d].standard_error,
                together.answers[q].cells[d].standard_error)
          << q;
    }
  }
}

TEST(Tabulate, ThreadsDoNotChangeABit) {
  const Random sample = MakeRandom(4);
  for (const bool replicated : {false, true}) {
    Plan plan = sample.plan;
    if (replicated) plan.replicates = replicate::Bootstrap{.replicates = 37, .seed = 5};
    const Table one = Tabulated(plan, AllOf(sample));
    plan.threads = 3;
    const Table three = Tabulated(plan, AllOf(sample));
    for (size_t q = 0; q < one.answers.size(); ++q) {
      for (size_t d = 0; d < one.domains.size(); ++d) {
        EXPECT_EQ(one.answers[q].cells[d].standard_error, three.answers[q].cells[d].standard_error);
        EXPECT_EQ(one.answers[q].cells[d].low, three.answers[q].cells[d].low);
      }
    }
  }
}

TEST(Tabulate, StepsMoveWeightsAndAreToldOf) {
  Random sample = MakeRandom(5);
  weighting::PostStratification step;
  step.cells.factor = {"half", {"even", "odd"}, {}};
  for (size_t r = 0; r < sample.y.size(); ++r) {
    step.cells.factor.codes.push_back(static_cast<uint32_t>(r % 2));
  }
  step.cells.population = {100, 300};
  sample.plan.steps.emplace_back(std::move(step));
  const std::vector<double> ones(sample.y.size(), 1);
  sample.plan.by.clear();
  for (const bool replicated : {false, true}) {
    if (replicated) sample.plan.replicates = replicate::JackknifeN{};
    const Table table = Tabulated(sample.plan, {Total(ones), Mean(sample.y)});
    EXPECT_NEAR(table.final_weight, 400, 1e-9);
    ASSERT_EQ(table.steps.size(), 1u);
    EXPECT_EQ(table.steps[0].step, "post-stratification");
    // The number of rows in the population is known, so it has no error.
    EXPECT_NEAR(*table.answers[0].cells[0].value, 400, 1e-9);
    EXPECT_NEAR(*table.answers[0].cells[0].standard_error, 0, 1e-9);
    EXPECT_GT(*table.answers[1].cells[0].standard_error, 0);
  }
}

TEST(Tabulate, WhatIsNotKnownIsAbsentWithItsReason) {
  Plan plan = PlanOf({1, 1, 1, 1, 1, 1});
  plan.by.push_back({"g", {"two", "lone", "empty", "silent"}, {0, 0, 0, 1, 3, 3}});
  const std::vector<double> y = {1, 2, 3, 5, kNone, kNone};
  const std::vector<double> x = {1, -1, 0, 0, 1, 1};
  const Table table =
      Tabulated(plan, {Mean(y),
                       {.kind = QuestionKind::kRatio, .name = "ratio", .y = y, .x = x},
                       {.kind = QuestionKind::kQuantile, .name = "median", .y = y}});
  const auto gaps = [&](size_t question) {
    std::vector<Gap> found;
    for (const Cell& cell : table.answers[question].cells) found.push_back(cell.gap);
    return found;
  };
  EXPECT_THAT(gaps(0), testing::ElementsAre(Gap::kNone, Gap::kOneUnit, Gap::kNoData, Gap::kNoData));
  EXPECT_EQ(gaps(1)[0], Gap::kNoDenominator);
  EXPECT_EQ(gaps(2)[1], Gap::kOneUnit);
  EXPECT_EQ(gaps(2)[2], Gap::kNoData);
  const Cell& lone = table.answers[0].cells[1];
  EXPECT_EQ(lone.value, 5);
  EXPECT_FALSE(lone.standard_error.has_value() || lone.low.has_value());
  for (size_t d = 2; d < 4; ++d) {
    EXPECT_FALSE(table.answers[0].cells[d].value.has_value());
    EXPECT_EQ(table.answers[0].cells[d].n, 0u);
  }
}

TEST(Tabulate, ALoneRowHasNoErrorUnderReplicatesEither) {
  Plan plan = PlanOf({1, 1, 1, 1});
  plan.replicates = replicate::Jackknife1{};
  plan.by.push_back({"g", {"three", "lone"}, {0, 0, 0, 1}});
  const std::vector<double> y = {1, 2, 3, 5};
  const Table table = Tabulated(plan, {Mean(y), Total(y)});
  for (const Answer& answer : table.answers) {
    EXPECT_TRUE(answer.cells[0].standard_error.has_value());
    EXPECT_FALSE(answer.cells[1].standard_error.has_value());
    EXPECT_EQ(answer.cells[1].gap, Gap::kOneUnit);
  }
}

TEST(Tabulate, EqualAnswersHaveNoErrorAndNoDesignEffect) {
  Plan plan = PlanOf({1.1, 2.3, 1.7, 3.9});
  const std::vector<double> y(4, 0.1);
  for (const bool replicated : {false, true}) {
    if (replicated) plan.replicates = replicate::Jackknife1{};
    const Cell cell = Tabulated(plan, {Mean(y)}).answers[0].cells[0];
    EXPECT_EQ(cell.value, 0.1);
    EXPECT_EQ(cell.standard_error, 0);
    EXPECT_FALSE(cell.design_effect.has_value());
  }
}

TEST(Tabulate, OnlySharesHaveTheLogitInterval) {
  const Random sample = MakeRandom(6);
  Plan plan = sample.plan;
  plan.interval = estimate::IntervalKind::kLogit;
  const Table table = Tabulated(plan, AllOf(sample));
  EXPECT_EQ(table.answers[0].interval, estimate::IntervalKind::kT);
  EXPECT_EQ(table.answers[2].interval, estimate::IntervalKind::kLogit);
  const Cell& share = table.answers[2].cells[0];
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  EXPECT_NEAR(logit(*share.high) - logit(*share.value), logit(*share.value) - logit(*share.low),
              1e-9);
}

TEST(Tabulate, SumsBeyondTheRangeOfNumbersAreNoFigures) {
  const std::vector<double> y = {1e50, -1e50, 3};
  const std::vector<double> x = {1e-300, 1e-300, 1e-300};
  for (const bool replicated : {false, true}) {
    Plan plan = PlanOf({1e-300, 1e-300, 1e-300});
    if (replicated) plan.replicates = replicate::Jackknife1{};
    const Table table =
        Tabulated(plan, {Mean(y), {.kind = QuestionKind::kRatio, .name = "r", .y = y, .x = x}});
    for (const Answer& answer : table.answers) {
      const Cell& cell = answer.cells[0];
      for (const auto& number : {cell.value, cell.standard_error, cell.low, cell.high}) {
        EXPECT_TRUE(!number.has_value() || std::isfinite(*number));
      }
    }
    EXPECT_EQ(table.answers[1].cells[0].gap == Gap::kTooLarge ||
                  table.answers[1].cells[0].gap == Gap::kNoDenominator,
              true);
  }
}

TEST(Tabulate, RowsInNoGroupAreCounted) {
  const Random sample = MakeRandom(7);
  const Table table = Tabulated(sample.plan, AllOf(sample));
  const auto& codes = sample.plan.by[0].codes;
  EXPECT_EQ(table.rows_outside,
            static_cast<size_t>(std::count(codes.begin(), codes.end(), Factor::kMissing)));
  EXPECT_EQ(table.strata, 3u);
}

TEST(Tabulate, QuantilesUnderReplicatesAreRefused) {
  const std::vector<double> y = {1, 2, 3};
  Plan plan = PlanOf({1, 1, 1});
  plan.replicates = replicate::Jackknife1{};
  const std::vector<Question> questions = {
      {.kind = QuestionKind::kQuantile, .name = "median y", .y = y}};
  const auto table = Tabulate(plan, questions, {});
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("median y: quantiles"));
}

TEST(Tabulate, ProgressEndsWithAll) {
  const Random sample = MakeRandom(8);
  for (const bool replicated : {false, true}) {
    Plan plan = sample.plan;
    if (replicated) plan.replicates = replicate::Bootstrap{.replicates = 21, .seed = 1};
    plan.threads = 2;
    uint64_t last = 0, total = 0, calls = 0;
    const auto table = Tabulate(plan, AllOf(sample), [&](uint64_t done, uint64_t all) {
      EXPECT_GT(done, last);
      last = done;
      total = all;
      ++calls;
    });
    ASSERT_TRUE(table.ok());
    EXPECT_EQ(last, total);
    EXPECT_GE(calls, 3u);
  }
}

}  // namespace
}  // namespace hailong::tabulate
