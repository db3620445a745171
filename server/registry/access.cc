// Who may submit, administer or read: collectors, accounts and their credentials.

#include <algorithm>
#include <map>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/registry/checks.h"
#include "server/registry/registry.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Pager;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

absl::Status CheckName(std::string_view id, const char* field) {
  if (base::IsSlug(id, limits::kIdBytesMax, "-.")) return absl::OkStatus();
  return refusal::Field(field, Cat("found '", base::Utf8Prefix(id, 80), "', allowed are 1..",
                                   limits::kIdBytesMax, " of a-z, 0-9, '-' and '.'"));
}

}  // namespace

std::string NewCredential() { return Cat("hl1.", base::Base64Url(base::RandomBytes(32))); }

std::string HashCredential(std::string_view credential) { return base::Sha256Hex(credential); }

absl::StatusOr<v1::CreateCollectorResponse> Registry::CreateCollector(
    Caller caller, const v1::CreateCollectorRequest& request) {
  const v1::Collector& wanted = request.collector();
  RETURN_IF_ERROR(CheckName(wanted.collector_id(), "collector.collector_id"));
  if (wanted.channel() == v1::CHANNEL_UNSPECIFIED || !v1::Channel_IsValid(wanted.channel())) {
    return refusal::Field("collector.channel", "is not set");
  }
  if (wanted.name().size() > limits::kNameBytesMax) {
    return refusal::Field("collector.name", Cat("found ", wanted.name().size(),
                                                " bytes, allowed are ", limits::kNameBytesMax));
  }
  const std::string credential = NewCredential();
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
                                      .credential_hash = HashCredential(credential)};
        record.collector.set_collector_id(wanted.collector_id());
        record.collector.set_name(wanted.name());
        record.collector.set_channel(wanted.channel());
        record.collector.set_unit_id(wanted.unit_id());
        *response.mutable_collector() = record.collector;
        return std::vector<Record>{record};
      }));
  response.set_credential(credential);
  return response;
}

absl::StatusOr<v1::ListCollectorsResponse> Registry::ListCollectors(
    Caller caller, const v1::ListCollectorsRequest& request) {
  ASSIGN_OR_RETURN(const auto seen, store_.ReadCollectorsSeen());
  ASSIGN_OR_RETURN(const auto ranges, store_.ReadSequenceRanges());
  std::map<model::CollectorNumber, absl::Time> last_seen;
  for (const store::CollectorSeen& one : seen) last_seen[one.collector] = one.last_seen_at;
  struct Numbers {
    uint64_t highest = 0;
    uint64_t arrived = 0;
  };
  std::map<model::CollectorNumber, Numbers> numbers;
  for (const store::SequenceRange& range : ranges) {
    Numbers& of = numbers[range.collector];
    of.highest = std::max(of.highest, range.last);
    of.arrived += range.last - range.first + 1;
  }
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListCollectorsResponse response;
  pager.Walk(
      catalog->collectors(),
      [&](const std::string& id, const auto&) { return FindCollector(caller, *catalog, id).ok(); },
      [&](const auto&, const model::CollectorRecord& record) {
        v1::Collector* collector = response.add_collectors();
        *collector = record.collector;
        if (const auto found = last_seen.find(record.number); found != last_seen.end()) {
          *collector->mutable_last_seen_at() = model::ToProto(found->second);
        }
        const Numbers& of = numbers[record.number];
        collector->set_device_sequence_max(of.highest);
        collector->set_missing_count(of.highest - of.arrived);
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
  const std::string credential = NewCredential();
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RotateCollectorCredential", request.collector_id(),
      [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(model::CollectorRecord record,
                         FindCollector(caller, catalog, request.collector_id()));
        if (record.collector.revoked()) {
          return refusal::NotFound("collector that may submit", request.collector_id());
        }
        record.credential_hash = HashCredential(credential);
        return std::vector<Record>{record};
      }));
  v1::RotateCollectorCredentialResponse response;
  response.set_credential(credential);
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

absl::StatusOr<v1::CreateAccountResponse> Registry::CreateAccount(
    Caller caller, const v1::CreateAccountRequest& request) {
  const v1::Account& wanted = request.account();
  RETURN_IF_ERROR(CheckName(wanted.account_id(), "account.account_id"));
  if (wanted.role() != v1::ROLE_ANALYST && wanted.role() != v1::ROLE_OPERATOR &&
      wanted.role() != v1::ROLE_ADMIN) {
    return refusal::Field("account.role", "allowed are ANALYST, OPERATOR and ADMIN");
  }
  if (wanted.role() == v1::ROLE_ADMIN && !wanted.unit_id().empty()) {
    return refusal::Field("account.unit_id", "is set, but an ADMIN is never bound to a unit");
  }
  const std::string credential = NewCredential();
  v1::CreateAccountResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "CreateAccount", wanted.account_id(), [&](const Catalog& catalog) -> Records {
        if (catalog.accounts().contains(wanted.account_id())) {
          return refusal::AlreadyExists("account", wanted.account_id(), "");
        }
        RETURN_IF_ERROR(CheckUnitExists(catalog, wanted.unit_id()));
        model::AccountRecord record{.account = {}, .credential_hash = HashCredential(credential)};
        record.account.set_account_id(wanted.account_id());
        record.account.set_role(wanted.role());
        record.account.set_unit_id(wanted.unit_id());
        *response.mutable_account() = record.account;
        return std::vector<Record>{record};
      }));
  response.set_credential(credential);
  return response;
}

absl::StatusOr<v1::ListAccountsResponse> Registry::ListAccounts(
    Caller, const v1::ListAccountsRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListAccountsResponse response;
  pager.Walk(
      catalog->accounts(), [](const auto&, const auto&) { return true; },
      [&](const auto&, const auto& record) { *response.add_accounts() = record.account; });
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::RevokeAccountResponse> Registry::RevokeAccount(
    Caller caller, const v1::RevokeAccountRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RevokeAccount", request.account_id(), [&](const Catalog& catalog) -> Records {
        const auto found = catalog.accounts().find(request.account_id());
        if (found == catalog.accounts().end()) {
          return refusal::NotFound("account", request.account_id());
        }
        if (found->second.account.revoked()) return std::vector<Record>();
        const auto admins = std::count_if(
            catalog.accounts().begin(), catalog.accounts().end(), [](const auto& account) {
              return account.second.account.role() == v1::ROLE_ADMIN &&
                     !account.second.account.revoked();
            });
        if (found->second.account.role() == v1::ROLE_ADMIN && admins == 1) {
          return refusal::LastAdmin(request.account_id());
        }
        model::AccountRecord record = found->second;
        record.account.set_revoked(true);
        return std::vector<Record>{record};
      }));
  return v1::RevokeAccountResponse();
}

absl::Status Registry::CreateFirstAdmin(
    const std::function<absl::Status(const std::string&)>& keep) {
  return writer_.Apply(
      "hailongd", "CreateFirstAdmin", "admin", [&](const Catalog& catalog) -> Records {
        for (const auto& [id, account] : catalog.accounts()) {
          if (account.account.role() == v1::ROLE_ADMIN) {
            return std::vector<Record>();
          }
        }
        const std::string credential = NewCredential();
        RETURN_IF_ERROR(keep(credential));
        model::AccountRecord record{.account = {}, .credential_hash = HashCredential(credential)};
        record.account.set_account_id("admin");
        record.account.set_role(v1::ROLE_ADMIN);
        return std::vector<Record>{record};
      });
}

}  // namespace hailong::registry
