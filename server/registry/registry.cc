#include "server/registry/registry.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "server/model/paging.h"
#include "server/model/times.h"
#include "server/registry/checks.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Pager;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

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

absl::Status CheckMarginsOnce(const v1::Population& population) {
  std::set<std::string> seen;
  for (const v1::PopulationMargin& margin : population.margins()) {
    if (seen.insert(margin.question_id()).second) continue;
    return refusal::Field(
        Cat("populations['", base::Utf8Prefix(population.unit_id(), 40), "'].margins"),
        Cat("'", base::Utf8Prefix(margin.question_id(), 40),
            "' is there twice, allowed is one margin for a question"));
  }
  return absl::OkStatus();
}

}  // namespace

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
          RETURN_IF_ERROR(CheckMarginsOnce(population));
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
  pager.Walk(
      *populations,
      [&](const std::string& unit_id, const auto&) {
        return CheckWithin(caller, *catalog, unit_id, day).ok();
      },
      [&](const auto&, const v1::Population& one) { *response.add_populations() = one; });
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
      caller.id, "OpenRound", wanted.round_id(), [&](const Catalog& catalog) -> Records {
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
          RETURN_IF_ERROR(can_score_(*round));
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
      caller.id, "CloseRound", request.round_id(), [&](const Catalog& catalog) -> Records {
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
      caller.id, "DestroyRoundKey", request.round_id(), [&](const Catalog& catalog) -> Records {
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
  pager.Walk(
      catalog->rounds(), [](const auto&, const auto&) { return true; },
      [&](const auto&, const auto& round) { *response.add_rounds() = round->definition(); });
  response.set_next_page_token(pager.next_page_token());
  return response;
}

}  // namespace hailong::registry
