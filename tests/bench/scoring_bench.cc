// Scoring 39 items by 119 units, and live counts, of rounds of different size.
//   scoring_bench [--dir DIRECTORY] [--rows N[,N...]] [--repetitions N] [--threads N]
// See README.md for what is measured and beside what.

#include <cstdio>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "analysis/frameworks/frameworks.h"
#include "base/check.h"
#include "server/results/results.h"
#include "server/results/round_frame.h"
#include "server/store/sqlite_store.h"
#include "tests/bench/figures.h"
#include "tests/bench/limits.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

constexpr uint64_t kNewRows = 1000;
constexpr uint64_t kFillRows = 50'000;  // in one transaction, so that filling does not take all day

struct Figures {
  uint64_t rows = 0;
  double store_bytes = 0;   // for a response
  double memory_bytes = 0;  // for a response
  double open_s = 0;
  double cold_s = 0;
  double scan_s = 0;
  Spread append_ms, units_ms, sipas_ms, histogram_ms, counts_ms;
};

void Append(store::SqliteStore& store, const Rows& rows, uint64_t begin, uint64_t end) {
  for (uint64_t at = begin; at < end;) {
    std::vector<model::NewResponse> batch;
    for (; at < end && batch.size() < kFillRows; ++at) batch.push_back(rows.Make(at));
    Require(store.AppendResponses(batch).status(), "append");
  }
}

std::unique_ptr<store::SqliteStore> Open(const std::string& path) {
  auto store = store::SqliteStore::Open({.path = path, .vfs = ""});
  Require(store.status(), "open");
  return *std::move(store);
}

// The parts of a server that score.
struct Scorer {
  Scorer(const std::string& path, const Rows& rows, int threads)
      : store(Open(path)),
        catalog(rows.catalog()),
        writer(*store, {.jobs_max = 1, .commit_responses_max = 1, .admit = {}, .closed = {}}),
        catalog_writer(writer, catalog, clock),
        results(catalog, catalog_writer, *store, clock, Frameworks(), threads) {}

  static results::Frameworks Frameworks() {
    auto definitions = frameworks::ShippedFrameworks();
    Require(definitions.status(), "frameworks");
    auto made = results::MakeFrameworks(*definitions);
    Require(made.status(), "frameworks");
    return *std::move(made);
  }

  std::unique_ptr<store::SqliteStore> store;
  base::SystemClock clock;
  model::CatalogHolder catalog;
  store::Writer writer;
  store::CatalogWriter catalog_writer;
  results::Results results;
};

struct Calls {
  const model::Principal caller{
      .role = v1::ROLE_ADMIN, .id = "bench", .unit_id = "", .collector = {}, .channel = {}};
  Scorer& scorer;
  const std::string& round_id;

  double UnitsMs(uint64_t rows) {
    v1::ListUnitScoresRequest request;
    request.set_round_id(round_id);
    request.set_with_components(true);
    const Stopwatch watch;
    const auto response = scorer.results.ListUnitScores(caller, request);
    const double ms = watch.seconds() * 1e3;
    Require(response.status(), "ListUnitScores");
    uint64_t responses = 0;
    for (const v1::UnitScore& unit : response->units()) responses += unit.responses();
    HAILONG_CHECK(responses == rows && response->units_size() == 119);
    return ms;
  }
  double SipasMs(uint64_t rows) {
    v1::GetSipasRequest request;
    request.set_round_id(round_id);
    const Stopwatch watch;
    const auto response = scorer.results.GetSipas(caller, request);
    const double ms = watch.seconds() * 1e3;
    Require(response.status(), "GetSipas");
    HAILONG_CHECK(response->result().overall().n() == rows);
    return ms;
  }
  double CountsMs(uint64_t rows) {
    v1::WatchRoundRequest request;
    request.set_round_id(round_id);
    const Stopwatch watch;
    const auto response = scorer.results.ReadCounts(caller, request);
    const double ms = watch.seconds() * 1e3;
    Require(response.status(), "ReadCounts");
    HAILONG_CHECK(response->counts().counted() == rows);
    return ms;
  }
};

// The frame that the limit passes over; the results keep theirs to themselves.
Spread LimitMs(store::SqliteStore& store, const Rows& rows, int threads, uint64_t repetitions) {
  std::vector<std::string> items;
  for (const model::Question& question : rows.round()->questionnaire().questions()) {
    if (question.id.starts_with("q9.")) items.push_back(question.id);
  }
  results::RoundFrame frame(rows.round(), items, std::nullopt);
  Require(frame.Refresh(store), "frame");
  std::vector<double> histogram;
  for (uint64_t i = 0; i < repetitions; ++i) {
    histogram.push_back(HistogramMs(frame.frame(), threads));
  }
  return SpreadOf(std::move(histogram));
}

Figures Measure(uint64_t rows_count, const std::string& directory, const Rows& rows, int threads,
                uint64_t repetitions) {
  Figures figures;
  figures.rows = rows_count;
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/scoring.db";
  {
    const auto store = Open(path);
    Require(store->Put(
                rows.records(),
                {.at = absl::UnixEpoch(), .actor = "bench", .action = "Put", .object = "registry"}),
            "registry");
    const Stopwatch watch;
    Append(*store, rows, 0, rows_count);
    std::fprintf(stderr, "%s rows stored in %.1f s\n", std::to_string(rows_count).c_str(),
                 watch.seconds());
  }
  figures.store_bytes =
      static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(rows_count);
  figures.scan_s = ScanSeconds(path);

  const Stopwatch open_watch;
  Scorer scorer(path, rows, threads);
  figures.open_s = open_watch.seconds();
  Calls calls{.scorer = scorer, .round_id = rows.round()->id()};
  figures.cold_s = (calls.SipasMs(rows_count) + calls.UnitsMs(rows_count)) / 1e3;
  figures.memory_bytes = static_cast<double>(scorer.results.FrameBytes(rows.round()->id())) /
                         static_cast<double>(rows_count);

  std::vector<double> append, units, sipas, counts;
  uint64_t stored = rows_count;
  const auto add = [&] {
    const Stopwatch watch;
    Append(*scorer.store, rows, stored, stored + kNewRows);
    stored += kNewRows;
    return watch.seconds() * 1e3;
  };
  for (uint64_t i = 0; i < repetitions; ++i) {
    append.push_back(add());
    units.push_back(calls.UnitsMs(stored));
    add();
    sipas.push_back(calls.SipasMs(stored));
    add();
    counts.push_back(calls.CountsMs(stored));
  }
  figures.append_ms = SpreadOf(std::move(append));
  figures.units_ms = SpreadOf(std::move(units));
  figures.sipas_ms = SpreadOf(std::move(sipas));
  figures.counts_ms = SpreadOf(std::move(counts));
  figures.histogram_ms = LimitMs(*scorer.store, rows, threads, repetitions);
  return figures;
}

void Print(const Figures& figures) {
  std::printf("\n%s responses\n", std::to_string(figures.rows).c_str());
  const auto line = [](const char* name, const std::string& value) {
    std::printf("  %-58s %s\n", name, value.c_str());
  };
  line("store, bytes a response", absl::StrFormat("%.0f", figures.store_bytes));
  line("memory, bytes a response", absl::StrFormat("%.1f", figures.memory_bytes));
  line("open the store, s", absl::StrFormat("%.3f", figures.open_s));
  line("cold: province and units, s", absl::StrFormat("%.3f", figures.cold_s));
  line("  limit: SQLite gives all rows, s", absl::StrFormat("%.3f", figures.scan_s));
  line("append 1000 (one commit), ms", ToText(figures.append_ms, 1));
  line("after 1000 new: by unit, with components, ms", ToText(figures.units_ms, 1));
  line("after 1000 new: the province, ms", ToText(figures.sipas_ms, 1));
  line("  limit: one pass over the same bytes, ms", ToText(figures.histogram_ms, 1));
  line("after 1000 new: live counts, ms", ToText(figures.counts_ms, 2));
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data"));
  const std::string sizes = Option(argc, argv, "--rows", std::string("36525,1000000"));
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{9});
  const int threads = static_cast<int>(Option(argc, argv, "--threads", uint64_t{2}));
  const Rows rows(LoadSurvey());
  std::printf("machine: %s; %d scoring threads\n", Machine().c_str(), threads);
  for (const std::string& size : std::vector<std::string>(absl::StrSplit(sizes, ','))) {
    uint64_t count = 0;
    if (!absl::SimpleAtoi(size, &count) || count == 0) {
      std::fprintf(stderr, "--rows: found '%s', allowed are numbers\n", size.c_str());
      return 2;
    }
    Print(Measure(count, directory + "/scoring", rows, threads, repetitions));
    std::fflush(stdout);
  }
  std::filesystem::remove_all(directory + "/scoring");
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
