// What to improve, over the wire: two rounds with the shipped questionnaire and framework.

#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <map>
#include <set>

#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

v1::Questionnaire ReadSipas() {
  const char* root = std::getenv("HAILONG_SOURCE");
  v1::Questionnaire questionnaire;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      ReadWhole(std::string(root == nullptr ? "." : root) +
                "/deploy/data/questionnaires/sipas-2026.textproto"),
      &questionnaire));
  return questionnaire;
}

// Rounds "before" and "now". In both, 1.a.1 and 1.b.1 have 40 responses; 1.a.2 has three now and
// none before. Now the civil servants (items 31 to 33) of 1.a.1 are much worse.
class Improvements : public ::testing::Test {
 protected:
  Improvements()
      : questionnaire_(ReadSipas()),
        paper_((province_.SetUp(), province_.Collector("paper", "", v1::CHANNEL_PAPER))),
        admin_(province_.Admin()) {
    Publish(1);
    Open("before", 1);
  }

  void Publish(uint32_t version) {
    questionnaire_.set_version(version);
    v1::PublishQuestionnaireRequest publish;
    *publish.mutable_questionnaire() = questionnaire_;
    admin_.Get(&RegistryStub::PublishQuestionnaire, publish);
  }
  void Open(const std::string& round_id, uint32_t questionnaire_version) {
    v1::OpenRoundRequest open;
    v1::Round& round = *open.mutable_round();
    round = AutumnRound();
    round.set_round_id(round_id);
    round.set_questionnaire_id("sipas-2026");
    round.set_questionnaire_version(questionnaire_version);
    round.set_framework_id("sipas-2026");
    admin_.Get(&RegistryStub::OpenRound, open);
    v1::ImportPopulationsRequest populations;
    populations.set_round_id(round_id);
    for (const char* unit : {"1.a.1", "1.a.2", "1.b.1"}) {
      v1::Population* population = populations.add_populations();
      population->set_unit_id(unit);
      population->set_size(1000);
      population->set_source("made up for a test");
    }
    admin_.Get(&RegistryStub::ImportPopulations, populations);
    std::vector<v1::Response> responses;
    const bool now = round_id == "now";
    for (uint32_t i = 0; i < 40; ++i) {
      responses.push_back(Make(round_id, questionnaire_version, "1.a.1", i, now));
      responses.push_back(Make(round_id, questionnaire_version, "1.b.1", i, false));
      if (now && i < 3) {
        responses.push_back(Make(round_id, questionnaire_version, "1.a.2", i, false));
      }
    }
    const auto results = Submit(paper_, responses);
    for (const auto& one : results.results()) {
      ASSERT_TRUE(one.has_stored()) << one.refusal().message();
    }
  }
  // Four of five respondents are satisfied with any item; `rude`: one of ten with civil servants,
  // and the others ask for a better spirit.
  v1::Response Make(const std::string& round_id, uint32_t version, const std::string& unit_id,
                    uint32_t i, bool rude) {
    v1::Response response = province_.MakeResponse(unit_id, 1);
    response.set_round_id(round_id);
    response.set_questionnaire_version(version);
    response.clear_answers();
    for (const v1::Question& question : questionnaire_.questions()) {
      const std::string& id = question.question_id();
      if (!id.starts_with("q9.") && !id.starts_with("q10.")) continue;
      const auto number = static_cast<uint32_t>(std::atoi(id.c_str() + id.find('.') + 1));
      v1::Answer& answer = *response.add_answers();
      answer.set_question_id(id);
      if (id.starts_with("q9.")) {
        const bool servants = number >= 31 && number <= 33;
        const bool satisfied = rude && servants ? i % 10 == 0 : (i + number * number) % 5 != 0;
        answer.set_choice(satisfied ? 4 : 2);
      } else {
        answer.set_choice(rude && number == 7 && i % 10 != 0 ? 4 : 1 + (i + number) % 3);
      }
    }
    return response;
  }
  static v1::ListImprovementsRequest Request() {
    v1::ListImprovementsRequest request;
    request.set_round_id("now");
    request.set_previous_round_id("before");
    return request;
  }

  Province province_;
  v1::Questionnaire questionnaire_;
  Client paper_;
  Client admin_;
};

const v1::Improvement& UnitOf(const v1::ListImprovementsResponse& response,
                              const std::string& unit_id) {
  for (const v1::Improvement& unit : response.units()) {
    if (unit.unit_id() == unit_id) return unit;
  }
  ADD_FAILURE() << "no unit " << unit_id;
  return response.whole();
}

void ExpectItAddsUp(const v1::Improvement& one, double target) {
  SCOPED_TRACE(one.unit_id());
  double sum = 0;
  std::map<std::string, double> below;
  std::set<uint32_t> ranks;
  for (const v1::Contribution& part : one.contributions()) {
    below[part.parent_id()] += part.contribution().value();
    if (part.rank() == 0) continue;
    sum += part.contribution().value();
    ranks.insert(part.rank());
  }
  EXPECT_NEAR(sum, one.distance().value(), 1e-9);
  EXPECT_NEAR(sum, target - one.overall().value(), 1e-9);
  EXPECT_NEAR(below[""], sum, 1e-9);
  EXPECT_EQ(ranks.size(), 39u);
  EXPECT_EQ(*ranks.rbegin(), 39u);
  for (const v1::Contribution& part : one.contributions()) {
    if (below.contains(part.component_id())) {
      EXPECT_NEAR(part.contribution().value(), below[part.component_id()], 1e-9);
    }
  }
}

TEST_F(Improvements, FindWhatGotWorseAndSayNothingOfTheRest) {
  Open("now", 1);
  v1::ListImprovementsRequest request = Request();
  request.set_target(90);
  const auto listed = admin_.Get(&ResultsStub::ListImprovements, request);
  ASSERT_EQ(listed.units_size(), 3);
  EXPECT_TRUE(listed.synthetic());
  ExpectItAddsUp(listed.whole(), 90);
  for (const v1::Improvement& unit : listed.units()) ExpectItAddsUp(unit, 90);

  const v1::Improvement& bad = UnitOf(listed, "1.a.1");
  for (const v1::Contribution& part : bad.contributions()) {
    const bool servants = part.parent_id() == "II.C";
    EXPECT_EQ(part.rank() >= 1 && part.rank() <= 3, servants) << part.component_id();
  }
  ASSERT_EQ(bad.component_changes_size(), 9);
  for (const v1::Change& change : bad.component_changes()) {
    const bool servants = change.component_id() == "II.C";
    EXPECT_EQ(change.significant(), servants) << change.component_id();
    EXPECT_EQ(change.issue(), v1::CHANGE_ISSUE_UNSPECIFIED);
    EXPECT_GE(change.p_holm(), change.p_benjamini_hochberg());
    EXPECT_GE(change.p_benjamini_hochberg(), change.p_value());
    if (servants) {
      EXPECT_NEAR(change.difference(), -70, 1e-9);
      // Before and now are 40 of 1000 each, and not the same people.
      EXPECT_LT(change.ci_high(), 0);
    } else {
      EXPECT_EQ(change.difference(), 0);
      EXPECT_NEAR(change.p_value(), 1, 1e-12);
    }
  }
  const v1::Improvement& same = UnitOf(listed, "1.b.1");
  EXPECT_FALSE(same.change().significant());
  EXPECT_EQ(same.change().difference(), 0);

  // In 1.a.2 nobody was asked before.
  const v1::Improvement& fresh = UnitOf(listed, "1.a.2");
  EXPECT_TRUE(fresh.few_responses());
  EXPECT_EQ(fresh.change().issue(), v1::CHANGE_ISSUE_NO_ANSWERS);
  EXPECT_FALSE(fresh.change().has_p_value());
  EXPECT_FALSE(same.few_responses());
}

TEST_F(Improvements, KnowWhatPeopleAskFor) {
  Open("now", 1);
  const auto listed = admin_.Get(&ResultsStub::ListImprovements, Request());
  const v1::Improvement& bad = UnitOf(listed, "1.a.1");
  ASSERT_EQ(bad.expectations_size(), 10);
  int without = 0;
  for (const v1::ExpectationGap& gap : bad.expectations()) {
    if (gap.component_id().empty()) {
      ++without;
      EXPECT_FALSE(gap.has_gap());
      continue;
    }
    EXPECT_NEAR(gap.gap().value(), gap.expectation().value() - gap.satisfaction().value(), 1e-9);
    EXPECT_TRUE(gap.gap().has_standard_error());
    if (gap.question_id() != "q10.7") continue;
    // All but four of 40 are dissatisfied and ask for it; of the four, those whose answer is 3 do.
    EXPECT_EQ(gap.component_id(), "II.C");
    EXPECT_NEAR(gap.satisfaction().value(), 10, 1e-9);
    EXPECT_GE(gap.expectation().value(), 90);
    EXPECT_GE(gap.gap().value(), 80);
  }
  EXPECT_EQ(without, 3);
  bool said = false;
  for (const v1::Provenance& fact : listed.unverified()) {
    said = said || fact.note().find("beside the expectation") != std::string::npos;
  }
  EXPECT_TRUE(said) << "the place of expectations is this project's reading";
}

TEST_F(Improvements, AreNotComparableWhereAnItemWasAskedInOtherWords) {
  for (v1::Question& question : *questionnaire_.mutable_questions()) {
    if (question.question_id() == "q9.34") question.mutable_text()->set_vi("Câu hỏi khác");
  }
  Publish(2);
  Open("now", 2);
  const auto listed = admin_.Get(&ResultsStub::ListImprovements, Request());
  const v1::Improvement& unit = UnitOf(listed, "1.b.1");
  EXPECT_EQ(unit.change().issue(), v1::CHANGE_ISSUE_NOT_COMPARABLE);
  EXPECT_FALSE(unit.change().has_difference());
  for (const v1::Change& change : unit.component_changes()) {
    EXPECT_EQ(change.issue() == v1::CHANGE_ISSUE_NOT_COMPARABLE, change.component_id() == "II.D")
        << change.component_id();
  }
}

TEST_F(Improvements, OfOtherUnitsAreRefusedAndPagesHoldTheSame) {
  Open("now", 1);
  const Client bound = province_.Account("one", v1::ROLE_ANALYST, "1.a");
  v1::ListImprovementsRequest request = Request();
  request.set_unit_id("1.b");
  EXPECT_EQ(bound.Try(&ResultsStub::ListImprovements, request).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  const auto own = bound.Get(&ResultsStub::ListImprovements, Request());
  EXPECT_EQ(own.units_size(), 2);
  EXPECT_EQ(own.whole().unit_id(), "1.a");

  const auto whole = admin_.Get(&ResultsStub::ListImprovements, Request());
  request = Request();
  request.set_page_size(1);
  for (int i = 0; i < 3; ++i) {
    const auto page = admin_.Get(&ResultsStub::ListImprovements, request);
    ASSERT_EQ(page.units_size(), 1);
    // Adjusted over all units, not over those of the page.
    EXPECT_EQ(page.units(0).SerializeAsString(), whole.units(i).SerializeAsString());
    request.set_page_token(page.next_page_token());
  }
  EXPECT_EQ(request.page_token(), "");
}

}  // namespace
}  // namespace hailong::e2e
