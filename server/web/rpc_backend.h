#pragma once

// A call of the contract by its name and its bytes: what stands behind the gateway. The real one is
// the gRPC server of the same process; tests and the fuzz target have one of their own.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hailong::web {

struct RpcCall {
  std::string method;                     // "hailong.v1.CollectionService/SubmitResponse"
  std::string authorization;              // the header's value; empty: none
  std::optional<absl::Duration> timeout;  // absent: none
};

struct RpcStatus {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message;
  std::string details;  // a google.rpc.Status, as bytes; empty: no details
};

// A server stream. One thread at a time. Destroying it cancels the call; a Read under way is still
// called back.
class RpcStream {
 public:
  virtual ~RpcStream() = default;
  // The next message; nothing and the status at the end. Once again after each call back.
  using Next = std::function<void(std::optional<std::string>, const RpcStatus&)>;
  virtual void Read(Next next) = 0;
};

// Thread-safe; never waits. Calls back from any thread, exactly once.
class RpcBackend {
 public:
  virtual ~RpcBackend() = default;
  using Done = std::function<void(const RpcStatus&, std::string)>;
  virtual void Unary(const RpcCall& call, const std::string& request, Done done) = 0;
  virtual std::unique_ptr<RpcStream> ServerStream(const RpcCall& call,
                                                  const std::string& request) = 0;
};

}  // namespace hailong::web
