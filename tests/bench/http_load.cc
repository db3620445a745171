#include "tests/bench/http_load.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "server/web/raw_client_for_test.h"
#include "tests/bench/figures.h"

namespace hailong::bench {

HttpLoad SendHttp(uint16_t port, const std::vector<std::string>& requests, size_t clients) {
  HttpLoad load;
  load.latency_ms.resize(requests.size());
  std::atomic<size_t> next = 0;
  const Stopwatch all;
  std::vector<std::thread> threads;
  for (size_t c = 0; c < clients; ++c) {
    threads.emplace_back([&] {
      web::RawClient client(port);
      for (size_t i = next.fetch_add(1); i < requests.size(); i = next.fetch_add(1)) {
        const Stopwatch one;
        const int status = client.Ask(requests[i]).status;
        if (status != 200) {
          std::fprintf(stderr, "request %zu: found HTTP status %d, allowed is 200\n", i, status);
          std::_Exit(1);
        }
        load.latency_ms[i] = one.seconds() * 1e3;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  load.seconds = all.seconds();
  return load;
}

}  // namespace hailong::bench
