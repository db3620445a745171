// Steps of weighting: what they promise, what they refuse. The random cases beside a slow oracle
// are in adjust_oracle_test.cc.
#include "analysis/weighting/adjust.h"
#include "analysis/testing/refused_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace hailong::weighting {
namespace {

using design::Factor;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

// Levels "a", "b", ...
Factor Letters(const std::string& name, size_t levels, std::vector<uint32_t> codes) {
  Factor factor{.name = name, .levels = {}, .codes = std::move(codes)};
  for (size_t l = 0; l < levels; ++l) {
    factor.levels.emplace_back(1, static_cast<char>('a' + static_cast<char>(l)));
  }
  return factor;
}

Factor Sex() { return Letters("sex", 2, {0, 0, 0, 1, 1, 1}); }
Factor Age() { return Letters("age", 3, {0, 1, 2, 0, 1, 2}); }
const std::vector<double> kWeights = {1, 2, 3, 4, 5, 6};

absl::StatusOr<Weighted> Apply(std::vector<Step> steps, std::vector<double> weights = kWeights) {
  auto adjustment = Adjustment::Create(weights.size(), std::move(steps));
  if (!adjustment.ok()) return adjustment.status();
  return adjustment->Apply(std::move(weights));
}

double SumOf(const std::vector<double>& weights, const Factor& factor, uint32_t level) {
  double sum = 0;
  for (size_t r = 0; r < weights.size(); ++r) sum += factor.codes[r] == level ? weights[r] : 0;
  return sum;
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;

TEST(Adjustment, WithoutStepsLeavesWeightsAndVariablesAlone) {
  const auto weighted = Apply({});
  ASSERT_TRUE(weighted.ok());
  EXPECT_EQ(weighted->weights(), kWeights);
  EXPECT_THAT(weighted->reports(), IsEmpty());
  std::vector<double> z = {1, 0, 2, 0, 3, 0};
  const std::vector<double> before = z;
  weighted->Residualise(z);
  EXPECT_EQ(z, before);
}

TEST(Adjustment, RefusesWeightsThatAreNone) {
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_REFUSED(Apply({}, {1, bad}), kInvalid, HasSubstr("the weight of row 2 is "));
  }
  const auto adjustment = Adjustment::Create(3, {});
  EXPECT_REFUSED(adjustment->Apply({1, 2}), kInvalid, HasSubstr("2 weights for 3 rows"));
}

TEST(PostStratification, GivesEachCellItsPopulationAndTakesOutItsMean) {
  const auto weighted = Apply({PostStratification{.cells = {Sex(), {60, 30}}}});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_THAT(weighted->weights(),
              Pointwise(DoubleNear(1e-13), std::vector<double>{10, 20, 30, 8, 10, 12}));
  const StepReport& report = weighted->reports()[0];
  EXPECT_EQ(report.step, "post-stratification");
  EXPECT_EQ(report.iterations, 0u);
  EXPECT_LT(report.margin_error_max, 1e-15);
  EXPECT_DOUBLE_EQ(report.factor_min, 2);
  EXPECT_DOUBLE_EQ(report.factor_max, 10);
  EXPECT_DOUBLE_EQ(report.kish_before, 6 * 91.0 / (21 * 21));
  EXPECT_DOUBLE_EQ(report.kish_after, 6 * (100 + 400 + 900 + 64 + 100 + 144) / (90.0 * 90));
  std::vector<double> z = {6, 0, 0, 15, 0, 0};
  weighted->Residualise(z);  // Means 6 * 1 / 6 and 15 * 4 / 15.
  EXPECT_THAT(z, Pointwise(DoubleNear(1e-13), std::vector<double>{5, -1, -1, 11, -4, -4}));
}

TEST(PostStratification, RefusesAPopulationWithoutRowsUnlessPartial) {
  const Margin margin = {Letters("sex", 3, Sex().codes), {60, 30, 10}};
  EXPECT_REFUSED(Apply({PostStratification{.cells = margin}}), kFailed,
                 AllOf(HasSubstr("step 1, post-stratification"),
                       HasSubstr("sex c has a population of 10 and no row with a weight")));
  const auto partial = Apply({PostStratification{.cells = margin, .partial = true}});
  ASSERT_TRUE(partial.ok());
  EXPECT_DOUBLE_EQ(std::accumulate(partial->weights().begin(), partial->weights().end(), 0.0), 90);
  EXPECT_THAT(partial->reports()[0].notes, ElementsAre(HasSubstr("sex c")));
}

TEST(PostStratification, ACellWhoseWeightsAreAllZeroIsAsOneWithoutRows) {
  EXPECT_REFUSED(Apply({PostStratification{.cells = {Sex(), {60, 30}}}}, {0, 0, 0, 4, 5, 6}),
                 kFailed, HasSubstr("sex a has a population of 60 and no row"));
}

TEST(PostStratification, RefusesRowsWithoutAPopulation) {
  EXPECT_REFUSED(Apply({PostStratification{.cells = {Sex(), {90, 0}}}}), kFailed,
                 HasSubstr("sex b has rows with a weight of 15 and a population of 0"));
}

TEST(PostStratification, ALevelThatNeitherSampleNorPopulationKnowsIsIgnored) {
  const Margin margin = {Letters("sex", 3, Sex().codes), {60, 30, 0}};
  EXPECT_TRUE(Apply({PostStratification{.cells = margin}}).ok());
}

TEST(Margins, AreCheckedBeforeAnythingIsWeighted) {
  const auto refuse = [](Margin margin, const std::string& what) {
    EXPECT_REFUSED(Apply({PostStratification{.cells = margin}}), kInvalid, HasSubstr(what));
    EXPECT_REFUSED(Apply({Raking{.margins = {margin}}}), kInvalid, HasSubstr(what));
  };
  Factor factor = Sex();
  refuse({factor, {60}}, "sex has 1 populations for 2 levels");
  refuse({factor, {60, -1}}, "the population of sex b is -1");
  refuse({factor, {std::nan(""), 1}}, "the population of sex a is nan");
  factor.codes[4] = Factor::kMissing;
  refuse({factor, {60, 30}}, "sex is missing in row 5");
  factor.codes[4] = 2;
  refuse({factor, {60, 30}}, "sex has the code 2 in row 5; it has 2 levels");
  factor.codes.pop_back();
  refuse({factor, {60, 30}}, "sex has 5 values for 6 rows");
}

TEST(Raking, ReproducesEveryMargin) {
  const auto weighted = Apply({Raking{.margins = {{Sex(), {60, 30}}, {Age(), {20, 30, 40}}}}});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_NEAR(SumOf(weighted->weights(), Sex(), 0), 60, 1e-10);
  EXPECT_NEAR(SumOf(weighted->weights(), Sex(), 1), 30, 1e-10);
  for (uint32_t l = 0; l < 3; ++l) {
    EXPECT_NEAR(SumOf(weighted->weights(), Age(), l), 20 + 10 * l, 1e-10);
  }
  const StepReport& report = weighted->reports()[0];
  EXPECT_GT(report.iterations, 1u);
  EXPECT_LT(report.margin_error_max, 1e-12);
}

TEST(Raking, AZeroWeightStaysZeroAndSpoilsNothing) {
  const Raking raking{.margins = {{Sex(), {50, 40}}, {Age(), {20, 30, 40}}}};
  const auto weighted = Apply({raking}, {1, 0, 3, 4, 5, 6});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_EQ(weighted->weights()[1], 0);
  EXPECT_NEAR(SumOf(weighted->weights(), Age(), 1), 30, 1e-10);
  std::vector<double> z = {1, 2, 3, 4, 5, 6};
  weighted->Residualise(z);
  for (const double value : z) EXPECT_TRUE(std::isfinite(value));
}

TEST(Raking, RefusesMarginsOfDifferentTotals) {
  EXPECT_REFUSED(Apply({Raking{.margins = {{Sex(), {60, 30}}, {Age(), {20, 30, 41}}}}}), kInvalid,
                 AllOf(HasSubstr("sex add up to 90"), HasSubstr("age to 91")));
}

TEST(Raking, NamesTheMarginThatCannotHold) {
  // One variable with two sets of totals: R's rake() is content with it.
  EXPECT_REFUSED(Apply({Raking{.margins = {{Sex(), {60, 30}}, {Sex(), {50, 40}}}}}), kFailed,
                 AllOf(HasSubstr("no convergence in 1000 cycles"), HasSubstr("sex b is off by")));
  // Men are old and women young, but there are more men than old people.
  const Factor age = Letters("age", 2, {0, 0, 0, 1, 1, 1});
  EXPECT_REFUSED(Apply({Raking{.margins = {{Sex(), {60, 30}}, {age, {30, 60}}}}}), kFailed,
                 HasSubstr("is off by"));
}

TEST(Raking, StopsAtTheNumberOfCyclesAsked) {
  Raking raking{.margins = {{Sex(), {60, 30}}, {Age(), {20, 30, 40}}}};
  raking.iterations_max = 1;
  EXPECT_REFUSED(Apply({raking}), kFailed, HasSubstr("no convergence in 1 cycles: sex"));
}

TEST(Raking, RefusesALevelWithoutRowsAndNamesTheMargin) {
  const Margin age = {Letters("age", 4, Age().codes), {20, 30, 30, 10}};
  EXPECT_REFUSED(Apply({Raking{.margins = {{Sex(), {60, 30}}, age}}}), kFailed,
                 AllOf(HasSubstr("step 1, raking"), HasSubstr("age d has a population of 10")));
}

Covariate Numbers(std::string name, std::vector<double> values, double total) {
  return {.name = std::move(name), .values = std::move(values), .total = total};
}
Covariate One(double total) { return Numbers("one", {1, 1, 1, 1, 1, 1}, total); }
Covariate X(double total) { return Numbers("x", {3, 1, 4, 1, 5, 9}, total); }

TEST(Calibration, OfOneConstantIsARatio) {
  for (const Distance distance : {Distance::kLinear, Distance::kRaking, Distance::kLogit}) {
    Calibration calibration{.covariates = {One(42)}, .distance = distance};
    calibration.lower = 0.1;
    calibration.upper = 5;
    const auto weighted = Apply({calibration});
    ASSERT_TRUE(weighted.ok()) << weighted.status();
    EXPECT_THAT(weighted->weights(),
                Pointwise(DoubleNear(1e-10), std::vector<double>{2, 4, 6, 8, 10, 12}));
  }
}

TEST(Calibration, RedundantCovariatesAreDroppedAndNoted) {
  const Covariate twice = Numbers("twice", {6, 2, 8, 2, 10, 18}, 300);
  const Covariate zero = Numbers("nothing", {0, 0, 0, 0, 0, 0}, 0);
  const auto with = Apply({Calibration{.covariates = {One(30), X(150), twice, zero}}});
  const auto without = Apply({Calibration{.covariates = {One(30), X(150)}}});
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(with->weights(), without->weights());
  EXPECT_THAT(with->reports()[0].notes, ElementsAre(HasSubstr("twice is a combination"),
                                                    HasSubstr("nothing is 0 in all rows")));
}

TEST(Calibration, RefusesRedundantCovariatesWithAnotherTotal) {
  const Covariate twice = Numbers("twice", {6, 2, 8, 2, 10, 18}, 301);
  EXPECT_REFUSED(Apply({Calibration{.covariates = {X(150), twice}}}), kFailed,
                 AllOf(HasSubstr("twice is a combination"), HasSubstr("make it 300"),
                       HasSubstr("its total is 301")));
  EXPECT_REFUSED(Apply({Calibration{.covariates = {Numbers("nothing", {0, 0, 0, 0, 0, 0}, 5)}}}),
                 kFailed, HasSubstr("nothing is 0 in all rows with a weight, and its total is 5"));
}

TEST(Calibration, NotesNegativeWeightsAndRefusesToGoOnWithThem) {
  const Calibration calibration{.covariates = {One(21), X(30)}};
  const auto weighted = Apply({calibration});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_THAT(weighted->reports()[0].notes, ElementsAre(HasSubstr("weights are negative")));
  EXPECT_REFUSED(Apply({calibration, PostStratification{.cells = {Sex(), {60, 30}}}}), kFailed,
                 AllOf(HasSubstr("step 2, post-stratification"), HasSubstr("negative weight")));
}

TEST(Calibration, ABoundThatNobodyNeedsChangesNothing) {
  Calibration calibration{.covariates = {One(22), X(115)}};
  const auto free = Apply({calibration});
  calibration.lower = -5;
  calibration.upper = 10;
  const auto bounded = Apply({calibration});
  ASSERT_TRUE(bounded.ok()) << bounded.status();
  EXPECT_EQ(free->weights(), bounded->weights());
}

TEST(Calibration, RefusesWhatTheBoundsDoNotReach) {
  for (const Distance distance : {Distance::kLinear, Distance::kRaking, Distance::kLogit}) {
    Calibration calibration{.covariates = {One(42), X(200)}, .distance = distance};
    calibration.lower = 0.5;
    calibration.upper = 1.5;
    EXPECT_REFUSED(
        Apply({calibration}), kFailed,
        AllOf(HasSubstr("step 1, calibration: no convergence"), HasSubstr("and the total")));
  }
}

TEST(Calibration, WithoutBoundsRefusesWhatPositiveWeightsCannotReach) {
  Calibration calibration{.covariates = {One(21), X(-5)}, .distance = Distance::kRaking};
  EXPECT_REFUSED(Apply({calibration}), kFailed, HasSubstr("no convergence"));
}

TEST(Calibration, ChecksCovariatesAndBounds) {
  const auto refuse = [](const Calibration& calibration, const std::string& what) {
    EXPECT_REFUSED(Apply({calibration}), kInvalid, HasSubstr(what));
  };
  refuse({}, "no covariate");
  refuse({.covariates = {Numbers("x", {1}, 1)}}, "x has 1 values for 6 rows");
  refuse({.covariates = {X(std::nan(""))}}, "the total of covariate x is nan");
  refuse({.covariates = {Numbers("x", {1, 2, std::nan(""), 3, 4, 5}, 1)}}, "x is nan in row 3");
  refuse({.covariates = {X(1)}, .lower = 1.0}, "the lower bound of w / d is 1");
  refuse({.covariates = {X(1)}, .upper = 0.9}, "the upper bound of w / d is 0.9");
  refuse({.covariates = {X(1)}, .distance = Distance::kLogit, .upper = 2.0}, "needs a lower");
}

TEST(Trimming, SpreadsTheExcessEquallyAndKeepsTheSum) {
  const auto weighted = Apply({Trimming{.upper = 5.0}});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  // 6 loses 1, a fifth of it to each of the others, which lifts 5 to 5.2; that is cut, and so on.
  EXPECT_THAT(weighted->weights(),
              Pointwise(DoubleNear(1e-13), std::vector<double>{1.25, 2.25, 3.25, 4.25, 5, 5}));
  EXPECT_EQ(weighted->reports()[0].iterations, 2u);
  EXPECT_THAT(weighted->reports()[0].notes, ElementsAre("2 of 6 weights trimmed"));
}

TEST(Trimming, TellsHowFarTheTotalsBeforeItAreNow) {
  const auto weighted =
      Apply({PostStratification{.cells = {Sex(), {60, 30}}}, Trimming{.upper = 25.0}});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  const double men = SumOf(weighted->weights(), Sex(), 0);
  const double women = SumOf(weighted->weights(), Sex(), 1);
  EXPECT_GT(weighted->reports()[1].margin_error_max, 0.01);
  EXPECT_DOUBLE_EQ(weighted->reports()[1].margin_error_max,
                   std::max(std::abs(men - 60) / 60, std::abs(women - 30) / 30));
  EXPECT_THAT(weighted->reports()[1].margin_error_at, HasSubstr("sex "));
}

TEST(Trimming, RefusesWhenNoWeightIsLeftToTakeTheExcess) {
  EXPECT_REFUSED(Apply({Trimming{.upper = 3.0}}), kFailed,
                 AllOf(HasSubstr("step 1, trimming"), HasSubstr("leave no weight free")));
}

TEST(Trimming, LeavesZeroWeightsAlone) {
  const auto weighted = Apply({Trimming{.lower = 2.0}}, {0, 1, 6, 9});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_THAT(weighted->weights(), ElementsAre(0, 2, 5.5, 8.5));
}

TEST(Trimming, ChecksBounds) {
  EXPECT_REFUSED(Apply({Trimming{}}), kInvalid, HasSubstr("neither"));
  EXPECT_REFUSED(Apply({Trimming{.lower = 3.0, .upper = 3.0}}), kInvalid, HasSubstr("not below"));
  EXPECT_REFUSED(Apply({Trimming{.lower = -3.0}}), kInvalid, HasSubstr("is -3"));
  EXPECT_REFUSED(Apply({Trimming{.upper = 0.0}}), kInvalid, HasSubstr("is 0"));
}

TEST(NonResponse, GivesTheWeightOfTheSilentToThoseWhoAnsweredInTheirCell) {
  const auto weighted = Apply({NonResponse{.cells = Sex(), .responded = {1, 0, 1, 1, 1, 1}}});
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  EXPECT_THAT(weighted->weights(), ElementsAre(1.5, 0, 4.5, 4, 5, 6));
  EXPECT_THAT(weighted->reports()[0].notes, ElementsAre(HasSubstr("1 rows")));
  EXPECT_EQ(weighted->reports()[0].factor_min, 0);
}

TEST(NonResponse, RefusesACellWhereNobodyAnswered) {
  EXPECT_REFUSED(Apply({NonResponse{.cells = Sex(), .responded = {1, 1, 1, 0, 0, 0}}}), kFailed,
                 AllOf(HasSubstr("step 1, non-response"), HasSubstr("sex b has a weight of 15")));
  EXPECT_REFUSED(Apply({NonResponse{.cells = Sex(), .responded = {1}}}), kInvalid,
                 HasSubstr("1 of 6 rows"));
}

TEST(Adjustment, WeightsAloneHaveTheSameBits) {
  const std::vector<Step> steps = {
      NonResponse{.cells = Sex(), .responded = {1, 0, 1, 1, 1, 1}},
      Raking{.margins = {{Sex(), {50, 40}}, {Age(), {20, 30, 40}}}}, Trimming{.upper = 31.0},
      Calibration{.covariates = {One(90), X(380)}, .distance = Distance::kRaking}};
  const auto adjustment = Adjustment::Create(6, steps);
  ASSERT_TRUE(adjustment.ok());
  const auto weighted = adjustment->Apply(kWeights);
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  const auto alone = adjustment->ApplyWeights(kWeights);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(weighted->weights(), *alone);
  ASSERT_EQ(weighted->reports().size(), 4u);
}

}  // namespace
}  // namespace hailong::weighting
