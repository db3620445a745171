#pragma once

// What kiosks ask besides handing in responses: one function per call of KioskService, on plain
// messages, tested without gRPC. Enroll and RenewCredential wait for the disk: call them on an
// executor thread. Thread-safe.

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/tries.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/limits.h"
#include "server/registry/status_board.h"
#include "server/store/catalog_writer.h"

namespace hailong::registry {

class Kiosks {
 public:
  using Caller = const model::Principal&;

  Kiosks(const model::CatalogHolder& catalog, store::CatalogWriter& writer, store::Store& store,
         StatusBoard& statuses, const base::Clock& clock)
      : catalog_(catalog),
        writer_(writer),
        store_(store),
        statuses_(statuses),
        clock_(clock),
        tries_(clock, limits::kEnrolmentTriesMax, limits::kEnrolmentTryEvery) {}

  // For callers without a credential: what they know is the code.
  absl::StatusOr<v1::EnrollResponse> Enroll(Caller, const v1::EnrollRequest&);
  absl::StatusOr<v1::RenewCredentialResponse> RenewCredential(Caller,
                                                              const v1::RenewCredentialRequest&);
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(Caller, const v1::HeartbeatRequest&);

 private:
  absl::StatusOr<v1::EnrollResponse> Trade(const std::string& code_hash,
                                           const std::string& credential_hash);
  // The highest number that the kiosk is known to have given: arrived, or told in a heartbeat.
  absl::StatusOr<uint64_t> HighestNumber(model::CollectorNumber collector) const;

  const model::CatalogHolder& catalog_;
  store::CatalogWriter& writer_;
  store::Store& store_;
  StatusBoard& statuses_;
  const base::Clock& clock_;
  // Right codes are given back. While there is none left every code is turned away, else guessing
  // would go on.
  base::Tries tries_;
};

}  // namespace hailong::registry
