// The read side: a pool of read-only connections.

#include <algorithm>

#include "base/status.h"
#include "server/store/sqlite_parts.h"

namespace hailong::store {

using base::Database;
using base::Statement;
using model::Sequence;

absl::Status ReadComments(Statement& select, model::ResponseRow& row) {
  row.content.comments.clear();
  select.Bind(1, static_cast<int64_t>(row.sequence));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return absl::OkStatus();
    row.content.comments.push_back(
        {static_cast<uint32_t>(select.Int(0)), std::string(select.Text(1))});
  }
}

absl::StatusOr<std::unique_ptr<SqliteStore::Reader>> SqliteStore::OpenReader() const {
  auto reader = std::make_unique<Reader>();
  ASSIGN_OR_RETURN(reader->database,
                   Database::Open(options_.path, Database::Mode::kReadOnly, options_.vfs));
  RETURN_IF_ERROR(reader->database.Execute("PRAGMA cache_size=-16384; PRAGMA trusted_schema=OFF;"));
  ASSIGN_OR_RETURN(reader->responses_after,
                   reader->database.Prepare(RowSelect("FROM responses WHERE round = ? AND "
                                                      "sequence > ? ORDER BY sequence LIMIT ?")));
  ASSIGN_OR_RETURN(
      reader->counting,
      reader->database.Prepare("SELECT counts.response_id FROM responses AS asked LEFT JOIN "
                               "counted ON counted.round = asked.round AND "
                               "counted.respondent_key = asked.respondent_key LEFT JOIN responses "
                               "AS counts ON counts.sequence = counted.sequence "
                               "WHERE asked.sequence = ?"));
  ASSIGN_OR_RETURN(reader->newest, reader->database.Prepare(RowSelect(
                                       "FROM responses WHERE sequence > (SELECT "
                                       "coalesce(max(sequence), 0) FROM responses) - ? ORDER BY "
                                       "sequence")));
  ASSIGN_OR_RETURN(reader->comments, reader->database.Prepare(
                                         "SELECT question, text FROM comments WHERE sequence = ? "
                                         "ORDER BY question"));
  ASSIGN_OR_RETURN(
      reader->last_sequence,
      reader->database.Prepare("SELECT coalesce(max(sequence), 0) FROM responses WHERE round = ?"));
  ASSIGN_OR_RETURN(reader->invitation_by_token,
                   reader->database.Prepare(base::Cat("SELECT ", kInvitationColumns,
                                                      " FROM invitations WHERE token_hash = ?")));
  ASSIGN_OR_RETURN(reader->places, reader->database.Prepare(kCountPlaces));
  return reader;
}

absl::StatusOr<SqliteStore::BorrowedReader> SqliteStore::Borrow() {
  {
    base::MutexLock lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return BorrowedReader(*this, std::move(reader));
    }
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, OpenReader());
  return BorrowedReader(*this, std::move(reader));
}

absl::Status SqliteStore::ReadResponses(
    model::RoundNumber round, Sequence after, size_t rows_max, bool with_comments,
    const std::function<bool(const model::ResponseRow&)>& visit) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  reader->responses_after.Bind(1, static_cast<int64_t>(round))
      .Bind(2, static_cast<int64_t>(after))
      .Bind(3, static_cast<int64_t>(rows_max));
  model::ResponseRow row;
  std::string scratch;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, reader->responses_after.Step());
    if (!found) return absl::OkStatus();
    RETURN_IF_ERROR(ReadRow(reader->responses_after, scratch, row));
    if (with_comments) RETURN_IF_ERROR(ReadComments(reader->comments, row));
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<std::optional<base::Uuid>>> SqliteStore::FindCounting(
    std::span<const Sequence> sequences) {
  std::vector<std::optional<base::Uuid>> counting;
  if (sequences.empty()) return counting;
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  for (const Sequence sequence : sequences) {
    reader->counting.Reset();
    reader->counting.Bind(1, static_cast<int64_t>(sequence));
    ASSIGN_OR_RETURN(const bool found, reader->counting.Step());
    if (!found) {
      return absl::InternalError(
          base::Cat("responses: no sequence ", static_cast<int64_t>(sequence)));
    }
    std::optional<base::Uuid>& id = counting.emplace_back();
    const std::string_view blob = reader->counting.Blob(0);
    if (blob.empty()) continue;
    if (blob.size() != sizeof id->bytes) {
      return absl::DataLossError(base::Cat("responses: what counts instead of sequence ",
                                           static_cast<int64_t>(sequence), " has an id of ",
                                           blob.size(), " bytes"));
    }
    std::copy(blob.begin(), blob.end(), id.emplace().bytes.begin());
  }
  return counting;
}

absl::Status SqliteStore::ReadNewest(size_t rows_max,
                                     const std::function<void(const model::ResponseRow&)>& visit) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  reader->newest.Bind(1, static_cast<int64_t>(rows_max));
  model::ResponseRow row;
  std::string scratch;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, reader->newest.Step());
    if (!found) return absl::OkStatus();
    RETURN_IF_ERROR(ReadRow(reader->newest, scratch, row));
    visit(row);
  }
}

absl::StatusOr<std::vector<SequenceRange>> SqliteStore::ReadSequenceRanges() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare("SELECT collector, first, last FROM device_sequences "
                                            "ORDER BY collector, first"));
  std::vector<SequenceRange> ranges;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return ranges;
    ranges.push_back({.collector = static_cast<model::CollectorNumber>(select.Int(0)),
                      .first = static_cast<uint64_t>(select.Int(1)),
                      .last = static_cast<uint64_t>(select.Int(2))});
  }
}

absl::StatusOr<std::vector<CollectorSeen>> SqliteStore::ReadCollectorsSeen() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare("SELECT collector, last_seen_at FROM collectors_seen"));
  std::vector<CollectorSeen> seen;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return seen;
    seen.push_back({.collector = static_cast<model::CollectorNumber>(select.Int(0)),
                    .last_seen_at = absl::FromUnixMicros(select.Int(1))});
  }
}

absl::StatusOr<Sequence> SqliteStore::LastSequence(model::RoundNumber round) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  reader->last_sequence.Bind(1, static_cast<int64_t>(round));
  RETURN_IF_ERROR(reader->last_sequence.Step().status());
  return static_cast<Sequence>(reader->last_sequence.Int(0));
}

}  // namespace hailong::store
