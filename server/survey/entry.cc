#include "server/survey/entry.h"

#include <utility>
#include <vector>

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/dossier_code.h"
#include "base/status.h"
#include "server/intake/identity.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/survey/slip.h"

namespace hailong::survey {
namespace {

using base::Cat;
using Found = absl::StatusOr<std::optional<Arrival>>;

// A code in its normal form. Never repeats it: it may let somebody in.
absl::StatusOr<std::string> ReadCode(const std::string& code, size_t size, const char* field) {
  std::string normal = base::NormalizeBase32(code, size);
  if (!normal.empty()) return normal;
  return refusal::Field(Cat("entry.", field), Cat("found ", code.size(), " bytes, allowed are ",
                                                  size, " letters and digits of a link"));
}

// What the collector asks now of who comes without an invitation.
void TakeConfiguration(Arrival& arrival) {
  const v1::Collector& collector = arrival.collector->collector;
  arrival.round = arrival.catalog->FindRound(collector.web().round_id());
  arrival.unit_id = collector.unit_id();
  arrival.form_id = collector.web().form_id();
}

Found FindInvited(const std::string& token, Arrival arrival, store::Store& store) {
  ASSIGN_OR_RETURN(const std::string normal,
                   ReadCode(token, limits::kTokenSize, "invitation_token"));
  ASSIGN_OR_RETURN(arrival.invitation, store.FindInvitation(HashToken(normal)));
  if (!arrival.invitation.has_value()) return std::nullopt;
  const model::Invitation& invitation = *arrival.invitation;
  arrival.collector = arrival.catalog->FindCollector(invitation.collector);
  // Its round and form stay its own, whatever the collector asks by now.
  arrival.round = arrival.catalog->FindRound(invitation.round);
  if (arrival.collector == nullptr || arrival.round == nullptr) {
    return absl::DataLossError("invitations: one is of no collector or round that is there");
  }
  arrival.unit_id = invitation.unit_id;
  arrival.form_id = invitation.form_id;
  arrival.group = invitation.group;
  arrival.known_question_id = invitation.group_question_id;
  arrival.dossier_key = invitation.respondent_key;
  arrival.ended = invitation.revoked;
  return arrival;
}

Found FindByLink(const std::string& link_code, Arrival arrival) {
  ASSIGN_OR_RETURN(const std::string normal,
                   ReadCode(link_code, limits::kLinkCodeSize, "link_code"));
  arrival.collector = arrival.catalog->FindByLinkCode(normal);
  if (arrival.collector == nullptr) return std::nullopt;
  TakeConfiguration(arrival);
  arrival.asks_dossier_code = true;
  arrival.ended = !arrival.collector->collector.web().open();
  return arrival;
}

Found FindBySlip(const v1::SlipEntry& slip, Arrival arrival, store::KeyRing& keys) {
  ASSIGN_OR_RETURN(const std::string link_code,
                   ReadCode(slip.link_code(), limits::kLinkCodeSize, "slip.link_code"));
  ASSIGN_OR_RETURN(const std::string check,
                   ReadCode(slip.check(), limits::kSlipCheckSize, "slip.check"));
  const auto dossier = base::NormalizeDossierCode(slip.dossier_code());
  if (!dossier.ok()) {
    return refusal::Field("entry.slip.dossier_code", std::string(dossier.status().message()));
  }
  arrival.collector = arrival.catalog->FindByLinkCode(link_code);
  if (arrival.collector == nullptr) return std::nullopt;
  TakeConfiguration(arrival);
  arrival.ended = !arrival.collector->collector.web().slips();
  if (arrival.round == nullptr) return arrival;
  const std::string& round_id = arrival.round->id();
  const auto key = keys.Find(round_id);
  if (!key.ok()) return refusal::RoundKeyMissing(round_id, key.status().message());
  if (!key->has_value()) {
    if (arrival.round->state() != v1::ROUND_STATE_SEALED) {
      return refusal::RoundKeyMissing(round_id, "there is no such file");
    }
    arrival.ended = true;
    return arrival;
  }
  const std::string right =
      SlipCheck(SlipKey(**key, arrival.collector->collector.collector_id()), *dossier);
  if (!base::EqualInConstantTime(right, check)) return std::nullopt;
  v1::Evidence evidence;
  evidence.set_dossier_code(*dossier);
  ASSIGN_OR_RETURN(arrival.dossier_key, intake::IdentifyRespondent(evidence, **key));
  return arrival;
}

}  // namespace

model::TokenHash HashToken(std::string_view token) { return base::Sha256(token); }

Found FindArrival(const v1::Entry& entry, std::shared_ptr<const model::Catalog> catalog,
                  store::Store& store, store::KeyRing& keys) {
  Arrival arrival;
  arrival.catalog = std::move(catalog);
  switch (entry.kind_case()) {
    case v1::Entry::kInvitationToken:
      return FindInvited(entry.invitation_token(), std::move(arrival), store);
    case v1::Entry::kLinkCode:
      return FindByLink(entry.link_code(), std::move(arrival));
    case v1::Entry::kSlip:
      return FindBySlip(entry.slip(), std::move(arrival), keys);
    case v1::Entry::KIND_NOT_SET:
      break;
  }
  return refusal::Field("entry", "is missing; allowed are an invitation, a link or a slip");
}

std::optional<model::QuotaLimit> Arrival::FindQuota() const {
  const v1::WebConfiguration& web = collector->collector.web();
  if (round == nullptr || web.round_id() != round->id()) return std::nullopt;
  const v1::Quota* narrowest = nullptr;
  int narrowest_rank = -1;
  for (const v1::Quota& quota : web.quotas()) {
    const bool fits_unit = quota.unit_id().empty() || quota.unit_id() == unit_id;
    const bool fits_group = quota.group() == 0 || quota.group() == group;
    if (!fits_unit || !fits_group) continue;
    // Unit and group, unit, group, all.
    const int rank = (quota.unit_id().empty() ? 0 : 2) + (quota.group() == 0 ? 0 : 1);
    if (rank <= narrowest_rank) continue;
    narrowest = &quota;
    narrowest_rank = rank;
  }
  if (narrowest == nullptr) return std::nullopt;
  return model::QuotaLimit{.unit_id = narrowest->unit_id(),
                           .group = narrowest->group(),
                           .size_max = narrowest->size_max()};
}

v1::SurveyState Arrival::StateAt(absl::Time now) const {
  if (invitation.has_value() && invitation->answered) return v1::SURVEY_STATE_ANSWERED;
  if (ended || collector->collector.revoked() || round == nullptr) return v1::SURVEY_STATE_OVER;
  if (now < round->opens_at()) return v1::SURVEY_STATE_NOT_YET;
  if (round->state() != v1::ROUND_STATE_OPEN || now >= round->closes_at()) {
    return v1::SURVEY_STATE_OVER;
  }
  return v1::SURVEY_STATE_OPEN;
}

}  // namespace hailong::survey
