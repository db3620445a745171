// Who may submit: collectors, their credentials, how kiosks are set up and how they are.

#include <algorithm>
#include <map>
#include <optional>

#include "base/crypto/base32.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/registry/checks.h"
#include "server/registry/configuration.h"
#include "server/registry/enrolment.h"
#include "server/registry/registry.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Pager;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

bool IsKiosk(const v1::Collector& collector) { return collector.channel() == v1::CHANNEL_KIOSK; }

std::string ChannelName(const v1::Collector& collector) {
  return v1::Channel_Name(collector.channel());
}

// What was asked for by a channel that has no screen.
absl::Status KiosksOnly(const v1::Collector& collector, const char* field) {
  return refusal::Field(field, Cat("collector '", collector.collector_id(), "' is of ",
                                   ChannelName(collector), "; allowed is CHANNEL_KIOSK"));
}

// The channels of links: a message of Zalo's may hold one too.
bool HasLinks(const v1::Collector& collector) {
  return collector.channel() == v1::CHANNEL_WEB || collector.channel() == v1::CHANNEL_ZALO;
}

absl::Status LinksOnly(const v1::Collector& collector, const char* field) {
  return refusal::Field(
      field, Cat("collector '", collector.collector_id(), "' is of ", ChannelName(collector),
                 "; allowed are CHANNEL_WEB and CHANNEL_ZALO"));
}

// Replaces what was set; the code of its links, once given, stays.
void SetWeb(const v1::WebConfiguration& wanted, const Catalog& catalog, v1::Collector& collector) {
  std::string link_code = collector.web().link_code();
  while (link_code.empty() || (catalog.FindByLinkCode(link_code) != nullptr &&
                               link_code != collector.web().link_code())) {
    link_code = base::RandomBase32(limits::kLinkCodeSize);
  }
  *collector.mutable_web() = wanted;
  collector.mutable_web()->set_link_code(link_code);
}

// As administration keeps it, with what follows from its credentials.
v1::Collector Described(const model::CollectorRecord& record) {
  v1::Collector collector = record.collector;
  collector.set_awaits_credential(!collector.revoked() &&
                                  (record.renew_credential || record.credential_hash.empty()));
  return collector;
}

// Replaces whatever credential or code it had.
void SetCredential(const std::string& credential, model::CollectorRecord& record) {
  record.credential_hash = HashCredential(credential);
  record.enrolment_hash.clear();
  record.enrolment_expires_at = absl::UnixEpoch();
  record.renew_credential = false;
}

void SetEnrolment(const std::string& code, absl::Time now, model::CollectorRecord& record) {
  record.credential_hash.clear();
  record.enrolment_hash = HashEnrolmentCode(code);
  record.enrolment_expires_at = now + limits::kEnrolmentCodeLife;
  record.renew_credential = false;
}

// What a list shows and a device alone knows: the numbers that arrived.
struct Numbers {
  uint64_t highest = 0;
  uint64_t arrived = 0;
};

absl::Status CheckNotRevoked(const model::CollectorRecord& record) {
  if (!record.collector.revoked()) return absl::OkStatus();
  return refusal::CollectorIs(record.collector.collector_id(), "was revoked",
                              "one that may submit; register another");
}

absl::Status CheckNewCollector(const v1::CreateCollectorRequest& request) {
  const v1::Collector& wanted = request.collector();
  RETURN_IF_ERROR(CheckName(wanted.collector_id(), "collector.collector_id"));
  if (wanted.channel() == v1::CHANNEL_UNSPECIFIED || !v1::Channel_IsValid(wanted.channel())) {
    return refusal::Field("collector.channel", "is not set");
  }
  if (wanted.name().size() > limits::kNameBytesMax) {
    return refusal::Field("collector.name", Cat("found ", wanted.name().size(),
                                                " bytes, allowed are ", limits::kNameBytesMax));
  }
  if (wanted.has_web() && !HasLinks(wanted)) return LinksOnly(wanted, "collector.web");
  if (IsKiosk(wanted)) return absl::OkStatus();
  if (wanted.has_kiosk()) return KiosksOnly(wanted, "collector.kiosk");
  if (request.by_enrolment()) return KiosksOnly(wanted, "by_enrolment");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::CreateCollectorResponse> Registry::CreateCollector(
    Caller caller, const v1::CreateCollectorRequest& request) {
  RETURN_IF_ERROR(CheckNewCollector(request));
  const v1::Collector& wanted = request.collector();
  const std::string secret = request.by_enrolment() ? NewEnrolmentCode() : NewCredential();
  v1::CreateCollectorResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "CreateCollector", wanted.collector_id(), [&](const Catalog& catalog) -> Records {
        if (catalog.collectors().contains(wanted.collector_id())) {
          return refusal::AlreadyExists("collector", wanted.collector_id(), "");
        }
        RETURN_IF_ERROR(CheckUnitExists(catalog, wanted.unit_id()));
        RETURN_IF_ERROR(
            CheckWithin(caller, catalog, wanted.unit_id(), base::DayInVietnam(clock_.Now())));
        uint32_t number = 1;
        for (const auto& [id, collector] : catalog.collectors()) {
          number = std::max(number, static_cast<uint32_t>(collector.number) + 1);
        }
        model::CollectorRecord record{.number = static_cast<model::CollectorNumber>(number),
                                      .collector = {},
                                      .credential_hash = {}};
        record.collector.set_collector_id(wanted.collector_id());
        record.collector.set_name(wanted.name());
        record.collector.set_channel(wanted.channel());
        record.collector.set_unit_id(wanted.unit_id());
        if (wanted.has_kiosk()) {
          RETURN_IF_ERROR(
              CheckConfiguration(wanted.kiosk(), record.collector, catalog, clock_.Now()));
          *record.collector.mutable_kiosk() = wanted.kiosk();
        }
        if (wanted.has_web()) {
          RETURN_IF_ERROR(
              CheckWebConfiguration(wanted.web(), record.collector, catalog, clock_.Now()));
          SetWeb(wanted.web(), catalog, record.collector);
        }
        if (request.by_enrolment()) {
          SetEnrolment(secret, clock_.Now(), record);
        } else {
          SetCredential(secret, record);
        }
        *response.mutable_collector() = Described(record);
        return std::vector<Record>{record};
      }));
  request.by_enrolment() ? response.set_enrolment_code(secret) : response.set_credential(secret);
  return response;
}

absl::StatusOr<v1::ListCollectorsResponse> Registry::ListCollectors(
    Caller caller, const v1::ListCollectorsRequest& request) {
  const absl::Duration silent_for = model::FromProto(request.silent_for());
  if (silent_for < absl::ZeroDuration() || silent_for > limits::kSilentForMax) {
    return refusal::Field("silent_for",
                          Cat("found ", absl::FormatDuration(silent_for), ", allowed are 0s..",
                              absl::FormatDuration(limits::kSilentForMax)));
  }
  ASSIGN_OR_RETURN(const auto seen, store_.ReadCollectorsSeen());
  ASSIGN_OR_RETURN(const auto ranges, store_.ReadSequenceRanges());
  std::map<model::CollectorNumber, absl::Time> last_seen;
  for (const store::CollectorSeen& one : seen) last_seen[one.collector] = one.last_seen_at;
  std::map<model::CollectorNumber, Numbers> numbers;
  for (const store::SequenceRange& range : ranges) {
    Numbers& of = numbers[range.collector];
    of.highest = std::max(of.highest, range.last);
    of.arrived += range.last - range.first + 1;
  }
  // Infinite past: never.
  const auto heard_at = [&](model::CollectorNumber number) {
    const auto found = last_seen.find(number);
    const auto status = statuses_.Find(number);
    return std::max(found == last_seen.end() ? absl::InfinitePast() : found->second,
                    status.has_value() ? status->at : absl::InfinitePast());
  };
  const absl::Time silent_since = clock_.Now() - silent_for;
  const auto catalog = catalog_.Get();
  const auto shown = [&](const std::string& id, const model::CollectorRecord& record) {
    if (!FindCollector(caller, *catalog, id).ok()) return false;
    return !request.has_silent_for() ||
           (!record.collector.revoked() && heard_at(record.number) < silent_since);
  };
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListCollectorsResponse response;
  pager.Walk(catalog->collectors(), shown, [&](const auto&, const model::CollectorRecord& record) {
    v1::Collector* collector = response.add_collectors();
    *collector = Described(record);
    if (const auto found = last_seen.find(record.number); found != last_seen.end()) {
      *collector->mutable_last_seen_at() = model::ToProto(found->second);
    }
    const Numbers& of = numbers[record.number];
    collector->set_device_sequence_max(of.highest);
    collector->set_missing_count(of.highest - of.arrived);
    if (auto status = statuses_.Find(record.number); status.has_value()) {
      *collector->mutable_status() = std::move(status->status);
      *collector->mutable_status_at() = model::ToProto(status->at);
    }
  });
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<model::CollectorRecord> Registry::FindCollector(
    Caller caller, const Catalog& catalog, const std::string& collector_id) const {
  const auto found = catalog.collectors().find(collector_id);
  if (found == catalog.collectors().end()) return refusal::NotFound("collector", collector_id);
  RETURN_IF_ERROR(CheckWithin(caller, catalog, found->second.collector.unit_id(),
                              base::DayInVietnam(clock_.Now())));
  return found->second;
}

absl::StatusOr<v1::RotateCollectorCredentialResponse> Registry::RotateCollectorCredential(
    Caller caller, const v1::RotateCollectorCredentialRequest& request) {
  using Request = v1::RotateCollectorCredentialRequest;
  if (!Request::Way_IsValid(request.way())) {
    return refusal::Field("way", Cat("found ", static_cast<int>(request.way()),
                                     ", allowed are none, BY_KIOSK and BY_ENROLMENT"));
  }
  v1::RotateCollectorCredentialResponse response;
  if (request.way() == Request::WAY_UNSPECIFIED) response.set_credential(NewCredential());
  if (request.way() == Request::WAY_BY_ENROLMENT) response.set_enrolment_code(NewEnrolmentCode());
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RotateCollectorCredential", request.collector_id(),
      [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(model::CollectorRecord record,
                         FindCollector(caller, catalog, request.collector_id()));
        RETURN_IF_ERROR(CheckNotRevoked(record));
        if (request.way() == Request::WAY_UNSPECIFIED) {
          SetCredential(response.credential(), record);
          return std::vector<Record>{record};
        }
        if (!IsKiosk(record.collector)) {
          return refusal::CollectorIs(request.collector_id(),
                                      Cat("is of ", ChannelName(record.collector)),
                                      "one of CHANNEL_KIOSK");
        }
        if (request.way() == Request::WAY_BY_ENROLMENT) {
          SetEnrolment(response.enrolment_code(), clock_.Now(), record);
          return std::vector<Record>{record};
        }
        if (record.credential_hash.empty()) {
          return refusal::CollectorIs(request.collector_id(), "has not enrolled yet",
                                      "one with a credential; give it a new code instead");
        }
        if (record.renew_credential) return std::vector<Record>();
        record.renew_credential = true;
        return std::vector<Record>{record};
      }));
  return response;
}

absl::StatusOr<v1::ConfigureKioskResponse> Registry::ConfigureKiosk(
    Caller caller, const v1::ConfigureKioskRequest& request) {
  v1::ConfigureKioskResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "ConfigureKiosk", request.collector_id(), [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(model::CollectorRecord record,
                         FindCollector(caller, catalog, request.collector_id()));
        if (!IsKiosk(record.collector)) return KiosksOnly(record.collector, "collector_id");
        RETURN_IF_ERROR(CheckNotRevoked(record));
        RETURN_IF_ERROR(
            CheckConfiguration(request.kiosk(), record.collector, catalog, clock_.Now()));
        const bool same =
            record.collector.has_kiosk() && model::DeterministicBytes(record.collector.kiosk()) ==
                                                model::DeterministicBytes(request.kiosk());
        *record.collector.mutable_kiosk() = request.kiosk();
        *response.mutable_collector() = Described(record);
        return same ? std::vector<Record>() : std::vector<Record>{record};
      }));
  return response;
}

absl::StatusOr<v1::ConfigureWebResponse> Registry::ConfigureWeb(
    Caller caller, const v1::ConfigureWebRequest& request) {
  v1::ConfigureWebResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "ConfigureWeb", request.collector_id(), [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(model::CollectorRecord record,
                         FindCollector(caller, catalog, request.collector_id()));
        if (!HasLinks(record.collector)) return LinksOnly(record.collector, "collector_id");
        RETURN_IF_ERROR(CheckNotRevoked(record));
        RETURN_IF_ERROR(
            CheckWebConfiguration(request.web(), record.collector, catalog, clock_.Now()));
        const std::string before = record.collector.has_web()
                                       ? model::DeterministicBytes(record.collector.web())
                                       : std::string();
        SetWeb(request.web(), catalog, record.collector);
        *response.mutable_collector() = Described(record);
        return before == model::DeterministicBytes(record.collector.web())
                   ? std::vector<Record>()
                   : std::vector<Record>{record};
      }));
  return response;
}

absl::StatusOr<v1::RevokeCollectorResponse> Registry::RevokeCollector(
    Caller caller, const v1::RevokeCollectorRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RevokeCollector", request.collector_id(), [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(model::CollectorRecord record,
                         FindCollector(caller, catalog, request.collector_id()));
        if (record.collector.revoked()) return std::vector<Record>();
        record.collector.set_revoked(true);
        return std::vector<Record>{record};
      }));
  return v1::RevokeCollectorResponse();
}

absl::StatusOr<v1::ListSequenceGapsResponse> Registry::ListSequenceGaps(
    Caller caller, const v1::ListSequenceGapsRequest& request) {
  const auto catalog = catalog_.Get();
  if (!request.collector_id().empty()) {
    RETURN_IF_ERROR(FindCollector(caller, *catalog, request.collector_id()).status());
  }
  ASSIGN_OR_RETURN(const auto ranges, store_.ReadSequenceRanges());
  std::map<model::CollectorNumber, std::vector<store::SequenceRange>> by_collector;
  for (const store::SequenceRange& range : ranges) by_collector[range.collector].push_back(range);
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListSequenceGapsResponse response;
  for (const auto& [collector_id, collector] : catalog->collectors()) {
    if (!request.collector_id().empty() && collector_id != request.collector_id()) continue;
    if (!FindCollector(caller, *catalog, collector_id).ok()) continue;
    uint64_t expected = 1;
    for (const store::SequenceRange& range : by_collector[collector.number]) {
      if (range.first > expected) {
        const std::string key = model::PageKey(collector_id, model::PageDigits(expected));
        if (key > pager.after()) {
          if (!pager.Take(key)) {
            response.set_next_page_token(pager.next_page_token());
            return response;
          }
          v1::SequenceGap* gap = response.add_gaps();
          gap->set_collector_id(collector_id);
          gap->set_first(expected);
          gap->set_last(range.first - 1);
        }
      }
      expected = range.last + 1;
    }
  }
  return response;
}

}  // namespace hailong::registry
