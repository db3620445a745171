// Results of rounds whose weighting plan has steps, overall and by domain, against calibrate(),
// postStratify() and svycontrast() of R's survey.
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

constexpr int kItems = 3;

v1::IndexFramework MakeFramework() {
  v1::IndexFramework framework;
  framework.set_framework_id("r-agreement");
  framework.set_version(1);
  framework.mutable_title()->set_vi("so với R");
  framework.set_scoring(v1::SCORING_TOP2);
  framework.mutable_scoring_provenance()->set_source("made up");
  framework.set_composition(v1::COMPOSITION_MEAN_OF_ITEMS);
  framework.mutable_composition_provenance()->set_source("made up");
  for (int j = 1; j <= kItems; ++j) {
    v1::Component& component = *framework.add_components();
    component.set_component_id(std::to_string(j));
    component.set_question_id("q" + std::to_string(j));
    component.mutable_title()->set_vi("mục");
    component.mutable_provenance()->set_source("made up");
  }
  return framework;
}

struct Data {
  frame::Frame frame;
  std::vector<UnitInput> units;
  std::string csv;
  std::string margins;
};

// Units of 30 responses and more, so that every unit has every gender.
Data MakeData(uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto below = [&](uint64_t bound) { return engine() % bound; };
  const size_t unit_count = 3 + below(4);
  std::vector<frame::Column> columns;
  for (int j = 1; j <= kItems; ++j) columns.push_back({"q" + std::to_string(j), 5});
  columns.push_back({"gender", 2});
  columns.push_back({"age", 3});
  Data data{frame::Frame(columns, unit_count), {}, {}, {}};
  std::ostringstream csv;
  std::ostringstream margins;
  csv << "unit,N,gender,age,q1,q2,q3\n";
  margins << "unit,question,option,size\n";
  for (size_t u = 0; u < unit_count; ++u) {
    UnitInput& unit = data.units.emplace_back();
    unit.unit_id = std::to_string(u);
    const uint64_t n = 30 + below(60);
    unit.population = 3 * n + below(900);
    for (const auto& [question, options] : {std::pair("gender", 2), std::pair("age", 3)}) {
      v1::PopulationMargin& margin = unit.margins.emplace_back();
      margin.set_question_id(question);
      uint64_t rest = unit.population;
      for (int option = 1; option <= options; ++option) {
        const uint64_t size =
            option == options ? rest : unit.population / static_cast<uint64_t>(options) - below(20);
        rest -= size;
        margin.add_sizes(size);
        margins << u << ',' << question << ',' << option << ',' << size << '\n';
      }
    }
    const uint64_t mood = below(3);
    for (uint64_t i = 0; i < n; ++i) {
      const auto gender = static_cast<uint8_t>(i < 6            ? 1 + i % 2
                                               : below(15) == 0 ? 0
                                                                : 1 + below(2));
      const auto age = static_cast<uint8_t>(i < 6 ? 1 + i % 3 : below(15) == 0 ? 0 : 1 + below(3));
      std::vector<uint8_t> answers;
      for (int j = 0; j < kItems; ++j) {
        const uint64_t step = 1 + std::min<uint64_t>(4, below(3) + mood + gender / 2 + age / 3);
        answers.push_back(below(10) == 0 ? frame::kNoAnswer : static_cast<uint8_t>(step));
      }
      answers.push_back(gender);
      answers.push_back(age);
      data.frame.Append(
          {.unit = static_cast<uint16_t>(u), .counted = true, .flags = 0, .answers = answers});
      csv << u << ',' << unit.population;
      const auto field = [&](uint8_t answer) {
        csv << ',';
        if (answer != frame::kNoAnswer) csv << int{answer};
      };
      field(gender);
      field(age);
      for (int j = 0; j < kItems; ++j) field(answers[static_cast<size_t>(j)]);
      csv << '\n';
    }
  }
  data.csv = csv.str();
  data.margins = margins.str();
  return data;
}

class RoundsAgreeWithR : public testing::TestWithParam<const char*> {
 protected:
  void Compare(const std::string& key, const estimate::Estimate& ours) { r_.Compare(key, ours); }

  RFigures r_;
};

TEST_P(RoundsAgreeWithR, OverallAndByDomain) {
  const std::string plan = GetParam();
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const Data data = MakeData(seed);
  const std::string base = testing::TempDir() + "r_rounds_" + plan + "_" + std::to_string(seed);
  std::ofstream(base + ".csv") << data.csv;
  std::ofstream(base + "_margins.csv") << data.margins;
  r_.Run("'" HAILONG_ROUNDS_R "' '" + base + ".csv' '" + base + "_margins.csv' " + plan + " '" +
             base + "_r.csv'",
         base + "_r.csv");
  ASSERT_FALSE(r_.empty());
  const auto framework = Framework::Create(MakeFramework());
  ASSERT_TRUE(framework.ok()) << framework.status();

  ScoreOptions options;
  if (plan == "rake" || plan == "rake-post") {
    v1::Raking& rake = *options.steps.emplace_back().mutable_rake();
    if (plan == "rake") rake.add_question_ids("gender");
    rake.add_question_ids("age");
  }
  if (plan != "rake") {
    options.steps.emplace_back().mutable_post_stratify()->set_question_id("gender");
  }
  options.by = {"gender"};
  options.domain_components = true;
  const auto score = ScoreIndex(data.frame, *framework, data.units, options);
  ASSERT_TRUE(score.ok()) << score.status();
  Compare("overall", score->overall);
  for (size_t j = 0; j < kItems; ++j) {
    Compare("t" + std::to_string(j + 1), score->components[j].index);
  }
  for (const DomainEstimate& domain : score->domains) {
    Compare("gender" + domain.keys[0], domain.overall);
    Compare("gender" + domain.keys[0] + ":t1", domain.components[0].index);
  }
  double men = 0;
  for (size_t q = 0; q < score->steps.question_ids.size(); ++q) {
    for (const weighting::MarginShare& share : score->steps.margins[q]) {
      if (score->steps.question_ids[q] == "gender" && share.option == 1) men = share.weighted;
    }
  }
  EXPECT_NEAR(men, r_.Ask("men").estimate, 1e-8);

  options.by = {"unit", "gender"};
  options.domain_components = false;
  const auto crossed = ScoreIndex(data.frame, *framework, data.units, options);
  ASSERT_TRUE(crossed.ok()) << crossed.status();
  ASSERT_EQ(crossed->domains.size(), 2 * data.units.size());
  for (const DomainEstimate& domain : crossed->domains) {
    if (domain.keys[1] == "1") Compare("unit" + domain.keys[0] + "gender1", domain.overall);
  }
  const auto units = ScoreUnits(data.frame, *framework, data.units, options, false);
  ASSERT_TRUE(units.ok()) << units.status();
  for (size_t u = 0; u < units->size(); ++u) {
    Compare("unit" + std::to_string(u), (*units)[u].overall);
  }
  r_.ExpectAllAsked();
}

INSTANTIATE_TEST_SUITE_P(Plans, RoundsAgreeWithR, testing::Values("rake", "post", "rake-post"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace hailong::index
