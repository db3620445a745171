// What is shipped hangs together: questionnaires, index frameworks and registry.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <algorithm>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "hailong/v1/framework.pb.h"
#include "hailong/v1/questionnaire.pb.h"

namespace hailong {
namespace {

std::string Read(const std::string& path) {
  const char* root = std::getenv("HAILONG_SOURCE");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/" + path);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <typename Message>
Message ReadMessage(const std::string& path) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(Read(path), &message)) << path;
  return message;
}

v1::Questionnaire ReadQuestionnaire(const std::string& id) {
  return ReadMessage<v1::Questionnaire>("deploy/data/questionnaires/" + id + ".textproto");
}

v1::IndexFramework ReadFramework(const std::string& id) {
  return ReadMessage<v1::IndexFramework>("analysis/frameworks/" + id + ".textproto");
}

std::map<std::string, v1::Question> QuestionsOf(const v1::Questionnaire& questionnaire) {
  std::map<std::string, v1::Question> questions;
  for (const v1::Question& question : questionnaire.questions()) {
    EXPECT_TRUE(questions.emplace(question.question_id(), question).second)
        << question.question_id() << " stands twice";
  }
  return questions;
}

int LeavesBelow(const v1::IndexFramework& framework, const std::string& parent) {
  int leaves = 0;
  for (const v1::Component& component : framework.components()) {
    if (component.parent_id() != parent) continue;
    const bool is_leaf = !component.question_id().empty() || !component.index_of().empty();
    leaves += is_leaf ? 1 : LeavesBelow(framework, component.component_id());
  }
  return leaves;
}

class Shipped : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Shipped, FrameworkAndQuestionnaireFitEachOther) {
  const v1::Questionnaire questionnaire = ReadQuestionnaire(GetParam().first);
  const v1::IndexFramework framework = ReadFramework(GetParam().second);
  const auto questions = QuestionsOf(questionnaire);
  EXPECT_EQ(questionnaire.questionnaire_id(), GetParam().first);
  EXPECT_EQ(framework.framework_id(), GetParam().second);
  EXPECT_EQ(questionnaire.audience(), framework.audience());
  std::set<std::string> parents = {""};
  for (const v1::Component& component : framework.components()) {
    EXPECT_TRUE(parents.count(component.parent_id())) << component.component_id();
    EXPECT_TRUE(parents.insert(component.component_id()).second) << component.component_id();
    EXPECT_FALSE(component.provenance().source().empty()) << component.component_id();
    EXPECT_NE(component.provenance().grade(), v1::GRADE_UNSPECIFIED) << component.component_id();
    if (component.question_id().empty()) continue;
    ASSERT_TRUE(questions.count(component.question_id())) << component.question_id();
    EXPECT_EQ(questions.at(component.question_id()).options_size(), 5);
  }
}

TEST_P(Shipped, EveryTextHasBothLanguagesAndEveryFormKnownQuestions) {
  const v1::Questionnaire questionnaire = ReadQuestionnaire(GetParam().first);
  const auto questions = QuestionsOf(questionnaire);
  for (const auto& [id, question] : questions) {
    EXPECT_FALSE(question.text().vi().empty() || question.text().en().empty()) << id;
    EXPECT_EQ(question.options_size() == 0, question.kind() == v1::QUESTION_KIND_TEXT) << id;
    for (const v1::Option& option : question.options()) {
      EXPECT_FALSE(option.text().vi().empty() || option.text().en().empty()) << id;
    }
  }
  for (const v1::Form& form : questionnaire.forms()) {
    for (const std::string& id : form.question_ids()) EXPECT_TRUE(questions.count(id)) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Shipped,
                         ::testing::Values(std::pair("sipas-2026", "sipas-2026"),
                                           std::pair("sipas-2017", "sipas-2017"),
                                           std::pair("officials-2026", "par-survey-provincial"),
                                           std::pair("lecture-rating", "lecture-rating")),
                         [](const auto& parameter) {
                           std::string name = parameter.param.second;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Sipas2026, Has39ItemsInNineElementsInTwoContents) {
  const v1::IndexFramework framework = ReadFramework("sipas-2026");
  const std::map<std::string, int> expected = {{"I", 23},   {"I.A", 2},  {"I.B", 2},  {"I.C", 9},
                                               {"I.D", 10}, {"II", 16},  {"II.A", 3}, {"II.B", 4},
                                               {"II.C", 3}, {"II.D", 3}, {"II.E", 3}};
  for (const auto& [id, leaves] : expected) EXPECT_EQ(LeavesBelow(framework, id), leaves) << id;
  // With the index itself: the 51 satisfaction indicators published for 2024.
  EXPECT_EQ(framework.components_size() + 1, 51);
}

TEST(Sipas2026, TenExpectationsAreTheQuestionsOfTheFormAndThreeHaveNoElement) {
  const v1::IndexFramework framework = ReadFramework("sipas-2026");
  const auto questions = QuestionsOf(ReadQuestionnaire("sipas-2026"));
  ASSERT_EQ(framework.expectations_size(), 10);
  std::set<std::string> elements;
  for (const v1::Component& component : framework.components()) {
    if (component.kind() == "element") elements.insert(component.component_id());
  }
  int without = 0;
  for (const v1::Expectation& expectation : framework.expectations()) {
    const std::string& id = expectation.question_id();
    ASSERT_TRUE(questions.count(id)) << id;
    EXPECT_EQ(questions.at(id).kind(), v1::QUESTION_KIND_RATING) << id;
    EXPECT_EQ(questions.at(id).options_size(), 4) << id;
    EXPECT_EQ(questions.at(id).text().vi(), expectation.title().vi());
    EXPECT_EQ(questions.at(id).text().en(), expectation.title().en());
    // The form does not say where it belongs.
    EXPECT_EQ(expectation.provenance().grade(), v1::GRADE_INFERRED) << id;
    const bool placed = elements.count(expectation.component_id()) == 1;
    EXPECT_TRUE(placed || expectation.component_id().empty()) << id;
    without += placed ? 0 : 1;
  }
  EXPECT_EQ(without, 3);
}

TEST(Sipas2026, PoliciesAreMappedByIdAlthoughTheirOrderDiffers) {
  const auto questions = QuestionsOf(ReadQuestionnaire("sipas-2026"));
  const std::pair<const char*, const char*> same[] = {
      {"q1.4", "q9.11"}, {"q1.5", "q9.10"}, {"q1.6", "q9.8"}, {"q1.7", "q9.9"}};
  const std::string words[] = {"domestic water", "domestic electricity", "order and safety",
                               "road transport"};
  for (std::size_t i = 0; i < std::size(words); ++i) {
    EXPECT_THAT(questions.at(same[i].first).text().en(), ::testing::HasSubstr(words[i]));
    EXPECT_THAT(questions.at(same[i].second).text().en(), ::testing::HasSubstr(words[i]));
  }
}

TEST(Sipas2026, TheCounterFormIsApartFromTheMinistrysForm) {
  const v1::Questionnaire questionnaire = ReadQuestionnaire("sipas-2026");
  ASSERT_EQ(questionnaire.forms_size(), 2);
  EXPECT_EQ(questionnaire.forms(0).form_id(), "full");
  EXPECT_EQ(questionnaire.forms(1).form_id(), "counter");
  std::vector<std::string> rated(questionnaire.forms(1).question_ids().begin(),
                                 questionnaire.forms(1).question_ids().end());
  // The comment is the one question of both forms: who goes on to the full form is asked it once.
  ASSERT_FALSE(rated.empty());
  EXPECT_EQ(rated.back(), "other");
  rated.pop_back();
  EXPECT_THAT(rated, ::testing::Each(::testing::StartsWith("counter.")));
  const auto questions = QuestionsOf(questionnaire);
  EXPECT_EQ(questions.at("other").kind(), v1::QUESTION_KIND_TEXT);
  EXPECT_FALSE(questions.at("other").required());
  EXPECT_EQ(questionnaire.forms(0).question_ids_size() + static_cast<int>(rated.size()),
            questionnaire.questions_size());
}

TEST(Sipas2017, Has22CriteriaInFiveElementsAndOnlySevenVerifiedNames) {
  const v1::IndexFramework framework = ReadFramework("sipas-2017");
  EXPECT_EQ(LeavesBelow(framework, ""), 22);
  EXPECT_EQ(framework.components_size(), 22 + 5);
  int verified = 0;
  for (const v1::Component& component : framework.components()) {
    if (component.kind() == "criterion" && component.provenance().grade() == v1::GRADE_VERIFIED) {
      ++verified;
    }
  }
  EXPECT_EQ(verified, 7);
}

TEST(ParSurveyProvincial, PointsAddUpTo22And10AndTheSplitIsMarkedUnverified) {
  const v1::IndexFramework framework = ReadFramework("par-survey-provincial");
  double officials = 0;
  double sipas = 0;
  for (const v1::Component& component : framework.components()) {
    if (!component.index_of().empty()) {
      sipas += component.max_points();
      EXPECT_EQ(component.max_points_provenance().grade(), v1::GRADE_VERIFIED);
    } else if (component.max_points() > 0) {
      officials += component.max_points();
      EXPECT_EQ(component.max_points_provenance().grade(), v1::GRADE_UNVERIFIED);
    }
  }
  EXPECT_EQ(officials, 22);
  EXPECT_EQ(sipas, 10);
  EXPECT_EQ(framework.max_points(), 32);
  EXPECT_EQ(LeavesBelow(framework, "officials"), 22);
  EXPECT_THAT(framework.option_weights(), ::testing::ElementsAre(1, 0.6, 0.2, 0));
}

TEST(Registry, HoldsBinhDuongAndAPopulationForEachRatedUnit) {
  std::map<std::string, int> levels;
  std::set<std::string> rated;
  std::istringstream registry(Read("deploy/data/registry/binh-duong-2025-03.csv"));
  std::string line;
  std::getline(registry, line);
  EXPECT_EQ(line, "unit_id,name,level,parent_unit_id,valid_from,valid_to,source,grade");
  while (std::getline(registry, line)) {
    for (const std::string level : {"province", "department", "district", "commune"}) {
      if (line.find("," + level + ",") == std::string::npos) continue;
      ++levels[level];
      if (level != "province") rated.insert(line.substr(0, line.find(',')));
    }
  }
  EXPECT_EQ(levels["province"], 1);
  EXPECT_EQ(levels["department"], 19);
  EXPECT_EQ(levels["district"], 9);
  EXPECT_EQ(levels["commune"], 91);
  std::set<std::string> populated;
  std::istringstream populations(Read("deploy/data/registry/populations-demo.csv"));
  std::getline(populations, line);
  while (std::getline(populations, line)) {
    populated.insert(line.substr(0, line.find(',')));
    EXPECT_THAT(line, ::testing::HasSubstr("SYNTHETIC"));
  }
  EXPECT_EQ(populated, rated);
}

}  // namespace
}  // namespace hailong
