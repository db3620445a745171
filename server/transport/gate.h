#pragma once

// What every call passes: who calls, may they, and a thread to run on. gRPC's own threads (two on a
// small machine) never wait: they check, hand over and go on.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/executor.h"
#include "server/model/catalog.h"
#include "server/model/refusal.h"
#include "server/transport/status_map.h"

namespace hailong::transport {

class Gate {
 public:
  Gate(const model::CatalogHolder& catalog, base::Executor& executor)
      : catalog_(catalog), executor_(executor) {}

  // The caller, if the bearer credential is known and the auth table allows the method. A method
  // that is for callers without a credential takes no notice of one: they are nobody. Errors:
  // UNAUTHENTICATED, PERMISSION_DENIED.
  absl::StatusOr<model::Principal> Admit(const grpc::CallbackServerContext& context,
                                         std::string_view method) const;

  base::Executor& executor() { return executor_; }

  // A unary call whose work may wait: `run(principal, request)` on an executor thread.
  template <typename Request, typename Response, typename Run>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, std::string_view method,
                                  const Request* request, Response* response, Run run) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    absl::StatusOr<model::Principal> caller = Admit(*context, method);
    if (!caller.ok()) {
      reactor->Finish(ToGrpc(caller.status()));
      return reactor;
    }
    const bool accepted = executor_.Offer(
        [reactor, request, response, caller = *std::move(caller), run = std::move(run)] {
          absl::StatusOr<Response> made = run(caller, *request);
          if (made.ok()) *response = *std::move(made);
          reactor->Finish(ToGrpc(made.status()));
        });
    if (!accepted) reactor->Finish(ToGrpc(refusal::QueueFull()));
    return reactor;
  }

 private:
  const model::CatalogHolder& catalog_;
  base::Executor& executor_;
};

}  // namespace hailong::transport
