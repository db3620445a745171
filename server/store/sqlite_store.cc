#include "server/store/sqlite_store.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/store/row.h"
#include "server/store/schema.h"

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

std::string RowSelect(std::string_view rest) { return Cat("SELECT ", kRowColumns, " ", rest); }

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

// Evidence is part of what the sender said. After the seal the key of the round may be gone, and
// with it the way to compare.
bool IsSameCitizen(const model::NewResponse& response, std::string_view stored_key) {
  if (response.respondent_key.has_value()) return KeyView(*response.respondent_key) == stored_key;
  return stored_key.empty() || response.round->state() == v1::ROUND_STATE_SEALED;
}

template <typename Message>
absl::Status Parse(std::string_view bytes, std::string_view table, Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return absl::DataLossError(Cat(table, ": a definition cannot be read"));
}

std::string AuditHash(std::string_view before, const AuditEntry& entry) {
  return base::Sha256Hex(Cat(before, "\n", absl::ToUnixMicros(entry.at), "\n", entry.actor, "\n",
                             entry.action, "\n", entry.object));
}

}  // namespace

// The read-write connection and its statements.
struct SqliteStore::Write {
  Database database;
  Statement begin, commit, rollback;
  Statement insert_response, insert_comment, find_response, find_comments;
  Statement find_counted, put_counted, put_seen;
  Statement overlapping_runs, delete_run, insert_run;
  Sequence next{1};
  std::string audit_hash;
  std::string scratch;
};

struct SqliteStore::Reader {
  Database database;
  Statement responses_after, newest, comments, last_sequence;
};

// A read-only connection that goes back to the pool.
class SqliteStore::BorrowedReader {
 public:
  BorrowedReader(SqliteStore& store, std::unique_ptr<Reader> reader)
      : store_(&store), reader_(std::move(reader)) {}
  BorrowedReader(BorrowedReader&&) = default;
  BorrowedReader& operator=(BorrowedReader&&) = delete;
  ~BorrowedReader() {
    if (reader_ == nullptr) return;
    for (Statement* statement : {&reader_->responses_after, &reader_->newest, &reader_->comments,
                                 &reader_->last_sequence}) {
      statement->Reset();  // ends the snapshot
    }
    base::MutexLock lock(store_->readers_mutex_);
    store_->idle_readers_.push_back(std::move(reader_));
  }
  Reader* operator->() const { return reader_.get(); }

 private:
  SqliteStore* store_;
  std::unique_ptr<Reader> reader_;
};

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
      "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"));
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
                                         ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
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
  RowFacts facts{.sequence = write.next, .outcome = v1::OUTCOME_RECORDED};
  const bool contends = response.respondent_key.has_value() && !response.late;
  if (response.late) {
    facts.outcome = v1::OUTCOME_RECORDED_LATE;
  } else if (contends) {
    write.find_counted.Bind(1, static_cast<int64_t>(response.round->number()))
        .BindBlob(2, KeyView(*response.respondent_key));
    ASSIGN_OR_RETURN(const bool incumbent, write.find_counted.Step());
    if (incumbent) {
      const model::Standing standing{
          .submitted_at = absl::FromUnixMicros(write.find_counted.Int(1)) +
                          absl::Milliseconds(write.find_counted.Int(2)),
          .channel = static_cast<v1::Channel>(write.find_counted.Int(3))};
      if (response.round->Supersedes({response.submitted_at(), response.channel}, standing)) {
        facts.outcome = v1::OUTCOME_RECORDED_COUNTS;
        facts.displaced = static_cast<Sequence>(write.find_counted.Int(0));
      } else {
        facts.outcome = v1::OUTCOME_RECORDED_NOT_COUNTED;
      }
      write.find_counted.Reset();
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
    if (number == 0 || stored[i].outcome == v1::OUTCOME_ALREADY_RECORDED) continue;
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

absl::Status SqliteStore::Put(const std::vector<model::Record>& records, const AuditEntry& entry) {
  return Transact([&]() -> absl::Status {
    for (const model::Record& record : records) RETURN_IF_ERROR(PutRecord(record));
    return AppendAudit(entry);
  });
}

absl::Status SqliteStore::PutRecord(const model::Record& record) {
  Database& database = write_->database;
  if (const auto* unit = std::get_if<v1::Unit>(&record)) {
    ASSIGN_OR_RETURN(
        Statement put,
        database.Prepare("INSERT OR REPLACE INTO units (unit_id, valid_from, valid_to, "
                         "name, level, parent_unit_id) VALUES (?,?,?,?,?,?)"));
    return put.Bind(1, std::string_view(unit->unit_id()))
        .Bind(2, std::string_view(unit->valid_from()))
        .Bind(3, std::string_view(unit->valid_to()))
        .Bind(4, std::string_view(unit->name()))
        .Bind(5, std::string_view(unit->level()))
        .Bind(6, std::string_view(unit->parent_unit_id()))
        .Run();
  }
  if (const auto* questionnaire = std::get_if<v1::Questionnaire>(&record)) {
    const std::string definition = model::DeterministicBytes(*questionnaire);
    // Not OR REPLACE: a published version never changes.
    ASSIGN_OR_RETURN(Statement put, database.Prepare("INSERT INTO questionnaires VALUES (?,?,?)"));
    return put.Bind(1, std::string_view(questionnaire->questionnaire_id()))
        .Bind(2, int64_t{questionnaire->version()})
        .BindBlob(3, definition)
        .Run();
  }
  if (const auto* round = std::get_if<model::RoundRecord>(&record)) {
    const std::string definition = model::DeterministicBytes(round->round);
    ASSIGN_OR_RETURN(Statement put,
                     database.Prepare("INSERT INTO rounds VALUES (?,?,?) ON CONFLICT (round) DO "
                                      "UPDATE SET definition = excluded.definition"));
    return put.Bind(1, static_cast<int64_t>(round->number))
        .Bind(2, std::string_view(round->round.round_id()))
        .BindBlob(3, definition)
        .Run();
  }
  if (const auto* population = std::get_if<model::PopulationRecord>(&record)) {
    const std::string definition = model::DeterministicBytes(population->population);
    ASSIGN_OR_RETURN(Statement put,
                     database.Prepare("INSERT OR REPLACE INTO populations VALUES (?,?,?)"));
    return put.Bind(1, std::string_view(population->round_id))
        .Bind(2, std::string_view(population->population.unit_id()))
        .BindBlob(3, definition)
        .Run();
  }
  if (const auto* collector = std::get_if<model::CollectorRecord>(&record)) {
    const std::string definition = model::DeterministicBytes(collector->collector);
    ASSIGN_OR_RETURN(
        Statement put,
        database.Prepare(
            "INSERT INTO collectors VALUES (?,?,?,?) ON CONFLICT (collector) DO UPDATE SET "
            "definition = excluded.definition, credential_hash = excluded.credential_hash"));
    return put.Bind(1, static_cast<int64_t>(collector->number))
        .Bind(2, std::string_view(collector->collector.collector_id()))
        .BindBlob(3, definition)
        .Bind(4, std::string_view(collector->credential_hash))
        .Run();
  }
  if (const auto* account = std::get_if<model::AccountRecord>(&record)) {
    const std::string definition = model::DeterministicBytes(account->account);
    ASSIGN_OR_RETURN(Statement put,
                     database.Prepare("INSERT OR REPLACE INTO accounts VALUES (?,?,?)"));
    return put.Bind(1, std::string_view(account->account.account_id()))
        .BindBlob(2, definition)
        .Bind(3, std::string_view(account->credential_hash))
        .Run();
  }
  const auto& seal = std::get<model::SealRecord>(record);
  const std::string scoring = model::DeterministicBytes(seal.scoring);
  ASSIGN_OR_RETURN(Statement put, database.Prepare("INSERT INTO seals VALUES (?,?)"));
  return put.Bind(1, std::string_view(seal.round_id)).BindBlob(2, scoring).Run();
}

absl::Status SqliteStore::AppendAudit(const AuditEntry& entry) {
  const std::string hash = AuditHash(write_->audit_hash, entry);
  ASSIGN_OR_RETURN(Statement insert,
                   write_->database.Prepare("INSERT INTO audit (at, actor, action, object, hash) "
                                            "VALUES (?,?,?,?,?)"));
  RETURN_IF_ERROR(insert.Bind(1, absl::ToUnixMicros(entry.at))
                      .Bind(2, std::string_view(entry.actor))
                      .Bind(3, std::string_view(entry.action))
                      .Bind(4, std::string_view(entry.object))
                      .Bind(5, std::string_view(hash))
                      .Run());
  write_->audit_hash = hash;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SqliteStore::Reader>> SqliteStore::OpenReader() const {
  auto reader = std::make_unique<Reader>();
  ASSIGN_OR_RETURN(reader->database,
                   Database::Open(options_.path, Database::Mode::kReadOnly, options_.vfs));
  RETURN_IF_ERROR(reader->database.Execute("PRAGMA cache_size=-16384; PRAGMA trusted_schema=OFF;"));
  ASSIGN_OR_RETURN(reader->responses_after,
                   reader->database.Prepare(RowSelect("FROM responses WHERE round = ? AND "
                                                      "sequence > ? ORDER BY sequence LIMIT ?")));
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

absl::StatusOr<std::vector<model::Record>> SqliteStore::ReadRecords() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  std::vector<model::Record> records;
  const auto each =
      [&](std::string_view sql,
          const std::function<absl::Status(const Statement&)>& visit) -> absl::Status {
    ASSIGN_OR_RETURN(Statement select, reader->database.Prepare(sql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, select.Step());
      if (!row) return absl::OkStatus();
      RETURN_IF_ERROR(visit(select));
    }
  };
  RETURN_IF_ERROR(
      each("SELECT unit_id, valid_from, valid_to, name, level, parent_unit_id FROM units",
           [&](const Statement& row) {
             v1::Unit unit;
             unit.set_unit_id(std::string(row.Text(0)));
             unit.set_valid_from(std::string(row.Text(1)));
             unit.set_valid_to(std::string(row.Text(2)));
             unit.set_name(std::string(row.Text(3)));
             unit.set_level(std::string(row.Text(4)));
             unit.set_parent_unit_id(std::string(row.Text(5)));
             records.emplace_back(std::move(unit));
             return absl::OkStatus();
           }));
  RETURN_IF_ERROR(each("SELECT definition FROM questionnaires", [&](const Statement& row) {
    v1::Questionnaire questionnaire;
    const absl::Status status = Parse(row.Blob(0), "questionnaires", questionnaire);
    records.emplace_back(std::move(questionnaire));
    return status;
  }));
  RETURN_IF_ERROR(each("SELECT round, definition FROM rounds", [&](const Statement& row) {
    model::RoundRecord record{.number = static_cast<model::RoundNumber>(row.Int(0)), .round = {}};
    const absl::Status status = Parse(row.Blob(1), "rounds", record.round);
    records.emplace_back(std::move(record));
    return status;
  }));
  RETURN_IF_ERROR(each("SELECT round_id, scoring FROM seals", [&](const Statement& row) {
    model::SealRecord record{.round_id = std::string(row.Text(0)), .scoring = {}};
    const absl::Status status = Parse(row.Blob(1), "seals", record.scoring);
    records.emplace_back(std::move(record));
    return status;
  }));
  RETURN_IF_ERROR(each("SELECT round_id, definition FROM populations", [&](const Statement& row) {
    model::PopulationRecord record{.round_id = std::string(row.Text(0)), .population = {}};
    const absl::Status status = Parse(row.Blob(1), "populations", record.population);
    records.emplace_back(std::move(record));
    return status;
  }));
  RETURN_IF_ERROR(each(
      "SELECT collector, definition, credential_hash FROM collectors", [&](const Statement& row) {
        model::CollectorRecord record{.number = static_cast<model::CollectorNumber>(row.Int(0)),
                                      .collector = {},
                                      .credential_hash = std::string(row.Text(2))};
        const absl::Status status = Parse(row.Blob(1), "collectors", record.collector);
        records.emplace_back(std::move(record));
        return status;
      }));
  RETURN_IF_ERROR(
      each("SELECT definition, credential_hash FROM accounts", [&](const Statement& row) {
        model::AccountRecord record{.account = {}, .credential_hash = std::string(row.Text(1))};
        const absl::Status status = Parse(row.Blob(0), "accounts", record.account);
        records.emplace_back(std::move(record));
        return status;
      }));
  return records;
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

absl::Status SqliteStore::VerifyAudit() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select, reader->database.Prepare(
                                         "SELECT line, at, actor, action, object, hash FROM audit "
                                         "ORDER BY line"));
  std::string before;
  for (int64_t expected = 1;; ++expected) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return absl::OkStatus();
    const AuditEntry entry{.at = absl::FromUnixMicros(select.Int(1)),
                           .actor = std::string(select.Text(2)),
                           .action = std::string(select.Text(3)),
                           .object = std::string(select.Text(4))};
    const std::string hash = AuditHash(before, entry);
    if (select.Int(0) != expected || select.Text(5) != hash) {
      return absl::DataLossError(
          Cat("audit: line ", expected, " does not follow from the line before"));
    }
    before = hash;
  }
}

}  // namespace hailong::store
