#pragma once

// absl::Status as it travels: the same code, the sentence, and the google.rpc details of its
// payloads in grpc-status-details-bin, where every stock client finds them. The only place that
// makes a grpc::Status.

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "hailong/v1/collection_service.pb.h"

namespace hailong::transport {

grpc::Status ToGrpc(const absl::Status& status);

// The same facts as one outcome of a batch.
v1::Refusal ToRefusal(const absl::Status& status);

}  // namespace hailong::transport
