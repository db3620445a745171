#include "analysis/index/framework.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "analysis/frameworks/frameworks.h"
#include "analysis/testing/random_case.h"

namespace hailong::index {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// II > II.A > 1, 2; 3 at the top; 4 points.
v1::IndexFramework Good() {
  v1::IndexFramework framework = EmptyFramework(v1::SCORING_TOP2, v1::COMPOSITION_POINTS);
  AddComponent(framework, "II", "", "");
  AddComponent(framework, "II.A", "II", "");
  AddComponent(framework, "1", "II.A", "q1");
  AddComponent(framework, "2", "II.A", "q2");
  AddComponent(framework, "3", "", "q3");
  framework.set_max_points(4);
  for (const int leaf : {2, 3, 4}) {
    framework.mutable_components(leaf)->set_max_points(leaf == 4 ? 2 : 1);
    framework.mutable_components(leaf)->mutable_max_points_provenance()->set_source("made up");
  }
  return framework;
}

void AddExpectation(v1::IndexFramework& framework, const std::string& question_id,
                    const std::string& component_id) {
  framework.set_expectation_scoring(v1::SCORING_TOP2);
  framework.mutable_expectation_scoring_provenance()->set_source("made up");
  v1::Expectation& expectation = *framework.add_expectations();
  expectation.set_question_id(question_id);
  expectation.set_component_id(component_id);
  expectation.mutable_title()->set_vi(question_id);
  expectation.mutable_provenance()->set_source("made up");
}

TEST(Framework, KnowsItsTree) {
  v1::IndexFramework proto = Good();
  proto.set_group_question_id("group");
  const auto framework = Framework::Create(proto);
  ASSERT_TRUE(framework.ok()) << framework.status();
  EXPECT_THAT(framework->tops(), ElementsAre(0u, 4u));
  EXPECT_THAT(framework->children(0), ElementsAre(1u));
  EXPECT_THAT(framework->Leaves(0), ElementsAre(2u, 3u));
  EXPECT_EQ(framework->parent(2), 1u);
  EXPECT_EQ(framework->MaxPoints(0), 2);
  EXPECT_EQ(framework->Find("3"), 4u);
  EXPECT_EQ(framework->Find("9"), std::nullopt);
  EXPECT_THAT(framework->question_ids(), ElementsAre("q1", "q2", "q3", "group"));
}

struct Refusal {
  const char* name;
  std::function<void(v1::IndexFramework&)> spoil;
  // What the message must say.
  std::vector<const char*> words;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class FrameworkRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(FrameworkRefuses, AndSaysWhatWasFoundAndWhatIsAllowed) {
  v1::IndexFramework proto = Good();
  GetParam().spoil(proto);
  const auto framework = Framework::Create(proto);
  ASSERT_EQ(framework.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(framework.status().message());
  for (const char* words : GetParam().words) EXPECT_THAT(message, HasSubstr(words));
}

using P = v1::IndexFramework;

INSTANTIATE_TEST_SUITE_P(
    Each, FrameworkRefuses,
    testing::Values(
        Refusal{"PointsThatDoNotAddUp",
                [](P& p) { p.mutable_components(4)->set_max_points(2.5); },
                {"framework", "add up to 4.5", "must add up to 4"}},
        Refusal{"InnerPointsThatDoNotAddUp",
                [](P& p) {
                  p.mutable_components(0)->set_max_points(3);
                  p.mutable_components(0)->mutable_max_points_provenance()->set_source("x");
                },
                {"component II:", "add up to 2", "must add up to 3"}},
        Refusal{"PointsInAFrameworkWithout",
                [](P& p) {
                  p.set_composition(v1::COMPOSITION_MEAN_OF_ITEMS);
                  p.set_max_points(0);
                },
                {"component 1", "max_points 1 found", "0 is allowed"}},
        Refusal{"CompositionByPointsWithoutPoints",
                [](P& p) { p.set_max_points(0); },
                {"max_points: 0 found", "COMPOSITION_POINTS"}},
        Refusal{"UnknownParent",
                [](P& p) { p.mutable_components(4)->set_parent_id("X"); },
                {"component 3", "parent X", "before"}},
        Refusal{"AChildBeforeItsParent",
                [](P& p) { p.mutable_components()->SwapElements(0, 1); },
                {"component II.A", "parent II ", "before children"}},
        Refusal{"AComponentThatIsItsOwnParent",
                [](P& p) { p.mutable_components(0)->set_parent_id("II"); },
                {"component II:", "parent II "}},
        Refusal{"AnIdTwice",
                [](P& p) { p.mutable_components(3)->set_component_id("1"); },
                {"component 1", "twice"}},
        Refusal{"AnEmptyId",
                [](P& p) { p.mutable_components(3)->set_component_id(""); },
                {"component_id: empty", "4"}},
        Refusal{"ALeafWithoutQuestion",
                [](P& p) { p.mutable_components(3)->clear_question_id(); },
                {"component 2", "exactly one of question_id and index_of"}},
        Refusal{"ALeafWithBoth",
                [](P& p) { p.mutable_components(3)->set_index_of("sipas"); },
                {"component 2", "a question and an index found"}},
        Refusal{"AnInnerNodeWithAQuestion",
                [](P& p) { p.mutable_components(1)->set_question_id("q9"); },
                {"component II.A", "question q9", "only a leaf"}},
        Refusal{"AComponentWithoutSource",
                [](P& p) { p.mutable_components(3)->clear_provenance(); },
                {"component 2", "no source"}},
        Refusal{"PointsWithoutSource",
                [](P& p) { p.mutable_components(3)->clear_max_points_provenance(); },
                {"component 2: max_points", "no source"}},
        Refusal{"ScoringWithoutSource",
                [](P& p) { p.clear_scoring_provenance(); },
                {"scoring: no source"}},
        Refusal{"CompositionWithoutSource",
                [](P& p) { p.clear_composition_provenance(); },
                {"composition: no source"}},
        Refusal{"OptionWeightsMissing",
                [](P& p) { p.set_scoring(v1::SCORING_OPTION_WEIGHTS); },
                {"option_weights: none"}},
        Refusal{"OptionWeightsWithoutSource",
                [](P& p) { p.add_option_weights(1); },
                {"option_weights: no source"}},
        Refusal{"AnOptionWeightAboveOne",
                [](P& p) { p.add_option_weights(1.5); },
                {"option_weights: 1.5", "option 1", "0 to 1"}},
        Refusal{"AnOptionWeightThatIsNoNumber",
                [](P& p) { p.add_option_weights(NAN); },
                {"option_weights: nan"}},
        Refusal{"NegativePoints",
                [](P& p) { p.mutable_components(2)->set_max_points(-1); },
                {"component 1: max_points: -1 found"}},
        Refusal{"PointsThatAreNoNumber",
                [](P& p) { p.mutable_components(2)->set_max_points(NAN); },
                {"component 1: max_points: nan found"}},
        Refusal{"InfinitePoints", [](P& p) { p.set_max_points(INFINITY); }, {"max_points: inf"}},
        Refusal{"NoScoring", [](P& p) { p.clear_scoring(); }, {"scoring: 0 found"}},
        Refusal{"NoComposition", [](P& p) { p.clear_composition(); }, {"composition: 0 found"}},
        Refusal{"EqualGroupsWithoutGroups",
                [](P& p) { p.set_group_composition(v1::GROUP_COMPOSITION_EQUAL_GROUPS); },
                {"group_question_id: empty"}},
        Refusal{"NoComponents", [](P& p) { p.clear_components(); }, {"components: none"}},
        Refusal{"TooManyComponents",
                [](P& p) {
                  for (int i = 0; i < kComponentsMax; ++i) {
                    AddComponent(p, "n" + std::to_string(i), "", "q");
                  }
                },
                {"components: 1005 found", "at most 1000"}},
        Refusal{"AnIdWithCapitals",
                [](P& p) { p.set_framework_id("SIPAS"); },
                {"framework_id: 'SIPAS'"}},
        Refusal{"VersionZero", [](P& p) { p.set_version(0); }, {"version: 0 found"}},
        Refusal{"AnExpectationOfNoComponent",
                [](P& p) { AddExpectation(p, "q10.1", "III"); },
                {"expectation q10.1: component III", "not among"}},
        Refusal{"AnExpectationThatIsScored",
                [](P& p) { AddExpectation(p, "q2", "1"); },
                {"expectation q2: component 2", "no part of the index"}},
        Refusal{"AnExpectationTwice",
                [](P& p) {
                  AddExpectation(p, "q10.1", "1");
                  AddExpectation(p, "q10.1", "");
                },
                {"expectation q10.1: found twice"}},
        Refusal{"AnExpectationWithoutSource",
                [](P& p) {
                  AddExpectation(p, "q10.1", "1");
                  p.mutable_expectations(0)->clear_provenance();
                },
                {"expectation q10.1: no source"}},
        Refusal{"ExpectationsScoredByOptionWeights",
                [](P& p) {
                  AddExpectation(p, "q10.1", "1");
                  p.set_expectation_scoring(v1::SCORING_OPTION_WEIGHTS);
                },
                {"expectation_scoring: 4 found", "TOP2"}},
        Refusal{"NoVietnameseTitle", [](P& p) { p.mutable_title()->clear_vi(); }, {"title"}}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(Framework, EveryShippedFrameworkIsAccepted) {
  const auto frameworks = frameworks::ShippedFrameworks();
  ASSERT_TRUE(frameworks.ok()) << frameworks.status();
  std::vector<std::string> ids;
  for (const v1::IndexFramework& framework : *frameworks) {
    const auto checked = Framework::Create(framework);
    EXPECT_TRUE(checked.ok()) << framework.framework_id() << ": " << checked.status();
    ids.push_back(framework.framework_id());
  }
  EXPECT_THAT(ids, testing::UnorderedElementsAre("sipas-2026", "sipas-2017",
                                                 "par-survey-provincial", "lecture-rating"));
}

}  // namespace
}  // namespace hailong::index
