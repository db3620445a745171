// Shares of 22 items by 119 units with standard errors, beside R's survey (the same figures) and
// DuckDB (the shares alone), on the same rows in one run.
//   estimates_bench [--dir DIRECTORY] [--rows N[,N...]] [--r-rows N] [--repetitions N] [--threads
//   N]
// Sizes above --r-rows (100,000) are not given to R, which takes six minutes for 1 million.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "analysis/frameworks/frameworks.h"
#include "analysis/index/score.h"
#include "base/check.h"
#include "tests/bench/figures.h"
#include "tests/bench/limits.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

constexpr size_t kUnits = 119;
constexpr size_t kItems = 22;
constexpr uint8_t kSteps[32] = {5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4,
                                4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 2, 2, 1, 0};  // 0: none
constexpr double kTolerance = 1e-8;

struct Data {
  std::optional<frame::Frame> frame;
  std::vector<index::UnitInput> units = std::vector<index::UnitInput>(kUnits);
};

// Rows of units of different size; a third of each unit's population answered.
Data MakeData(uint64_t rows, const index::Framework& framework) {
  std::vector<frame::Column> columns;
  for (const std::string& id : framework.question_ids()) columns.push_back({id, 5});
  Data data;
  data.frame.emplace(columns, kUnits);
  std::vector<uint8_t> answers(columns.size());
  for (uint64_t r = 0; r < rows; ++r) {
    const uint64_t a = Mix(2 * r) % kUnits;
    const uint64_t b = Mix(2 * r + 1) % kUnits;
    const uint64_t unit = std::min(a, b);
    for (size_t j = 0; j < answers.size(); ++j) {
      answers[j] = kSteps[Mix(r * 64 + j + (uint64_t{1} << 40)) % 32];
    }
    data.frame->Append(
        {.unit = static_cast<uint16_t>(unit), .counted = true, .flags = 0, .answers = answers});
    data.units[unit].population += 3;
  }
  return data;
}

void WriteCsv(const Data& data, const std::string& path) {
  std::FILE* const out = std::fopen(path.c_str(), "w");
  HAILONG_CHECK(out != nullptr);
  std::fputs("unit,w,N", out);
  for (size_t j = 0; j < kItems; ++j) std::fprintf(out, ",q%zu", j + 1);
  std::fputs("\n", out);
  for (size_t r = 0; r < data.frame->rows(); ++r) {
    const uint16_t unit = data.frame->unit(r);
    const double population = static_cast<double>(data.units[unit].population);
    const double responses = static_cast<double>(data.frame->Responses(unit, false));
    std::fprintf(out, "%d,%.17g,%.0f", unit, population / responses, population);
    for (size_t j = 0; j < kItems; ++j) {
      const uint8_t answer = data.frame->answer(r, j);
      answer == frame::kNoAnswer ? std::fputs(",", out) : std::fprintf(out, ",%d", answer);
    }
    std::fputs("\n", out);
  }
  HAILONG_CHECK(std::fclose(out) == 0);
}

// What a program prints, line by line.
std::vector<std::string> LinesOf(const std::string& command) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  HAILONG_CHECK(pipe != nullptr);
  std::string text;
  char buffer[4096];
  for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, got);
  }
  if (pclose(pipe) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::exit(1);
  }
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

void Line(const std::string& name, const std::string& value) {
  std::printf("  %-64s %s\n", name.c_str(), value.c_str());
  std::fflush(stdout);
}

using Scores = std::vector<index::UnitScore>;

bool Agrees(double ours, double theirs) {
  return std::abs(ours - theirs) <= kTolerance * std::max(std::abs(theirs), 1e-3);
}

// Percent in ours, a share in theirs.
const estimate::Estimate& ItemOf(const Scores& scores, const index::Framework& framework,
                                 size_t unit, size_t item) {
  size_t found = 0;
  for (size_t c = 0; c < framework.size(); ++c) {
    if (framework.is_item(c) && found++ == item) return scores[unit].components[c].index;
  }
  HAILONG_CHECK(false);
  std::abort();
}

Spread MeasureDuckDb(const Scores& scores, const index::Framework& framework,
                     const std::string& csv, uint64_t repetitions, int threads) {
  std::vector<double> seconds;
  size_t compared = 0;
  for (const std::string& line :
       LinesOf(absl::StrFormat("node '%s/tests/bench/duckdb/means.mjs' '%s' %d %d %d",
                               HAILONG_SOURCE_DIR, csv, kItems, repetitions, threads))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "load") {
      Line("  DuckDB: reading the CSV (not part of any ratio), s", words[1].substr(0, 6));
    } else if (words[0] == "means") {
      seconds.push_back(std::atof(words[1].c_str()));
    } else {
      const auto& ours = ItemOf(scores, framework, static_cast<size_t>(std::atoi(words[0].c_str())),
                                static_cast<size_t>(std::atoi(words[1].c_str())) - 1);
      HAILONG_CHECK(Agrees(ours.value / 100, std::atof(words[2].c_str())));
      ++compared;
    }
  }
  HAILONG_CHECK(compared == kUnits * kItems);
  return SpreadOf(std::move(seconds));
}

double MeasureR(const Scores& scores, const index::Framework& framework, const std::string& csv) {
  const auto lines =
      LinesOf(absl::StrFormat("Rscript --vanilla '%s/tests/bench/estimates_bench.R' '%s' '%s.r'",
                              HAILONG_SOURCE_DIR, csv, csv));
  std::ifstream in(csv + ".r");
  std::string line;
  std::getline(in, line);
  size_t compared = 0;
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    const auto& ours = ItemOf(scores, framework, static_cast<size_t>(std::atoi(fields[0].c_str())),
                              static_cast<size_t>(std::atoi(fields[1].c_str() + 1)) - 1);
    HAILONG_CHECK(Agrees(ours.value / 100, std::atof(fields[2].c_str())));
    HAILONG_CHECK(Agrees(*ours.standard_error / 100, std::atof(fields[3].c_str())));
    ++compared;
  }
  HAILONG_CHECK(compared == kUnits * kItems);
  return std::atof(lines.back().c_str() + lines.back().find(' '));
}

void Measure(uint64_t rows, const index::Framework& framework, const std::string& directory,
             bool with_r, uint64_t repetitions, int threads) {
  const Data data = MakeData(rows, framework);
  std::printf("\n%s responses, %zu items by %zu units, synthetic\n", std::to_string(rows).c_str(),
              kItems, kUnits);
  Line("memory, bytes a response",
       absl::StrFormat("%.1f",
                       static_cast<double>(data.frame->bytes()) / static_cast<double>(rows)));
  Scores scores;
  std::vector<double> kept, whole;
  for (uint64_t i = 0; i < repetitions; ++i) {
    // Our frame has counted the answers as they came. To be held against programs that read rows,
    // the whole is that and one pass that counts all answers anew.
    const Stopwatch watch;
    auto made = index::ScoreUnits(*data.frame, framework, data.units, {.threads = threads},
                                  /*with_components=*/true);
    kept.push_back(watch.seconds());
    whole.push_back(kept.back() + HistogramMs(*data.frame, threads) / 1e3);
    Require(made.status(), "score");
    scores = *std::move(made);
  }
  Line("hailong: shares, errors and all components, s", ToText(SpreadOf(kept), 4));
  Line("hailong: the same and counting all answers anew, s", ToText(SpreadOf(whole), 4));
  const double ours = SpreadOf(whole).median;
  const std::string csv = directory + "/responses.csv";
  WriteCsv(data, csv);
  const Spread duckdb = MeasureDuckDb(scores, framework, csv, repetitions, threads);
  Line("DuckDB: shares alone, s", ToText(duckdb, 4));
  Line("DuckDB / hailong (aim: above 1)", absl::StrFormat("%.1f", duckdb.median / ours));
  if (with_r) {
    const double r = MeasureR(scores, framework, csv);
    Line("R survey: shares and errors, once, s", absl::StrFormat("%.1f", r));
    Line("R / hailong (aim: at least 500)", absl::StrFormat("%.0f", r / ours));
  }
  Line("figures compared with each peer's (1e-8)", std::to_string(kUnits * kItems));
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data"));
  const uint64_t r_rows = Option(argc, argv, "--r-rows", uint64_t{100'000});
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{5});
  const int threads = static_cast<int>(Option(argc, argv, "--threads", uint64_t{2}));
  std::filesystem::create_directories(directory);
  std::printf("machine: %s\n", Machine().c_str());
  auto definitions = frameworks::ShippedFrameworks();
  Require(definitions.status(), "frameworks");
  for (const v1::IndexFramework& definition : *definitions) {
    if (definition.framework_id() != "sipas-2017") continue;
    const auto framework = index::Framework::Create(definition);
    Require(framework.status(), "framework");
    const std::string sizes = Option(argc, argv, "--rows", std::string("36525,1000000"));
    for (const absl::string_view text : absl::StrSplit(sizes, ',')) {
      uint64_t rows = 0;
      if (!absl::SimpleAtoi(text, &rows) || rows < kUnits) {
        std::fprintf(stderr, "--rows: found '%s', allowed are numbers from 119, with commas\n",
                     sizes.c_str());
        return 2;
      }
      Measure(rows, *framework, directory, rows <= r_rows, repetitions, threads);
    }
    return 0;
  }
  std::fprintf(stderr, "the framework sipas-2017 is not shipped any more\n");
  return 1;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
