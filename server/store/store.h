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
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/model/catalog.h"
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

class Store {
 public:
  virtual ~Store() = default;

  // --- the writer thread ---

  // Stores responses in this order, in one durable transaction: all of them or, on an error, none.
  // What each became stands in the result at its place.
  virtual absl::StatusOr<std::vector<model::Stored>> AppendResponses(
      std::span<const model::NewResponse> responses) = 0;
  // Adds or replaces records of administration, with the line of the audit log, in one durable
  // transaction.
  virtual absl::Status Put(const std::vector<model::Record>& records, const AuditEntry& entry) = 0;
  // Replaces what these kiosks said before, in one durable transaction. Observed, not administered:
  // no line of the audit log.
  virtual absl::Status PutStatuses(std::span<const CollectorStatus> statuses) = 0;

  // --- any thread ---

  // All records of administration, in an order in which Catalog::With takes them.
  virtual absl::StatusOr<std::vector<model::Record>> ReadRecords() = 0;
  // Responses of a round with a sequence above `after`, in order, at most `rows_max`, given one by
  // one: the row is valid during the call only. Comments only with `with_comments`. `visit` returns
  // false to stop.
  virtual absl::Status ReadResponses(
      model::RoundNumber round, model::Sequence after, size_t rows_max, bool with_comments,
      const std::function<bool(const model::ResponseRow&)>& visit) = 0;
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
  // Recomputes the hash chain. OK, or DATA_LOSS naming the first broken line.
  virtual absl::Status VerifyAudit() = 0;
};

}  // namespace hailong::store
