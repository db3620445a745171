#pragma once

// The calls of a gRPC server in the same process, without a socket: what comes this way passes the
// same gate, handlers and limits as what comes over the network.

#include <memory>

#include "server/web/http.h"
#include "server/web/rpc_backend.h"

namespace grpc {
class Server;
}

namespace hailong::web {

class GrpcBackend final : public RpcBackend {
 public:
  // `server` is started, and shut down before this is destroyed. `key` goes with every call as
  // metadata: it shows the server that the call came this way.
  GrpcBackend(grpc::Server& server, Header key);
  // Waits until every call was called back.
  ~GrpcBackend() override;

  void Unary(const RpcCall& call, const std::string& request, Done done) override;
  std::unique_ptr<RpcStream> ServerStream(const RpcCall& call, const std::string& request) override;

  // For grpc_backend.cc alone.
  struct Parts;

 private:
  std::shared_ptr<Parts> parts_;
};

}  // namespace hailong::web
