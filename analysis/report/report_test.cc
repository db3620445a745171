#include "analysis/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hailong::report {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Provenance Source(const std::string& source, v1::Grade grade, const std::string& note = "") {
  v1::Provenance provenance;
  provenance.set_source(source);
  provenance.set_grade(grade);
  provenance.set_note(note);
  return provenance;
}

// Points assumed, strategies inferred, three items from one source.
v1::IndexFramework Made() {
  v1::IndexFramework framework;
  framework.set_framework_id("made-up");
  framework.set_version(3);
  framework.mutable_title()->set_vi("khung thử");
  framework.set_scoring(v1::SCORING_TOP2);
  *framework.mutable_scoring_provenance() = Source("A", v1::GRADE_INFERRED, "No text gives it");
  framework.set_composition(v1::COMPOSITION_POINTS);
  *framework.mutable_composition_provenance() = Source("B", v1::GRADE_VERIFIED);
  framework.set_max_points(6);
  *framework.mutable_max_points_provenance() = Source("C", v1::GRADE_VERIFIED);
  for (int j = 1; j <= 3; ++j) {
    v1::Component& item = *framework.add_components();
    item.set_component_id(std::to_string(j));
    item.set_kind("item");
    item.set_question_id("q" + std::to_string(j));
    item.mutable_title()->set_vi("mục");
    item.set_max_points(2);
    *item.mutable_max_points_provenance() = Source("D", v1::GRADE_UNSPECIFIED, "Assumed split");
    *item.mutable_provenance() = Source("E", v1::GRADE_VERIFIED_PRACTICE);
  }
  return framework;
}

index::Framework Checked(const v1::IndexFramework& proto) {
  auto framework = index::Framework::Create(proto);
  EXPECT_TRUE(framework.ok()) << framework.status();
  return *std::move(framework);
}

TEST(Report, NamesEveryFactThatIsNotVerifiedOnce) {
  const std::vector<v1::Provenance> facts =
      Unverified(Checked(Made()), v1::SCORING_TOP2, v1::COMPOSITION_POINTS);
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].note(),
            "made-up: items are scored by the share of the two best steps: inferred; "
            "No text gives it");
  EXPECT_EQ(facts[0].grade(), v1::GRADE_INFERRED);
  EXPECT_EQ(facts[1].note(), "made-up: the points of 1, 2, 3: unverified; Assumed split");
  EXPECT_EQ(facts[1].grade(), v1::GRADE_UNVERIFIED);
  EXPECT_EQ(facts[2].source(), "E");
  EXPECT_THAT(facts[2].note(), HasSubstr("not law"));
}

TEST(Report, NamesOnlyWhatTheResultUses) {
  for (const v1::Provenance& fact :
       Unverified(Checked(Made()), v1::SCORING_TOP2, v1::COMPOSITION_MEAN_OF_ITEMS)) {
    EXPECT_THAT(fact.note(), Not(HasSubstr("the points of")));
  }
}

TEST(Report, AStrategyOfTheAskerIsNotTheFrameworks) {
  const std::vector<v1::Provenance> facts =
      Unverified(Checked(Made()), v1::SCORING_MEAN_OF_RANGE, v1::COMPOSITION_POINTS);
  EXPECT_EQ(facts[0].source(), "the request");
  EXPECT_THAT(facts[0].note(), HasSubstr("chosen in the request"));
}

TEST(Report, TheCoverageNoteSaysWhatTheIntervalIsNotAndWhoIsMissing) {
  const std::vector<UnitLabel> units = {{.unit_id = "u0", .name = "Thuận An"},
                                        {.unit_id = "u1", .name = "Dĩ An"},
                                        {.unit_id = "u2", .name = "Bến Cát"}};
  weighting::Report weighting;
  weighting.issues = {{.unit = 1, .issue = weighting::Issue::kNoResponse},
                      {.unit = 2, .issue = weighting::Issue::kNoPopulation}};
  const v1::LocalizedText note = CoverageNote(weighting, units, {});
  EXPECT_THAT(note.en(), HasSubstr("not a probability sample"));
  EXPECT_THAT(note.en(), HasSubstr("does not cover self-selection"));
  EXPECT_THAT(note.en(), HasSubstr("does not stand for: Dĩ An."));
  EXPECT_THAT(note.en(), HasSubstr("left out of the result: Bến Cát."));
  EXPECT_THAT(note.vi(), HasSubstr("không phải mẫu xác suất"));
  EXPECT_THAT(note.vi(), HasSubstr("không đại diện cho: Dĩ An."));
  EXPECT_THAT(note.vi(), Not(HasSubstr("Thuận An")));
}

TEST(Report, ALongListOfUnitsIsCutAndCounted) {
  std::vector<UnitLabel> units;
  weighting::Report weighting;
  for (size_t u = 0; u < 23; ++u) {
    units.push_back({.unit_id = "u", .name = "N" + std::to_string(u)});
    weighting.issues.push_back({.unit = u, .issue = weighting::Issue::kNoResponse});
  }
  EXPECT_THAT(CoverageNote(weighting, units, {}).en(), HasSubstr("N19 +3 more."));
}

TEST(Report, AnIndexCarriesItsEstimatesAndItsContext) {
  const index::Framework framework = Checked(Made());
  index::IndexScore score;
  score.scoring = v1::SCORING_TOP2;
  score.composition = v1::COMPOSITION_POINTS;
  score.overall = {.value = 80, .standard_error = 1, .n = 7, .defined = true};
  score.components.resize(3);
  score.components[0].counts = {1, 2};
  score.components[0].shares = {25, 75};
  score.groups = {{.group = 2, .index = score.overall}};
  score.weighting.issues = {{.unit = 0,
                             .population = 5,
                             .responses = 1,
                             .weight = 5,
                             .issue = weighting::Issue::kSingleResponse}};
  const std::vector<UnitLabel> units = {{.unit_id = "u0", .name = "Dĩ An"}};
  std::vector<v1::LocalizedText> titles(2);
  titles[1].set_vi("Lãnh đạo sở");
  IndexContext context;
  context.round_id = "r";
  context.units = units;
  context.synthetic = true;
  context.group_titles = titles;
  context.counts.set_counted(7);
  const v1::IndexResult result = BuildIndexResult(framework, score, context);
  EXPECT_EQ(result.round_id(), "r");
  EXPECT_EQ(result.framework_version(), 3u);
  EXPECT_EQ(result.overall().standard_error(), 1);
  EXPECT_FALSE(result.overall().has_design_effect());
  ASSERT_EQ(result.components_size(), 3);
  EXPECT_EQ(result.components(0).counts(1), 2u);
  EXPECT_EQ(result.components(0).kind(), "item");
  EXPECT_EQ(result.weighting().issues(0).unit_id(), "u0");
  EXPECT_EQ(result.weighting().issues(0).issue(), v1::UNIT_ISSUE_SINGLE_RESPONSE);
  EXPECT_EQ(result.groups(0).title().vi(), "Lãnh đạo sở");
  EXPECT_EQ(result.counts().counted(), 7u);
  EXPECT_TRUE(result.synthetic());
  EXPECT_EQ(result.unverified_size(), 3);
}

TEST(Report, PointsCarryBothResultsAndEachFactOnce) {
  const index::Framework framework = Checked(Made());
  index::PointsScore score;
  score.components.resize(3);
  score.components[1] = {.max_points = 2, .points = 1.5, .standard_error = 0.1};
  score.points = 4.5;
  score.max_points = 6;
  score.incomplete = true;
  v1::IndexResult officials;
  officials.set_scoring(v1::SCORING_TOP2);
  for (const v1::Provenance& fact :
       Unverified(framework, v1::SCORING_TOP2, v1::COMPOSITION_POINTS)) {
    *officials.add_unverified() = fact;
  }
  v1::IndexResult citizens;
  citizens.set_synthetic(true);
  *citizens.add_unverified() = Source("F", v1::GRADE_INFERRED, "sipas: something else");
  const v1::GetParSurveyPointsResponse response =
      BuildParSurveyPoints(framework, score, officials, citizens);
  EXPECT_EQ(response.points(), 4.5);
  EXPECT_EQ(response.max_points(), 6);
  EXPECT_FALSE(response.has_standard_error());
  EXPECT_EQ(response.components(1).standard_error(), 0.1);
  EXPECT_EQ(response.components(1).max_points_provenance().source(), "D");
  EXPECT_EQ(response.unverified_size(), 4);
  EXPECT_TRUE(response.synthetic());
  EXPECT_TRUE(response.incomplete());
}

TEST(Report, AUnitCarriesItsLabel) {
  index::UnitScore score;
  score.responses = 4;
  score.issue = v1::UNIT_ISSUE_NO_POPULATION;
  const v1::UnitScore unit =
      BuildUnitScore(Checked(Made()), score,
                     {.unit_id = "u", .name = "Dĩ An", .level = "district", .parent_unit_id = "p"});
  EXPECT_EQ(unit.unit_id(), "u");
  EXPECT_EQ(unit.level(), "district");
  EXPECT_EQ(unit.parent_unit_id(), "p");
  EXPECT_EQ(unit.responses(), 4u);
  EXPECT_EQ(unit.issue(), v1::UNIT_ISSUE_NO_POPULATION);
  EXPECT_EQ(unit.components_size(), 0);
}

}  // namespace
}  // namespace hailong::report
