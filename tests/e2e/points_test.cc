// The survey points of the PAR Index from two rounds with the shipped questionnaires and framework:
// 22 of officials + 10 of citizens = 32.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <map>
#include <set>

#include "server/model/times.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

v1::Questionnaire Shipped(const std::string& id) {
  const char* root = std::getenv("HAILONG_SOURCE");
  v1::Questionnaire questionnaire;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      ReadWhole(std::string(root == nullptr ? "." : root) + "/deploy/data/questionnaires/" + id +
                ".textproto"),
      &questionnaire));
  return questionnaire;
}

class Points : public ::testing::Test {
 protected:
  Points()
      : web_((province_.SetUp(), province_.Collector("paper", "", v1::CHANNEL_PAPER))),
        admin_(province_.Admin()) {
    Open("citizens", "sipas-2026", "sipas-2026", v1::WEIGHTING_MODE_POPULATION);
    Open("officials", "officials-2026", "par-survey-provincial", v1::WEIGHTING_MODE_NONE);
    v1::ImportPopulationsRequest populations;
    populations.set_round_id("citizens");
    for (const char* unit : {"1.a.1", "1.b.1"}) {
      v1::Population* population = populations.add_populations();
      population->set_unit_id(unit);
      population->set_size(1000);
      population->set_source("made up for a test");
    }
    admin_.Get(&RegistryStub::ImportPopulations, populations);
  }

  void Open(const std::string& round_id, const std::string& questionnaire,
            const std::string& framework, v1::WeightingMode mode) {
    v1::PublishQuestionnaireRequest publish;
    *publish.mutable_questionnaire() = questionnaires_[round_id] = Shipped(questionnaire);
    admin_.Get(&RegistryStub::PublishQuestionnaire, publish);
    v1::OpenRoundRequest open;
    *open.mutable_round() = AutumnRound();
    open.mutable_round()->set_round_id(round_id);
    open.mutable_round()->set_questionnaire_id(questionnaire);
    open.mutable_round()->set_questionnaire_version(questionnaires_[round_id].version());
    open.mutable_round()->set_framework_id(framework);
    open.mutable_round()->mutable_weighting_plan()->set_mode(mode);
    admin_.Get(&RegistryStub::OpenRound, open);
  }
  // Every choice question answered by choice(question), the group of officials by `group`.
  template <typename Choice>
  v1::Response Answer(const std::string& round_id, const std::string& unit_id, uint32_t group,
                      Choice choice) {
    v1::Response response = province_.MakeResponse(unit_id, 1);
    response.set_round_id(round_id);
    response.set_questionnaire_version(questionnaires_[round_id].version());
    response.clear_answers();
    for (const v1::Question& question : questionnaires_[round_id].questions()) {
      if (question.kind() != v1::QUESTION_KIND_RATING &&
          question.kind() != v1::QUESTION_KIND_SINGLE_CHOICE) {
        continue;
      }
      v1::Answer* answer = response.add_answers();
      answer->set_question_id(question.question_id());
      const auto options = static_cast<uint32_t>(question.options_size());
      answer->set_choice(question.question_id() == "group" ? group
                                                           : std::min(options, choice(question)));
    }
    return response;
  }
  v1::GetParSurveyPointsResponse Get() {
    v1::GetParSurveyPointsRequest request;
    request.set_officials_round_id("officials");
    request.set_citizens_round_id("citizens");
    return admin_.Get(&ResultsStub::GetParSurveyPoints, request);
  }

  Province province_;
  Client web_;
  Client admin_;
  std::map<std::string, v1::Questionnaire> questionnaires_;
};

TEST_F(Points, FullMarksAre22And10AndTogether32) {
  const auto best = [](const v1::Question& question) {
    return question.kind() == v1::QUESTION_KIND_RATING ? 5u : 1u;  // officials: best first
  };
  std::vector<v1::Response> responses;
  for (uint32_t group = 1; group <= 6; ++group) {
    responses.push_back(Answer("officials", "1.a", group, best));
  }
  for (const char* unit : {"1.a.1", "1.b.1"}) {
    responses.push_back(Answer("citizens", unit, 0, best));
    responses.push_back(Answer("citizens", unit, 0, best));
  }
  const auto results = Submit(web_, responses);
  for (const auto& one : results.results()) {
    ASSERT_TRUE(one.has_stored()) << one.refusal().message();
  }
  const auto points = Get();
  EXPECT_EQ(points.max_points(), 32);
  EXPECT_DOUBLE_EQ(points.points(), 32);
  EXPECT_FALSE(points.incomplete());
  std::multiset<double> tops;
  for (const auto& component : points.components()) {
    if (component.parent_id().empty()) tops.insert(component.max_points());
  }
  EXPECT_EQ(tops, (std::multiset<double>{10, 22}));
}

TEST_F(Points, AddUpAndSayWhatTheyRestOn) {
  std::vector<v1::Response> responses;
  for (uint32_t i = 0; i < 120; ++i) {
    const auto some = [i, at = 0u](const v1::Question&) mutable {
      return 1 + (i * 5 + 3 * at++) % 5;
    };
    responses.push_back(Answer("officials", i % 2 == 0 ? "1.a" : "1.b", 1 + i % 6, some));
    responses.push_back(Answer("citizens", i % 3 == 0 ? "1.a.1" : "1.b.1", 0, some));
  }
  const auto results = Submit(web_, responses);
  for (const auto& one : results.results()) {
    ASSERT_TRUE(one.has_stored()) << one.refusal().message();
  }
  const auto points = Get();
  EXPECT_TRUE(points.synthetic());
  EXPECT_GT(points.unverified_size(), 0);
  bool assumed = false;
  for (const auto& one : points.unverified()) {
    EXPECT_NE(one.source(), "");
    EXPECT_NE(one.grade(), v1::GRADE_VERIFIED);
    assumed = assumed || one.grade() == v1::GRADE_UNVERIFIED;
  }
  EXPECT_TRUE(assumed) << "the split of the 22 points is assumed";

  // Every sum is that of its parts.
  std::map<std::string, double> sums;
  std::map<std::string, double> maxima;
  double total = 0;
  for (const auto& component : points.components()) {
    if (component.parent_id().empty()) total += component.points();
    sums[component.parent_id()] += component.points();
    maxima[component.parent_id()] += component.max_points();
  }
  EXPECT_NEAR(total, points.points(), 1e-9);
  for (const auto& component : points.components()) {
    if (!sums.contains(component.component_id())) continue;
    EXPECT_NEAR(component.points(), sums[component.component_id()], 1e-9);
    EXPECT_NEAR(component.max_points(), maxima[component.component_id()], 1e-9);
  }
  EXPECT_GT(points.points(), 0);
  EXPECT_LT(points.points(), 32);

  // Six groups of officials by themselves; each counts the same.
  ASSERT_EQ(points.officials().groups_size(), 6);
  double mean = 0;
  for (const auto& group : points.officials().groups()) {
    EXPECT_TRUE(group.index().defined());
    EXPECT_NE(group.title().vi(), "");
    EXPECT_EQ(group.index().n(), 20u);
    mean += group.index().value() / 6;
  }
  EXPECT_NEAR(points.officials().overall().value(), mean, 1e-9);

  // The ten points of the citizens are their index, as GetSipas gives it.
  v1::GetSipasRequest request;
  request.set_round_id("citizens");
  const auto sipas = admin_.Get(&ResultsStub::GetSipas, request);
  bool found = false;
  for (const auto& component : points.components()) {
    if (!component.parent_id().empty() || component.max_points() != 10) continue;
    found = true;
    EXPECT_NEAR(component.points(), sipas.result().overall().value() / 10, 1e-9);
  }
  EXPECT_TRUE(found);
}

TEST_F(Points, WithoutAnAnswerTheyAreALowerBoundAndSaySo) {
  const auto best = [](const v1::Question&) { return 1u; };
  Submit(web_, {Answer("officials", "1.a", 1, best)});
  const auto points = Get();
  EXPECT_TRUE(points.incomplete());
  EXPECT_DOUBLE_EQ(points.points(), 22);
}

}  // namespace
}  // namespace hailong::e2e
