// Protected rounds: what is hidden is hidden in every call, the same for everybody, and what is not
// published is refused.
#include <gmock/gmock.h>

#include <cmath>

#include <string>
#include <vector>

#include "server/model/times.h"
#include "server/results/bench_for_test.h"

namespace hailong::results {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::DisclosureRule Rule(uint32_t n_min, const std::vector<std::vector<std::string>>& tables) {
  v1::DisclosureRule rule;
  rule.set_n_min(n_min);
  for (const std::vector<std::string>& by : tables) {
    v1::PublishedTable& table = *rule.add_tables();
    for (const std::string& one : by) table.add_by(one);
  }
  return rule;
}

// Province 1 with 1.1 (20 responses), 1.2 (12), 1.3 (3, of which two men); half are women
// elsewhere.
class ProtectedRound : public ::testing::Test {
 protected:
  explicit ProtectedRound(const v1::DisclosureRule& rule = Rule(5, {{"unit", "gender"}, {"age"}})) {
    bench_.PutRound(v1::DUPLICATE_POLICY_LATEST, {}, {}, rule);
    Answer("1.1", 24);
    Answer("1.2", 12);
    Answer("1.3", 3);
    for (const char* unit_id : {"1.1", "1.2", "1.3"}) bench_.PutPopulation(unit_id, 1000);
  }
  void Answer(const std::string& unit_id, int n, const std::string& ratings = "") {
    std::vector<model::NewResponse> responses;
    for (int i = 0; i < n; ++i) {
      std::string answers = ratings;
      if (ratings.size() < 3) {
        for (const char* item : {"542", "453", "325"}) answers += item[i % 3];
      }
      // Genders and ages in turn, so that answers do not depend on them.
      answers += static_cast<char>('1' + i / 3 % 2);
      answers += static_cast<char>('1' + i / 6 % 3);
      responses.push_back(bench_.Make(unit_id, answers));
    }
    bench_.Append(std::move(responses));
  }
  static v1::GetSipasRequest Ask(const std::string& unit_id = "",
                                 const std::vector<std::string>& by = {}) {
    v1::GetSipasRequest request;
    request.set_round_id("r");
    request.set_unit_id(unit_id);
    for (const std::string& one : by) request.add_by(one);
    return request;
  }
  v1::GetSipasResponse Sipas(const v1::GetSipasRequest& request,
                             const model::Principal& caller = Bench::Admin()) {
    const auto sipas = bench_.results().GetSipas(caller, request);
    EXPECT_TRUE(sipas.ok()) << sipas.status();
    return sipas.ok() ? *sipas : v1::GetSipasResponse();
  }
  v1::ListUnitScoresResponse Units(bool without_protection = false) {
    v1::ListUnitScoresRequest request;
    request.set_round_id("r");
    request.set_with_components(true);
    request.set_without_protection(without_protection);
    const auto units = bench_.results().ListUnitScores(Bench::Admin(), request);
    EXPECT_TRUE(units.ok()) << units.status();
    return units.ok() ? *units : v1::ListUnitScoresResponse();
  }
  void ExpectRefused(const v1::GetSipasRequest& request, const std::string& words) {
    const auto sipas = bench_.results().GetSipas(Bench::Admin(), request);
    EXPECT_TRUE(absl::IsFailedPrecondition(sipas.status())) << sipas.status();
    EXPECT_THAT(std::string(sipas.status().message()), HasSubstr(words));
  }

  Bench bench_;
};

TEST_F(ProtectedRound, ListsUnitsByTheStrategiesOfTheFramework) {
  const v1::ListUnitScoresResponse units = Units();
  EXPECT_GT(units.unverified_size(), 0);
  for (const v1::Provenance& fact : units.unverified()) EXPECT_NE(fact.source(), "the request");
}

TEST_F(ProtectedRound, HidesASmallUnitAndAnotherThatItCouldBeComputedFrom) {
  const v1::ListUnitScoresResponse units = Units();
  ASSERT_EQ(units.units_size(), 3);
  EXPECT_FALSE(units.units(0).suppressed());
  EXPECT_EQ(units.units(0).responses(), 24u);
  EXPECT_EQ(units.units(0).components(0).counts_size(), 5);
  for (const int hidden : {1, 2}) {
    const v1::UnitScore& unit = units.units(hidden);
    EXPECT_TRUE(unit.suppressed()) << unit.unit_id();
    EXPECT_EQ(unit.responses(), 0u);
    EXPECT_EQ(unit.weight(), 0);
    EXPECT_EQ(unit.population(), 1000u);
    v1::Estimate nothing;
    nothing.set_suppressed(true);
    EXPECT_EQ(unit.overall().SerializeAsString(), nothing.SerializeAsString());
    ASSERT_EQ(unit.components_size(), 3);
    EXPECT_EQ(unit.components(0).index().SerializeAsString(), nothing.SerializeAsString());
    EXPECT_EQ(unit.components(0).counts_size() + unit.components(0).shares_size(), 0);
  }
  EXPECT_EQ(units.disclosure().rule().n_min(), 5u);
  EXPECT_GE(units.disclosure().cells_hidden(), 2u);
  EXPECT_THAT(units.disclosure().note().en(), HasSubstr("fewer than 5"));
}

TEST_F(ProtectedRound, HidesTheSameInEveryCall) {
  const v1::IndexResult whole = Sipas(Ask("", {"unit"})).result();
  EXPECT_EQ(whole.overall().n(), 39u);
  ASSERT_EQ(whole.domains_size(), 3);
  for (const int hidden : {1, 2}) EXPECT_TRUE(whole.domains(hidden).overall().suppressed());
  EXPECT_FALSE(whole.domains(0).overall().suppressed());
  const v1::IndexResult part = Sipas(Ask("1.3")).result();
  EXPECT_TRUE(part.overall().suppressed());
  EXPECT_FALSE(part.has_counts());
  EXPECT_FALSE(part.has_coverage_note());
  EXPECT_EQ(part.weighting().weight_sum(), 0);
  v1::ListImprovementsRequest improve;
  improve.set_round_id("r");
  const auto improvements = bench_.results().ListImprovements(Bench::Admin(), improve);
  ASSERT_TRUE(improvements.ok()) << improvements.status();
  EXPECT_FALSE(improvements->whole().suppressed());
  EXPECT_FALSE(improvements->units(0).suppressed());
  for (const int hidden : {1, 2}) {
    EXPECT_TRUE(improvements->units(hidden).suppressed());
    EXPECT_EQ(improvements->units(hidden).responses(), 0u);
    EXPECT_FALSE(improvements->units(hidden).few_responses());
    EXPECT_EQ(improvements->units(hidden).contributions_size(), 0);
  }
  EXPECT_TRUE(improvements->has_disclosure());
}

TEST_F(ProtectedRound, HidesTheSameFromABoundCaller) {
  const model::Principal bound = {.role = v1::ROLE_ANALYST, .id = "a", .unit_id = "1.2"};
  EXPECT_TRUE(Sipas(Ask(), bound).result().overall().suppressed());
  v1::GetSipasRequest request = Ask();
  request.set_without_protection(true);
  for (const v1::Role role : {v1::ROLE_ANALYST, v1::ROLE_OPERATOR, v1::ROLE_ADMIN}) {
    const model::Principal caller = {
        .role = role, .id = "a", .unit_id = role == v1::ROLE_ADMIN ? "1" : ""};
    const auto sipas = bench_.results().GetSipas(caller, request);
    EXPECT_TRUE(absl::IsPermissionDenied(sipas.status())) << sipas.status();
  }
}

TEST_F(ProtectedRound, ShowsAnAdministratorEverythingAndSaysSo) {
  v1::GetSipasRequest request = Ask("1.3", {"level"});
  request.set_without_protection(true);
  request.set_without_flagged(true);
  const v1::IndexResult result = Sipas(request).result();
  EXPECT_EQ(result.overall().n(), 3u);
  EXPECT_TRUE(result.disclosure().lifted());
  EXPECT_THAT(result.disclosure().note().en(), HasSubstr("NOT PROTECTED"));
  EXPECT_EQ(Units(true).units(2).responses(), 3u);
}

TEST_F(ProtectedRound, RefusesWhatItDoesNotPublish) {
  ExpectRefused(Ask("", {"unit", "age"}), "[unit, gender]");
  ExpectRefused(Ask("", {"gender", "age"}), "found domains by [gender, age]");
  ExpectRefused(Ask("", {"level"}), "[level]");
  // A table of the round is none of its units.
  ExpectRefused(Ask("1.1", {"age"}), "found domains by [age, unit]");
  v1::GetSipasRequest request = Ask();
  request.set_without_flagged(true);
  ExpectRefused(request, "without_flagged");
  request = Ask();
  request.set_weighting_mode(v1::WEIGHTING_MODE_NONE);
  ExpectRefused(request, "other weights");
  request.set_weighting_mode(v1::WEIGHTING_MODE_UNSPECIFIED);
  request.set_scoring(v1::SCORING_MEAN_OF_RANGE);
  EXPECT_GT(Sipas(request).result().overall().value(), 0);
  EXPECT_EQ(Sipas(Ask("", {"age"})).result().domains_size(), 3);
  EXPECT_EQ(Sipas(Ask("1.1", {"gender"})).result().domains_size(), 2);
  v1::ListUnitScoresRequest list;
  list.set_round_id("r");
  list.set_without_flagged(true);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(bench_.results().ListUnitScores(Bench::Admin(), list).status()));
  v1::ListImprovementsRequest improve;
  improve.set_round_id("r");
  improve.set_without_flagged(true);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      bench_.results().ListImprovements(Bench::Admin(), improve).status()));
}

TEST_F(ProtectedRound, FollowsResponsesAndPopulationsAsTheyCome) {
  EXPECT_TRUE(Units().units(2).suppressed());
  Answer("1.3", 12);
  const v1::ListUnitScoresResponse units = Units();
  for (const v1::UnitScore& unit : units.units()) EXPECT_FALSE(unit.suppressed());
  // 1.3 with fewer dossiers than responses is in no total any more, and large enough to be shown.
  bench_.PutPopulation("1.3", 14);
  EXPECT_EQ(Units().units(2).issue(), v1::UNIT_ISSUE_POPULATION_BELOW_SAMPLE);
  EXPECT_EQ(Sipas(Ask()).result().weighting().issues_size(), 1);
}

TEST_F(ProtectedRound, DoesNotTellOfAUnitApart) {
  // In no total, so nothing else is hidden for it.
  bench_.PutPopulation("1.3", 2);
  const v1::ListUnitScoresResponse units = Units();
  EXPECT_FALSE(units.units(1).suppressed());
  EXPECT_TRUE(units.units(2).suppressed());
  EXPECT_EQ(units.units(2).issue(), v1::UNIT_ISSUE_UNSPECIFIED);
  const v1::IndexResult result = Sipas(Ask()).result();
  EXPECT_EQ(result.overall().n(), 36u);
  EXPECT_EQ(result.counts().counted(), 36u);
  EXPECT_EQ(result.weighting().issues_size(), 0);
  EXPECT_THAT(result.coverage_note().vi(), Not(HasSubstr("1.3")));
}

TEST_F(ProtectedRound, IsRoundedToTwoDecimals) {
  const v1::Estimate shown = Sipas(Ask()).result().overall();
  v1::GetSipasRequest request = Ask();
  request.set_without_protection(true);
  const v1::Estimate exact = Sipas(request).result().overall();
  EXPECT_NE(shown.value(), exact.value());
  EXPECT_NEAR(shown.value(), exact.value(), 0.005 + 1e-9);
  EXPECT_EQ(shown.value(), std::round(shown.value() * 100) / 100);
  EXPECT_EQ(shown.n(), exact.n());
}

TEST_F(ProtectedRound, IsSealedAsItIsShown) {
  bench_.clock().Set(absl::FromUnixSeconds(1733200000));
  v1::SealRoundRequest seal;
  seal.set_round_id("r");
  const auto sealed = bench_.results().SealRound(Bench::Admin(), seal);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  const v1::GetSipasResponse shown = Sipas(Ask());
  EXPECT_TRUE(shown.matches_seal());
  EXPECT_FALSE(shown.result().disclosure().lifted());
  EXPECT_THAT(shown.result().disclosure().note().en(), Not(HasSubstr("not sealed")));
  v1::GetSipasRequest request = Ask();
  request.set_without_protection(true);
  EXPECT_FALSE(Sipas(request).matches_seal());
  EXPECT_TRUE(Units().units(2).suppressed());
}

TEST_F(ProtectedRound, ItemsThatFewAnswerHideThemselvesAndTheIndexOnly) {
  // Of 30 more in 1.3, nobody answers q3; of 1.1 and 1.2 almost everybody does.
  Answer("1.3", 12, "540");
  Answer("1.3", 18, "430");
  const v1::UnitScore unit = Units().units(2);
  EXPECT_FALSE(unit.suppressed());
  EXPECT_EQ(unit.responses(), 33u);
  EXPECT_FALSE(unit.components(0).index().suppressed());
  EXPECT_FALSE(unit.components(1).index().suppressed());
  EXPECT_TRUE(unit.components(2).index().suppressed());
  EXPECT_TRUE(unit.overall().suppressed());
}

class UnanimousRound : public ProtectedRound {
 protected:
  UnanimousRound()
      : ProtectedRound([] {
          v1::DisclosureRule rule = Rule(2, {});
          rule.set_unanimous_n_min(30);
          return rule;
        }()) {}
};

TEST_F(UnanimousRound, HidesWhereAllAnsweredTheSame) {
  EXPECT_FALSE(Units().units(1).suppressed());
  Answer("1", 10, "555");
  bench_.PutPopulation("1", 1000);
  const v1::ListUnitScoresResponse units = Units();
  EXPECT_EQ(units.units(0).unit_id(), "1");
  EXPECT_TRUE(units.units(0).suppressed());
  EXPECT_FALSE(Sipas(Ask()).result().overall().suppressed());
}

// Without a rule nothing changes, byte for byte, and nothing is said.
TEST(UnprotectedRound, IsAsItWas) {
  Bench bench;
  bench.PutRound(v1::DUPLICATE_POLICY_LATEST);
  bench.Append({bench.Make("1.1", "55511")});
  v1::GetSipasRequest request;
  request.set_round_id("r");
  request.set_weighting_mode(v1::WEIGHTING_MODE_NONE);
  const auto plain = bench.results().GetSipas(Bench::Admin(), request);
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_FALSE(plain->result().has_disclosure());
  EXPECT_EQ(plain->result().overall().n(), 1u);
  request.set_without_protection(true);
  const auto lifted = bench.results().GetSipas(Bench::Admin(), request);
  ASSERT_TRUE(lifted.ok());
  EXPECT_EQ(model::DeterministicBytes(lifted->result()),
            model::DeterministicBytes(plain->result()));
}

TEST(Protection, IsRefusedForTablesByWhatIsScored) {
  Bench bench;
  bench.PutRound(v1::DUPLICATE_POLICY_LATEST, {}, {}, Rule(5, {{"gender"}}));
  EXPECT_TRUE(bench.results().CheckRound(*bench.round()).ok());
  v1::IndexFramework scores_gender;
  scores_gender.set_framework_id("odd");
  scores_gender.set_version(1);
  scores_gender.mutable_title()->set_vi("Lạ");
  scores_gender.set_audience(v1::AUDIENCE_CITIZENS);
  scores_gender.set_scoring(v1::SCORING_TOP2);
  scores_gender.mutable_scoring_provenance()->set_source("made up for a test");
  scores_gender.set_composition(v1::COMPOSITION_MEAN_OF_ITEMS);
  scores_gender.mutable_composition_provenance()->set_source("made up for a test");
  v1::Component& item = *scores_gender.add_components();
  item.set_component_id("gender");
  item.set_kind("item");
  item.mutable_title()->set_vi("gender");
  item.set_question_id("gender");
  item.mutable_provenance()->set_source("made up for a test");
  const auto framework = index::Framework::Create(scores_gender);
  ASSERT_TRUE(framework.ok()) << framework.status();
  const absl::Status refused = Protection::Check(*bench.round(), *framework);
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("round.disclosure.tables: found question "
                                                        "'gender'"));
}

}  // namespace
}  // namespace hailong::results
