#pragma once

// All that administration keeps, as one immutable snapshot: who reads it sees one state, and waits
// for nobody.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/seal.pb.h"
#include "server/model/questionnaire.h"
#include "server/model/round.h"
#include "server/model/unit_tree.h"

namespace hailong::model {

// The records of administration; the contract's messages are their plain values.
struct PopulationRecord {
  std::string round_id;
  v1::Population population;
};
struct RoundRecord {
  RoundNumber number{};
  v1::Round round;
};
struct CollectorRecord {
  CollectorNumber number{};
  v1::Collector collector;      // without what the server observes
  std::string credential_hash;  // SHA-256, hex; empty: none works
  // The code that may be traded for a credential, SHA-256 of its normal form, hex; empty: none. It
  // stays when it was used, so that the same trade may be repeated.
  std::string enrolment_hash = {};
  absl::Time enrolment_expires_at = absl::UnixEpoch();
  bool renew_credential = false;  // the kiosk is to make a new one itself
};
struct AccountRecord {
  v1::Account account;
  std::string credential_hash;  // SHA-256, hex
};
struct SealRecord {
  std::string round_id;
  v1::SealedScoring scoring;
};
using Record = std::variant<v1::Unit, v1::Questionnaire, RoundRecord, PopulationRecord,
                            CollectorRecord, AccountRecord, SealRecord>;

// Who calls.
struct Principal {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string id;
  std::string unit_id;  // bound to this subtree; empty: not bound
  CollectorNumber collector{};
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  std::string credential_hash = {};  // with which it came
};

class Catalog {
 public:
  using Populations = std::map<std::string, v1::Population, std::less<>>;

  // Nothing in it.
  static std::shared_ptr<const Catalog> Empty();
  // This catalog with records added or, by their id, replaced. Errors: INVALID_ARGUMENT with every
  // bad field, NOT_FOUND (a record names another that is not there).
  absl::StatusOr<std::shared_ptr<const Catalog>> With(const std::vector<Record>& records) const;

  const UnitTree& units() const { return *units_; }
  // Versions of all questionnaires by id and version.
  const std::map<std::pair<std::string, uint32_t>, std::shared_ptr<const Questionnaire>>&
  questionnaires() const {
    return questionnaires_;
  }
  // Version 0: the newest. Null: none.
  std::shared_ptr<const Questionnaire> FindQuestionnaire(const std::string& id,
                                                         uint32_t version) const;
  const std::map<std::string, std::shared_ptr<const Round>, std::less<>>& rounds() const {
    return rounds_;
  }
  std::shared_ptr<const Round> FindRound(std::string_view round_id) const;
  // Null: none were imported.
  std::shared_ptr<const Populations> FindPopulations(std::string_view round_id) const;
  std::shared_ptr<const v1::SealedScoring> FindSeal(std::string_view round_id) const;
  const std::map<std::string, CollectorRecord, std::less<>>& collectors() const {
    return collectors_;
  }
  const std::map<std::string, AccountRecord, std::less<>>& accounts() const { return accounts_; }
  // Null: unknown or revoked.
  const Principal* FindPrincipal(std::string_view credential_hash) const;
  // Null: none.
  std::shared_ptr<const Round> FindRound(RoundNumber number) const;
  const CollectorRecord* FindCollector(CollectorNumber number) const;
  // The web collector that a link names, revoked or not; null: none.
  const CollectorRecord* FindByLinkCode(std::string_view link_code) const;
  // The credential is that of a collector that was revoked.
  bool IsOfRevokedCollector(std::string_view credential_hash) const;

 private:
  Catalog() = default;

  std::shared_ptr<const UnitTree> units_;
  std::map<std::pair<std::string, uint32_t>, std::shared_ptr<const Questionnaire>> questionnaires_;
  std::map<std::string, std::shared_ptr<const Round>, std::less<>> rounds_;
  std::map<std::string, std::shared_ptr<const Populations>, std::less<>> populations_;
  std::map<std::string, std::shared_ptr<const v1::SealedScoring>, std::less<>> seals_;
  std::map<std::string, CollectorRecord, std::less<>> collectors_;
  std::map<std::string, AccountRecord, std::less<>> accounts_;
  absl::flat_hash_map<std::string, Principal> principals_;
  absl::flat_hash_map<std::string, std::string> link_codes_;  // to collector_id
  absl::flat_hash_map<CollectorNumber, std::string> collector_ids_;
  absl::flat_hash_set<std::string> revoked_collectors_;  // their credentials' hashes
};

// A caller bound to a subtree may act on units of it, on the day in question.
absl::Status CheckWithin(const Principal& caller, const Catalog& catalog,
                         const std::string& unit_id, const std::string& day);

// Why people may not be asked about a unit by a collector in a round (null: not known yet), as the
// rest of a sentence that names the unit; empty: they may.
std::string WhyNotAsked(const std::string& unit_id, const v1::Collector& collector,
                        const Round* round, const Catalog& catalog, absl::Time now);

// The current snapshot. Thread-safe.
class CatalogHolder {
 public:
  explicit CatalogHolder(std::shared_ptr<const Catalog> catalog) : catalog_(std::move(catalog)) {}
  std::shared_ptr<const Catalog> Get() const ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    return catalog_;
  }
  void Set(std::shared_ptr<const Catalog> catalog) ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    catalog_ = std::move(catalog);
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const Catalog> catalog_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::model
