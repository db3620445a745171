// Designs, Taylor standard errors, contrasts, intervals and quantiles over rows against R's survey:
// its own data sets, and random designs from a printed seed.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/estimate/contrast.h"
#include "analysis/estimate/intervals.h"
#include "analysis/estimate/quantile.h"
#include "analysis/estimate/statistic.h"

namespace hailong::estimate {
namespace {

using design::Factor;
using design::LonelyPsu;

constexpr double kConfidence = 0.9;

// A row of cases.csv.
struct Case {
  std::string name = {};
  // The file of its rows, without ".csv".
  std::string data = {};
  int stages = 1;
  // The stages that are stratified: none, the first, both.
  int strata = 0;
  // Units of the first stage are told; otherwise each row is one.
  bool clustered = false;
  bool fpc = false;
  bool nested = false;
  // Weights are told; otherwise those of the design.
  bool weights = true;
  const char* lonely = "fail";
  // "none", "post" (by cell) or "rake" (to cell and cell2).
  const char* adjusted = "none";
  // No lonely units, so that the rules for them cannot matter: compare a difference of domains.
  bool differences = false;
};

LonelyPsu LonelyOf(const Case& c) {
  const std::map<std::string, LonelyPsu> rules = {{"fail", LonelyPsu::kFail},
                                                  {"remove", LonelyPsu::kRemove},
                                                  {"certainty", LonelyPsu::kCertainty},
                                                  {"adjust", LonelyPsu::kAdjust},
                                                  {"average", LonelyPsu::kAverage}};
  return rules.at(c.lonely);
}

// A CSV file without quotes: by column.
using Table = std::map<std::string, std::vector<std::string>>;

Table ReadTable(const std::filesystem::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.is_open()) << path;
  std::string line;
  std::getline(in, line);
  std::vector<std::string> names;
  std::istringstream header(line);
  for (std::string name; std::getline(header, name, ',');) {
    std::erase(name, '"');
    names.push_back(name);
  }
  Table table;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    for (const std::string& name : names) {
      std::string field;
      std::getline(fields, field, ',');
      table[name].push_back(field);
    }
  }
  return table;
}

Factor FactorOf(const Table& table, const std::string& name) {
  Factor factor;
  factor.name = name;
  const std::vector<std::string>& column = table.at(name);
  const std::set<std::string> levels(column.begin(), column.end());
  for (const std::string& level : levels) {
    if (!level.empty()) factor.levels.push_back(level);
  }
  for (const std::string& value : column) {
    const auto found = std::lower_bound(factor.levels.begin(), factor.levels.end(), value);
    factor.codes.push_back(value.empty() ? Factor::kMissing
                                         : static_cast<uint32_t>(found - factor.levels.begin()));
  }
  return factor;
}

std::vector<double> NumbersOf(const Table& table, const std::string& name) {
  std::vector<double> numbers;
  for (const std::string& value : table.at(name)) {
    numbers.push_back(value.empty() ? NAN : std::strtod(value.c_str(), nullptr));
  }
  return numbers;
}

absl::StatusOr<Sample> SampleOf(const Case& c, const Table& table) {
  design::Sampling sampling;
  sampling.rows = table.at("y").size();
  sampling.nested = c.nested;
  if (c.weights) sampling.weights = NumbersOf(table, "w");
  for (int s = 1; s <= c.stages; ++s) {
    design::Stage stage;
    const std::string number = std::to_string(s);
    if (c.strata >= s) stage.strata = FactorOf(table, "h" + number);
    if (c.clustered || s > 1) stage.units = FactorOf(table, "u" + number);
    if (c.fpc) stage.population = NumbersOf(table, "n" + number);
    sampling.stages.push_back(std::move(stage));
  }
  auto design = design::Design::Create(std::move(sampling));
  if (!design.ok()) return design.status();
  const std::string adjusted = c.adjusted;
  std::vector<weighting::Step> steps;
  const Factor cell = FactorOf(table, "cell");
  const Factor cell2 = FactorOf(table, "cell2");
  std::vector<double> sizes, sizes2;
  double sum = 0;
  for (size_t i = 0; i < cell.levels.size(); ++i) {
    sizes.push_back(100.0 * static_cast<double>(i + 1));
    sum += sizes.back();
  }
  for (size_t i = 0; i < cell2.levels.size(); ++i) {
    sizes2.push_back(i == 0 ? sum / 3 : sum * 2 / 3 / static_cast<double>(cell2.levels.size() - 1));
  }
  if (adjusted == "post") {
    steps.push_back(weighting::PostStratification{.cells = {cell, sizes}});
  } else if (adjusted == "rake") {
    steps.push_back(weighting::Raking{.margins = {{cell, sizes}, {cell2, sizes2}}});
  }
  auto adjustment = weighting::Adjustment::Create(design->rows(), std::move(steps));
  if (!adjustment.ok()) return adjustment.status();
  auto weighted = adjustment->Apply(design->weights());
  if (!weighted.ok()) return weighted.status();
  return Adjusted(*std::move(design), *std::move(weighted), LonelyOf(c));
}

// A random design with its rows. Where `lonely` is not "fail", the first stratum has one unit.
void WriteRandomCase(std::mt19937_64& engine, Case& c, std::ostream& out) {
  const auto below = [&](uint64_t bound) { return static_cast<int>(engine() % bound); };
  std::normal_distribution<double> normal;
  const std::string lonely = c.lonely;
  const std::string adjusted = c.adjusted;
  // Rows without weight count as strata in R's averages; after calibrate() they are NaN there, and
  // after postStratify() 4.1-1 gives them the mean of their cell as a residual (weight 1).
  const bool zero_weights = lonely != "average" && adjusted == "none";
  out << "h1,u1,n1,h2,u2,n2,w,y,x,share,g,cell,cell2\n";
  char row[400];
  int unit = 0, element = 0;
  const int strata = c.strata == 0 ? 1 : 3 + below(3);
  for (int h = 0; h < strata; ++h) {
    const bool is_lonely = c.strata > 0 && h == 0 && lonely != "fail";
    const int drawn = is_lonely ? 1 : (c.clustered ? 2 : 9) + below(c.strata == 0 ? 7 : 4);
    const int full = is_lonely ? 1 : below(6);
    const double population = full == 0                ? drawn
                              : full == 1 && c.weights ? std::numeric_limits<double>::infinity()
                                                       : drawn + 1 + below(20);
    for (int i = 0; i < drawn; ++i, ++unit) {
      const double effect = normal(engine);
      // Strata of the second stage, as large as to leave some unit alone unless that fails.
      const int strata2 = c.strata == 2 ? 2 : 1;
      for (int h2 = 0; h2 < strata2; ++h2) {
        const bool alone_below = lonely == "remove" || lonely == "certainty";
        const int rows = !c.clustered ? 1 : (is_lonely || alone_below ? 1 : 2) + below(5);
        const double population2 = below(4) == 0 ? rows : rows + 1 + below(9);
        for (int k = 0; k < rows; ++k, ++element) {
          const double weight =
              zero_weights && !is_lonely && below(15) == 0 ? 0 : 1 + 9 * below(9973) / 9973.0;
          std::snprintf(row, sizeof row, "h%d,u%d,%.17g,s%d,e%d,%.17g,%.17g,", h, unit, population,
                        h2, element, population2, weight);
          out << row;
          if (below(10) != 0) out << 5 + effect + normal(engine);
          out << ',';
          if (below(10) != 0) out << 1 + below(7);
          out << ',';
          if (below(10) != 0) out << (below(5) < 2 + (effect > 0) ? 1 : 0);
          out << ',';
          // "c" lives in one stratum only; some rows are in no domain.
          const int group = below(9);
          if (group > 0) out << (group < 5 ? "a" : group < 8 || h != 1 ? "b" : "c");
          // No combination of cells is empty, so that any totals can be met.
          const int cell = element < 6 ? element : below(6);
          out << ",p" << cell % 2 << ",q" << cell / 2 << '\n';
        }
      }
    }
  }
}

std::vector<Case> ApiCases() {
  return {
      {.name = "srs", .data = "apisrs", .fpc = true, .differences = true},
      {.name = "srs_without_weights", .data = "apisrs", .fpc = true, .weights = false},
      {.name = "strat", .data = "apistrat", .strata = 1, .fpc = true, .differences = true},
      {.name = "strat_wr", .data = "apistrat", .strata = 1, .differences = true},
      {.name = "clus1", .data = "apiclus1", .clustered = true, .fpc = true, .differences = true},
      {.name = "clus1_post",
       .data = "apiclus1",
       .clustered = true,
       .fpc = true,
       .adjusted = "post",
       .differences = true},
      {.name = "clus1_rake",
       .data = "apiclus1",
       .clustered = true,
       .fpc = true,
       .adjusted = "rake",
       .differences = true},
      {.name = "clus2",
       .data = "apiclus2",
       .stages = 2,
       .clustered = true,
       .fpc = true,
       .weights = false,
       .differences = true},
      {.name = "clus2_wr", .data = "apiclus2", .stages = 2, .clustered = true},
      {.name = "clus2_post",
       .data = "apiclus2",
       .stages = 2,
       .clustered = true,
       .fpc = true,
       .weights = false,
       .adjusted = "post"},
      {.name = "lonely_fail", .data = "apilonely", .strata = 1},
      {.name = "lonely_remove", .data = "apilonely", .strata = 1, .lonely = "remove"},
      {.name = "lonely_certainty", .data = "apilonely", .strata = 1, .lonely = "certainty"},
      {.name = "lonely_adjust", .data = "apilonely", .strata = 1, .lonely = "adjust"},
      {.name = "lonely_average", .data = "apilonely", .strata = 1, .lonely = "average"},
      {.name = "scd",
       .data = "scd",
       .strata = 1,
       .clustered = true,
       .nested = true,
       .weights = false},
      {.name = "fpc_demo",
       .data = "fpc_demo",
       .strata = 1,
       .clustered = true,
       .fpc = true,
       .nested = true},
  };
}

std::vector<Case> RandomCases() {
  std::vector<Case> cases;
  // Each with and without populations.
  const auto add = [&](Case c) {
    for (const bool fpc : {false, true}) {
      c.fpc = fpc;
      c.name = c.data = "random" + std::to_string(cases.size());
      cases.push_back(c);
    }
  };
  add({.strata = 1, .differences = true});
  add({.strata = 1, .adjusted = "rake", .differences = true});
  add({.clustered = true, .differences = true});
  add({.strata = 1, .clustered = true, .adjusted = "post", .differences = true});
  add({.stages = 2, .clustered = true, .differences = true});
  add({.stages = 2, .strata = 2, .clustered = true, .differences = true});
  add({.stages = 2, .strata = 2, .clustered = true, .lonely = "remove"});
  for (const char* lonely : {"certainty", "average", "adjust"}) {
    add({.strata = 1, .clustered = true, .lonely = lonely});
  }
  add({.strata = 1, .clustered = true, .lonely = "average", .adjusted = "post"});
  return cases;
}

void WriteCases(const std::filesystem::path& path, const std::vector<Case>& cases) {
  std::ofstream out(path);
  out << "name,data,stages,strata,clustered,fpc,nested,weights,lonely,adjusted,differences\n";
  const auto flag = [](bool value) { return value ? "TRUE" : "FALSE"; };
  for (const Case& c : cases) {
    out << c.name << ',' << c.data << ',' << c.stages << ',' << c.strata << ',' << flag(c.clustered)
        << ',' << flag(c.fpc) << ',' << flag(c.nested) << ',' << flag(c.weights) << ',' << c.lonely
        << ',' << c.adjusted << ',' << flag(c.differences) << '\n';
  }
}

// What R says of one domain of one case, by figure. Every figure must be asked for.
class RFigures {
 public:
  void Add(const std::string& figure, double value) { figures_[figure] = value; }

  bool Has(const std::string& figure) const { return figures_.contains(figure); }

  std::optional<double> Take(const std::string& figure) {
    const auto found = figures_.find(figure);
    if (found == figures_.end()) return std::nullopt;
    const double value = found->second;
    figures_.erase(found);
    ++taken_;
    return value;
  }

  // Leaves what is not compared, since we say less than R.
  void Drop(const std::string& figure) { figures_.erase(figure); }

  // Equal up to `relative` of R's figure and `absolute`.
  void Compare(const std::string& figure, double ours, double relative, double absolute) {
    SCOPED_TRACE(figure);
    const std::optional<double> theirs = Take(figure);
    ASSERT_TRUE(theirs.has_value()) << "R has no such figure; ours " << ours;
    EXPECT_LE(std::abs(ours - *theirs), relative * std::abs(*theirs) + absolute)
        << "ours " << ours << ", R " << *theirs;
  }

  void ExpectAllTaken() const {
    for (const auto& [figure, value] : figures_) {
      ADD_FAILURE() << "R's " << figure << " = " << value << " was compared with nothing";
    }
  }
  size_t taken() const { return taken_; }

 private:
  std::map<std::string, double> figures_;
  size_t taken_ = 0;
};

struct Columns {
  std::vector<double> y, x, share;
};

class DesignAgreement : public testing::Test {
 protected:
  void RunR(const std::vector<Case>& cases, const std::filesystem::path& folder) {
    WriteCases(folder / "cases.csv", cases);
    const std::string command =
        "Rscript --vanilla '" HAILONG_DESIGN_R "' '" + folder.string() + "'";
    const int status = std::system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ASSERT_NE(code, 127) << "Rscript is not on the PATH; install r-base-core and r-cran-survey";
    ASSERT_EQ(code, 0) << command;
    const Table results = ReadTable(folder / "results.csv");
    for (size_t i = 0; i < results.at("case").size(); ++i) {
      figures_[results.at("case")[i]][results.at("group")[i]].Add(
          results.at("figure")[i], std::strtod(results.at("value")[i].c_str(), nullptr));
    }
  }

  static void CompareStatistic(const Sample& sample, const Domains& domain, const std::string& name,
                               const Statistic& statistic, RFigures& r) {
    SCOPED_TRACE(name);
    const auto estimates = Estimates::Compute(sample, statistic, domain, 1);
    if (r.Has(name + ":error")) {
      r.Take(name + ":error");
      r.Drop(name + ":df");
      // A lone respondent in a lonely stratum: without an error there is none to fail.
      if (estimates.ok()) {
        EXPECT_FALSE(estimates->by_domain().front().standard_error.has_value());
      } else {
        EXPECT_EQ(estimates.status().code(), absl::StatusCode::kFailedPrecondition);
      }
      return;
    }
    ASSERT_TRUE(estimates.ok()) << estimates.status();
    const DomainEstimate& ours = estimates->by_domain().front();
    ASSERT_EQ(ours.defined, r.Has(name + ":value"));
    if (!ours.defined) return;
    r.Compare(name + ":value", ours.value, 1e-10, 0);
    if (name == "mean") r.Compare("mean:df", ours.degrees_of_freedom, 0, 0);
    // As large as the terms that a variance of 0 in theory is summed of.
    const double size = name == "total" ? std::abs(ours.value) + 1 : std::abs(ours.value) + 10;
    const double noise = 1e-24 * size * size;
    if (!ours.standard_error.has_value()) {
      for (const char* figure : {"variance", "deff", "deff_finite", "low", "high", "logit_low",
                                 "logit_high", "beta_low", "beta_high"}) {
        r.Drop(name + ":" + figure);
      }
      return;
    }
    const double variance = *ours.standard_error * *ours.standard_error;
    if (r.Has(name + ":variance")) r.Compare(name + ":variance", variance, 2e-9, noise);
    const auto design_effect = [&](const std::string& figure, const std::optional<double>& effect) {
      // Where there is none, R divides rounding by rounding.
      if (!effect.has_value()) return r.Drop(figure);
      if (r.Has(figure)) r.Compare(figure, *effect, 1e-8, 1e-12);
    };
    design_effect(name + ":deff", ours.design_effect);
    design_effect(name + ":deff_finite", ours.design_effect_without_replacement);
    const auto interval = [&](const std::string& prefix, IntervalKind kind) {
      if (!r.Has(prefix + "low")) return;
      const auto of_kind = IntervalOf(kind, ours, kConfidence);
      ASSERT_TRUE(of_kind.has_value()) << prefix;
      r.Compare(prefix + "low", of_kind->low, 1e-8, 1e-9);
      r.Compare(prefix + "high", of_kind->high, 1e-8, 1e-9);
    };
    interval(name + ":", IntervalKind::kT);
    interval(name + ":logit_", IntervalKind::kLogit);
    interval(name + ":beta_", IntervalKind::kBeta);
  }

  static void CompareQuantiles(const Sample& sample, const Domains& domain,
                               const std::vector<double>& y, RFigures& r) {
    constexpr double kProbabilities[] = {0.3, 0.5, 0.83};
    constexpr const char* kNames[] = {"q0.3:", "q0.5:", "q0.83:"};
    const auto quantiles = Quantiles(sample, y, domain, kProbabilities, kConfidence, 1);
    if (!quantiles.ok()) return;
    for (size_t p = 0; p < 3; ++p) {
      const Quantile& ours = quantiles->front()[p];
      const std::string name = kNames[p];
      SCOPED_TRACE(name);
      const bool exact = ours.standard_error == 0.0;
      if (exact || (!ours.low.has_value() && !ours.high.has_value())) {
        // Everybody was asked, or one sampling unit: R makes an interval of its rounding.
        for (const char* figure : {"low", "high", "no_low", "no_high", "se"}) r.Drop(name + figure);
      }
      const auto compare = [&](const std::string& figure, const std::optional<double>& value) {
        EXPECT_EQ(r.Take(name + "no_" + figure).has_value() && value.has_value(), false) << figure;
        if (r.Has(name + figure)) {
          ASSERT_TRUE(value.has_value()) << figure;
          r.Compare(name + figure, *value, 1e-12, 0);
        }
      };
      compare("value", ours.value);
      compare("low", ours.low);
      compare("high", ours.high);
      compare("se", ours.standard_error);
    }
  }

  static void CompareDifference(const Sample& sample, const Factor& groups,
                                const std::vector<double>& y, RFigures& r) {
    if (!r.Has("difference:value")) return;
    const std::vector<Factor> factors = {groups};
    const auto means = Estimates::Compute(sample, {StatisticKind::kMean, y},
                                          *Domains::Cross(y.size(), factors), 2);
    ASSERT_TRUE(means.ok()) << means.status();
    std::vector<Term> terms;
    for (size_t g = 0; g < groups.levels.size() && terms.size() < 2; ++g) {
      if (means->by_domain()[g].defined) terms.push_back({&*means, g});
    }
    ASSERT_EQ(terms.size(), 2u);
    const auto difference = Difference(sample, terms[0], terms[1]);
    ASSERT_TRUE(difference.ok()) << difference.status();
    r.Compare("difference:value", difference->value, 1e-9, 1e-10);
    if (!difference->standard_error.has_value()) return r.Drop("difference:variance");
    r.Compare("difference:variance", *difference->standard_error * *difference->standard_error,
              2e-9, 1e-20);
  }

  void CompareCase(const Case& c, const Table& table) {
    const auto sample = SampleOf(c, table);
    ASSERT_TRUE(sample.ok()) << sample.status();
    const Columns columns = {NumbersOf(table, "y"), NumbersOf(table, "x"),
                             NumbersOf(table, "share")};
    const Factor groups = FactorOf(table, "g");
    for (size_t g = 0; g <= groups.levels.size(); ++g) {
      const std::string group = g == groups.levels.size() ? "" : groups.levels[g];
      SCOPED_TRACE("group " + group);
      RFigures& r = figures_[c.name][group];
      // Domain by domain, so that one whose stratum is lonely does not fail the others.
      Factor one = {"group", {group}, std::vector<uint32_t>(columns.y.size(), 0)};
      for (size_t i = 0; i < one.codes.size(); ++i) {
        if (!group.empty() && groups.codes[i] != g) one.codes[i] = Factor::kMissing;
      }
      const auto domain = Domains::Cross(columns.y.size(), std::span(&one, 1));
      ASSERT_TRUE(domain.ok()) << domain.status();
      CompareStatistic(*sample, *domain, "total", {StatisticKind::kTotal, columns.y}, r);
      CompareStatistic(*sample, *domain, "mean", {StatisticKind::kMean, columns.y}, r);
      CompareStatistic(*sample, *domain, "ratio", {StatisticKind::kRatio, columns.y, columns.x}, r);
      CompareStatistic(*sample, *domain, "share", {StatisticKind::kProportion, columns.share}, r);
      CompareQuantiles(*sample, *domain, columns.y, r);
      if (group.empty()) CompareDifference(*sample, groups, columns.y, r);
      r.ExpectAllTaken();
      compared_ += r.taken();
    }
  }

  std::map<std::string, std::map<std::string, RFigures>> figures_;
  size_t compared_ = 0;
};

TEST_F(DesignAgreement, OfTheDataSetsOfSurveyAndOfRandomDesigns) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 engine(seed);
  const std::filesystem::path folder =
      testing::TempDir() + "design_agreement_" + std::to_string(seed);
  std::filesystem::create_directories(folder);
  std::vector<Case> cases = RandomCases();
  for (Case& c : cases) {
    std::ofstream out(folder / (c.data + ".csv"));
    out.precision(17);
    WriteRandomCase(engine, c, out);
  }
  const std::vector<Case> api = ApiCases();
  cases.insert(cases.end(), api.begin(), api.end());
  ASSERT_NO_FATAL_FAILURE(RunR(cases, folder));
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    CompareCase(c, ReadTable(folder / (c.data + ".csv")));
  }
  std::printf("%zu figures compared\n", compared_);
  EXPECT_GT(compared_, 1500u);
}

}  // namespace
}  // namespace hailong::estimate
