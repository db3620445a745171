// Rounds whose weighting plan has steps, domains, and intervals.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "server/results/bench_for_test.h"

namespace hailong::results {
namespace {

using ::testing::HasSubstr;

v1::WeightingPlan RakeGender() {
  v1::WeightingPlan plan;
  plan.add_steps()->mutable_rake()->add_question_ids("gender");
  return plan;
}

// 1.1 and 1.2 with four responses each, N 100 and 300. Men are content, women are not.
class WeightedRound : public ::testing::Test {
 protected:
  WeightedRound() {
    bench_.PutRound(v1::DUPLICATE_POLICY_LATEST, {}, RakeGender());
    bench_.Append({bench_.Make("1.1", "5551"), bench_.Make("1.1", "5551"),
                   bench_.Make("1.1", "5551"), bench_.Make("1.1", "1112"),
                   bench_.Make("1.2", "5551"), bench_.Make("1.2", "5551"),
                   bench_.Make("1.2", "1112"), bench_.Make("1.2", "1112")});
  }
  void PutPopulation(const std::string& unit_id, std::vector<uint64_t> sizes) {
    model::PopulationRecord record{.round_id = "r", .population = {}};
    record.population.set_unit_id(unit_id);
    record.population.set_source("made up for a test");
    v1::PopulationMargin& margin = *record.population.add_margins();
    margin.set_question_id("gender");
    for (const uint64_t size : sizes) {
      margin.add_sizes(size);
      record.population.set_size(record.population.size() + size);
    }
    bench_.Put({record});
  }
  void PutPopulations() {
    PutPopulation("1.1", {50, 50});
    PutPopulation("1.2", {150, 150});
  }
  static v1::GetSipasRequest Request() {
    v1::GetSipasRequest request;
    request.set_round_id("r");
    return request;
  }
  v1::GetSipasResponse Sipas(const v1::GetSipasRequest& request) {
    const auto sipas = bench_.results().GetSipas(Bench::Admin(), request);
    EXPECT_TRUE(sipas.ok()) << sipas.status();
    return sipas.ok() ? *sipas : v1::GetSipasResponse();
  }
  void ExpectBadField(const v1::GetSipasRequest& request, const std::string& words) {
    const auto sipas = bench_.results().GetSipas(Bench::Admin(), request);
    EXPECT_TRUE(absl::IsInvalidArgument(sipas.status())) << sipas.status();
    EXPECT_THAT(std::string(sipas.status().message()), HasSubstr(words));
  }

  Bench bench_;
};

TEST_F(WeightedRound, FollowsTheCompositionOfItsPopulation) {
  PutPopulations();
  const v1::IndexResult result = Sipas(Request()).result();
  EXPECT_NEAR(result.overall().value(), 50, 1e-9);
  const v1::WeightingReport& weighting = result.weighting();
  EXPECT_NEAR(weighting.weight_sum(), 400, 1e-9);
  ASSERT_EQ(weighting.steps_size(), 1);
  EXPECT_EQ(weighting.steps(0).step(), "raking");
  EXPECT_EQ(weighting.steps(0).question_ids(0), "gender");
  EXPECT_TRUE(weighting.steps(0).converged());
  EXPECT_LT(weighting.steps(0).margin_error_max(), 1e-9);
  ASSERT_EQ(weighting.margins_size(), 1);
  EXPECT_EQ(weighting.margins(0).title().vi(), "Giới tính");
  ASSERT_EQ(weighting.margins(0).levels_size(), 2);
  const v1::MarginLevel& men = weighting.margins(0).levels(0);
  EXPECT_EQ(men.title().vi(), "Nam");
  EXPECT_EQ(men.responses(), 5u);
  EXPECT_DOUBLE_EQ(men.sample_share(), 62.5);
  EXPECT_DOUBLE_EQ(men.unit_weighted_share(), 100 * (75 + 150) / 400.0);
  EXPECT_NEAR(men.weighted_share(), 50, 1e-9);
  EXPECT_DOUBLE_EQ(men.population_share(), 50);
  EXPECT_THAT(result.coverage_note().vi(), HasSubstr("cơ cấu tổng thể đã khai (gender)"));
}

TEST_F(WeightedRound, OfASubtreeHasTheWeightsOfTheWhole) {
  PutPopulations();
  v1::GetSipasRequest request = Request();
  request.set_unit_id("1.1");
  const v1::GetSipasResponse part = Sipas(request);
  // A part says nothing of the rest.
  EXPECT_EQ(part.result().weighting().margins_size(), 0);
  EXPECT_NEAR(part.result().weighting().weight_sum(), 100, 1e-9);
  // As the units' own scores, and as the domain of the whole.
  v1::ListUnitScoresRequest list;
  list.set_round_id("r");
  const auto units = bench_.results().ListUnitScores(Bench::Admin(), list);
  ASSERT_TRUE(units.ok()) << units.status();
  ASSERT_EQ(units->units_size(), 2);
  EXPECT_NEAR(units->units(0).overall().value(), part.result().overall().value(), 1e-9);
  v1::GetSipasRequest by = Request();
  by.add_by("unit");
  const v1::GetSipasResponse whole = Sipas(by);
  ASSERT_EQ(whole.result().domains_size(), 2);
  EXPECT_EQ(whole.result().domains(0).levels(0).key(), "1.1");
  EXPECT_EQ(whole.result().domains(0).overall().value(), part.result().overall().value());
  EXPECT_EQ(whole.result().domains(0).overall().standard_error(),
            part.result().overall().standard_error());
}

TEST_F(WeightedRound, ThatCannotBeWeightedSaysWhyAndHowToGoOn) {
  PutPopulation("1.1", {50, 50});
  bench_.PutPopulation("1.2", 300);
  const auto sipas = bench_.results().GetSipas(Bench::Admin(), Request());
  EXPECT_TRUE(absl::IsFailedPrecondition(sipas.status())) << sipas.status();
  for (const char* words : {"round 'r'", "step 1 (raking)", "gender", "1.2", "weighting mode"}) {
    EXPECT_THAT(std::string(sipas.status().message()), HasSubstr(words));
  }
  v1::GetSipasRequest request = Request();
  request.set_weighting_mode(v1::WEIGHTING_MODE_POPULATION);
  const v1::IndexResult result = Sipas(request).result();
  EXPECT_DOUBLE_EQ(result.overall().value(), (100 * 75 + 300 * 50) / 400.0);
  EXPECT_EQ(result.weighting().steps_size(), 0);
}

TEST_F(WeightedRound, IsSealedOnceItCanBeWeighted) {
  bench_.PutPopulation("1.1", 100);
  bench_.clock().Set(absl::FromUnixSeconds(1733200000));
  v1::SealRoundRequest request;
  request.set_round_id("r");
  const auto refused = bench_.results().SealRound(Bench::Admin(), request);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
  EXPECT_EQ(bench_.round()->state(), v1::ROUND_STATE_CLOSED);
  PutPopulations();
  const auto sealed = bench_.results().SealRound(Bench::Admin(), request);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_TRUE(Sipas(Request()).matches_seal());
}

TEST_F(WeightedRound, DomainsCrossUnitsAndAnswers) {
  PutPopulations();
  v1::GetSipasRequest request = Request();
  request.add_by("gender");
  request.add_by("unit");
  request.set_domain_components(true);
  const v1::IndexResult result = Sipas(request).result();
  ASSERT_EQ(result.domains_size(), 4);
  const v1::DomainScore& men = result.domains(1);
  EXPECT_EQ(men.levels(0).by(), "gender");
  EXPECT_EQ(men.levels(0).key(), "1");
  EXPECT_EQ(men.levels(0).title().vi(), "Nam");
  EXPECT_EQ(men.levels(1).key(), "1.2");
  EXPECT_EQ(men.overall().n(), 2u);
  EXPECT_DOUBLE_EQ(men.overall().value(), 100);
  ASSERT_EQ(men.components_size(), 3);
  EXPECT_DOUBLE_EQ(men.components(0).index().value(), 100);
  EXPECT_DOUBLE_EQ(result.domains(3).overall().value(), 0);
}

TEST_F(WeightedRound, DomainsCanBeAskedForByAnyRatingOrChoice) {
  PutPopulations();
  v1::GetSipasRequest request = Request();
  request.add_by("q2");
  request.add_by("level");
  const v1::IndexResult result = Sipas(request).result();
  ASSERT_EQ(result.domains_size(), 5);
  EXPECT_EQ(result.domains(4).overall().n(), 5u);
  // Nobody answered 2: no data, rather than 0.
  EXPECT_FALSE(result.domains(1).overall().defined());
  request.set_by(0, "q9");
  ExpectBadField(request, "by[0]: found 'q9'");
  request.set_by(0, "unit");
  ExpectBadField(request, "allowed is one of them");
  request.set_by(0, "level");
  ExpectBadField(request, "there twice");
  for (int i = 0; i < 2; ++i) request.add_by("gender");
  ExpectBadField(request, "found 4, allowed are 0..3");
}

TEST_F(WeightedRound, IntervalsAreMadeAsAsked) {
  PutPopulations();
  const v1::Estimate plain = Sipas(Request()).result().overall();
  EXPECT_FALSE(plain.has_degrees_of_freedom());
  v1::GetSipasRequest request = Request();
  request.set_interval(v1::INTERVAL_LOGIT);
  request.set_confidence(0.9);
  const v1::IndexResult result = Sipas(request).result();
  EXPECT_EQ(result.overall().degrees_of_freedom(), 6);
  EXPECT_EQ(result.interval(), v1::INTERVAL_LOGIT);
  EXPECT_EQ(result.confidence(), 0.9);
  EXPECT_THAT(result.coverage_note().en(), HasSubstr("The 90% interval"));
  EXPECT_EQ(result.overall().standard_error(), plain.standard_error());
  EXPECT_NE(result.overall().ci_low(), plain.ci_low());
  request.set_confidence(0.3);
  ExpectBadField(request, "confidence");
}

}  // namespace
}  // namespace hailong::results
