// Responses over the Connect protocol, each acknowledged after COMMIT, beside a file of the same
// server in the same run: what the web side costs without any work behind it.
//   web_bench [--dir DIRECTORY] [--responses N] [--clients N] [--repetitions N]
// Every client is a thread with one connection and one request under way.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "server/web/raw_client_for_test.h"
#include "tests/bench/admin.h"
#include "tests/bench/figures.h"
#include "tests/bench/process.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kPerCollector = 1500;  // below the burst of a credential

struct Load {
  double per_second;
  double p99_ms;
};

// Sends requests 0..count-1 from all clients; every answer must be 200.
Load Send(uint16_t port, size_t count, size_t clients,
          const std::function<std::string(size_t)>& make) {
  std::vector<std::string> requests;
  for (size_t i = 0; i < count; ++i) requests.push_back(make(i));
  std::vector<double> latency_ms(count);
  std::atomic<size_t> next = 0;
  const Stopwatch all;
  std::vector<std::thread> threads;
  for (size_t c = 0; c < clients; ++c) {
    threads.emplace_back([&] {
      web::RawClient client(port);
      for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
        const Stopwatch one;
        const web::RawAnswer answer = client.Ask(requests[i]);
        HAILONG_CHECK(answer.status == 200);
        latency_ms[i] = one.seconds() * 1e3;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = all.seconds();
  std::sort(latency_ms.begin(), latency_ms.end());
  return {static_cast<double>(count) / seconds, latency_ms[count * 99 / 100]};
}

void Print(const char* what, const std::vector<Load>& loads) {
  std::vector<double> rates;
  std::vector<double> p99s;
  for (const Load& load : loads) {
    rates.push_back(load.per_second);
    p99s.push_back(load.p99_ms);
  }
  std::printf("%s: %s a second, p99 %s ms\n", what, ToText(SpreadOf(rates), 0).c_str(),
              ToText(SpreadOf(p99s), 2).c_str());
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data")) + "/web";
  const uint64_t count = Option(argc, argv, "--responses", uint64_t{20'000});
  const uint64_t clients = Option(argc, argv, "--clients", uint64_t{64});
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{5});
  const std::string pages = directory + "/pages";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(pages);
  std::ofstream(pages + "/index.html") << std::string(kPageBytes, 'x');
  std::printf("machine: %s\n", Machine().c_str());
  const Survey survey = LoadSurvey();

  std::vector<Load> files;
  std::vector<Load> submits;
  std::vector<double> ratios;
  for (uint64_t repetition = 0; repetition < repetitions; ++repetition) {
    const std::string data = base::Cat(directory, "/", repetition);
    auto server =
        Process::Start({std::string(HAILONG_BIN) + "/hailongd", "--data", data, "--listen",
                        "127.0.0.1:0", "--web-listen", "127.0.0.1:0", "--web-pages", pages});
    Require(server.status(), "server");
    const std::string line = server->ReadLine();
    const auto port = static_cast<uint16_t>(std::stoi(line.substr(line.rfind(' ') + 1)));
    Admin admin(server->address(), data);
    admin.OpenRound(survey);
    std::vector<std::string> headers;
    for (uint64_t c = 0; c * kPerCollector < count; ++c) {
      headers.push_back(base::Cat("Content-Type: application/proto\r\nAuthorization: Bearer ",
                                  admin.AddCollector(base::Cat("web-", c), v1::CHANNEL_WEB),
                                  "\r\n"));
    }
    files.push_back(Send(port, count, clients, [](size_t) { return web::Get("/"); }));
    submits.push_back(Send(port, count, clients, [&](size_t i) {
      v1::SubmitResponseRequest request;
      *request.mutable_response() = MakeResponse(survey, i);
      return web::Post("/hailong.v1.CollectionService/SubmitResponse", request.SerializeAsString(),
                       headers[i / kPerCollector]);
    }));
    ratios.push_back(submits.back().per_second / files.back().per_second);
  }
  std::printf("%zu clients, %zu requests each time\n", static_cast<size_t>(clients),
              static_cast<size_t>(count));
  Print("file of 4 KiB", files);
  Print("response stored", submits);
  std::printf("ratio: %s\n", ToText(SpreadOf(ratios), 2).c_str());
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
