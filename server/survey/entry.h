#pragma once

// By what a person comes, made out: which collector, round, unit and form, and who it is. Only for
// the files of this folder.

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "hailong/v1/survey_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/invitation.h"
#include "server/store/key_ring.h"
#include "server/store/store.h"

namespace hailong::survey {

struct Arrival {
  std::shared_ptr<const model::Catalog> catalog;  // `collector` points into it
  const model::CollectorRecord* collector = nullptr;
  std::shared_ptr<const model::Round> round;  // null: nothing is asked
  std::string unit_id;
  std::string form_id;
  // The answer that the entry brings; no question: none.
  std::string known_question_id;
  uint32_t group = 0;
  std::optional<model::RespondentKey> dossier_key;
  std::optional<model::Invitation> invitation;
  bool asks_dossier_code = false;
  // The link, slip or invitation lets nobody in any more.
  bool ended = false;

  // The quota that holds; none: none does.
  std::optional<model::QuotaLimit> FindQuota() const;
  // Whether the person may answer now, but for quotas.
  v1::SurveyState StateAt(absl::Time now) const;
};

// Nothing: there is no such link or invitation, or the check of the slip is wrong. Reads the store:
// not on a gRPC thread. Errors: INVALID_ARGUMENT (no entry, or one that cannot be), UNAVAILABLE
// (the key of the round is missing), those of the store.
absl::StatusOr<std::optional<Arrival>> FindArrival(const v1::Entry& entry,
                                                   std::shared_ptr<const model::Catalog> catalog,
                                                   store::Store& store, store::KeyRing& keys);

// What is stored of a token in its normal form.
model::TokenHash HashToken(std::string_view token);

}  // namespace hailong::survey
