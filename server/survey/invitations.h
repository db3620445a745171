#pragma once

// Invitations as administrators make and follow them: one function per call of InvitationService,
// on plain messages. All may wait for the disk: call them on an executor thread. Thread-safe.

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "hailong/v1/invitation_service.pb.h"
#include "server/model/catalog.h"
#include "server/store/key_ring.h"
#include "server/store/store.h"
#include "server/store/writer.h"
#include "server/survey/opened_board.h"

namespace hailong::survey {

class Invitations {
 public:
  using Caller = const model::Principal&;

  Invitations(const model::CatalogHolder& catalog, store::Store& store, store::Writer& writer,
              store::KeyRing& keys, OpenedBoard& opened, const base::Clock& clock)
      : catalog_(catalog),
        store_(store),
        writer_(writer),
        keys_(keys),
        opened_(opened),
        clock_(clock) {}

  absl::StatusOr<v1::CreateInvitationsResponse> CreateInvitations(
      Caller, const v1::CreateInvitationsRequest&);
  absl::StatusOr<v1::ListInvitationsResponse> ListInvitations(Caller,
                                                              const v1::ListInvitationsRequest&);
  absl::StatusOr<v1::RevokeInvitationsResponse> RevokeInvitations(
      Caller, const v1::RevokeInvitationsRequest&);
  // A caller bound to a unit sees the rates of that unit and those below.
  absl::StatusOr<v1::GetResponseRatesResponse> GetResponseRates(Caller,
                                                                const v1::GetResponseRatesRequest&);
  absl::StatusOr<v1::GetSlipKeyResponse> GetSlipKey(Caller, const v1::GetSlipKeyRequest&);

 private:
  // A collector with links for which the caller may speak. Errors: NOT_FOUND, PERMISSION_DENIED,
  // INVALID_ARGUMENT (of another channel).
  absl::StatusOr<const model::CollectorRecord*> FindCollector(
      Caller caller, const model::Catalog& catalog, const std::string& collector_id) const;
  absl::StatusOr<std::string> FindKey(const model::Round& round);

  const model::CatalogHolder& catalog_;
  store::Store& store_;
  store::Writer& writer_;
  store::KeyRing& keys_;
  OpenedBoard& opened_;
  const base::Clock& clock_;
};

}  // namespace hailong::survey
