#include "server/model/catalog.h"

#include <algorithm>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::model {
namespace {

using base::Cat;

// Adds a unit, or ends the open period that begins on the same day.
void PutUnit(const v1::Unit& unit, std::vector<v1::Unit>& units) {
  for (v1::Unit& there : units) {
    if (there.unit_id() == unit.unit_id() && there.valid_from() == unit.valid_from()) {
      there = unit;
      return;
    }
  }
  units.push_back(unit);
}

absl::Status CheckPopulation(const v1::Population& population, const Round& round) {
  const std::string at = Cat("populations['", base::Utf8Prefix(population.unit_id(), 40), "']");
  refusal::Violations bad;
  if (!round.FindUnit(population.unit_id()).has_value()) {
    bad.Add(Cat(at, ".unit_id"), Cat("is not a unit of round '", round.id(), "'"));
  }
  if (population.size() == 0 || population.size() > limits::kPopulationMax) {
    bad.Add(Cat(at, ".size"), Cat("found ", population.size(), ", allowed are 1..",
                                  limits::kPopulationMax, "; leave an unknown population out"));
  }
  if (population.source().empty() || population.source().size() > limits::kNameBytesMax ||
      !base::IsUtf8(population.source())) {
    bad.Add(Cat(at, ".source"), "is empty, too long or not UTF-8; say where the number comes from");
  }
  for (const v1::PopulationMargin& margin : population.margins()) {
    const int position = round.questionnaire().Find(margin.question_id(), 0);
    const uint32_t options =
        position < 0 ? 0 : round.questionnaire().questions()[static_cast<size_t>(position)].options;
    uint64_t sum = 0;
    for (const uint64_t size : margin.sizes()) {
      sum += std::min<uint64_t>(size, limits::kPopulationMax);
    }
    if (options == 0 || static_cast<uint32_t>(margin.sizes_size()) != options ||
        sum != population.size()) {
      bad.Add(Cat(at, ".margins"),
              Cat("'", base::Utf8Prefix(margin.question_id(), 40), "': found ", margin.sizes_size(),
                  " sizes that add up to ", sum, ", allowed are one for each of the question's ",
                  options, " options, adding up to ", population.size()));
    }
  }
  return bad.ToStatus();
}

}  // namespace

std::shared_ptr<const Catalog> Catalog::Empty() {
  auto made = std::shared_ptr<Catalog>(new Catalog());
  made->units_ = *UnitTree::Create({});
  return made;
}

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::With(
    const std::vector<Record>& records) const {
  auto made = std::shared_ptr<Catalog>(new Catalog(*this));

  // In the order in which records depend on each other.
  std::vector<v1::Unit> units;
  for (const Record& record : records) {
    if (const auto* unit = std::get_if<v1::Unit>(&record)) {
      if (units.empty()) units.assign(units_->units().begin(), units_->units().end());
      // A fresh store loads thousands: only look for a replacement where there can be one.
      if (units_->Periods(unit->unit_id()).empty()) {
        units.push_back(*unit);
      } else {
        PutUnit(*unit, units);
      }
    } else if (const auto* questionnaire = std::get_if<v1::Questionnaire>(&record)) {
      ASSIGN_OR_RETURN(auto compiled, Questionnaire::Create(*questionnaire));
      made->questionnaires_[{questionnaire->questionnaire_id(), questionnaire->version()}] =
          std::move(compiled);
    } else if (const auto* seal = std::get_if<SealRecord>(&record)) {
      made->seals_[seal->round_id] = std::make_shared<const v1::SealedScoring>(seal->scoring);
    }
  }
  const bool units_changed = !units.empty();
  if (units_changed) {
    ASSIGN_OR_RETURN(made->units_, UnitTree::Create(std::move(units)));
  }

  const auto add_round = [&](RoundNumber number, const v1::Round& definition) -> absl::Status {
    auto questionnaire = made->FindQuestionnaire(definition.questionnaire_id(),
                                                 std::max(1u, definition.questionnaire_version()));
    if (questionnaire == nullptr) {
      return refusal::NotFound("questionnaire", Cat(definition.questionnaire_id(), " version ",
                                                    definition.questionnaire_version()));
    }
    ASSIGN_OR_RETURN(auto round,
                     Round::Create(number, definition, std::move(questionnaire), *made->units_));
    if (const auto seal = made->FindSeal(definition.round_id()); seal != nullptr) {
      round = round->WithUnits({seal->units().begin(), seal->units().end()});
    }
    made->rounds_[definition.round_id()] = std::move(round);
    return absl::OkStatus();
  };
  if (units_changed) {
    const auto rounds = made->rounds_;
    for (const auto& [id, round] : rounds) {
      RETURN_IF_ERROR(add_round(round->number(), round->definition()));
    }
  }
  for (const Record& record : records) {
    if (const auto* round = std::get_if<RoundRecord>(&record)) {
      RETURN_IF_ERROR(add_round(round->number, round->round));
    }
  }

  std::map<std::string, std::shared_ptr<Populations>> changed;
  for (const Record& record : records) {
    if (const auto* population = std::get_if<PopulationRecord>(&record)) {
      const auto round = made->FindRound(population->round_id);
      if (round == nullptr) return refusal::NotFound("round", population->round_id);
      RETURN_IF_ERROR(CheckPopulation(population->population, *round));
      auto& copy = changed[population->round_id];
      if (copy == nullptr) {
        const auto before = FindPopulations(population->round_id);
        copy = before == nullptr ? std::make_shared<Populations>()
                                 : std::make_shared<Populations>(*before);
      }
      (*copy)[population->population.unit_id()] = population->population;
    } else if (const auto* collector = std::get_if<CollectorRecord>(&record)) {
      const auto before = made->collectors_.find(collector->collector.collector_id());
      if (before != made->collectors_.end()) {
        made->principals_.erase(before->second.credential_hash);
        made->revoked_collectors_.erase(before->second.credential_hash);
      }
      made->collectors_[collector->collector.collector_id()] = *collector;
      made->collector_ids_[collector->number] = collector->collector.collector_id();
      // Given once and never changed.
      if (const std::string& code = collector->collector.web().link_code(); !code.empty()) {
        made->link_codes_[code] = collector->collector.collector_id();
      }
      if (collector->credential_hash.empty()) continue;
      if (collector->collector.revoked()) {
        made->revoked_collectors_.insert(collector->credential_hash);
      } else {
        made->principals_[collector->credential_hash] =
            Principal{.role = v1::ROLE_COLLECTOR,
                      .id = collector->collector.collector_id(),
                      .unit_id = collector->collector.unit_id(),
                      .collector = collector->number,
                      .channel = collector->collector.channel(),
                      .credential_hash = collector->credential_hash};
      }
    } else if (const auto* account = std::get_if<AccountRecord>(&record)) {
      const auto before = made->accounts_.find(account->account.account_id());
      if (before != made->accounts_.end()) {
        made->principals_.erase(before->second.credential_hash);
      }
      made->accounts_[account->account.account_id()] = *account;
      if (!account->account.revoked()) {
        made->principals_[account->credential_hash] =
            Principal{.role = account->account.role(),
                      .id = account->account.account_id(),
                      .unit_id = account->account.unit_id(),
                      .credential_hash = account->credential_hash};
      }
    }
  }
  for (auto& [round_id, populations] : changed) {
    made->populations_[round_id] = std::move(populations);
  }
  return std::shared_ptr<const Catalog>(std::move(made));
}

std::shared_ptr<const Questionnaire> Catalog::FindQuestionnaire(const std::string& id,
                                                                uint32_t version) const {
  if (version != 0) {
    const auto found = questionnaires_.find({id, version});
    return found == questionnaires_.end() ? nullptr : found->second;
  }
  auto after = questionnaires_.upper_bound({id, UINT32_MAX});
  if (after == questionnaires_.begin()) return nullptr;
  --after;
  return after->first.first == id ? after->second : nullptr;
}

std::shared_ptr<const Round> Catalog::FindRound(std::string_view round_id) const {
  const auto found = rounds_.find(round_id);
  return found == rounds_.end() ? nullptr : found->second;
}

std::shared_ptr<const Catalog::Populations> Catalog::FindPopulations(
    std::string_view round_id) const {
  const auto found = populations_.find(round_id);
  return found == populations_.end() ? nullptr : found->second;
}

std::shared_ptr<const v1::SealedScoring> Catalog::FindSeal(std::string_view round_id) const {
  const auto found = seals_.find(round_id);
  return found == seals_.end() ? nullptr : found->second;
}

const Principal* Catalog::FindPrincipal(std::string_view credential_hash) const {
  const auto found =
      principals_.find(absl::string_view(credential_hash.data(), credential_hash.size()));
  return found == principals_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Round> Catalog::FindRound(RoundNumber number) const {
  for (const auto& [id, round] : rounds_) {
    if (round->number() == number) return round;
  }
  return nullptr;
}

const CollectorRecord* Catalog::FindCollector(CollectorNumber number) const {
  const auto found = collector_ids_.find(number);
  return found == collector_ids_.end() ? nullptr : &collectors_.find(found->second)->second;
}

const CollectorRecord* Catalog::FindByLinkCode(std::string_view link_code) const {
  const auto found = link_codes_.find(absl::string_view(link_code.data(), link_code.size()));
  return found == link_codes_.end() ? nullptr : &collectors_.find(found->second)->second;
}

bool Catalog::IsOfRevokedCollector(std::string_view credential_hash) const {
  return revoked_collectors_.contains(
      absl::string_view(credential_hash.data(), credential_hash.size()));
}

absl::Status CheckWithin(const Principal& caller, const Catalog& catalog,
                         const std::string& unit_id, const std::string& day) {
  if (caller.unit_id.empty() || catalog.units().IsWithin(unit_id, caller.unit_id, day)) {
    return absl::OkStatus();
  }
  return refusal::OutsideSubtree(unit_id, caller.unit_id);
}

std::string WhyNotAsked(const std::string& unit_id, const v1::Collector& collector,
                        const Round* round, const Catalog& catalog, absl::Time now) {
  // Of a round to come the units of its first day count: some may be formed by then.
  const std::string day =
      base::DayInVietnam(round == nullptr ? now : std::max(now, round->opens_at()));
  if (catalog.units().Find(unit_id, day) == nullptr) return Cat("which is no unit on ", day);
  if (!collector.unit_id().empty() &&
      !catalog.units().IsWithin(unit_id, collector.unit_id(), day)) {
    return Cat("allowed are the collector's unit '", collector.unit_id(), "' and those below it");
  }
  if (round != nullptr && !round->FindUnit(unit_id).has_value()) {
    return Cat("allowed are the round's unit '", round->definition().root_unit_id(),
               "' and those below it");
  }
  return "";
}

}  // namespace hailong::model
