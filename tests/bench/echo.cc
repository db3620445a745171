// The limit of a call: a gRPC server on the callback API that reads the same requests and gives the
// same kind of answer, without looking at them and without a disk.
//   bench_echo           answers where the request was read
//   bench_echo JOURNAL   one thread appends what has come to the file JOURNAL, syncs, and answers:
//                        what an answer after its sync costs when another thread gives it
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "base/bounded_queue.h"
#include "base/check.h"
#include "base/daemon.h"
#include "hailong/v1/collection_service.grpc.pb.h"

namespace hailong::bench {
namespace {

void Fill(const v1::Response& response, v1::SubmitResponseResponse* answer) {
  answer->set_outcome(v1::OUTCOME_RECORDED);
  v1::Receipt* receipt = answer->mutable_receipt();
  receipt->set_response_id(response.response_id());
  *receipt->mutable_received_at() = response.submitted_at();
  receipt->set_first_outcome(v1::OUTCOME_RECORDED);
}

// Makes durable, then answers, all that came meanwhile together.
class Journal {
 public:
  explicit Journal(const char* path)
      : file_(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    HAILONG_CHECK(file_ >= 0);
    thread_ = std::thread([this] {
      for (auto calls = calls_.TakeAll(); !calls.empty(); calls = calls_.TakeAll()) Commit(calls);
    });
  }
  ~Journal() {
    calls_.Close();
    thread_.join();
    close(file_);
  }
  void Answer(grpc::ServerUnaryReactor* reactor, const google::protobuf::Message& request) {
    HAILONG_CHECK(calls_.Offer({reactor, request.SerializeAsString()}));
  }

 private:
  struct Call {
    grpc::ServerUnaryReactor* reactor;
    std::string bytes;
  };
  void Commit(const std::deque<Call>& calls) {
    std::string all;
    for (const Call& call : calls) all += call.bytes;
    HAILONG_CHECK(write(file_, all.data(), all.size()) == static_cast<ssize_t>(all.size()));
    HAILONG_CHECK(fdatasync(file_) == 0);
    for (const Call& call : calls) call.reactor->Finish(grpc::Status::OK);
  }

  const int file_;
  base::BoundedQueue<Call> calls_{4096};
  std::thread thread_;
};

class Echo final : public v1::CollectionService::WithCallbackMethod_SubmitResponse<
                       v1::CollectionService::WithCallbackMethod_SubmitResponses<
                           v1::CollectionService::Service>> {
 public:
  // Without a journal, answers at once.
  explicit Echo(Journal* journal) : journal_(journal) {}

  grpc::ServerUnaryReactor* SubmitResponse(grpc::CallbackServerContext* context,
                                           const v1::SubmitResponseRequest* request,
                                           v1::SubmitResponseResponse* answer) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    Fill(request->response(), answer);
    return Answer(reactor, *request);
  }
  grpc::ServerUnaryReactor* SubmitResponses(grpc::CallbackServerContext* context,
                                            const v1::SubmitResponsesRequest* request,
                                            v1::SubmitResponsesResponse* answer) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    for (const v1::Response& response : request->responses()) {
      Fill(response, answer->add_results()->mutable_stored());
    }
    return Answer(reactor, *request);
  }

 private:
  grpc::ServerUnaryReactor* Answer(grpc::ServerUnaryReactor* reactor,
                                   const google::protobuf::Message& request) {
    if (journal_ != nullptr) {
      journal_->Answer(reactor, request);
    } else {
      reactor->Finish(grpc::Status::OK);
    }
    return reactor;
  }
  Journal* const journal_;
};

int Serve(const char* journal_path) {
  const base::Daemon daemon;  // as hailongd, so that the echo is as fast as it can be
  std::optional<Journal> journal;
  if (journal_path != nullptr) journal.emplace(journal_path);
  Echo echo(journal.has_value() ? &*journal : nullptr);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  while (!daemon.StoppedWithin(absl::Hours(1))) {
  }
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Serve(argc > 1 ? argv[1] : nullptr); }
