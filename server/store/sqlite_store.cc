#include "server/store/sqlite_store.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/check.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/store/row.h"
#include "server/store/schema.h"
#include "server/store/sqlite_parts.h"

namespace hailong::store {
namespace {

using base::Cat;
using base::Database;
using base::Statement;
using model::Sequence;

std::string_view KeyView(const model::RespondentKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string_view IdView(const base::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

// Evidence is part of what the sender said. After the seal the key of the round may be gone, and
// with it the way to compare.
bool IsSameCitizen(const model::NewResponse& response, std::string_view stored_key) {
  // An invitation that was answered has forgotten whose it was.
  if (response.entrance.has_value() && response.entrance->invitation.has_value()) return true;
  if (response.respondent_key.has_value()) return KeyView(*response.respondent_key) == stored_key;
  return stored_key.empty() || response.round->state() == v1::ROUND_STATE_SEALED;
}

}  // namespace

SqliteStore::SqliteStore(Options options, base::FileLock lock)
    : options_(std::move(options)), lock_(std::move(lock)) {}
SqliteStore::~SqliteStore() = default;

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const Options& options) {
  // Two writers would give the same sequence numbers; SQLite alone would let both in.
  ASSIGN_OR_RETURN(base::FileLock lock, base::FileLock::Take(options.path + ".lock"));
  auto store = std::unique_ptr<SqliteStore>(new SqliteStore(options, std::move(lock)));
  store->write_ = std::make_unique<Write>();
  ASSIGN_OR_RETURN(store->write_->database,
                   Database::Open(options.path, Database::Mode::kReadWrite, options.vfs));
  RETURN_IF_ERROR(store->write_->database.Execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
      "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
      // What an invitation forgets is overwritten, not only unlinked.
      "PRAGMA secure_delete=FAST;"));
  RETURN_IF_ERROR(store->Migrate());
  RETURN_IF_ERROR(store->PrepareWrites());
  return store;
}

absl::Status SqliteStore::Migrate() {
  Database& database = write_->database;
  ASSIGN_OR_RETURN(Statement version, database.Prepare("PRAGMA user_version"));
  ASSIGN_OR_RETURN(const bool found, version.Step());
  HAILONG_CHECK(found);
  const int64_t at = version.Int(0);
  version.Reset();
  const auto migrations = Migrations();
  if (at > static_cast<int64_t>(migrations.size())) {
    return absl::FailedPreconditionError(Cat(options_.path, " has schema ", at,
                                             ", this program knows 0..", migrations.size(),
                                             ": it was written by a newer program"));
  }
  for (size_t step = static_cast<size_t>(at); step < migrations.size(); ++step) {
    RETURN_IF_ERROR(database.Execute(
        Cat("BEGIN IMMEDIATE;", migrations[step], "PRAGMA user_version=", step + 1, "; COMMIT;")));
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::PrepareWrites() {
  Write& write = *write_;
  const auto prepare = [&](Statement& statement, std::string_view sql) -> absl::Status {
    ASSIGN_OR_RETURN(statement, write.database.Prepare(sql));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(prepare(write.begin, "BEGIN IMMEDIATE"));
  RETURN_IF_ERROR(prepare(write.commit, "COMMIT"));
  RETURN_IF_ERROR(prepare(write.rollback, "ROLLBACK"));
  RETURN_IF_ERROR(
      prepare(write.insert_response, Cat("INSERT INTO responses (", kRowColumns,
                                         ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
                                         "ON CONFLICT (response_id) DO NOTHING")));
  RETURN_IF_ERROR(prepare(write.insert_comment, "INSERT INTO comments VALUES (?,?,?)"));
  RETURN_IF_ERROR(prepare(write.find_response, RowSelect("FROM responses WHERE response_id = ?")));
  RETURN_IF_ERROR(
      prepare(write.find_comments,
              "SELECT question, text FROM comments WHERE sequence = ? ORDER BY question"));
  RETURN_IF_ERROR(prepare(
      write.find_counted,
      "SELECT r.sequence, r.submitted_at, r.clock_offset_ms, r.channel FROM counted c "
      "JOIN responses r ON r.sequence = c.sequence WHERE c.round = ? AND c.respondent_key = ?"));
  RETURN_IF_ERROR(prepare(write.put_counted,
                          "INSERT INTO counted VALUES (?,?,?) ON CONFLICT (round, respondent_key) "
                          "DO UPDATE SET sequence = excluded.sequence"));
  RETURN_IF_ERROR(
      prepare(write.put_seen,
              "INSERT INTO collectors_seen VALUES (?,?) ON CONFLICT (collector) DO UPDATE "
              "SET last_seen_at = max(last_seen_at, excluded.last_seen_at)"));
  RETURN_IF_ERROR(
      prepare(write.put_status,
              "INSERT INTO kiosk_statuses VALUES (?,?,?) ON CONFLICT (collector) DO UPDATE SET "
              "status_at = excluded.status_at, status = excluded.status"));
  RETURN_IF_ERROR(prepare(write.find_entrance,
                          "SELECT answered, revoked FROM invitations WHERE token_hash = ?"));
  RETURN_IF_ERROR(prepare(write.answer_invitation,
                          "UPDATE invitations SET answered = 1, respondent_key = NULL, opened_on = "
                          "CASE opened_on WHEN 0 THEN ? ELSE opened_on END WHERE token_hash = ?"));
  RETURN_IF_ERROR(prepare(write.count_place, kCountPlaces));
  // From the response that counts now back over those it displaced; no further than a person goes.
  RETURN_IF_ERROR(
      prepare(write.has_place,
              "WITH RECURSIVE counted_once(sequence, collector, displaced) AS ("
              "SELECT sequence, collector, displaced FROM responses WHERE sequence = ? UNION ALL "
              "SELECT r.sequence, r.collector, r.displaced FROM counted_once c JOIN responses r "
              "ON r.sequence = c.displaced LIMIT 1000) "
              "SELECT 1 FROM counted_once WHERE collector = ? LIMIT 1"));
  RETURN_IF_ERROR(prepare(write.take_place,
                          "INSERT INTO quota_places VALUES (?,?,?,?,1) ON CONFLICT DO UPDATE SET "
                          "taken = taken + 1"));
  RETURN_IF_ERROR(
      prepare(write.overlapping_runs,
              "SELECT first, last FROM device_sequences WHERE collector = ? AND first <= ? "
              "ORDER BY first DESC"));
  RETURN_IF_ERROR(
      prepare(write.delete_run, "DELETE FROM device_sequences WHERE collector = ? AND first = ?"));
  RETURN_IF_ERROR(prepare(write.insert_run, "INSERT INTO device_sequences VALUES (?,?,?)"));

  ASSIGN_OR_RETURN(Statement last,
                   write.database.Prepare("SELECT coalesce(max(sequence), 0) FROM responses"));
  RETURN_IF_ERROR(last.Step().status());
  write.next = static_cast<Sequence>(last.Int(0) + 1);
  ASSIGN_OR_RETURN(Statement hash,
                   write.database.Prepare("SELECT hash FROM audit ORDER BY line DESC LIMIT 1"));
  ASSIGN_OR_RETURN(const bool found, hash.Step());
  if (found) write.audit_hash = std::string(hash.Text(0));
  return absl::OkStatus();
}

absl::Status SqliteStore::Transact(const std::function<absl::Status()>& body) {
  if (closed_) return refusal::StoreClosed("an earlier write failed");
  Write& write = *write_;
  const Sequence next = write.next;
  const std::string audit_hash = write.audit_hash;
  absl::Status status = write.begin.Run();
  if (status.ok()) status = body();
  const bool committing = status.ok();
  if (committing) status = write.commit.Run();
  if (status.ok()) return status;

  write.next = next;
  write.audit_hash = audit_hash;
  const bool rolled_back = !write.database.InTransaction() || write.rollback.Run().ok();
  const bool disk_full = status.code() == absl::StatusCode::kResourceExhausted;
  // A full disk leaves the file as it was and may have space again; a broken row or constraint is
  // the caller's to report. After any other failure nobody can say what is on disk, so nothing more
  // is written; a restart reads the truth back from the file.
  const bool file_is_known =
      rolled_back && status.code() != absl::StatusCode::kUnavailable && (!committing || disk_full);
  if (file_is_known) {
    return disk_full ? refusal::DiskFull(std::string(status.message())) : status;
  }
  closed_ = true;
  return refusal::StoreClosed(std::string(status.message()));
}

absl::StatusOr<std::vector<model::Stored>> SqliteStore::AppendResponses(
    std::span<const model::NewResponse> responses) {
  std::vector<model::Stored> stored;
  stored.reserve(responses.size());
  RETURN_IF_ERROR(Transact([&]() -> absl::Status {
    std::map<model::CollectorNumber, absl::Time> seen;
    for (const model::NewResponse& response : responses) {
      ASSIGN_OR_RETURN(model::Stored one, Append(response));
      stored.push_back(one);
      absl::Time& last = seen.try_emplace(response.collector, absl::InfinitePast()).first->second;
      last = std::max(last, response.received_at);
    }
    for (const auto& [collector, last] : seen) {
      RETURN_IF_ERROR(write_->put_seen.Bind(1, static_cast<int64_t>(collector))
                          .Bind(2, absl::ToUnixMicros(last))
                          .Run());
    }
    return MergeDeviceSequences(responses, stored);
  }));
  return stored;
}

absl::StatusOr<model::Stored> SqliteStore::Append(const model::NewResponse& response) {
  Write& write = *write_;
  ASSIGN_OR_RETURN(const v1::SurveyState turned_away, TurnsAway(response));
  if (turned_away != v1::SURVEY_STATE_UNSPECIFIED) {
    // What is stored is told so, however often it is sent again.
    ASSIGN_OR_RETURN(const bool stored, IsStored(response.content.response_id));
    if (stored) return FindDuplicate(response);
    model::Stored nothing;
    nothing.turned_away = turned_away;
    return nothing;
  }
  RowFacts facts{.sequence = write.next, .outcome = v1::OUTCOME_RECORDED};
  const bool contends = response.respondent_key.has_value() && !response.late;
  // Of a quota: one for each person who counts, however often they answer here.
  bool takes_place = response.entrance.has_value() && !response.late;
  if (response.late) {
    facts.outcome = v1::OUTCOME_RECORDED_LATE;
  } else if (contends) {
    write.find_counted.Bind(1, static_cast<int64_t>(response.round->number()))
        .BindBlob(2, KeyView(*response.respondent_key));
    ASSIGN_OR_RETURN(const bool incumbent, write.find_counted.Step());
    if (incumbent) {
      const auto counting = static_cast<Sequence>(write.find_counted.Int(0));
      const model::Standing standing{
          .submitted_at = absl::FromUnixMicros(write.find_counted.Int(1)) +
                          absl::Milliseconds(write.find_counted.Int(2)),
          .channel = static_cast<v1::Channel>(write.find_counted.Int(3))};
      write.find_counted.Reset();
      if (response.round->Supersedes({response.submitted_at(), response.channel}, standing)) {
        facts.outcome = v1::OUTCOME_RECORDED_COUNTS;
        facts.displaced = counting;
        if (takes_place) {
          ASSIGN_OR_RETURN(const bool has_place, HasPlace(counting, response.collector));
          takes_place = !has_place;
        }
      } else {
        facts.outcome = v1::OUTCOME_RECORDED_NOT_COUNTED;
        takes_place = false;
      }
    }
  }
  BindRow(response, facts, write.scratch, write.insert_response);
  RETURN_IF_ERROR(write.insert_response.Run());
  if (write.database.Changes() == 0) return FindDuplicate(response);

  write.next = static_cast<Sequence>(static_cast<int64_t>(write.next) + 1);
  for (const model::Comment& comment : response.content.comments) {
    RETURN_IF_ERROR(write.insert_comment.Bind(1, static_cast<int64_t>(facts.sequence))
                        .Bind(2, int64_t{comment.question})
                        .Bind(3, std::string_view(comment.text))
                        .Run());
  }
  if (contends && facts.outcome != v1::OUTCOME_RECORDED_NOT_COUNTED) {
    RETURN_IF_ERROR(write.put_counted.Bind(1, static_cast<int64_t>(response.round->number()))
                        .BindBlob(2, KeyView(*response.respondent_key))
                        .Bind(3, static_cast<int64_t>(facts.sequence))
                        .Run());
  }
  RETURN_IF_ERROR(SpendEntrance(response, takes_place));
  return model::Stored{.outcome = facts.outcome,
                       .first_outcome = facts.outcome,
                       .received_at = response.received_at};
}

absl::StatusOr<model::Stored> SqliteStore::FindDuplicate(const model::NewResponse& response) {
  Write& write = *write_;
  write.find_response.BindBlob(1, IdView(response.content.response_id));
  ASSIGN_OR_RETURN(const bool found, write.find_response.Step());
  HAILONG_CHECK(found);
  model::ResponseRow row;
  const bool same_round =
      write.find_response.Int(2) == static_cast<int64_t>(response.round->number());
  const bool same_citizen = IsSameCitizen(response, write.find_response.Blob(kKeyColumn));
  const absl::Status read = ReadRow(write.find_response, write.scratch, row);
  write.find_response.Reset();
  RETURN_IF_ERROR(read);
  RETURN_IF_ERROR(ReadComments(write.find_comments, row));
  return model::Stored{
      .outcome = v1::OUTCOME_ALREADY_RECORDED,
      .first_outcome = row.first_outcome,
      .received_at = row.received_at,
      .content_differs = !same_round || !same_citizen || row.content != response.content};
}

absl::Status SqliteStore::MergeDeviceSequences(std::span<const model::NewResponse> responses,
                                               std::span<const model::Stored> stored) {
  // Usually one run per collector and batch, whatever the number of responses in it.
  std::vector<std::pair<int64_t, int64_t>> arrived;  // collector, device sequence
  for (size_t i = 0; i < responses.size(); ++i) {
    const uint64_t number = responses[i].content.device_sequence;
    if (number == 0 || stored[i].outcome == v1::OUTCOME_ALREADY_RECORDED ||
        stored[i].turned_away != v1::SURVEY_STATE_UNSPECIFIED) {
      continue;
    }
    arrived.emplace_back(static_cast<int64_t>(responses[i].collector),
                         static_cast<int64_t>(number));
  }
  std::sort(arrived.begin(), arrived.end());
  Write& write = *write_;
  for (size_t i = 0; i < arrived.size();) {
    const int64_t collector = arrived[i].first;
    int64_t first = arrived[i].second;
    int64_t last = first;
    for (++i; i < arrived.size() && arrived[i].first == collector && arrived[i].second <= last + 1;
         ++i) {
      last = arrived[i].second;
    }
    std::vector<int64_t> absorbed;
    write.overlapping_runs.Bind(1, collector).Bind(2, last + 1);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, write.overlapping_runs.Step());
      // Runs do not touch, so the first that ends too early ends the search, however many there
      // are.
      if (!found || write.overlapping_runs.Int(1) < first - 1) break;
      absorbed.push_back(write.overlapping_runs.Int(0));
      first = std::min(first, write.overlapping_runs.Int(0));
      last = std::max(last, write.overlapping_runs.Int(1));
    }
    write.overlapping_runs.Reset();
    for (const int64_t run : absorbed) {
      RETURN_IF_ERROR(write.delete_run.Bind(1, collector).Bind(2, run).Run());
    }
    RETURN_IF_ERROR(write.insert_run.Bind(1, collector).Bind(2, first).Bind(3, last).Run());
  }
  return absl::OkStatus();
}

}  // namespace hailong::store
