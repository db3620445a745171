#pragma once

// A status as the Connect protocol writes it: a code's name, a sentence, details, and the HTTP
// status that belongs to it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "server/web/codec.h"
#include "server/web/http.h"
#include "server/web/rpc_backend.h"

namespace hailong::web {

// "not_found"
std::string_view ConnectCode(absl::StatusCode code);
int HttpStatusOf(absl::StatusCode code);

// A status of our own with its payloads as details, as gRPC carries them.
RpcStatus ToRpc(const absl::Status& status);

// {"code":..., "message":..., "details":[...]}
std::string ErrorJson(const RpcStatus& status, const Codec& codec);

// The error of a unary call: with Retry-After if a RetryInfo is among the details.
Answer ErrorAnswer(const RpcStatus& status, const Codec& codec);

}  // namespace hailong::web
