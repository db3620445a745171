#include "analysis/testing/random_case.h"

#include <random>

#include "absl/strings/str_cat.h"

namespace hailong::index {
namespace {

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  // 0..sides - 1.
  int Throw(int sides) { return static_cast<int>(engine_() % static_cast<uint64_t>(sides)); }
  bool OneIn(int sides) { return Throw(sides) == 0; }

 private:
  std::mt19937_64 engine_;
};

void AddTree(Dice& dice, RandomCase& random) {
  std::vector<std::string> nodes = {""};
  const int inner = dice.Throw(5);
  for (int i = 0; i < inner; ++i) {
    const std::string id = absl::StrCat("n", i);
    AddComponent(random.framework, id, nodes[static_cast<size_t>(dice.Throw(i + 1))], "");
    nodes.push_back(id);
  }
  int leaves = 0;
  const auto add_leaf = [&](const std::string& parent) {
    const std::string id = absl::StrCat(leaves++);
    v1::Component& leaf = AddComponent(random.framework, id, parent, absl::StrCat("q", id));
    if (random.framework.max_points() > 0) {
      leaf.set_max_points(0.25 * (1 + dice.Throw(8)));
      leaf.mutable_max_points_provenance()->set_source("made up");
    }
    random.columns.push_back(
        {.question_id = leaf.question_id(), .options = static_cast<uint8_t>(3 + dice.Throw(4))});
  };
  for (size_t i = 1; i < nodes.size(); ++i) add_leaf(nodes[i]);
  for (int more = dice.Throw(7) + (leaves == 0 ? 1 : 0); more > 0; --more) {
    add_leaf(nodes[static_cast<size_t>(dice.Throw(static_cast<int>(nodes.size())))]);
  }
  if (random.framework.max_points() > 0) {
    double sum = 0;
    for (const v1::Component& leaf : random.framework.components()) sum += leaf.max_points();
    random.framework.set_max_points(sum);
  }
}

uint8_t RandomAnswer(Dice& dice, int options, int missing_one_in, int taste) {
  if (dice.OneIn(missing_one_in)) return dice.OneIn(2) ? frame::kNoAnswer : frame::kNotApplicable;
  const int answer = dice.OneIn(3) ? 1 + dice.Throw(options) : 1 + taste % options;
  return static_cast<uint8_t>(answer);
}

}  // namespace

v1::Component& AddComponent(v1::IndexFramework& framework, const std::string& component_id,
                            const std::string& parent_id, const std::string& question_id) {
  v1::Component& component = *framework.add_components();
  component.set_component_id(component_id);
  component.set_parent_id(parent_id);
  component.set_question_id(question_id);
  component.mutable_title()->set_vi(absl::StrCat("thành phần ", component_id));
  component.mutable_provenance()->set_source("made up");
  return component;
}

v1::IndexFramework EmptyFramework(v1::Scoring scoring, v1::Composition composition) {
  v1::IndexFramework framework;
  framework.set_framework_id("made-up");
  framework.set_version(1);
  framework.mutable_title()->set_vi("khung thử");
  framework.set_scoring(scoring);
  framework.mutable_scoring_provenance()->set_source("made up");
  framework.set_composition(composition);
  framework.mutable_composition_provenance()->set_source("made up");
  if (scoring == v1::SCORING_OPTION_WEIGHTS) {
    for (const double weight : {1.0, 0.6, 0.2, 0.0}) framework.add_option_weights(weight);
    framework.mutable_option_weights_provenance()->set_source("made up");
  }
  if (composition == v1::COMPOSITION_POINTS) {
    framework.set_max_points(1);
    framework.mutable_max_points_provenance()->set_source("made up");
  }
  return framework;
}

RandomCase CreateRandomCase(uint64_t seed) {
  Dice dice(seed);
  RandomCase random;
  // One by one: compilers differ in which argument of a call they evaluate first.
  const auto composition = static_cast<v1::Composition>(1 + dice.Throw(4));
  const auto scoring = static_cast<v1::Scoring>(1 + dice.Throw(4));
  random.framework = EmptyFramework(scoring, composition);
  AddTree(dice, random);
  const int groups = dice.OneIn(2) ? 2 + dice.Throw(3) : 0;
  if (groups > 0) {
    random.framework.set_group_question_id("group");
    if (dice.OneIn(2)) {
      random.framework.set_group_composition(v1::GROUP_COMPOSITION_EQUAL_GROUPS);
    }
    random.columns.push_back({.question_id = "group", .options = static_cast<uint8_t>(groups)});
  }

  const int units = 1 + dice.Throw(6);
  const int rows_max = dice.OneIn(4) ? 6 : 120;
  const int missing_one_in = dice.OneIn(3) ? 2 : 12;
  const int uncounted_one_in = 2 + dice.Throw(10);
  const int rows = dice.Throw(rows_max);
  std::vector<uint64_t> counted(static_cast<size_t>(units), 0);
  for (int r = 0; r < rows; ++r) {
    Row row;
    // Few rows in the last units: those with one response, or none, are common.
    row.unit = static_cast<uint16_t>(dice.OneIn(3) ? dice.Throw(units) : 0);
    row.counted = !dice.OneIn(uncounted_one_in);
    row.flags = static_cast<uint8_t>(dice.OneIn(5) ? 1 << dice.Throw(5) : 0);
    const int taste = dice.Throw(6);
    for (const frame::Column& column : random.columns) {
      row.answers.push_back(RandomAnswer(dice, column.options, missing_one_in, taste));
    }
    if (row.counted) ++counted[row.unit];
    random.rows.push_back(row);
  }
  for (const uint64_t n : counted) {
    UnitInput unit;
    switch (dice.Throw(6)) {
      case 0:
        unit.population = 0;
        break;
      case 1:
        unit.population = n;
        break;
      case 2:
        unit.population = n > 1 ? n - 1 : 5;
        break;
      default:
        unit.population = n + 1 + static_cast<uint64_t>(dice.Throw(200));
    }
    unit.included = !dice.OneIn(5);
    random.units.push_back(unit);
  }
  random.options.weighting = static_cast<v1::WeightingMode>(dice.Throw(4));
  random.options.without_flagged = dice.OneIn(3);
  return random;
}

namespace {

// Sizes that rows of every option found can be weighted to: in the unit, or anywhere.
void AddMargins(Dice& dice, const std::string& question_id, size_t column, bool within_units,
                RandomCase& random) {
  const size_t options = random.columns[column].options;
  std::vector<std::vector<uint64_t>> found(random.units.size(), std::vector<uint64_t>(options, 0));
  std::vector<uint64_t> anywhere(options, 0);
  for (const Row& row : random.rows) {
    const uint8_t answer = row.answers[column];
    const bool counts = row.counted && !(random.options.without_flagged && row.flags != 0);
    if (!counts || answer < 1 || answer > options) continue;
    ++found[row.unit][answer - 1u];
    ++anywhere[answer - 1u];
  }
  for (size_t u = 0; u < random.units.size(); ++u) {
    v1::PopulationMargin& margin = random.units[u].margins.emplace_back();
    margin.set_question_id(question_id);
    for (size_t o = 0; o < options; ++o) {
      const bool may = within_units ? found[u][o] > 0 : anywhere[o] > 0;
      // Near what was found, or raking may have no solution.
      margin.add_sizes(may ? 20 * found[u][o] + 1 + static_cast<uint64_t>(dice.Throw(20)) : 0);
    }
  }
}

}  // namespace

RandomCase CreateWeightedCase(uint64_t seed) {
  RandomCase random = CreateRandomCase(seed);
  Dice dice(~seed);
  const size_t first = random.columns.size();
  random.columns.push_back({.question_id = "gender", .options = 2});
  random.columns.push_back({.question_id = "age", .options = 3});
  for (Row& row : random.rows) {
    for (size_t column = first; column < first + 2; ++column) {
      row.answers.push_back(RandomAnswer(dice, random.columns[column].options, 12, dice.Throw(6)));
    }
  }
  for (size_t u = 0; u < random.units.size(); ++u) {
    random.units[u].unit_id = absl::StrCat("u", u);
    random.units[u].level = u % 3 == 0 ? "commune" : "department";
  }
  const bool post_stratify = dice.OneIn(3);
  AddMargins(dice, "gender", first, post_stratify, random);
  AddMargins(dice, "age", first + 1, false, random);
  v1::WeightingStep& step = random.options.steps.emplace_back();
  if (post_stratify) {
    step.mutable_post_stratify()->set_question_id("gender");
  } else {
    step.mutable_rake()->add_question_ids("gender");
    if (dice.OneIn(2)) step.mutable_rake()->add_question_ids("age");
  }
  if (dice.OneIn(3)) random.options.steps.emplace_back().mutable_trim()->set_upper(1.5);
  if (dice.OneIn(4)) {
    random.options.steps.emplace_back().mutable_rake()->add_question_ids("age");
  }
  const char* const dimensions[] = {"gender", "unit", "age", "level", "gender"};
  const int at = dice.Throw(4);
  random.options.by = {dimensions[at], dimensions[at + 1]};
  random.options.domain_components = true;
  return random;
}

frame::Frame FrameOf(const RandomCase& random) {
  frame::Frame frame(random.columns, random.units.size());
  for (const Row& row : random.rows) {
    frame.Append(
        {.unit = row.unit, .counted = row.counted, .flags = row.flags, .answers = row.answers});
  }
  return frame;
}

}  // namespace hailong::index
