#pragma once

// The calls over gRPC, with TLS. A call that meets its deadline drops the connection, since the
// network may have changed under it; the next call makes a new one. One thread at a time, but for
// Cancel.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kiosk-client/uplink/server_link.h"

namespace hailong::uplink {

class GrpcLink final : public ServerLink {
 public:
  struct Options {
    std::string server = {};           // host:port
    std::string tls_ca = {};           // PEM; empty: plain text, on loopback only
    std::string tls_server_name = {};  // the name in the certificate, where `server` is an address
    absl::Duration deadline = absl::Seconds(30);
  };
  // Does not connect yet. Errors: INVALID_ARGUMENT (no host:port; no authority and not loopback).
  static absl::StatusOr<std::unique_ptr<GrpcLink>> Create(Options options);
  ~GrpcLink() override;

  absl::StatusOr<v1::EnrollResponse> Enroll(const v1::EnrollRequest& request) override;
  absl::StatusOr<v1::RenewCredentialResponse> RenewCredential(
      const std::string& credential, const v1::RenewCredentialRequest& request) override;
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const std::string& credential,
                                                  const v1::HeartbeatRequest& request) override;
  absl::StatusOr<v1::SubmitResponsesResponse> SubmitResponses(
      const std::string& credential, const v1::SubmitResponsesRequest& request) override;
  absl::StatusOr<v1::GetQuestionnaireResponse> GetQuestionnaire(
      const std::string& credential, const v1::GetQuestionnaireRequest& request) override;

  // The call under way and all later ones end with CANCELLED. Any thread.
  void Cancel();

 private:
  struct Connection;
  struct Impl;
  explicit GrpcLink(Options options);

  template <typename Response, typename Call>
  absl::StatusOr<Response> Make(const std::string& credential, const Call& call);

  std::unique_ptr<Impl> impl_;
};

}  // namespace hailong::uplink
