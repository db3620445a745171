// Raking, and replicates that are raked anew, of ours and of R's survey on the same rows.
//   weights_bench [--dir DIRECTORY] [--repetitions N] [--threads N] [--rake-rows N] [--rows N]
//                 [--replicates N] [--r-replicates N] [--full yes] [--peer no]
// R takes minutes for 500 replicates, so it is given 20 unless --full is yes; each figure says of
// how many it is. --peer no leaves R out.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <random>

#include "absl/strings/str_format.h"
#include "analysis/replicate/ratios.h"
#include "analysis/replicate/replicates.h"
#include "analysis/weighting/adjust.h"
#include "tests/bench/figures.h"

namespace hailong::bench {
namespace {

using design::Factor;
using weighting::Adjustment;
using weighting::Margin;

constexpr uint64_t kSeed = 2026;
constexpr uint32_t kUnits = 119;
constexpr size_t kItems = 22;
constexpr double kMissingShare = 0.03;

// Rows with margins whose totals other weights have, so that raking must work for them.
struct Rows {
  std::vector<double> weights;
  std::vector<Margin> margins;
};

Rows MakeRows(size_t count, const std::vector<std::pair<std::string, uint32_t>>& variables,
              std::mt19937_64& engine) {
  Rows rows;
  for (const auto& [name, levels] : variables) {
    Margin margin{.factor = {.name = name, .levels = {}, .codes = {}},
                  .population = std::vector<double>(levels, 0)};
    for (uint32_t l = 0; l < levels; ++l) margin.factor.levels.push_back(std::to_string(l));
    rows.margins.push_back(std::move(margin));
  }
  for (size_t r = 0; r < count; ++r) {
    rows.weights.push_back(1 + static_cast<double>(engine() % 1000) / 100);
    double other = rows.weights.back();
    for (Margin& margin : rows.margins) {
      const uint32_t code = static_cast<uint32_t>(engine() % margin.population.size());
      margin.factor.codes.push_back(code);
      other *= 1 + code / 10.0;
    }
    for (Margin& margin : rows.margins) margin.population[margin.factor.codes[r]] += other;
  }
  return rows;
}

void WriteMargins(const std::vector<Margin>& margins, const std::string& path) {
  std::ofstream out(path);
  out << "variable,level,size\n" << std::setprecision(17);
  for (const Margin& margin : margins) {
    for (size_t l = 0; l < margin.population.size(); ++l) {
      out << margin.factor.name << ',' << l << ',' << margin.population[l] << '\n';
    }
  }
}

// More columns than those of the rows: a header, and what to write of a row.
void WriteRows(const Rows& rows, const std::string& path, const std::string& header,
               const std::function<void(size_t, std::ostream&)>& more) {
  std::ofstream out(path);
  for (const Margin& margin : rows.margins) out << margin.factor.name << ',';
  out << "w" << header << '\n' << std::setprecision(17);
  for (size_t r = 0; r < rows.weights.size(); ++r) {
    for (const Margin& margin : rows.margins) out << margin.factor.codes[r] << ',';
    out << rows.weights[r];
    more(r, out);
    out << '\n';
  }
}

Spread Repeat(uint64_t repetitions, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (uint64_t i = 0; i < repetitions; ++i) {
    const Stopwatch watch;
    work();
    seconds.push_back(watch.seconds());
  }
  return SpreadOf(std::move(seconds));
}

void Line(const std::string& name, const std::string& value) {
  std::printf("  %-66s %s\n", name.c_str(), value.c_str());
  std::fflush(stdout);
}

void MeasureRaking(size_t count, uint64_t repetitions, const std::string& directory) {
  std::mt19937_64 engine(kSeed);
  const Rows rows = MakeRows(count, {{"sex", 2}, {"age", 5}, {"kind", 12}}, engine);
  std::vector<weighting::Step> steps = {weighting::Raking{.margins = rows.margins}};
  std::vector<double> create, apply, whole;
  uint32_t cycles = 0;
  for (uint64_t i = 0; i < repetitions; ++i) {
    std::vector<weighting::Step> own = steps;
    std::vector<double> weights = rows.weights;
    const Stopwatch watch;
    const auto adjustment = Adjustment::Create(count, std::move(own));
    create.push_back(watch.seconds());
    Require(adjustment.status(), "create");
    const auto raked = adjustment->ApplyWeights(std::move(weights));
    whole.push_back(watch.seconds());
    apply.push_back(whole.back() - create.back());
    Require(raked.status(), "rake");
    cycles = adjustment->Apply(rows.weights)->reports()[0].iterations;
  }
  std::printf("\nraking %zu rows to 3 margins of 2, 5 and 12 levels, to 1e-12 (%u cycles)\n", count,
              cycles);
  Line("check and cut into cells, s", ToText(SpreadOf(std::move(create)), 4));
  Line("rake, both passes over the rows, s", ToText(SpreadOf(std::move(apply)), 4));
  Line("together, s", ToText(SpreadOf(std::move(whole)), 4));
  const Adjustment adjustment = *Adjustment::Create(count, steps);
  Line("with report and residual regression, s",
       ToText(
           Repeat(repetitions, [&] { Require(adjustment.Apply(rows.weights).status(), "apply"); }),
           4));
  WriteMargins(rows.margins, directory + "/margins.csv");
  WriteRows(rows, directory + "/rake.csv", "", [](size_t, std::ostream&) {});
}

struct Sample {
  Rows rows;
  replicate::FirstStage stage;
  replicate::RatioRequest request;
};

Sample MakeSample(size_t count) {
  std::mt19937_64 engine(kSeed + 1);
  Sample sample{.rows = MakeRows(count, {{"sex", 2}, {"age", 5}, {"kind", 12}}, engine),
                .stage = {},
                .request = {}};
  sample.stage.weights = sample.rows.weights;
  for (uint32_t h = 0; h < kUnits; ++h) sample.stage.stratum_names.push_back(std::to_string(h));
  sample.stage.sampling_fractions.resize(kUnits, 0);
  for (size_t r = 0; r < count; ++r) {
    sample.stage.units.push_back(static_cast<uint32_t>(r));
    sample.stage.stratum_of_unit.push_back(static_cast<uint32_t>(r * kUnits / count));
  }
  const auto missing = static_cast<uint64_t>(kMissingShare * 1000);
  for (size_t i = 0; i < kItems; ++i) {
    replicate::CodedItem item{
        .codes = {}, .numerator = {0, 0, 0, 0, 1, 1}, .denominator = {0, 1, 1, 1, 1, 1}};
    for (size_t r = 0; r < count; ++r) {
      const bool answered = engine() % 1000 >= missing;
      item.codes.push_back(static_cast<uint8_t>(answered ? 1 + engine() % 5 : 0));
    }
    sample.request.coded.push_back(std::move(item));
  }
  return sample;
}

void WriteSample(const Sample& sample, const std::string& directory) {
  std::string header = ",unit";
  for (size_t i = 0; i < kItems; ++i) header += absl::StrFormat(",q%d", i + 1);
  WriteMargins(sample.rows.margins, directory + "/totals.csv");
  WriteRows(sample.rows, directory + "/replicates.csv", header, [&](size_t r, std::ostream& out) {
    out << ',' << sample.stage.stratum_of_unit[r];
    for (const replicate::CodedItem& item : sample.request.coded) {
      item.codes[r] == 0 ? out << ",NA" : out << ',' << int{item.codes[r]};
    }
  });
}

void MeasureReplicates(size_t count, uint32_t replicates, size_t threads, uint64_t repetitions,
                       const std::string& directory) {
  Sample sample = MakeSample(count);
  const auto raking =
      Adjustment::Create(count, {weighting::Raking{.margins = sample.rows.margins}});
  const auto boot = replicate::Replicates::Create(
      sample.stage, replicate::Bootstrap{.replicates = replicates, .seed = kSeed});
  Require(raking.status(), "raking");
  Require(boot.status(), "replicates");
  const auto measure = [&](const Adjustment* adjustment, size_t own_threads) {
    const Spread spread = Repeat(repetitions, [&] {
      const auto estimates =
          replicate::EstimateRatios(*boot, adjustment, sample.request, own_threads);
      Require(estimates.status(), "estimate");
      double sum = 0;
      for (size_t i = 0; i < estimates->size(); ++i) sum += estimates->Variance(i).value_or(0);
      if (!(sum > 0)) std::abort();
    });
    return absl::StrFormat("%s; %.3f ms a replicate", ToText(spread, 3),
                           spread.median * 1e3 / replicates);
  };
  std::printf("\n%u bootstrap replicates of %zu rows in %u strata, %zu items, raked to 3 margins\n",
              replicates, count, kUnits, kItems);
  Line(absl::StrFormat("%d threads, s", threads), measure(&*raking, threads));
  Line("1 thread, s", measure(&*raking, 1));
  Line("1 thread, without raking, s", measure(nullptr, 1));
  WriteSample(sample, directory);
  for (const uint32_t stratum : sample.stage.stratum_of_unit)
    sample.request.domains.push_back(stratum);
  sample.request.domain_count = kUnits;
  Line(absl::StrFormat("%d threads, by %d domains, s", threads, kUnits),
       measure(&*raking, threads));
}

void MeasurePeer(const std::string& directory, uint64_t replicates) {
  std::printf("\nR's survey on the same rows, its own time without reading them\n");
  std::fflush(stdout);
  const std::string output = directory + "/peer.txt";
  const std::string command = absl::StrFormat("Rscript --vanilla '%s' '%s' %d >'%s'",
                                              HAILONG_BENCH_R, directory, replicates, output);
  if (std::system(command.c_str()) != 0) {
    std::printf("  did not run: %s\n", command.c_str());
    return;
  }
  std::ifstream in(output);
  std::string name;
  for (double seconds = 0; in >> name >> seconds;) {
    if (name == "rake") {
      Line("rake(), s", absl::StrFormat("%.2f", seconds));
    } else {
      Line(absl::StrFormat("%d replicates, raked, %d means one by one, s", replicates, kItems),
           absl::StrFormat("%.1f; %.0f ms a replicate", seconds,
                           seconds * 1e3 / static_cast<double>(replicates)));
    }
  }
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data")) + "/weights";
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{5});
  const uint64_t threads = Option(argc, argv, "--threads", uint64_t{2});
  const uint64_t replicates = Option(argc, argv, "--replicates", uint64_t{500});
  const bool full = Option(argc, argv, "--full", std::string("no")) == "yes";
  const uint64_t r_replicates =
      full ? replicates : Option(argc, argv, "--r-replicates", uint64_t{20});
  std::filesystem::create_directories(directory);
  std::printf("machine: %s\n", Machine().c_str());
  MeasureRaking(Option(argc, argv, "--rake-rows", uint64_t{1'000'000}), repetitions, directory);
  MeasureReplicates(Option(argc, argv, "--rows", uint64_t{36'525}),
                    static_cast<uint32_t>(replicates), threads, repetitions, directory);
  if (Option(argc, argv, "--peer", std::string("yes")) == "yes") {
    MeasurePeer(directory, r_replicates);
  }
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
