#pragma once

// How a call looks in HTTP: Connect (a unary call is a plain body, a stream messages in envelopes)
// and gRPC-Web (envelopes always, the last one with the status), each binary or JSON. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/web/codec.h"
#include "server/web/http.h"
#include "server/web/rpc_backend.h"

namespace hailong::web {

enum class Protocol { kConnectUnary, kConnectStream, kGrpcWeb };

struct CallForm {
  Protocol protocol = Protocol::kConnectUnary;
  bool json = false;
  std::string content_type;  // in lower case, without parameters

  bool enveloped() const { return protocol != Protocol::kConnectUnary; }
};

// What is allowed, joined by commas.
std::string AllContentTypes();
std::optional<CallForm> ReadCallForm(std::string_view content_type);

// What else the protocol's own headers say: the time that the caller gives it, if any. Errors:
// INVALID_ARGUMENT, UNIMPLEMENTED (compression).
absl::StatusOr<std::optional<absl::Duration>> ReadCallTime(const Request& request,
                                                           Protocol protocol);

std::string Envelope(std::string_view message);
// The one message of a request in its envelope. Errors: INVALID_ARGUMENT, UNIMPLEMENTED.
absl::StatusOr<std::string> OpenEnvelope(const std::string& body);
// The last envelope of an answer: how the call ended.
std::string EndEnvelope(Protocol protocol, const RpcStatus& status, const Codec& codec);

}  // namespace hailong::web
