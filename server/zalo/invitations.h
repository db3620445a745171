#pragma once

// Queues messages that ask for a rating. The dossier's code becomes the respondent's key here and
// is dropped; the recipient is sealed here, under the key of the round. Thread-safe; waits for the
// commit.

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "hailong/v1/zalo_service.pb.h"
#include "server/model/catalog.h"
#include "server/store/key_ring.h"
#include "server/zalo/commits.h"
#include "server/zalo/settings.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

class Invitations {
 public:
  Invitations(const Settings& settings, const model::CatalogHolder& catalog,
              store::KeyRing& round_keys, Vault& vault, Commits& commits, const base::Clock& clock)
      : settings_(settings),
        catalog_(catalog),
        round_keys_(round_keys),
        vault_(vault),
        commits_(commits),
        clock_(clock) {}

  // Errors: those of ZaloService. None repeats a dossier code, a phone or an id.
  absl::StatusOr<v1::QueueInvitationsResponse> QueueInvitations(
      const model::Principal& caller, const v1::QueueInvitationsRequest& request);

 private:
  absl::StatusOr<std::shared_ptr<const model::Round>> FindRound(const std::string& round_id) const;
  absl::StatusOr<store::ZaloSend> Make(const v1::ZaloInvitation& invitation,
                                       const model::Round& round, std::string_view round_key);

  const Settings& settings_;
  const model::CatalogHolder& catalog_;
  store::KeyRing& round_keys_;
  Vault& vault_;
  Commits& commits_;
  const base::Clock& clock_;
};

// "84" and the number, of a number written with +84, 84 or 0 and with spaces, dots or dashes;
// empty: it is none.
std::string NormalizePhone(std::string_view typed);

}  // namespace hailong::zalo
