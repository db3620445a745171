#include "server/registry/registry.h"

#include <algorithm>
#include <map>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "server/model/paging.h"
#include "server/model/times.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Pager;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

// A caller bound to a subtree may act on units of it, on the day in question.
absl::Status CheckWithin(const model::Principal& caller, const Catalog& catalog,
                         const std::string& unit_id, const std::string& day) {
  if (caller.unit_id.empty() || catalog.units().IsWithin(unit_id, caller.unit_id, day)) {
    return absl::OkStatus();
  }
  return refusal::OutsideSubtree(unit_id, caller.unit_id);
}

absl::Status CheckName(std::string_view id, const char* field) {
  if (base::IsSlug(id, limits::kIdBytesMax, "-.")) return absl::OkStatus();
  return refusal::Field(field, Cat("found '", base::Utf8Prefix(id, 80), "', allowed are 1..",
                                   limits::kIdBytesMax, " of a-z, 0-9, '-' and '.'"));
}

// Anyone may read the tree, but a unit that is named must exist in some period.
absl::Status CheckUnitExists(const Catalog& catalog, const std::string& unit_id) {
  if (unit_id.empty() || !catalog.units().Periods(unit_id).empty()) return absl::OkStatus();
  return refusal::NotFound("unit", unit_id);
}

std::string StateName(v1::RoundState state) {
  switch (state) {
    case v1::ROUND_STATE_OPEN:
      return "open";
    case v1::ROUND_STATE_CLOSED:
      return "closed";
    case v1::ROUND_STATE_SEALED:
      return "sealed";
    default:
      return "in no state";
  }
}

// The content that OpenRound compares: what the server sets does not count.
std::string AsRequested(v1::Round round) {
  round.clear_state();
  round.clear_seal();
  return model::DeterministicBytes(round);
}

}  // namespace

std::string NewCredential() { return Cat("hl1.", base::Base64Url(base::RandomBytes(32))); }

std::string HashCredential(std::string_view credential) { return base::Sha256Hex(credential); }

absl::StatusOr<v1::ImportUnitsResponse> Registry::ImportUnits(
    Caller caller, const v1::ImportUnitsRequest& request) {
  const size_t count = static_cast<size_t>(request.units_size());
  if (count == 0 || count > limits::kImportRowsMax) {
    return refusal::ImportSize("units", count);
  }
  v1::ImportUnitsResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "ImportUnits", Cat(count, " units"), [&](const Catalog& catalog) -> Records {
        std::vector<Record> records;
        for (const v1::Unit& unit : request.units()) {
          const v1::Unit* there = nullptr;
          for (const v1::Unit& period : catalog.units().Periods(unit.unit_id())) {
            if (period.valid_from() == unit.valid_from()) there = &period;
          }
          if (there == nullptr) {
            response.set_added(response.added() + 1);
            records.emplace_back(unit);
            continue;
          }
          v1::Unit ended = *there;
          if (ended.valid_to().empty()) ended.set_valid_to(unit.valid_to());
          if (model::DeterministicBytes(ended) != model::DeterministicBytes(unit)) {
            return refusal::AlreadyExists("unit", Cat(unit.unit_id(), " from ", unit.valid_from()),
                                          " with other content; a changed unit is a new period");
          }
          if (ended.valid_to() == there->valid_to()) {
            response.set_unchanged(response.unchanged() + 1);
          } else {
            response.set_ended(response.ended() + 1);
            records.emplace_back(unit);
          }
        }
        return records;
      }));
  return response;
}

absl::StatusOr<v1::ListUnitsResponse> Registry::ListUnits(Caller,
                                                          const v1::ListUnitsRequest& request) {
  if (!request.valid_on().empty()) {
    if (const absl::Status day = base::CheckDay(request.valid_on()); !day.ok()) {
      return refusal::Field("valid_on", std::string(day.message()));
    }
  }
  const auto catalog = catalog_.Get();
  RETURN_IF_ERROR(CheckUnitExists(*catalog, request.root_unit_id()));
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListUnitsResponse response;
  for (const v1::Unit& unit : catalog->units().units()) {
    const std::string key = model::PageKey(unit.unit_id(), unit.valid_from());
    if (key <= pager.after()) continue;
    if (!request.level().empty() && unit.level() != request.level()) continue;
    if (!request.valid_on().empty() &&
        catalog->units().Find(unit.unit_id(), request.valid_on()) != &unit) {
      continue;
    }
    if (!request.root_unit_id().empty() &&
        !catalog->units().IsWithin(
            unit.unit_id(), request.root_unit_id(),
            request.valid_on().empty() ? unit.valid_from() : request.valid_on())) {
      continue;
    }
    if (!pager.Take(key)) break;
    *response.add_units() = unit;
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::ImportPopulationsResponse> Registry::ImportPopulations(
    Caller caller, const v1::ImportPopulationsRequest& request) {
  const size_t count = static_cast<size_t>(request.populations_size());
  if (count == 0 || count > limits::kImportRowsMax) {
    return refusal::ImportSize("populations", count);
  }
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "ImportPopulations", request.round_id(), [&](const Catalog& catalog) -> Records {
        const auto round = catalog.FindRound(request.round_id());
        if (round == nullptr) return refusal::NotFound("round", request.round_id());
        if (round->state() == v1::ROUND_STATE_SEALED) {
          return refusal::RoundIs(round->id(), "sealed", "open or closed");
        }
        std::vector<Record> records;
        for (const v1::Population& population : request.populations()) {
          // A unit that was formed while the round ran is looked at on its own first day.
          std::string day = base::DayInVietnam(round->opens_at());
          if (const auto unit = round->FindUnit(population.unit_id()); unit.has_value()) {
            day = std::max(day, round->units()[*unit].valid_from());
          }
          RETURN_IF_ERROR(CheckWithin(caller, catalog, population.unit_id(), day));
          records.emplace_back(
              model::PopulationRecord{.round_id = round->id(), .population = population});
        }
        return records;
      }));
  v1::ImportPopulationsResponse response;
  response.set_set(static_cast<uint32_t>(count));
  return response;
}

absl::StatusOr<v1::ListPopulationsResponse> Registry::ListPopulations(
    Caller caller, const v1::ListPopulationsRequest& request) {
  const auto catalog = catalog_.Get();
  const auto round = catalog->FindRound(request.round_id());
  if (round == nullptr) return refusal::NotFound("round", request.round_id());
  const std::string day = base::DayInVietnam(round->opens_at());
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListPopulationsResponse response;
  const auto populations = catalog->FindPopulations(request.round_id());
  if (populations == nullptr) return response;
  for (auto at = populations->upper_bound(pager.after()); at != populations->end(); ++at) {
    if (!CheckWithin(caller, *catalog, at->first, day).ok()) continue;
    if (!pager.Take(at->first)) break;
    *response.add_populations() = at->second;
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::PublishQuestionnaireResponse> Registry::PublishQuestionnaire(
    Caller caller, const v1::PublishQuestionnaireRequest& request) {
  ASSIGN_OR_RETURN(const auto compiled, model::Questionnaire::Create(request.questionnaire()));
  const std::string& id = request.questionnaire().questionnaire_id();
  const uint32_t version = request.questionnaire().version();
  v1::PublishQuestionnaireResponse response;
  response.set_digest(compiled->digest());
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "PublishQuestionnaire", Cat(id, " version ", version),
      [&](const Catalog& catalog) -> Records {
        const auto there = catalog.FindQuestionnaire(id, version);
        if (there == nullptr) return std::vector<Record>{request.questionnaire()};
        if (there->digest() != compiled->digest()) {
          return refusal::AlreadyExists(
              "questionnaire", Cat(id, " version ", version),
              " with other content; a published version never changes: publish the next");
        }
        response.set_already_published(true);
        return std::vector<Record>();
      }));
  return response;
}

absl::StatusOr<v1::ListQuestionnairesResponse> Registry::ListQuestionnaires(
    Caller, const v1::ListQuestionnairesRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListQuestionnairesResponse response;
  for (const auto& [id, questionnaire] : catalog->questionnaires()) {
    const std::string key = model::PageKey(id.first, model::PageDigits(id.second));
    if (key <= pager.after()) continue;
    if (!pager.Take(key)) break;
    v1::Questionnaire* head = response.add_questionnaires();
    *head = questionnaire->definition();
    head->clear_questions();
    head->clear_forms();
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetQuestionnaireResponse> Registry::GetQuestionnaire(
    Caller, const v1::GetQuestionnaireRequest& request) {
  const auto catalog = catalog_.Get();
  std::shared_ptr<const model::Questionnaire> found;
  switch (request.which_case()) {
    case v1::GetQuestionnaireRequest::kRoundId: {
      const auto round = catalog->FindRound(request.round_id());
      if (round == nullptr) return refusal::NotFound("round", request.round_id());
      found = round->shared_questionnaire();
      break;
    }
    case v1::GetQuestionnaireRequest::kQuestionnaireId:
      found = catalog->FindQuestionnaire(request.questionnaire_id(), request.version());
      if (found == nullptr) {
        return refusal::NotFound("questionnaire",
                                 Cat(request.questionnaire_id(), " version ", request.version()));
      }
      break;
    case v1::GetQuestionnaireRequest::WHICH_NOT_SET:
      return refusal::Field("which", "is not set; allowed are round_id and questionnaire_id");
  }
  v1::GetQuestionnaireResponse response;
  *response.mutable_questionnaire() = found->definition();
  response.set_digest(found->digest());
  return response;
}

absl::StatusOr<std::shared_ptr<const model::Round>> Registry::FindRound(
    Caller caller, const Catalog& catalog, const std::string& round_id) const {
  auto round = catalog.FindRound(round_id);
  if (round == nullptr) return refusal::NotFound("round", round_id);
  RETURN_IF_ERROR(CheckWithin(caller, catalog, round->definition().root_unit_id(),
                              base::DayInVietnam(round->opens_at())));
  return round;
}

absl::StatusOr<v1::OpenRoundResponse> Registry::OpenRound(Caller caller,
                                                          const v1::OpenRoundRequest& request) {
  v1::Round wanted = request.round();
  if (wanted.state() != v1::ROUND_STATE_UNSPECIFIED || wanted.has_seal()) {
    return refusal::Field("round.state", "is set by the server; leave state and seal out");
  }
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "OpenRound", wanted.round_id().substr(0, limits::kIdBytesMax),
      [&](const Catalog& catalog) -> Records {
        if (const auto there = catalog.FindRound(wanted.round_id()); there != nullptr) {
          if (AsRequested(there->definition()) == AsRequested(wanted)) {
            return std::vector<Record>();
          }
          return refusal::AlreadyExists("round", wanted.round_id(), " with other content");
        }
        wanted.set_state(v1::ROUND_STATE_OPEN);
        uint32_t number = 1;
        for (const auto& [id, round] : catalog.rounds()) {
          number = std::max(number, static_cast<uint32_t>(round->number()) + 1);
        }
        const model::RoundRecord record{.number = static_cast<model::RoundNumber>(number),
                                        .round = wanted};
        // Checked before anything is made durable: the key of a round that is refused would stay
        // behind.
        ASSIGN_OR_RETURN(const auto after, catalog.With({record}));
        const auto round = after->FindRound(wanted.round_id());
        RETURN_IF_ERROR(FindRound(caller, *after, wanted.round_id()).status());
        if (!wanted.framework_id().empty()) {
          RETURN_IF_ERROR(knows_framework_(wanted.framework_id(), round->questionnaire()));
        }
        RETURN_IF_ERROR(keys_.Create(wanted.round_id()));
        return std::vector<Record>{record};
      }));
  v1::OpenRoundResponse response;
  *response.mutable_round() = catalog_.Get()->FindRound(wanted.round_id())->definition();
  return response;
}

absl::StatusOr<v1::CloseRoundResponse> Registry::CloseRound(Caller caller,
                                                            const v1::CloseRoundRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "CloseRound", request.round_id().substr(0, limits::kIdBytesMax),
      [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(const auto round, FindRound(caller, catalog, request.round_id()));
        if (round->state() == v1::ROUND_STATE_SEALED) {
          return refusal::RoundIs(round->id(), "sealed", "open");
        }
        if (round->state() == v1::ROUND_STATE_CLOSED) return std::vector<Record>();
        model::RoundRecord record{.number = round->number(), .round = round->definition()};
        const absl::Time now = clock_.Now();
        if (now <= round->opens_at()) {
          return refusal::RoundNotOpenYet(round->id(), round->opens_at());
        }
        if (now < round->closes_at()) *record.round.mutable_closes_at() = model::ToProto(now);
        record.round.set_state(v1::ROUND_STATE_CLOSED);
        return std::vector<Record>{record};
      }));
  v1::CloseRoundResponse response;
  *response.mutable_round() = catalog_.Get()->FindRound(request.round_id())->definition();
  return response;
}

absl::StatusOr<v1::DestroyRoundKeyResponse> Registry::DestroyRoundKey(
    Caller caller, const v1::DestroyRoundKeyRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "DestroyRoundKey", request.round_id().substr(0, limits::kIdBytesMax),
      [&](const Catalog& catalog) -> Records {
        ASSIGN_OR_RETURN(const auto round, FindRound(caller, catalog, request.round_id()));
        const auto seal = catalog.FindSeal(request.round_id());
        if (seal == nullptr) {
          return refusal::RoundIs(round->id(), StateName(round->state()), "sealed");
        }
        const absl::Time until = model::FromProto(seal->seal().sealed_at()) +
                                 model::FromProto(round->definition().appeal_time());
        if (clock_.Now() < until) return refusal::RoundKeyNeeded(round->id(), until);
        RETURN_IF_ERROR(keys_.Destroy(round->id()));
        // Unchanged, but the audit log gets its line.
        return std::vector<Record>{
            model::RoundRecord{.number = round->number(), .round = round->definition()}};
      }));
  return v1::DestroyRoundKeyResponse();
}

absl::StatusOr<v1::GetRoundResponse> Registry::GetRound(Caller,
                                                        const v1::GetRoundRequest& request) {
  const auto round = catalog_.Get()->FindRound(request.round_id());
  if (round == nullptr) return refusal::NotFound("round", request.round_id());
  v1::GetRoundResponse response;
  *response.mutable_round() = round->definition();
  return response;
}

absl::StatusOr<v1::ListRoundsResponse> Registry::ListRounds(Caller,
                                                            const v1::ListRoundsRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListRoundsResponse response;
  for (auto at = catalog->rounds().upper_bound(pager.after()); at != catalog->rounds().end();
       ++at) {
    if (!pager.Take(at->first)) break;
    *response.add_rounds() = at->second->definition();
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

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
  for (auto at = catalog->collectors().upper_bound(pager.after());
       at != catalog->collectors().end(); ++at) {
    if (!FindCollector(caller, *catalog, at->first).ok()) continue;
    if (!pager.Take(at->first)) break;
    v1::Collector* collector = response.add_collectors();
    *collector = at->second.collector;
    if (const auto found = last_seen.find(at->second.number); found != last_seen.end()) {
      *collector->mutable_last_seen_at() = model::ToProto(found->second);
    }
    const Numbers& of = numbers[at->second.number];
    collector->set_device_sequence_max(of.highest);
    collector->set_missing_count(of.highest - of.arrived);
  }
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
      caller.id, "RotateCollectorCredential", request.collector_id().substr(0, limits::kIdBytesMax),
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
      caller.id, "RevokeCollector", request.collector_id().substr(0, limits::kIdBytesMax),
      [&](const Catalog& catalog) -> Records {
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
  for (auto at = catalog->accounts().upper_bound(pager.after()); at != catalog->accounts().end();
       ++at) {
    if (!pager.Take(at->first)) break;
    *response.add_accounts() = at->second.account;
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::RevokeAccountResponse> Registry::RevokeAccount(
    Caller caller, const v1::RevokeAccountRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RevokeAccount", request.account_id().substr(0, limits::kIdBytesMax),
      [&](const Catalog& catalog) -> Records {
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
