// Weighting steps and replicate weights against R's survey: on generated samples, which R reads,
// and on the schools of its documentation, which R writes.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>

#include "analysis/replicate/estimates.h"
#include "analysis/replicate/ratios.h"
#include "analysis/replicate/replicates.h"
#include "analysis/weighting/adjust.h"
#include "tests/r_agreement/samples_for_test.h"

namespace hailong::r_agreement {
namespace {

using replicate::Centre;
using replicate::ReplicateEstimates;
using replicate::Replicates;
using weighting::Adjustment;
using weighting::Calibration;
using weighting::Covariate;
using weighting::Distance;
using weighting::Margin;
using weighting::Step;
using weighting::Weighted;

constexpr size_t kReplicates = 37;

Covariate CovariateOf(const Sample& sample, const std::string& column, double total) {
  return {.name = column, .values = sample[column], .total = total};
}

Covariate One(const Sample& sample, double total) {
  return {.name = "one", .values = std::vector<double>(sample.rows(), 1), .total = total};
}

// Above the bound as many weights as leave the others below it after one pass.
double FindTrim(std::vector<double> weights) {
  std::ranges::sort(weights);
  const size_t n = weights.size();
  double bound = 0;
  for (size_t k = 1; k < n / 4; ++k) {
    const double low = weights[n - k - 1], high = weights[n - k];
    const double middle = (low + high) / 2;
    double excess = 0;
    for (size_t i = n - k; i < n; ++i) excess += weights[i] - middle;
    if (low + excess / static_cast<double>(n - k) < middle) bound = middle;
  }
  return bound;
}

class WeightsAgreement : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "r_agreement_weights";
    std::filesystem::create_directories(directory_);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    std::mt19937_64 engine(seed_);
    strata_ = MakeSample(Generate(engine, 5, 3, 6), "d", "stratum", "psu", "");
    pairs_ = MakeSample(Generate(engine, 6, 2, 2), "d", "stratum", "psu", "");
    FindKnown(engine);
    WriteInput();
    RunR();
    clus1_ = MakeSample(ReadCsv(directory_ + "/apiclus1.csv"), "pw", "", "dnum", "fpc");
    strat_ = MakeSample(ReadCsv(directory_ + "/apistrat.csv"), "pw", "stype", "", "fpc");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Totals of other weights, so that there are weights that reach them; bounds that bite.
  void FindKnown(std::mt19937_64& engine) {
    std::vector<double> other = strata_.stage.weights;
    for (double& w : other) w *= 0.7 + static_cast<double>(engine() % 1000) / 1666;
    // With the sum that the sample has, factors lie on both sides of 1.
    const double size = std::accumulate(other.begin(), other.end(), 0.0);
    const std::vector<double>& d = strata_.stage.weights;
    for (double& w : other) w *= std::accumulate(d.begin(), d.end(), 0.0) / size;
    for (size_t r = 0; r < other.size(); ++r) {
      known_["all"] += other[r];
      known_[strata_.table["sex"][r]] += other[r];
      known_[strata_.table["age"][r]] += other[r];
    }
    for (const char* x : {"x1", "x2"}) known_[x] = Dot(other, strata_[x]);
    const Weighted linear = Apply(strata_, {NumbersStep(Distance::kLinear)});
    known_["lower"] = 1 - 0.95 * (1 - linear.reports()[0].factor_min);
    known_["upper"] = 1 + 0.95 * (linear.reports()[0].factor_max - 1);
    known_["trim"] = FindTrim(Apply(strata_, {MarginsStep()}).weights());
    ASSERT_GT(known_["trim"], 0) << "no bound that one pass of trimming keeps";
  }

  void WriteInput() {
    WriteCsv(strata_.table, directory_ + "/strata.csv");
    WriteCsv(pairs_.table, directory_ + "/pairs.csv");
    std::ofstream known(directory_ + "/known.csv");
    known << "key,value\n" << std::setprecision(17);
    for (const auto& [key, value] : known_) known << key << ',' << value << '\n';
    const Replicates boot = Boot();
    std::vector<std::vector<double>> columns(boot.count(), std::vector<double>(boot.rows()));
    std::vector<double> factors(boot.units());
    for (size_t r = 0; r < boot.count(); ++r) boot.Weights(r, factors, columns[r]);
    std::ofstream out(directory_ + "/boot.csv");
    out << std::setprecision(17);
    for (size_t row = 0; row < boot.rows(); ++row) {
      for (size_t r = 0; r < boot.count(); ++r) out << (r == 0 ? "" : ",") << columns[r][row];
      out << '\n';
    }
  }

  void RunR() {
    const std::string command =
        "Rscript --vanilla '" HAILONG_WEIGHTS_R "' '" + directory_ + "' >/dev/null";
    const int status = std::system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ASSERT_NE(code, 127) << "Rscript is not on the PATH; install r-base-core and r-cran-survey";
    ASSERT_EQ(code, 0) << command;
    const Table figures = ReadCsv(directory_ + "/figures.csv");
    const std::vector<double> values = Numbers(figures, "value");
    for (size_t i = 0; i < values.size(); ++i) figures_[figures.at("key")[i]] = values[i];
    const Table weights = ReadCsv(directory_ + "/weights.csv");
    const std::vector<double> by_row = Numbers(weights, "value");
    for (size_t i = 0; i < by_row.size(); ++i) {
      weights_[weights.at("case")[i]].push_back(by_row[i]);
    }
    ASSERT_FALSE(figures_.empty() || weights_.empty());
  }

  Replicates Boot() const {
    return *Replicates::Create(strata_.stage,
                               replicate::Bootstrap{.replicates = kReplicates, .seed = seed_});
  }

  Step MarginsStep() const {
    return weighting::Raking{
        .margins = {
            {FactorOf(strata_.table, "sex"), {known_.at("f"), known_.at("m")}},
            {FactorOf(strata_.table, "age"), {known_.at("a"), known_.at("b"), known_.at("c")}}}};
  }
  Step PostStep() const {
    return weighting::PostStratification{
        .cells = {FactorOf(strata_.table, "age"),
                  {known_.at("a"), known_.at("b"), known_.at("c")}}};
  }
  Calibration NumbersStep(Distance distance, std::optional<double> lower = std::nullopt,
                          std::optional<double> upper = std::nullopt) const {
    return {
        .covariates = {One(strata_, known_.at("all")), CovariateOf(strata_, "x1", known_.at("x1")),
                       CovariateOf(strata_, "x2", known_.at("x2"))},
        .distance = distance,
        .lower = lower,
        .upper = upper};
  }

  static Weighted Apply(const Sample& sample, std::vector<Step> steps) {
    const auto adjustment = Adjustment::Create(sample.rows(), std::move(steps));
    EXPECT_TRUE(adjustment.ok()) << adjustment.status();
    auto weighted = adjustment->Apply(sample.stage.weights);
    EXPECT_TRUE(weighted.ok()) << weighted.status();
    return *std::move(weighted);
  }

  void CompareWeights(const std::string& name, const std::vector<double>& ours) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(weights_.contains(name));
    asked_.insert("weights " + name);
    const std::vector<double>& theirs = weights_[name];
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t r = 0; r < ours.size(); ++r) {
      ASSERT_NEAR(ours[r], theirs[r], 1e-9 * std::abs(theirs[r])) << "row " << r;
    }
  }

  void Compare(const std::string& key, double value, double variance) {
    SCOPED_TRACE(key);
    ASSERT_TRUE(figures_.contains(key + ":e")) << "R has no such figure";
    asked_.insert(key);
    const double e = figures_[key + ":e"], v = figures_[key + ":v"];
    EXPECT_NEAR(value, e, 1e-9 * std::abs(e));
    // Twice 1e-9 of a standard error; where it is zero in theory, rounding of the estimate squared.
    EXPECT_NEAR(variance, v, std::max(2e-9 * v, 1e-16 * e * e));
  }

  // Weights and figures of steps, with Taylor variances of residuals.
  void CompareSteps(const std::string& name, const Sample& sample,
                    const std::vector<Figure>& figures, std::vector<Step> steps) {
    const Weighted weighted = Apply(sample, std::move(steps));
    CompareWeights(name, weighted.weights());
    for (const Figure& figure : figures) {
      std::vector<double> z = Linearised(figure, weighted.weights());
      weighted.Residualise(z);
      Compare(name + ":" + figure.name, Value(figure, weighted.weights()),
              Taylor(sample.stage, weighted.weights(), z));
    }
  }

  void CompareReplicates(const std::string& name, const Replicates& replicates,
                         const Adjustment* adjustment, const std::vector<Figure>& figures,
                         Centre centre = Centre::kMean) {
    const auto estimates = replicate::Estimate(
        replicates, adjustment,
        [&](std::span<const double> weights) {
          std::vector<double> values;
          for (const Figure& figure : figures) values.push_back(Value(figure, weights));
          return values;
        },
        2);
    ASSERT_TRUE(estimates.ok()) << estimates.status();
    for (size_t i = 0; i < figures.size(); ++i) {
      Compare(name + ":" + figures[i].name, estimates->full()[i],
              estimates->Variance(i, centre).value());
    }
    CompareFast(name, replicates, adjustment, figures, centre);
  }

  // The same by the way for many ratios at once.
  void CompareFast(const std::string& name, const Replicates& replicates,
                   const Adjustment* adjustment, const std::vector<Figure>& figures,
                   Centre centre) {
    replicate::RatioRequest request;
    std::vector<std::string> names;
    for (const Figure& figure : figures) {
      if (figure.b.empty()) continue;
      request.numeric.push_back({figure.a, figure.b});
      names.push_back(name + ":" + figure.name);
    }
    const auto ratios = replicate::EstimateRatios(replicates, adjustment, request, 2);
    ASSERT_TRUE(ratios.ok()) << ratios.status();
    for (size_t i = 0; i < names.size(); ++i) {
      Compare(names[i], ratios->full()[i], ratios->Variance(i, centre).value());
    }
  }

  // Each replicate of R is one of ours, in whatever order.
  void CompareJackknife(const std::string& name, const Replicates& replicates) {
    const Table table = ReadCsv(directory_ + "/jk.csv");
    const std::vector<double> values = Numbers(table, "value");
    std::map<std::string, std::vector<double>> theirs;
    for (size_t i = 0; i < values.size(); ++i) {
      if (table.at("case")[i] == name) theirs[table.at("replicate")[i]].push_back(values[i]);
    }
    ASSERT_EQ(theirs.size(), replicates.count());
    std::vector<double> factors(replicates.units()), ours(replicates.rows());
    for (size_t r = 0; r < replicates.count(); ++r) {
      replicates.Weights(r, factors, ours);
      const auto same = [&](const auto& column) {
        return std::ranges::equal(ours, column.second, [](double a, double b) {
          return std::abs(a - b) <= 1e-9 * std::abs(b);
        });
      };
      const auto found = std::ranges::find_if(theirs, same);
      ASSERT_NE(found, theirs.end()) << name << " replicate " << r;
      theirs.erase(found);
    }
  }

  const uint64_t seed_ = std::random_device()();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(seed_)};
  std::string directory_;
  Sample strata_, pairs_, clus1_, strat_;
  std::map<std::string, double> known_;
  std::map<std::string, double> figures_;
  std::map<std::string, std::vector<double>> weights_;
  std::set<std::string> asked_;
};

TEST_F(WeightsAgreement, OfStepsAndReplicates) {
  const std::vector<Figure> figures = FiguresOf(strata_);
  const Step lower_and_upper =
      NumbersStep(Distance::kLinear, known_.at("lower"), known_.at("upper"));
  CompareSteps("none", strata_, figures, {});
  CompareSteps("post", strata_, figures, {PostStep()});
  CompareSteps("raking", strata_, figures, {MarginsStep()});
  CompareWeights("rake", Apply(strata_, {MarginsStep()}).weights());
  CompareSteps("linear", strata_, figures, {NumbersStep(Distance::kLinear)});
  CompareSteps("exponential", strata_, figures, {NumbersStep(Distance::kRaking)});
  CompareSteps("bounded", strata_, figures, {lower_and_upper});
  CompareSteps("logit", strata_, figures, {NumbersStep(Distance::kLogit, 0.4, 2.5)});
  CompareSteps("two", strata_, figures, {PostStep(), NumbersStep(Distance::kRaking)});
  CompareSteps("trimmed", strata_, figures,
               {MarginsStep(), weighting::Trimming{.upper = known_.at("trim")}});

  const std::vector<Figure> schools = SchoolFigures(clus1_);
  const Factor type = FactorOf(clus1_.table, "stype");
  CompareSteps("clus1:post", clus1_, schools,
               {weighting::PostStratification{.cells = {type, {4421, 755, 1018}}}});
  Calibration totals{.covariates = {CovariateOf(clus1_, "api99", 3914069)}};
  const double types[] = {4421, 755, 1018};
  for (size_t l = 0; l < type.levels.size(); ++l) {
    Covariate dummy{.name = type.levels[l], .values = {}, .total = types[l]};
    for (const uint32_t code : type.codes) dummy.values.push_back(code == l ? 1 : 0);
    totals.covariates.push_back(std::move(dummy));
  }
  CompareSteps("clus1:linear", clus1_, schools, {totals});
  totals.distance = Distance::kRaking;
  CompareSteps("clus1:raking", clus1_, schools, {totals});
  totals.lower = 0.7;
  totals.upper = 1.7;
  totals.distance = Distance::kLogit;
  CompareSteps("clus1:logit", clus1_, schools, {totals});
  totals.lower = 0.75;
  totals.upper = 1.7;
  totals.distance = Distance::kLinear;
  CompareSteps("clus1:bounded", clus1_, schools, {totals});
  CompareSteps(
      "strat:linear", strat_, SchoolFigures(strat_),
      {Calibration{.covariates = {One(strat_, 6194), CovariateOf(strat_, "api99", 3914069)}}});

  const auto school_ratio = [](const Sample& sample) {
    return std::vector<Figure>{SchoolFigures(sample)[1],
                               {"ratio", sample["api.stu"], sample["enroll"]}};
  };
  const auto jk1 = Replicates::Create(clus1_.stage, replicate::Jackknife1{});
  const auto jkn = Replicates::Create(strat_.stage, replicate::JackknifeN{});
  const auto jkn_strata = Replicates::Create(strata_.stage, replicate::JackknifeN{});
  const auto brr = Replicates::Create(pairs_.stage, replicate::BalancedHalves{});
  const auto fay = Replicates::Create(pairs_.stage, replicate::BalancedHalves{0.3});
  ASSERT_TRUE(jk1.ok() && jkn.ok() && jkn_strata.ok() && brr.ok() && fay.ok());
  CompareJackknife("JK1", *jk1);
  CompareJackknife("JKn", *jkn);
  CompareReplicates("JK1", *jk1, nullptr, school_ratio(clus1_));
  CompareReplicates("JKn", *jkn, nullptr, school_ratio(strat_));
  CompareReplicates("JKn:strata", *jkn_strata, nullptr, figures);
  CompareReplicates("JKn:mse", *jkn_strata, nullptr, figures, Centre::kFullSample);
  CompareReplicates("BRR", *brr, nullptr, FiguresOf(pairs_));
  CompareReplicates("Fay", *fay, nullptr, FiguresOf(pairs_));
  const Figure total{"total", pairs_["y"], {}};
  const auto own = replicate::Estimate(
      *brr, nullptr,
      [&](std::span<const double> w) { return std::vector<double>{Value(total, w)}; }, 1);
  Compare("BRR:own", own->full()[0], own->Variance(0).value());

  const Replicates boot = Boot();
  const Adjustment raked = *Adjustment::Create(strata_.rows(), {MarginsStep()});
  const Adjustment linear = *Adjustment::Create(strata_.rows(), {NumbersStep(Distance::kLinear)});
  CompareReplicates("boot", boot, nullptr, figures);
  CompareReplicates("boot:mse", boot, nullptr, figures, Centre::kFullSample);
  CompareReplicates("boot:raked", boot, &raked, figures);
  CompareReplicates("boot:raked:mse", boot, &raked, figures, Centre::kFullSample);
  CompareReplicates("boot:linear", boot, &linear, figures, Centre::kFullSample);

  for (const auto& [key, figure] : figures_) {
    EXPECT_TRUE(asked_.contains(key.substr(0, key.size() - 2)))
        << "R's " << key << " was compared with nothing";
  }
  for (const auto& [name, values] : weights_) {
    EXPECT_TRUE(asked_.contains("weights " + name)) << "R's weights " << name << " neither";
  }
  std::printf("%zu figures and %zu sets of weights compared\n", figures_.size(), weights_.size());
}

}  // namespace
}  // namespace hailong::r_agreement
