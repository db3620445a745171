#include "tests/bench/load.h"

#include <grpcpp/generic/generic_stub.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "tests/bench/figures.h"

namespace hailong::bench {
namespace {

// What all clients of one run share.
struct Run {
  const std::string& credential;
  const std::string& method;
  const std::vector<grpc::ByteBuffer>& requests;
  Sent& sent;
  std::atomic<size_t> next = 0;

  base::Mutex mutex = {};
  base::CondVar changed = {};
  int busy_clients ABSL_GUARDED_BY(mutex) = 0;
};

class Client {
 public:
  Client(const std::shared_ptr<grpc::Channel>& channel, Run& run) : stub_(channel), run_(run) {}

  // Sends the next request, and from its answer the one after.
  void Next() {
    const size_t at = run_.next.fetch_add(1);
    if (at >= run_.requests.size()) {
      base::MutexLock lock(run_.mutex);
      if (--run_.busy_clients == 0) run_.changed.NotifyAll();
      return;
    }
    context_.emplace();
    context_->AddMetadata("authorization", "Bearer " + run_.credential);
    const Stopwatch watch;
    stub_.UnaryCall(&*context_, run_.method, {}, &run_.requests[at], &run_.sent.answers[at],
                    [this, at, watch](const grpc::Status& status) {
                      if (!status.ok()) {
                        std::fprintf(stderr, "%s: %d %s\n", run_.method.c_str(),
                                     status.error_code(), status.error_message().c_str());
                        _Exit(1);
                      }
                      run_.sent.latency_ms[at] = watch.seconds() * 1e3;
                      Next();
                    });
  }

 private:
  grpc::GenericStub stub_;
  Run& run_;
  std::optional<grpc::ClientContext> context_;
};

}  // namespace

Sent Send(const std::string& address, const std::string& credential, const std::string& method,
          const std::vector<grpc::ByteBuffer>& requests, int clients) {
  Sent sent;
  sent.latency_ms.resize(requests.size());
  sent.answers.resize(requests.size());
  Run run{.credential = credential, .method = method, .requests = requests, .sent = sent};
  std::vector<std::unique_ptr<Client>> all;
  for (int i = 0; i < clients; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel =
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      std::fprintf(stderr, "%s: no connection\n", address.c_str());
      exit(1);
    }
    all.push_back(std::make_unique<Client>(channel, run));
  }
  {
    base::MutexLock lock(run.mutex);
    run.busy_clients = clients;
  }
  const Stopwatch watch;
  for (const auto& client : all) client->Next();
  base::MutexLock lock(run.mutex);
  while (run.busy_clients > 0) run.changed.Wait(run.mutex);
  sent.seconds = watch.seconds();
  return sent;
}

}  // namespace hailong::bench
