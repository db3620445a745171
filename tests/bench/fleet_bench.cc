// A fleet of kiosks comes back at once after an outage, each with waiting answers, beside four
// senders that hand in the same answers in batches of the same size.
//   fleet_bench [--dir DIRECTORY] [--kiosks N] [--answers N] [--outboxes DIRECTORY]
// Outboxes stand in --outboxes (/dev/shm), since filling them is not what is measured: in a fleet
// each kiosk has a disk of its own. Every kiosk is the program's own outbox and uplink, with a
// thread and a connection of its own.

#include <sys/resource.h>

#include <algorithm>
#include <barrier>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "hailong/v1/collection_service.pb.h"
#include "kiosk-client/uplink/grpc_link.h"
#include "kiosk-client/uplink/uplink.h"
#include "tests/bench/admin.h"
#include "tests/bench/figures.h"
#include "tests/bench/load.h"
#include "tests/bench/process.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

constexpr int kSenders = 4;

class Kiosk {
 public:
  Kiosk(std::string directory, uint64_t seed, std::string code)
      : directory_(std::move(directory)), code_(std::move(code)), random_(seed) {
    std::filesystem::create_directories(directory_);
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    auto opened =
        outbox::Outbox::Open({.directory = directory_, .clock = &wall_, .clock_offset_ms = [this] {
                                return offset_.Milliseconds();
                              }});
    Require(opened.status(), "outbox");
    outbox_ = *std::move(opened);
    auto loaded = uplink::Identity::Load(directory_, base::RandomBytes);
    Require(loaded.status(), "identity");
    identity_ = std::make_unique<uplink::Identity>(*std::move(loaded));
  }

  // A connection and an uplink that know nothing of what was before.
  void Connect(const std::string& address) {
    auto link = uplink::GrpcLink::Create({.server = address, .tls_ca = "", .tls_server_name = ""});
    Require(link.status(), "link");
    uplink_.reset();
    link_ = *std::move(link);
    uplink_ = std::make_unique<uplink::Uplink>(uplink::Uplink::Parts{
        .outbox = *outbox_,
        .identity = *identity_,
        .link = *link_,
        .clock_offset = offset_,
        .wall = wall_,
        .steady = steady_,
        .chance = [this] { return std::uniform_real_distribution<double>(0, 1)(random_); },
        .read_enrolment_code = [this]() -> absl::StatusOr<std::string> { return code_; },
        .describe = [] { return v1::KioskStatus(); },
        .changed = [](const outbox::LastGood&) {}});
  }
  void Keep(const v1::Response& answer) { Require(outbox_->Keep(answer).status(), "keep"); }
  // Until `done` says so.
  template <typename Done>
  void StepUntil(const Done& done) {
    while (!done()) {
      const absl::Duration wait = uplink_->Step() - steady_.Now();
      if (!done() && wait > absl::ZeroDuration()) absl::SleepFor(wait);
    }
  }
  void Enrol() {
    StepUntil([&] { return !uplink_->facts().collector_id.empty(); });
  }
  void SendAll() {
    StepUntil([&] { return outbox_->ReadState().waiting == 0; });
  }
  bool SetNothingAside() { return outbox_->ReadState().set_aside == 0; }

 private:
  const std::string directory_;
  const std::string code_;
  std::mt19937_64 random_;
  base::SystemClock wall_;
  base::SteadyClock steady_;
  uplink::ClockOffset offset_{wall_, steady_};
  std::unique_ptr<outbox::Outbox> outbox_;
  std::unique_ptr<uplink::Identity> identity_;
  std::unique_ptr<uplink::GrpcLink> link_;
  std::unique_ptr<uplink::Uplink> uplink_;
};

absl::StatusOr<Process> StartServer(const std::string& directory, const std::string& listen) {
  return Process::Start(
      {std::string(HAILONG_BIN) + "/hailongd", "--data", directory, "--listen", listen});
}

// Work on every kiosk, on a thread each, all beginning at once; seconds until each was done.
template <typename Work>
std::vector<double> OnEach(std::vector<std::unique_ptr<Kiosk>>& kiosks, const Work& work) {
  std::vector<double> seconds(kiosks.size());
  std::barrier ready(static_cast<std::ptrdiff_t>(kiosks.size()) + 1);
  std::vector<std::thread> threads;
  std::unique_ptr<Stopwatch> watch;
  for (size_t k = 0; k < kiosks.size(); ++k) {
    threads.emplace_back([&, k] {
      ready.arrive_and_wait();
      work(*kiosks[k]);
      seconds[k] = watch->seconds();
    });
  }
  watch = std::make_unique<Stopwatch>();
  ready.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  return seconds;
}

// The same answers from four senders, `batch` to a call, to a new server; seconds.
double SendPlainly(const std::string& directory, const Survey& survey, uint64_t answers,
                   uint64_t batch) {
  std::filesystem::remove_all(directory);
  auto server = StartServer(directory, "127.0.0.1:0");
  Require(server.status(), "server");
  Admin admin(server->address(), directory);
  admin.OpenRound(survey);
  const std::string credential = admin.AddCollector("bench", v1::CHANNEL_KIOSK);
  std::vector<grpc::ByteBuffer> requests;
  v1::SubmitResponsesRequest request;
  for (uint64_t i = 0; i < answers; ++i) {
    *request.add_responses() = MakeResponse(survey, i);
    if (static_cast<uint64_t>(request.responses_size()) < batch && i + 1 < answers) continue;
    const grpc::Slice slice(request.SerializeAsString());
    requests.emplace_back(&slice, 1);
    request.Clear();
  }
  return Send(server->address(), credential, "/hailong.v1.CollectionService/SubmitResponses",
              requests, kSenders)
      .seconds;
}

// Each kiosk has three files open, and its connection.
void AllowFiles() {
  rlimit files{};
  HAILONG_CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max;
  HAILONG_CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data"));
  const std::string outboxes =
      Option(argc, argv, "--outboxes", std::string("/dev/shm")) + "/hailong-fleet";
  const uint64_t count = Option(argc, argv, "--kiosks", uint64_t{500});
  const uint64_t answers = Option(argc, argv, "--answers", uint64_t{200});
  AllowFiles();
  std::filesystem::create_directories(directory);
  const std::string data = directory + "/fleet";
  std::filesystem::remove_all(data);
  std::filesystem::remove_all(outboxes);
  const Survey survey = LoadSurvey();
  std::printf("machine: %s\n", Machine().c_str());
  std::printf("%zu kiosks with %zu answers each, synthetic\n", static_cast<size_t>(count),
              static_cast<size_t>(answers));

  std::vector<std::unique_ptr<Kiosk>> kiosks;
  std::string address;
  {
    auto server = StartServer(data, "127.0.0.1:0");
    Require(server.status(), "server");
    address = server->address();
    Admin admin(address, data);
    admin.OpenRound(survey);
    for (uint64_t k = 0; k < count; ++k) {
      const std::string id = base::Cat("kiosk-", k);
      kiosks.push_back(std::make_unique<Kiosk>(base::Cat(outboxes, "/", k), k,
                                               admin.AddKiosk(id, v1::KioskConfiguration())));
      kiosks.back()->Connect(address);
    }
    OnEach(kiosks, [](Kiosk& kiosk) { kiosk.Enrol(); });
  }
  for (uint64_t i = 0; i < count * answers; ++i) kiosks[i % count]->Keep(MakeResponse(survey, i));
  for (auto& kiosk : kiosks) kiosk->Connect(address);

  auto server = StartServer(data, address);
  Require(server.status(), "server");
  const double cpu_before = server->CpuSeconds();
  std::vector<double> seconds = OnEach(kiosks, [](Kiosk& kiosk) { kiosk.SendAll(); });
  const double cpu = server->CpuSeconds() - cpu_before;
  // Every number of every kiosk is there, and nothing was refused.
  HAILONG_CHECK(Admin(address, data).HasAll(count, answers));
  for (auto& kiosk : kiosks) HAILONG_CHECK(kiosk->SetNothingAside());

  std::sort(seconds.begin(), seconds.end());
  const double all = seconds.back();
  const double plain = SendPlainly(directory + "/plain", survey, count * answers, answers);
  const auto total = static_cast<double>(count * answers);
  std::printf("  first, median, last kiosk without a waiting answer, s   %.2f, %.2f, %.2f\n",
              seconds.front(), seconds[seconds.size() / 2], all);
  std::printf("  responses/s until the last                              %.0f\n", total / all);
  std::printf("  server CPU, us a response                               %.1f\n",
              cpu / total * 1e6);
  std::printf("  limit: %d senders, the same batches, responses/s         %.0f\n", kSenders,
              total / plain);
  std::printf("  fleet / limit                                           %.2f\n", plain / all);
  std::filesystem::remove_all(outboxes);
  std::filesystem::remove_all(data);
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
