#pragma once

// The calls that a kiosk makes, apart from how they travel: GrpcLink makes them for real, tests
// lose and repeat them. Each call returns when it is answered or its deadline is over; statuses
// carry the server's google.rpc.RetryInfo as a payload. One thread at a time.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/kiosk_service.pb.h"

namespace hailong::uplink {

class ServerLink {
 public:
  virtual ~ServerLink() = default;
  virtual absl::StatusOr<v1::EnrollResponse> Enroll(const v1::EnrollRequest& request) = 0;
  // All others are made in the name of whose credential it is.
  virtual absl::StatusOr<v1::RenewCredentialResponse> RenewCredential(
      const std::string& credential, const v1::RenewCredentialRequest& request) = 0;
  virtual absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const std::string& credential,
                                                          const v1::HeartbeatRequest& request) = 0;
  virtual absl::StatusOr<v1::SubmitResponsesResponse> SubmitResponses(
      const std::string& credential, const v1::SubmitResponsesRequest& request) = 0;
  virtual absl::StatusOr<v1::GetQuestionnaireResponse> GetQuestionnaire(
      const std::string& credential, const v1::GetQuestionnaireRequest& request) = 0;
};

// How long the server asks to wait before the same call again; zero: it does not say.
absl::Duration RetryDelayOf(const absl::Status& status);
// A copy of `status` that asks for a delay.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

}  // namespace hailong::uplink
