#pragma once

// What the rest of the server may ask of a store. Typed operations only: no SQL, row id, file or
// single-writer assumption goes past this interface, so that PostgreSQL can stand where SQLite
// stands.
//
// Threads: the write side belongs to the writer thread; the read side is thread-safe, and each call
// sees one snapshot.
//
// Errors of every call: RESOURCE_EXHAUSTED (disk full: nothing was changed, try later), DATA_LOSS
// (a row's checksum is wrong, or the file is no database), UNAVAILABLE (the state of the file is
// unknown: the store is closed for good and the process must end).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/crypto/crypto.h"
#include "server/model/catalog.h"
#include "server/model/invitation.h"
#include "server/model/response.h"

namespace hailong::store {

// One line of the audit log; the store chains it to the line before by hash.
struct AuditEntry {
  absl::Time at;
  std::string actor;   // account_id, or "hailongd"
  std::string action;  // "OpenRound"
  std::string object;  // "bd-2024-citizens"
};

// Device sequence numbers of a collector that arrived, both ends included.
struct SequenceRange {
  model::CollectorNumber collector{};
  uint64_t first = 0;
  uint64_t last = 0;
  bool operator==(const SequenceRange&) const = default;
};

struct CollectorSeen {
  model::CollectorNumber collector{};
  absl::Time last_seen_at;
};

// What a kiosk last said of itself.
struct CollectorStatus {
  model::CollectorNumber collector{};
  absl::Time at;
  v1::KioskStatus status;
};

// A call that makes invitations: its name, and what tells its content from that of another.
struct InvitationRequest {
  base::Uuid request_id;
  base::Digest256 content{};
};

// That an invitation was opened, on the day that begins then.
struct InvitationOpened {
  model::InvitationNumber number{};
  absl::Time on;
};

class Store {
 public:
  virtual ~Store() = default;

  // --- the writer thread ---

  // Stores responses in this order, in one durable transaction: all of them or, on an error, none.
  // What each became stands in the result at its place. One that is not stored yet and whose
  // entrance is spent is turned away; one that is stored spends its entrance: the invitation is
  // answered and a place of every quota that could hold it is taken.
  virtual absl::StatusOr<std::vector<model::Stored>> AppendResponses(
      std::span<const model::NewResponse> responses) = 0;
  // Adds or replaces records of administration, with the line of the audit log, in one durable
  // transaction.
  virtual absl::Status Put(const std::vector<model::Record>& records, const AuditEntry& entry) = 0;
  // Replaces what these kiosks said before, in one durable transaction. Observed, not administered:
  // no line of the audit log.
  virtual absl::Status PutStatuses(std::span<const CollectorStatus> statuses) = 0;
  // Adds invitations (their numbers are given here) with the line of the audit log, in one durable
  // transaction. If the request was made before, adds nothing and gives the ids of then; empty:
  // they are added now. Errors: ALREADY_EXISTS (the request had other content).
  virtual absl::StatusOr<std::vector<base::Uuid>> PutInvitations(
      const InvitationRequest& request, std::span<const model::Invitation> invitations,
      const AuditEntry& entry) = 0;
  // All or none. Errors: NOT_FOUND (an id is none of this collector's).
  virtual absl::Status RevokeInvitations(model::CollectorNumber collector,
                                         std::span<const base::Uuid> invitation_ids,
                                         const AuditEntry& entry) = 0;
  // The first day stays. Observed, not administered.
  virtual absl::Status PutOpened(std::span<const InvitationOpened> opened) = 0;

  // --- any thread ---

  // All records of administration, in an order in which Catalog::With takes them.
  virtual absl::StatusOr<std::vector<model::Record>> ReadRecords() = 0;
  // Responses of a round with a sequence above `after`, in order, at most `rows_max`, given one by
  // one: the row is valid during the call only. Comments only with `with_comments`. `visit` returns
  // false to stop.
  virtual absl::Status ReadResponses(
      model::RoundNumber round, model::Sequence after, size_t rows_max, bool with_comments,
      const std::function<bool(const model::ResponseRow&)>& visit) = 0;
  // By sequence of `sequences`: the response_id of what counts for its citizen and dossier; absent:
  // it is anonymous. INTERNAL: no response has the sequence.
  virtual absl::StatusOr<std::vector<std::optional<base::Uuid>>> FindCounting(
      std::span<const model::Sequence> sequences) = 0;
  // The newest responses of the whole store, oldest first: what a restarted server remembers for
  // flags.
  virtual absl::Status ReadNewest(size_t rows_max,
                                  const std::function<void(const model::ResponseRow&)>& visit) = 0;
  // By collector and first number.
  virtual absl::StatusOr<std::vector<SequenceRange>> ReadSequenceRanges() = 0;
  virtual absl::StatusOr<std::vector<CollectorSeen>> ReadCollectorsSeen() = 0;
  virtual absl::StatusOr<std::vector<CollectorStatus>> ReadStatuses() = 0;
  // The highest sequence of a round; kNoSequence: nothing is stored. O(1).
  virtual absl::StatusOr<model::Sequence> LastSequence(model::RoundNumber round) = 0;
  virtual absl::StatusOr<std::optional<model::Invitation>> FindInvitation(
      const model::TokenHash& token_hash) = 0;
  // Of a collector, above `after`, in the order of making.
  virtual absl::StatusOr<std::vector<model::Invitation>> ReadInvitations(
      model::CollectorNumber collector, model::InvitationNumber after, size_t rows_max) = 0;
  // Those of these that are the collector's, in the order named.
  virtual absl::StatusOr<std::vector<model::Invitation>> FindInvitations(
      model::CollectorNumber collector, std::span<const base::Uuid> invitation_ids) = 0;
  // By unit and group; O(invitations of the round).
  virtual absl::StatusOr<std::vector<model::InvitationCount>> CountInvitations(
      model::RoundNumber round) = 0;
  // The people of a unit (empty: all) and group (0: all) who answered by an entry. O(1).
  virtual absl::StatusOr<uint64_t> CountPlaces(model::CollectorNumber collector,
                                               model::RoundNumber round, const std::string& unit_id,
                                               uint32_t group) = 0;
  // Recomputes the hash chain. OK, or DATA_LOSS naming the first broken line.
  virtual absl::Status VerifyAudit() = 0;
};

}  // namespace hailong::store
