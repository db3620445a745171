#pragma once

// What every call passes: who calls, may they, and a thread to run on. gRPC's own threads (two on a
// small machine) never wait: they check, hand over and go on.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "base/executor.h"
#include "server/model/catalog.h"
#include "server/model/refusal.h"
#include "server/transport/status_map.h"

namespace hailong::transport {

// The metadata by which the web gateway of this process shows that a call comes from it.
inline constexpr char kGatewayKeyHeader[] = "x-hailong-gateway-key";

class Gate {
 public:
  // `gateway_key`: what the gateway's calls carry in kGatewayKeyHeader, and nobody else can know.
  Gate(const model::CatalogHolder& catalog, base::Executor& executor, std::string gateway_key)
      : catalog_(catalog), executor_(executor), gateway_key_(std::move(gateway_key)) {
    HAILONG_CHECK(!gateway_key_.empty());
  }

  // The caller, if the bearer credential is known and the auth table allows the method, and the way
  // it came. A method that is for callers without a credential takes no notice of one: they are
  // nobody. Errors: UNAUTHENTICATED, PERMISSION_DENIED.
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
  bool IsFromGateway(const grpc::CallbackServerContext& context) const;

  const model::CatalogHolder& catalog_;
  base::Executor& executor_;
  const std::string gateway_key_;
};

}  // namespace hailong::transport
