// Scores against R's survey package, on random stratified data written for R to read.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "analysis/index/score.h"
#include "tests/r_agreement/r_figures.h"

namespace hailong::index {
namespace {

constexpr int kItems = 5;
constexpr int kGroups = 3;
constexpr double kPoints[kItems] = {0.5, 1, 0.75, 2, 0.25};

struct Design {
  const char* name;
  v1::WeightingMode weighting;
  const char* r_weighting;
  bool with_fpc;
};

void PrintTo(const Design& design, std::ostream* out) { *out << design.name; }

// A and B over five questions.
v1::IndexFramework MakeFramework(bool equal_groups) {
  v1::IndexFramework framework;
  framework.set_framework_id("r-agreement");
  framework.set_version(1);
  framework.mutable_title()->set_vi("so với R");
  framework.set_scoring(v1::SCORING_TOP2);
  framework.mutable_scoring_provenance()->set_source("made up");
  framework.set_composition(v1::COMPOSITION_MEAN_OF_ITEMS);
  framework.mutable_composition_provenance()->set_source("made up");
  framework.set_group_question_id("group");
  if (equal_groups) framework.set_group_composition(v1::GROUP_COMPOSITION_EQUAL_GROUPS);
  const auto add = [&](const std::string& id, const std::string& parent) -> v1::Component& {
    v1::Component& component = *framework.add_components();
    component.set_component_id(id);
    component.set_parent_id(parent);
    component.mutable_title()->set_vi(id);
    component.mutable_provenance()->set_source("made up");
    return component;
  };
  add("A", "");
  add("B", "");
  double sum = 0;
  for (int j = 0; j < kItems; ++j) {
    v1::Component& item = add(std::to_string(j + 1), j < 2 ? "A" : "B");
    item.set_question_id("q" + std::to_string(j + 1));
    item.set_max_points(kPoints[j]);
    item.mutable_max_points_provenance()->set_source("made up");
    sum += kPoints[j];
  }
  framework.set_max_points(sum);
  framework.mutable_max_points_provenance()->set_source("made up");
  return framework;
}

struct Data {
  frame::Frame frame;
  std::vector<UnitInput> units;
};

// Unit 0 has a single response; unit 1 was asked in full where there is an fpc. Also written as CSV
// for R.
Data MakeData(uint64_t seed, bool with_fpc, std::ostream& csv) {
  std::mt19937_64 engine(seed);
  const auto below = [&](uint64_t bound) { return engine() % bound; };
  const size_t unit_count = 4 + below(6);
  std::vector<frame::Column> columns;
  for (int j = 0; j < kItems; ++j) columns.push_back({"q" + std::to_string(j + 1), 5});
  columns.push_back({"group", kGroups});
  Data data{frame::Frame(columns, unit_count), {}};
  csv << "unit,N,group,q1,q2,q3,q4,q5\n";
  for (size_t u = 0; u < unit_count; ++u) {
    const uint64_t n = u == 0 ? 1 : 12 + below(60);
    const uint64_t population = u == 1 ? n : n + 1 + below(400);
    const uint64_t mood = below(3);
    data.units.push_back({.population = with_fpc ? population : 0, .included = true});
    for (uint64_t i = 0; i < n; ++i) {
      std::vector<uint8_t> answers;
      const uint64_t own = below(2);
      for (int j = 0; j < kItems; ++j) {
        const bool missing = below(8) == 0 && n > 1;
        const uint64_t step = 1 + std::min<uint64_t>(4, below(3) + mood + own);
        answers.push_back(missing ? (below(2) == 0 ? frame::kNoAnswer : frame::kNotApplicable)
                                  : static_cast<uint8_t>(step));
      }
      answers.push_back(static_cast<uint8_t>(below(12) == 0 ? 0 : 1 + below(kGroups)));
      data.frame.Append(
          {.unit = static_cast<uint16_t>(u), .counted = true, .flags = 0, .answers = answers});
      csv << u << ',' << population;
      const auto field = [&](uint8_t answer) {
        csv << ',';
        if (answer != frame::kNoAnswer && answer != frame::kNotApplicable) csv << int{answer};
      };
      field(answers[kItems]);
      for (int j = 0; j < kItems; ++j) field(answers[static_cast<size_t>(j)]);
      csv << '\n';
    }
  }
  return data;
}

class RAgreement : public testing::TestWithParam<Design> {
 protected:
  void Compare(const std::string& key, const estimate::Estimate& ours) { r_.Compare(key, ours); }

  RFigures r_;
};

TEST_P(RAgreement, OfEveryEstimateAndStandardError) {
  const Design& design = GetParam();
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::ostringstream csv;
  const Data data = MakeData(seed, design.with_fpc, csv);
  const std::string base =
      testing::TempDir() + "r_agreement_" + design.name + "_" + std::to_string(seed);
  std::ofstream(base + ".csv") << csv.str();
  r_.Run("'" HAILONG_SURVEY_R "' '" + base + ".csv' " + design.r_weighting +
             (design.with_fpc ? " yes '" : " no '") + base + "_r.csv'",
         base + "_r.csv");
  ASSERT_FALSE(r_.empty());

  const std::pair<v1::Composition, const char*> compositions[] = {
      {v1::COMPOSITION_MEAN_OF_ITEMS, "mean_of_items"},
      {v1::COMPOSITION_MEAN_OF_CHILDREN, "mean_of_children"},
      {v1::COMPOSITION_POINTS, "points"},
      {v1::COMPOSITION_POOLED_ANSWERS, "pooled"}};
  const auto framework = Framework::Create(MakeFramework(false));
  const auto equal_groups = Framework::Create(MakeFramework(true));
  ASSERT_TRUE(framework.ok() && equal_groups.ok());
  ScoreOptions options;
  options.weighting = design.weighting;
  for (const auto& [composition, name] : compositions) {
    options.composition = composition;
    const auto score = ScoreIndex(data.frame, *framework, data.units, options);
    ASSERT_TRUE(score.ok()) << score.status();
    Compare(name, score->overall);
    for (const GroupEstimate& group : score->groups) {
      Compare("group" + std::to_string(group.group) + ":" + name, group.index);
    }
    const auto units = ScoreUnits(data.frame, *framework, data.units, options, true);
    ASSERT_TRUE(units.ok()) << units.status();
    for (size_t u = 0; u < units->size(); ++u) {
      Compare("unit" + std::to_string(u) + ":" + name, (*units)[u].overall);
    }
    const auto equal = ScoreIndex(data.frame, *equal_groups, data.units, options);
    ASSERT_TRUE(equal.ok()) << equal.status();
    Compare(std::string("equal:") + name, equal->overall);
    Compare("equal:t1", equal->components[2].index);

    for (size_t j = 0; j < kItems; ++j) {
      const size_t component = 2 + j;
      const std::string item = std::to_string(j + 1);
      Compare("t" + item, score->components[component].index);
      Compare("q" + item, score->components[component].mean_score);
      for (size_t u = 0; u < units->size(); ++u) {
        const std::string unit = "unit" + std::to_string(u) + ":";
        Compare(unit + "t" + item, (*units)[u].components[component].index);
        Compare(unit + "q" + item, (*units)[u].components[component].mean_score);
      }
    }
  }
  // One item as a framework of its own gives the groups of an item.
  v1::IndexFramework one = MakeFramework(false);
  one.mutable_components()->DeleteSubrange(3, kItems - 1);
  one.mutable_components()->DeleteSubrange(1, 1);
  one.set_max_points(kPoints[0]);
  const auto first_item = Framework::Create(one);
  ASSERT_TRUE(first_item.ok()) << first_item.status();
  const auto score = ScoreIndex(data.frame, *first_item, data.units, options);
  ASSERT_TRUE(score.ok()) << score.status();
  for (const GroupEstimate& group : score->groups) {
    Compare("group" + std::to_string(group.group) + ":t1", group.index);
  }
  r_.ExpectAllAsked();
}

INSTANTIATE_TEST_SUITE_P(
    Designs, RAgreement,
    testing::Values(Design{"PopulationWithFpc", v1::WEIGHTING_MODE_POPULATION, "population", true},
                    Design{"EqualUnitsWithFpc", v1::WEIGHTING_MODE_EQUAL_UNITS, "equal", true},
                    Design{"EqualUnitsWithoutFpc", v1::WEIGHTING_MODE_EQUAL_UNITS, "equal", false},
                    Design{"NoneWithFpc", v1::WEIGHTING_MODE_NONE, "none", true},
                    Design{"NoneWithoutFpc", v1::WEIGHTING_MODE_NONE, "none", false}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace hailong::index
