// The file of the outbox: opening it, bringing it to a known state, and what is done when it cannot
// be read.

#include <filesystem>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "kiosk-client/outbox/outbox_parts.h"

namespace hailong::outbox {
namespace {

using base::Cat;
using base::Database;
using base::Statement;

constexpr int64_t kSchemaVersion = 1;
constexpr size_t kDamageBytesMax = 8 << 10;

// Times are microseconds UTC. checksum: CRC-32 of the response as sent, or of the two messages.
constexpr char kTables[] =
    "CREATE TABLE waiting (device_sequence INTEGER PRIMARY KEY, response_id TEXT NOT NULL UNIQUE,"
    "  submitted_at INTEGER NOT NULL, response BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE set_aside (device_sequence INTEGER PRIMARY KEY, response_id TEXT NOT NULL UNIQUE,"
    "  code INTEGER NOT NULL, message TEXT NOT NULL, set_aside_at INTEGER NOT NULL,"
    "  response BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE sent (device_sequence INTEGER PRIMARY KEY, response_id TEXT NOT NULL UNIQUE)"
    "  STRICT;"
    "CREATE TABLE numbers (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE settings (id INTEGER PRIMARY KEY CHECK (id = 1), heartbeat BLOB NOT NULL,"
    "  questionnaire BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;";

// All rows of a check that says what is wrong, or "ok".
absl::Status CheckPages(Database& database) {
  ASSIGN_OR_RETURN(Statement check, database.Prepare("PRAGMA quick_check(3)"));
  std::vector<std::string> wrong;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, check.Step());
    if (!row) break;
    if (check.Text(0) != "ok") wrong.emplace_back(check.Text(0));
  }
  if (wrong.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrJoin(wrong, "; "));
}

}  // namespace

std::string Outbox::Path(std::string_view name) const { return Cat(options_.directory, "/", name); }

absl::Status Outbox::EnsureOpen() {
  if (handles_ != nullptr) return absl::OkStatus();
  absl::Status status = OpenFile();
  if (absl::IsDataLoss(status)) {
    handles_.reset();
    RETURN_IF_ERROR(MoveAside(status));
    status = OpenFile();
  }
  if (!status.ok()) handles_.reset();
  return status;
}

absl::Status Outbox::OpenFile() {
  auto mark = SequenceMark::Read(Path(kMarkName));
  if (absl::IsDataLoss(mark.status())) {
    RETURN_IF_ERROR(NoteDamage(std::string(mark.status().message())));
    mark = SequenceMark(Path(kMarkName), 0);
  }
  RETURN_IF_ERROR(mark.status());
  mark_ = *std::move(mark);

  handles_ = std::make_unique<Handles>();
  Database& database = handles_->database;
  ASSIGN_OR_RETURN(database,
                   Database::Open(Path(kDatabaseName), Database::Mode::kReadWrite, options_.vfs));
  // The log is synced before COMMIT returns, and nothing else is needed for a commit to last. With
  // a rollback journal its removal would have to reach the disk too, which FULL does not wait for.
  RETURN_IF_ERROR(database.Execute(
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
      "PRAGMA secure_delete=ON;"));
  RETURN_IF_ERROR(CheckPages(database));
  RETURN_IF_ERROR(CreateTables());
  RETURN_IF_ERROR(Prepare());
  RETURN_IF_ERROR(ReadCounts());
  RETURN_IF_ERROR(AgreeWithMark());
  // What the log holds may be in the system's memory only: a sync that failed before, or a process
  // that died before its sync. A full disk must not keep answers from being read and sent.
  checkpoint_due_ = true;
  const absl::Status synced = Checkpoint();
  return absl::IsResourceExhausted(synced) ? absl::OkStatus() : synced;
}

absl::Status Outbox::CreateTables() {
  Database& database = handles_->database;
  int64_t version = 0;
  {
    ASSIGN_OR_RETURN(Statement read, database.Prepare("PRAGMA user_version"));
    RETURN_IF_ERROR(read.Step().status());
    version = read.Int(0);
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(Cat(Path(kDatabaseName), " has schema ", version,
                                             ", this program knows ", kSchemaVersion,
                                             ": it was written by a newer program"));
  }
  if (version == kSchemaVersion) return absl::OkStatus();
  if (mark_.mark() > 0) {
    RETURN_IF_ERROR(NoteDamage(Cat(kDatabaseName, " begins empty, but numbers up to ", mark_.mark(),
                                   " may have been given: they go on at ", mark_.mark() + 1,
                                   ", and answers that waited are not in it")));
  }
  return database.Execute(Cat("BEGIN IMMEDIATE;", kTables, "INSERT INTO numbers VALUES (1, ",
                              mark_.mark(), "); PRAGMA user_version=", kSchemaVersion,
                              "; COMMIT;"));
}

absl::Status Outbox::Prepare() {
  Handles& h = *handles_;
  const auto prepare = [&](Statement& statement, std::string_view sql) -> absl::Status {
    ASSIGN_OR_RETURN(statement, h.database.Prepare(sql));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(prepare(h.begin, "BEGIN IMMEDIATE"));
  RETURN_IF_ERROR(prepare(h.commit, "COMMIT"));
  RETURN_IF_ERROR(prepare(h.rollback, "ROLLBACK"));
  RETURN_IF_ERROR(
      prepare(h.find_waiting, "SELECT device_sequence FROM waiting WHERE response_id = ?"));
  RETURN_IF_ERROR(
      prepare(h.find_set_aside, "SELECT device_sequence FROM set_aside WHERE response_id = ?"));
  RETURN_IF_ERROR(prepare(h.find_sent, "SELECT device_sequence FROM sent WHERE response_id = ?"));
  RETURN_IF_ERROR(prepare(h.insert_waiting, "INSERT INTO waiting VALUES (?,?,?,?,?)"));
  RETURN_IF_ERROR(prepare(h.set_last, "UPDATE numbers SET last = ?"));
  RETURN_IF_ERROR(prepare(h.read_batch,
                          "SELECT device_sequence, response_id, response, checksum FROM waiting "
                          "WHERE device_sequence > ? ORDER BY device_sequence"));
  RETURN_IF_ERROR(prepare(h.delete_waiting,
                          "DELETE FROM waiting WHERE response_id = ? "
                          "RETURNING device_sequence, length(response)"));
  RETURN_IF_ERROR(prepare(h.insert_sent, "INSERT INTO sent VALUES (?,?)"));
  RETURN_IF_ERROR(prepare(h.prune_sent, "DELETE FROM sent WHERE device_sequence <= ?"));
  RETURN_IF_ERROR(prepare(h.copy_aside,
                          "INSERT INTO set_aside SELECT device_sequence, response_id, ?, ?, ?, "
                          "response, checksum FROM waiting WHERE response_id = ?"));
  RETURN_IF_ERROR(
      prepare(h.oldest, "SELECT submitted_at FROM waiting ORDER BY device_sequence LIMIT 1"));
  RETURN_IF_ERROR(prepare(h.newest_set_aside,
                          "SELECT response_id, device_sequence, code, message FROM set_aside "
                          "ORDER BY set_aside_at DESC, device_sequence DESC LIMIT ?"));
  RETURN_IF_ERROR(prepare(h.put_settings, "INSERT OR REPLACE INTO settings VALUES (1,?,?,?)"));
  return prepare(h.read_settings, "SELECT heartbeat, questionnaire, checksum FROM settings");
}

absl::Status Outbox::ReadCounts() {
  ASSIGN_OR_RETURN(
      Statement read,
      handles_->database.Prepare("SELECT (SELECT count(*) FROM waiting),"
                                 " (SELECT coalesce(sum(length(response)), 0) FROM waiting),"
                                 " (SELECT count(*) FROM set_aside),"
                                 " (SELECT coalesce(sum(length(response)), 0) FROM set_aside),"
                                 " (SELECT last FROM numbers)"));
  RETURN_IF_ERROR(read.Step().status());
  if (read.IsNull(4)) return absl::DataLossError("the running number is gone");
  counts_ = {.waiting = static_cast<uint64_t>(read.Int(0)),
             .set_aside = static_cast<uint64_t>(read.Int(2)),
             .bytes = static_cast<uint64_t>(read.Int(1) + read.Int(3)),
             .device_sequence = static_cast<uint64_t>(read.Int(4))};
  return absl::OkStatus();
}

absl::Status Outbox::AgreeWithMark() {
  // The mark stands at most a stride above the last number given, unless the file is an old copy.
  if (counts_.device_sequence + kMarkStride >= mark_.mark()) return absl::OkStatus();
  RETURN_IF_ERROR(
      NoteDamage(Cat(kDatabaseName, " is an old copy: its last number is ", counts_.device_sequence,
                     ", but numbers up to ", mark_.mark(), " may have been given: they go on at ",
                     mark_.mark() + 1, ", and answers that waited may be missing")));
  RETURN_IF_ERROR(handles_->set_last.Bind(1, static_cast<int64_t>(mark_.mark())).Run());
  counts_.device_sequence = mark_.mark();
  return absl::OkStatus();
}

absl::Status Outbox::Checkpoint() {
  if (!checkpoint_due_) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement checkpoint,
                   handles_->database.Prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  RETURN_IF_ERROR(checkpoint.Step().status());
  if (checkpoint.Int(0) != 0) return absl::UnavailableError("the log is held by another reader");
  checkpoint_due_ = false;
  return absl::OkStatus();
}

absl::Status Outbox::NoteDamage(const std::string& sentence) {
  auto notes = base::ReadFile(Path(kDamageName), kDamageBytesMax);
  if (!notes.ok() && !absl::IsNotFound(notes.status()) &&
      !absl::IsResourceExhausted(notes.status())) {
    return notes.status();
  }
  // Of many notes the first say what happened.
  if (absl::IsResourceExhausted(notes.status())) return absl::OkStatus();
  const std::string line =
      Cat(absl::FormatTime(absl::RFC3339_sec, options_.clock->Now(), absl::UTCTimeZone()), " ",
          sentence, "\n");
  return base::WritePrivateFile(Path(kDamageName), Cat(notes.ok() ? *notes : "", line));
}

absl::Status Outbox::MoveAside(const absl::Status& why) {
  const std::string aside =
      Cat(kDatabaseName, ".damaged-",
          absl::FormatTime("%Y%m%dT%H%M%E6SZ", options_.clock->Now(), absl::UTCTimeZone()));
  RETURN_IF_ERROR(
      NoteDamage(Cat(kDatabaseName, " was damaged (", why.message(), ") and stands aside as ",
                     aside, "; answers that waited in it were not sent")));
  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    std::filesystem::rename(Path(Cat(kDatabaseName, suffix)), Path(Cat(aside, suffix)), error);
    if (error && error != std::errc::no_such_file_or_directory) {
      return absl::UnavailableError(Cat("move ", kDatabaseName, suffix, ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace hailong::outbox
