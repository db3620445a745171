// Zalo's webhook, answered after the inbox is durable, beside two requests of the same server in
// the same run that store nothing.
//   webhook_bench [--dir DIRECTORY] [--ratings N] [--clients N] [--repetitions N]
// See README.md for what is compared and why.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "server/store/sqlite_store.h"
#include "server/web/raw_client_for_test.h"
#include "server/zalo/signature.h"
#include "tests/bench/admin.h"
#include "tests/bench/figures.h"
#include "tests/bench/http_load.h"
#include "tests/bench/process.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

using base::Cat;

constexpr char kAppId[] = "1234567890123456789";
constexpr char kOaId[] = "2345678901234567890";
constexpr char kSecret[] = "made-up-secret";
constexpr model::RoundNumber kRound{1};  // the first of a new database

std::string TrackingId(uint64_t number) { return Cat("bench", number); }

// As Zalo posts it.
std::string Post(const std::string& body, const std::string& timestamp) {
  return web::Post(
      "/zalo/webhook", body,
      Cat("Content-Type: application/json\r\nX-ZEvent-Signature: ",
          zalo::Sign({.first_id = kAppId, .raw = body, .timestamp = timestamp}, kSecret), "\r\n"));
}

std::string RatingRequest(uint64_t number, absl::Time now) {
  const std::string ms = Cat(absl::ToUnixMillis(now) - static_cast<int64_t>(number));
  return Post(
      Cat("{\"event_name\":\"user_feedback\",\"message\":{\"rating_type\":\"csat\","
          "\"option\":\"five_emotions\",\"note\":\"Nhanh, lịch sự\",\"rate\":",
          number % 5 + 1, ",\"feedbacks\":[],\"submit_time\":\"", ms, "\",\"msg_id\":\"message",
          number, "\",\"tracking_id\":\"", TrackingId(number), "\"},\"app_id\":\"", kAppId,
          "\",\"oa_id\":\"", kOaId, "\",\"timestamp\":\"", ms, "\"}"),
      ms);
}

// What Zalo's console sends on "Test": all the work but the storing.
std::string ConsoleRequest(absl::Time now) {
  const std::string ms = Cat(absl::ToUnixMillis(now));
  return Post(Cat("{\"app_id\":\"", kAppId, "\",\"sender\":{\"id\":\"1\"},\"recipient\":{\"id\":",
                  "\"2\"},\"event_name\":\"user_send_text\",\"message\":{\"msg_id\":\"This is ",
                  "message id\",\"text\":\"This is testing message\"},\"timestamp\":\"", ms, "\"}"),
              ms);
}

// The settings file, with a Zalo where nobody answers: nothing is to be sent.
std::string WriteSettings(const std::string& directory) {
  const auto put = [&](std::string_view name, std::string_view content) {
    Require(base::WritePrivateFile(Cat(directory, "/", name), content), name);
  };
  for (const char* name : {"oa", "app", "refresh"}) put(name, kSecret);
  constexpr std::string_view kNobody = "\"http://127.0.0.1:1\"";
  put("zalo.textproto",
      Cat("app_id: \"", kAppId, "\" oa_id: \"", kOaId,
          "\" collector_id: \"zalo\" oa_secret_file: \"oa\" app_secret_file: \"app\" "
          "refresh_token_file: \"refresh\" template_ids: \"1\" endpoints { business: ",
          kNobody, " openapi: ", kNobody, " oauth: ", kNobody, " }"));
  return directory + "/zalo.textproto";
}

// The send log of a round that has asked that many people.
void WriteSends(const std::string& data, const Survey& survey, uint64_t count) {
  auto opened = store::SqliteStore::Open({.path = data + "/hailong.db", .vfs = ""});
  Require(opened.status(), "store");
  std::vector<store::ZaloSend> sends;
  for (uint64_t i = 0; i < count; ++i) {
    store::ZaloSend& send = sends.emplace_back();
    send.round = kRound;
    for (size_t half = 0; half < 2; ++half) {
      const uint64_t bits = Mix(2 * i + half);
      std::copy_n(reinterpret_cast<const uint8_t*>(&bits), sizeof bits,
                  send.respondent_key.begin() + static_cast<std::ptrdiff_t>(half * sizeof bits));
    }
    send.unit_id = survey.populations[i % survey.populations.size()].unit_id();
    send.tracking_id = TrackingId(i);
    send.msg_id = Cat("message", i);
    send.state = v1::ZALO_SEND_STATE_SENT;
    send.due_at = send.queued_at = absl::Now();
  }
  Require((*opened)->AppendZaloSends(sends).status(), "send log");
}

uint64_t StoredResponses(const std::string& data) {
  auto database = base::Database::Open(data + "/hailong.db", base::Database::Mode::kReadOnly);
  Require(database.status(), "database");
  auto select = database->Prepare("SELECT count(*) FROM responses");
  Require(select.status(), "responses");
  Require(select->Step().status(), "responses");
  return static_cast<uint64_t>(select->Int(0));
}

// Figures of one kind, by repetition.
struct Column {
  std::vector<double> rate;
  std::vector<double> p50_ms;
  std::vector<double> p99_ms;

  void Note(HttpLoad load) {
    std::sort(load.latency_ms.begin(), load.latency_ms.end());
    const auto at = [&](double share) {
      return load
          .latency_ms[static_cast<size_t>(share * static_cast<double>(load.latency_ms.size() - 1))];
    };
    rate.push_back(static_cast<double>(load.latency_ms.size()) / load.seconds);
    p50_ms.push_back(at(0.5));
    p99_ms.push_back(at(0.99));
  }
  void Print(const char* name) const {
    std::printf("%-44s %24s  %20s  %20s\n", name, ToText(SpreadOf(rate), 0).c_str(),
                ToText(SpreadOf(p50_ms), 2).c_str(), ToText(SpreadOf(p99_ms), 2).c_str());
  }
};

struct Columns {
  Column nothing;
  Column judged;
  Column stored;
  std::vector<double> behind_s;  // the last response after the last answer
};

void Measure(const std::string& directory, const Survey& survey, uint64_t ratings, uint64_t clients,
             Columns& columns) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::string data = directory + "/data";
  const std::vector<std::string> line = {std::string(HAILONG_BIN) + "/hailongd",
                                         "--data",
                                         data,
                                         "--listen",
                                         "127.0.0.1:0",
                                         "--web-listen",
                                         "127.0.0.1:0",
                                         "--zalo-settings",
                                         WriteSettings(directory)};
  {
    auto server = Process::Start(line);
    Require(server.status(), "server");
    Admin admin(server->address(), data);
    admin.OpenRound(survey);
    admin.AddCollector("zalo", v1::CHANNEL_ZALO);
  }
  WriteSends(data, survey, ratings);
  {
    auto server = Process::Start(line);
    Require(server.status(), "server");
    const std::string said = server->ReadLine();
    uint32_t port = 0;
    if (!absl::SimpleAtoi(said.substr(said.rfind(' ') + 1), &port)) {
      Require(absl::InternalError(said), "web port");
    }
    const absl::Time now = absl::Now();
    std::vector<std::string> requests(ratings, web::Get("/zalo/webhook"));
    columns.nothing.Note(SendHttp(static_cast<uint16_t>(port), requests, clients));
    std::fill(requests.begin(), requests.end(), ConsoleRequest(now));
    columns.judged.Note(SendHttp(static_cast<uint16_t>(port), requests, clients));
    for (uint64_t i = 0; i < ratings; ++i) requests[i] = RatingRequest(i, now);
    columns.stored.Note(SendHttp(static_cast<uint16_t>(port), requests, clients));
    const Stopwatch behind;
    while (StoredResponses(data) < ratings && behind.seconds() < 60) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    columns.behind_s.push_back(behind.seconds());
  }
  const uint64_t stored = StoredResponses(data);
  if (stored != ratings) {
    Require(absl::DataLossError(Cat("found ", stored, " responses of ", ratings, " ratings")),
            "webhooks");
  }
  std::filesystem::remove_all(directory);
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data"));
  const uint64_t ratings = Option(argc, argv, "--ratings", uint64_t{10'000});
  const uint64_t clients = Option(argc, argv, "--clients", uint64_t{16});
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{5});
  Survey survey = LoadSurvey();
  // People rate today.
  for (v1::Unit& unit : survey.units) unit.clear_valid_to();
  v1::RatingMapping& stars = *survey.round.mutable_zalo_rating();
  stars.set_question_id("counter.overall");
  stars.set_form_id("counter");
  for (uint32_t choice = 1; choice <= 5; ++choice) stars.add_choices(choice);
  std::printf("machine: %s\n", Machine().c_str());
  std::printf("%zu webhooks a run from %zu connections, %zu repetitions\n\n",
              static_cast<size_t>(ratings), static_cast<size_t>(clients),
              static_cast<size_t>(repetitions));
  Columns columns;
  for (uint64_t i = 0; i < repetitions; ++i) {
    Measure(directory + "/webhook", survey, ratings, clients, columns);
  }
  std::printf("%-44s %24s  %20s  %20s\n", "median (lowest..highest)", "a second", "p50 ms",
              "p99 ms");
  columns.stored.Print("rating: 200 after COMMIT");
  columns.judged.Print("console's test: judged, nothing stored");
  columns.nothing.Print("GET of the same path: only HTTP");
  std::printf("the last response is stored after the last answer by %s s\n",
              ToText(SpreadOf(columns.behind_s), 1).c_str());
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
