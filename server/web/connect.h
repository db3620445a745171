#pragma once

// The Connect protocol (connectrpc.com/docs/protocol) and gRPC-Web for every call of hailong.v1:
// unary calls and server streams, binary and JSON, over HTTP POST. Requests and streams come
// uncompressed, the answer of a unary call in gzip for who takes it. It translates, and
// lets the backend decide: credentials, limits, statuses and their details are those of gRPC. Of a
// client's headers only `authorization` reaches a call. Thread-safe.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/executor.h"
#include "server/web/codec.h"
#include "server/web/http.h"
#include "server/web/rpc_backend.h"
#include "server/web/site.h"

namespace hailong::web {

class ConnectGateway {
 public:
  // Looks at a call before the backend does; its bytes are those of the request message. Nothing:
  // it may go on.
  struct Stopped {
    RpcStatus status;
    std::vector<Header> headers;
  };
  using Guard = std::function<std::optional<Stopped>(const Request&, const Method&,
                                                     const std::string& bytes)>;

  // All outlive the gateway, its routes and their answers.
  ConnectGateway(RpcBackend& backend, base::Executor& executor, Guard guard = nullptr);
  ~ConnectGateway();

  // For everything below "/hailong.v1.".
  Route MakeRoute();

  // One request, as the route serves it.
  void Serve(Request request, Done done);

 private:
  struct Call;
  class StreamAnswer;
  struct Core;

  std::shared_ptr<Core> core_;
};

}  // namespace hailong::web
