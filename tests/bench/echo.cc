// The limit of a call: a gRPC server on the callback API that reads the same requests and gives the
// same kind of answer, without looking at them and without a disk.

#include <grpcpp/grpcpp.h>

#include <cstdio>

#include "absl/time/time.h"
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

class Echo final : public v1::CollectionService::WithCallbackMethod_SubmitResponse<
                       v1::CollectionService::WithCallbackMethod_SubmitResponses<
                           v1::CollectionService::Service>> {
 public:
  grpc::ServerUnaryReactor* SubmitResponse(grpc::CallbackServerContext* context,
                                           const v1::SubmitResponseRequest* request,
                                           v1::SubmitResponseResponse* answer) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    Fill(request->response(), answer);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerUnaryReactor* SubmitResponses(grpc::CallbackServerContext* context,
                                            const v1::SubmitResponsesRequest* request,
                                            v1::SubmitResponsesResponse* answer) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    for (const v1::Response& response : request->responses()) {
      Fill(response, answer->add_results()->mutable_stored());
    }
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Serve() {
  const base::Daemon daemon;  // as hailongd, so that the echo is as fast as it can be
  Echo echo;
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

int main() { return hailong::bench::Serve(); }
