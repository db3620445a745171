// A round under attack: what a server returns is put together again, and no hidden cell may be
// recovered. The attacker has messages only, and knows the units, who has no population, and what
// questions there are.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <set>

#include "server/results/bench_for_test.h"
#include "tests/disclosure/attacker.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

using results::Bench;

constexpr uint32_t kNMin = 6;
constexpr uint32_t kGenders = 3;  // with "not stated", as are ages
constexpr uint32_t kAges = 4;
constexpr uint32_t kSteps = 5;
constexpr size_t kItems = 3;
constexpr size_t kTimes = 25;

const std::vector<std::string>& UnitIds() {
  static const std::vector<std::string> kIds = {"1",     "1.1",   "1.2",   "1.3",   "1.1.1",
                                                "1.1.2", "1.1.3", "1.2.1", "1.2.2", "1.2.3"};
  return kIds;
}

bool IsBelow(const std::string& unit_id, const std::string& top) {
  return unit_id == top || unit_id.rfind(top + ".", 0) == 0;
}

// Respondents of the same place and answers.
struct Respondent {
  size_t unit = 0;
  uint32_t gender = 0;
  uint32_t age = 0;
  uint32_t answers[kItems] = {};
};

// Who may stand in a cell, and what a message says of it.
struct Seen {
  std::string what;
  std::vector<size_t> units;
  std::optional<uint32_t> gender;
  std::optional<uint32_t> age;
  // By item: counts by step; nothing: hidden.
  std::vector<std::optional<std::vector<uint32_t>>> counts;

  bool Holds(size_t unit, uint32_t g, uint32_t a) const {
    return std::find(units.begin(), units.end(), unit) != units.end() && gender.value_or(g) == g &&
           age.value_or(a) == a;
  }
};

// Responses, without answers; nothing: hidden.
struct SeenResponses {
  std::string what;
  std::vector<size_t> units;
  std::optional<uint32_t> n;
};

void Read(const google::protobuf::RepeatedPtrField<v1::ComponentScore>& components, Seen& seen) {
  ASSERT_EQ(static_cast<size_t>(components.size()), kItems) << seen.what;
  for (const v1::ComponentScore& component : components) {
    if (component.index().suppressed()) {
      v1::Estimate hidden;
      hidden.set_suppressed(true);
      EXPECT_EQ(component.index().SerializeAsString(), hidden.SerializeAsString()) << seen.what;
      EXPECT_EQ(component.mean_score().SerializeAsString(), hidden.SerializeAsString());
      EXPECT_EQ(component.shares_size() + component.counts_size(), 0) << seen.what;
      seen.counts.emplace_back(std::nullopt);
      continue;
    }
    std::vector<uint32_t> counts(kSteps, 0);
    for (int s = 0; s < component.counts_size(); ++s) {
      counts[static_cast<size_t>(s)] = static_cast<uint32_t>(component.counts(s));
    }
    seen.counts.emplace_back(std::move(counts));
  }
}

// A round of small units, some without a population, and all that it publishes.
class AttackedRound {
 public:
  AttackedRound(uint64_t seed, bool protected_by_server) : lifted_(!protected_by_server) {
    std::mt19937_64 random(seed);
    const auto upto = [&](uint32_t least, uint32_t most) {
      return std::uniform_int_distribution<uint32_t>(least, most)(random);
    };
    v1::DisclosureRule rule;
    rule.set_n_min(kNMin);
    for (const std::vector<const char*>& by :
         {std::vector<const char*>{"unit", "gender"}, {"gender"}, {"age"}}) {
      v1::PublishedTable& table = *rule.add_tables();
      for (const char* one : by) table.add_by(one);
    }
    bench_.PutRound(v1::DUPLICATE_POLICY_LATEST, {}, {}, rule);
    std::vector<model::Record> records;
    for (const std::string& id : UnitIds()) {
      if (id.size() == 5) records.emplace_back(Bench::Unit(id, id.substr(0, 3)));
    }
    bench_.Put(std::move(records));
    std::vector<model::NewResponse> responses;
    records.clear();
    for (size_t u = 0; u < UnitIds().size(); ++u) {
      const uint32_t n = u == 0 ? 0 : upto(0, 3) == 0 ? upto(0, 4) : upto(3, 30);
      has_population_.push_back(upto(0, 9) > 0);
      for (uint32_t i = 0; i < n; ++i) {
        Respondent& one = respondents_.emplace_back();
        one = {.unit = u, .gender = upto(0, 9) == 0 ? 0 : upto(1, 2), .age = upto(0, 3)};
        std::string packed;
        for (uint32_t& answer : one.answers) {
          answer = upto(0, 19) == 0 ? 0 : upto(1, kSteps);
          packed += static_cast<char>('0' + answer);
        }
        packed += static_cast<char>('0' + one.gender);
        packed += static_cast<char>('0' + one.age);
        responses.push_back(bench_.Make(UnitIds()[u], packed));
      }
      if (!has_population_[u]) continue;
      model::PopulationRecord record{.round_id = "r", .population = {}};
      record.population.set_unit_id(UnitIds()[u]);
      record.population.set_size(100 + upto(0, 900));
      record.population.set_source("made up for a test");
      records.emplace_back(record);
    }
    bench_.Put(std::move(records));
    if (!responses.empty()) bench_.Append(std::move(responses));
    FetchUnits();
    for (const std::string& id : UnitIds()) FetchSubtree(id);
    FetchDomains("1", {"unit", "gender"});
    FetchDomains("1", {"age"});
    for (const std::string& id : UnitIds()) FetchDomains(id, {"gender"});
  }

  const std::vector<Seen>& seen() const { return seen_; }
  std::vector<Seen>& seen() { return seen_; }
  const std::vector<SeenResponses>& seen_responses() const { return seen_responses_; }

  uint32_t TrueN(const Seen& cell, size_t item, uint32_t step = 0) const {
    uint32_t n = 0;
    for (const Respondent& one : respondents_) {
      if (!cell.Holds(one.unit, one.gender, one.age)) continue;
      if (step == 0 ? one.answers[item] > 0 : one.answers[item] == step) ++n;
    }
    return n;
  }

 private:
  // Of the subtree, those that are in its totals.
  std::vector<size_t> InTotal(const std::string& top) const {
    std::vector<size_t> units;
    for (size_t u = 0; u < UnitIds().size(); ++u) {
      if (has_population_[u] && IsBelow(UnitIds()[u], top)) units.push_back(u);
    }
    return units;
  }
  void FetchUnits() {
    v1::ListUnitScoresRequest request;
    request.set_round_id("r");
    request.set_with_components(true);
    request.set_without_protection(lifted_);
    const auto listed = bench_.results().ListUnitScores(Bench::Admin(), request);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::UnitScore& unit : listed->units()) {
      const auto at = std::find(UnitIds().begin(), UnitIds().end(), unit.unit_id());
      Seen& seen = seen_.emplace_back();
      seen.what = "unit " + unit.unit_id();
      seen.units = {static_cast<size_t>(at - UnitIds().begin())};
      Read(unit.components(), seen);
      if (unit.suppressed()) {
        EXPECT_EQ(unit.responses(), 0u);
        EXPECT_EQ(unit.weight(), 0);
        EXPECT_EQ(unit.issue(), v1::UNIT_ISSUE_UNSPECIFIED);
        EXPECT_TRUE(unit.overall().suppressed());
        hidden_.insert(seen.units[0]);
      }
      seen_responses_.push_back({seen.what, seen.units, std::nullopt});
      if (!unit.suppressed()) seen_responses_.back().n = static_cast<uint32_t>(unit.responses());
    }
  }
  v1::IndexResult Sipas(const v1::GetSipasRequest& request) {
    const auto sipas = bench_.results().GetSipas(Bench::Admin(), request);
    EXPECT_TRUE(sipas.ok()) << sipas.status();
    return sipas.ok() ? sipas->result() : v1::IndexResult();
  }
  void FetchSubtree(const std::string& top) {
    v1::GetSipasRequest request;
    request.set_round_id("r");
    request.set_unit_id(top);
    request.set_without_protection(lifted_);
    const v1::IndexResult result = Sipas(request);
    Seen& seen = seen_.emplace_back();
    seen.what = "subtree " + top;
    seen.units = InTotal(top);
    Read(result.components(), seen);
    // Counts also hold units without population, unless they are hidden.
    SeenResponses& responses = seen_responses_.emplace_back();
    responses.what = seen.what;
    for (size_t u = 0; u < UnitIds().size(); ++u) {
      const bool counted = has_population_[u] || hidden_.count(u) == 0;
      if (counted && IsBelow(UnitIds()[u], top)) responses.units.push_back(u);
    }
    if (result.has_counts()) responses.n = static_cast<uint32_t>(result.counts().counted());
  }
  void FetchDomains(const std::string& top, const std::vector<std::string>& by) {
    v1::GetSipasRequest request;
    request.set_round_id("r");
    request.set_unit_id(top);
    request.set_without_protection(lifted_);
    for (const std::string& one : by) request.add_by(one);
    request.set_domain_components(true);
    const v1::IndexResult result = Sipas(request);
    for (const v1::DomainScore& domain : result.domains()) {
      Seen& seen = seen_.emplace_back();
      seen.what = "domain of " + top;
      seen.units = InTotal(top);
      for (const v1::DomainLevel& level : domain.levels()) {
        seen.what += " " + level.by() + "=" + level.key();
        if (level.by() == "unit") {
          std::erase_if(seen.units, [&](size_t u) { return UnitIds()[u] != level.key(); });
        }
        if (level.by() == "gender") seen.gender = std::stoul(level.key());
        if (level.by() == "age") seen.age = std::stoul(level.key());
      }
      Read(domain.components(), seen);
    }
  }

  const bool lifted_;
  Bench bench_;
  std::vector<bool> has_population_;
  std::vector<Respondent> respondents_;
  std::vector<Seen> seen_;
  std::vector<SeenResponses> seen_responses_;
  // Units by themselves.
  std::set<size_t> hidden_;
};

// What the messages say of one item. What is hidden: in `cells` each cell, in the order of
// `hidden`; in `steps` the count of each step of each.
struct ItemPuzzle {
  Puzzle cells;
  Puzzle steps;
  std::vector<const Seen*> hidden;
};

ItemPuzzle PuzzleOf(const std::vector<Seen>& seen, size_t item) {
  ItemPuzzle made;
  Puzzle& puzzle = made.cells;
  puzzle.variables = UnitIds().size() * kGenders * kAges * kSteps;
  std::vector<Variables> hidden_steps;
  for (const Seen& cell : seen) {
    std::vector<Puzzle::Sum> sums(kSteps);
    Variables all;
    for (size_t u = 0; u < UnitIds().size(); ++u) {
      for (uint32_t g = 0; g < kGenders; ++g) {
        for (uint32_t a = 0; a < kAges; ++a) {
          if (!cell.Holds(u, g, a)) continue;
          const size_t at = ((u * kGenders + g) * kAges + a) * kSteps;
          for (uint32_t s = 0; s < kSteps; ++s) {
            sums[s].of.push_back(static_cast<uint32_t>(at + s));
            all.push_back(static_cast<uint32_t>(at + s));
          }
        }
      }
    }
    if (cell.counts[item].has_value()) {
      for (uint32_t s = 0; s < kSteps; ++s) {
        sums[s].is = (*cell.counts[item])[s];
        puzzle.shown.push_back(std::move(sums[s]));
      }
      continue;
    }
    made.hidden.push_back(&cell);
    puzzle.hidden.push_back(std::move(all));
    for (Puzzle::Sum& sum : sums) hidden_steps.push_back(std::move(sum.of));
  }
  made.steps = puzzle;
  made.steps.hidden = std::move(hidden_steps);
  return made;
}

// The same of the responses, by unit.
Puzzle PuzzleOfResponses(const std::vector<SeenResponses>& seen) {
  Puzzle puzzle;
  puzzle.variables = UnitIds().size();
  for (const SeenResponses& cell : seen) {
    const Variables units(cell.units.begin(), cell.units.end());
    if (cell.n.has_value()) {
      puzzle.shown.push_back({.of = units, .is = *cell.n});
    } else {
      puzzle.hidden.push_back(units);
    }
  }
  return puzzle;
}

uint64_t FreshSeed() {
  const uint64_t seed = FromEnvironment("HAILONG_ATTACK_SEED", std::random_device{}());
  std::printf("HAILONG_ATTACK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

TEST(RoundAttack, MessagesGiveNoHiddenCountAway) {
  const uint64_t first = FreshSeed();
  size_t cells = 0, steps = 0, shown = 0, small = 0, zeros = 0, of_large = 0, hidden_responses = 0;
  for (uint64_t seed = first; seed < first + kTimes && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const AttackedRound round(seed, /*protected_by_server=*/true);
    const Puzzle responses = PuzzleOfResponses(round.seen_responses());
    for (const bool determined : DeterminedByElimination(responses)) {
      EXPECT_FALSE(determined);
      ++hidden_responses;
    }
    for (size_t item = 0; item < kItems; ++item) {
      for (const Seen& cell : round.seen()) {
        if (!cell.counts[item].has_value()) continue;
        ++shown;
        uint32_t n = 0;
        for (uint32_t s = 0; s < kSteps; ++s) {
          n += (*cell.counts[item])[s];
          ASSERT_EQ((*cell.counts[item])[s], round.TrueN(cell, item, s + 1)) << cell.what;
        }
        EXPECT_TRUE(n == 0 || n >= kNMin) << cell.what;
      }
      const ItemPuzzle puzzle = PuzzleOf(round.seen(), item);
      const std::vector<bool> determined = DeterminedByElimination(puzzle.cells);
      for (size_t i = 0; i < determined.size(); ++i) {
        ++cells;
        EXPECT_TRUE(!determined[i] || puzzle.hidden[i]->units.empty()) << puzzle.hidden[i]->what;
      }
      const std::vector<bool> step_determined = DeterminedByElimination(puzzle.steps);
      for (size_t i = 0; i < step_determined.size(); ++i) {
        const Seen& cell = *puzzle.hidden[i / kSteps];
        const uint32_t step = static_cast<uint32_t>(i % kSteps) + 1;
        ++steps;
        if (!step_determined[i]) continue;
        // Where nobody of a shown total gave an answer, nobody of its parts did; then a count of
        // another part, large enough by itself, may be left over.
        const uint32_t count = round.TrueN(cell, item, step);
        (count == 0 ? zeros : of_large) += 1;
        EXPECT_TRUE(count == 0 || round.TrueN(cell, item) >= kNMin)
            << cell.what << " step " << step << ": " << count;
      }
      // One in a few, since a program takes its time. That somebody in a hidden cell answered the
      // item is no more than likely; this attacker has guessed right.
      Puzzle guessed = puzzle.cells;
      guessed.hidden.clear();
      for (size_t i = 0; i < puzzle.hidden.size(); ++i) {
        if (round.TrueN(*puzzle.hidden[i], item) == 0) continue;
        guessed.hidden.push_back(puzzle.cells.hidden[i]);
      }
      for (size_t i = (seed + item) % 5; i < puzzle.hidden.size(); i += 5) {
        const uint32_t n = round.TrueN(*puzzle.hidden[i], item);
        if (n == 0 || n >= kNMin) continue;
        const Range range = RangeByProgramming(guessed, puzzle.cells.hidden[i], false);
        EXPECT_GE(range.width(), kNMin - 1)
            << puzzle.hidden[i]->what << ", n = " << n << ", is between " << range.low << " and "
            << range.high;
        ++small;
      }
    }
  }
  std::printf("shown %zu, hidden cells %zu, small ones with a range %zu\n", shown, cells, small);
  std::printf("steps of hidden cells %zu, known: zeros %zu, of large cells %zu\n", steps, zeros,
              of_large);
  EXPECT_GT(shown, cells / 4);
  EXPECT_GT(cells, 100u);
  EXPECT_GT(hidden_responses, kTimes);
  EXPECT_GT(small, 20u);
}

// The canary: where only the small cells themselves are hidden, the same attack succeeds.
TEST(RoundAttack, SucceedsWithoutComplementaryCells) {
  const uint64_t first = FreshSeed();
  size_t tables = 0, broken = 0;
  for (uint64_t seed = first; seed < first + kTimes; ++seed) {
    AttackedRound round(seed, /*protected_by_server=*/false);
    for (size_t item = 0; item < kItems; ++item) {
      for (Seen& cell : round.seen()) {
        const uint32_t n = round.TrueN(cell, item);
        if (n > 0 && n < kNMin) cell.counts[item].reset();
      }
      const ItemPuzzle puzzle = PuzzleOf(round.seen(), item);
      if (puzzle.hidden.empty()) continue;
      ++tables;
      const std::vector<bool> determined = DeterminedByElimination(puzzle.cells);
      if (std::find(determined.begin(), determined.end(), true) != determined.end()) ++broken;
    }
  }
  std::printf("tables with small cells: %zu, broken: %zu\n", tables, broken);
  EXPECT_GT(tables, kTimes);
  EXPECT_GT(broken * 2, tables);
}

}  // namespace
}  // namespace hailong::tests
