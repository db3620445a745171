#include "server/registry/kiosks.h"

#include <algorithm>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/counter.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/registry/enrolment.h"
#include "server/registry/registry.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

// A collector as the audit log names it: no account has a space in its name.
std::string Actor(const std::string& collector_id) { return Cat("collector ", collector_id); }

absl::Status CheckKiosk(const model::Principal& caller) {
  if (caller.channel == v1::CHANNEL_KIOSK) return absl::OkStatus();
  return refusal::KiosksOnly(caller.id, v1::Channel_Name(caller.channel));
}

// The collector that a code was given to; null: none. Looks at all of them alike, so that the time
// it takes says nothing about a code.
const model::CollectorRecord* FindByCode(const Catalog& catalog, const std::string& code_hash) {
  const model::CollectorRecord* found = nullptr;
  for (const auto& [id, collector] : catalog.collectors()) {
    if (base::EqualInConstantTime(collector.enrolment_hash, code_hash)) found = &collector;
  }
  return code_hash.empty() ? nullptr : found;
}

// Two kiosks of one image could have made the same credential; one would then speak for the other.
absl::Status CheckNotTaken(const Catalog& catalog, const std::string& credential_hash) {
  if (catalog.FindPrincipal(credential_hash) == nullptr &&
      !catalog.IsOfRevokedCollector(credential_hash)) {
    return absl::OkStatus();
  }
  return refusal::Field("credential", "is in use or was revoked; make a new one at random");
}

std::string Cut(const std::string& text) {
  return std::string(base::Utf8Prefix(text, limits::kKioskStatusTextBytesMax));
}

// What is for people is cut where it is too long, and a time that a device without a clock made up
// is dropped: a kiosk in trouble must be heard. What a program would read is refused.
absl::StatusOr<v1::KioskStatus> Clean(const v1::KioskStatus& said) {
  refusal::Violations bad("status.");
  if (!v1::ScreenState_IsValid(said.screen())) {
    bad.Add("screen", Cat("found ", static_cast<int>(said.screen()), ", allowed are 0..",
                          static_cast<int>(v1::ScreenState_MAX)));
  }
  if (!said.counter().empty() && !model::IsCounter(said.counter())) {
    bad.Add("counter", model::CounterRule(said.counter()));
  }
  if (static_cast<size_t>(said.newest_set_aside_size()) > limits::kKioskSetAsideMax) {
    bad.Add("newest_set_aside", Cat("found ", said.newest_set_aside_size(), ", allowed are 0..",
                                    limits::kKioskSetAsideMax));
  }
  RETURN_IF_ERROR(bad.ToStatus());
  v1::KioskStatus clean = said;
  clean.set_version(Cut(said.version()));
  clean.set_alarm(Cut(said.alarm()));
  clean.set_questionnaire_digest(Cut(said.questionnaire_digest()));
  for (v1::SetAsideResponse& one : *clean.mutable_newest_set_aside()) {
    one.set_response_id(Cut(one.response_id()));
    one.set_message(Cut(one.message()));
  }
  if (said.has_oldest_waiting_at() && !model::IsValid(said.oldest_waiting_at())) {
    clean.clear_oldest_waiting_at();
  }
  clean.DiscardUnknownFields();
  return clean;
}

}  // namespace

absl::StatusOr<v1::EnrollResponse> Kiosks::Enroll(Caller, const v1::EnrollRequest& request) {
  RETURN_IF_ERROR(CheckKioskCredential(request.credential()));
  // Taken before the code is looked at, so that guesses side by side are counted too.
  const absl::Duration wait = tries_.Take();
  if (wait > absl::ZeroDuration()) return refusal::TooManyWrongCodes(wait);
  auto response =
      Trade(HashEnrolmentCode(request.enrolment_code()), HashCredential(request.credential()));
  if (!absl::IsUnauthenticated(response.status())) tries_.GiveBack();
  return response;
}

absl::StatusOr<v1::EnrollResponse> Kiosks::Trade(const std::string& code_hash,
                                                 const std::string& credential_hash) {
  const auto before = catalog_.Get();
  const model::CollectorRecord* const known = FindByCode(*before, code_hash);
  if (known == nullptr) return refusal::BadEnrolmentCode();
  const std::string collector_id = known->collector.collector_id();
  // Before the code is used up: a store that cannot be read leaves the kiosk its code.
  ASSIGN_OR_RETURN(const uint64_t highest, HighestNumber(known->number));
  RETURN_IF_ERROR(writer_.Apply(
      Actor(collector_id), "Enroll", collector_id, [&](const Catalog& catalog) -> Records {
        const model::CollectorRecord* const found = FindByCode(catalog, code_hash);
        if (found == nullptr || found->collector.revoked()) return refusal::BadEnrolmentCode();
        if (found->credential_hash == credential_hash) return std::vector<Record>();  // once more
        if (!found->credential_hash.empty() || clock_.Now() >= found->enrolment_expires_at) {
          return refusal::BadEnrolmentCode();
        }
        RETURN_IF_ERROR(CheckNotTaken(catalog, credential_hash));
        model::CollectorRecord record = *found;
        record.credential_hash = credential_hash;
        return std::vector<Record>{record};
      }));
  v1::EnrollResponse response;
  response.set_collector_id(collector_id);
  response.set_device_sequence_max(highest);
  return response;
}

absl::StatusOr<uint64_t> Kiosks::HighestNumber(model::CollectorNumber collector) const {
  uint64_t highest = 0;
  ASSIGN_OR_RETURN(const auto ranges, store_.ReadSequenceRanges());
  for (const store::SequenceRange& range : ranges) {
    if (range.collector == collector) highest = std::max(highest, range.last);
  }
  if (const auto told = statuses_.Find(collector); told.has_value()) {
    highest =
        std::max(highest, std::min(told->status.device_sequence(), limits::kDeviceSequenceMax));
  }
  return highest;
}

absl::StatusOr<v1::RenewCredentialResponse> Kiosks::RenewCredential(
    Caller caller, const v1::RenewCredentialRequest& request) {
  RETURN_IF_ERROR(CheckKiosk(caller));
  RETURN_IF_ERROR(CheckKioskCredential(request.credential()));
  const std::string credential_hash = HashCredential(request.credential());
  RETURN_IF_ERROR(writer_.Apply(
      Actor(caller.id), "RenewCredential", caller.id, [&](const Catalog& catalog) -> Records {
        model::CollectorRecord record = catalog.collectors().at(caller.id);
        // An administrator may have been quicker than the caller.
        if (record.credential_hash != caller.credential_hash) return refusal::BadCredential();
        if (record.collector.revoked()) return refusal::CollectorRevoked();
        if (record.credential_hash == credential_hash) return std::vector<Record>();
        RETURN_IF_ERROR(CheckNotTaken(catalog, credential_hash));
        record.credential_hash = credential_hash;
        record.enrolment_hash.clear();
        record.renew_credential = false;
        return std::vector<Record>{record};
      }));
  return v1::RenewCredentialResponse();
}

absl::StatusOr<v1::HeartbeatResponse> Kiosks::Heartbeat(Caller caller,
                                                        const v1::HeartbeatRequest& request) {
  RETURN_IF_ERROR(CheckKiosk(caller));
  ASSIGN_OR_RETURN(v1::KioskStatus status, Clean(request.status()));
  const absl::Time now = clock_.Now();
  statuses_.Put({.collector = caller.collector, .at = now, .status = std::move(status)});

  const auto catalog = catalog_.Get();
  const model::CollectorRecord& record = catalog->collectors().at(caller.id);
  v1::HeartbeatResponse response;
  *response.mutable_server_time() = model::ToProto(now);
  response.set_renew_credential(record.renew_credential);
  response.set_next_heartbeat_seconds(
      static_cast<uint32_t>(absl::ToInt64Seconds(limits::kHeartbeatInterval)));
  const v1::KioskConfiguration& kiosk = record.collector.kiosk();
  const std::string& unit_id =
      kiosk.unit_id().empty() ? record.collector.unit_id() : kiosk.unit_id();
  if (record.collector.has_kiosk()) {
    *response.mutable_configuration() = kiosk;
    // A kiosk does not know of the collector's own.
    response.mutable_configuration()->set_unit_id(unit_id);
  }
  const std::string day = base::DayInVietnam(now);
  response.set_unit_name(catalog->units().NameOf(unit_id, day));
  response.set_province_name(catalog->units().NameOf(catalog->units().TopOf(unit_id, day), day));
  if (const auto round = catalog->FindRound(kiosk.round_id()); round != nullptr) {
    *response.mutable_round() = round->definition();
    response.mutable_round()->clear_seal();
    response.set_questionnaire_digest(round->questionnaire().digest());
  }
  return response;
}

}  // namespace hailong::registry
