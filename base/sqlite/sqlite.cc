#include "base/sqlite/sqlite.h"

#include <sqlite3.h>

#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace hailong::base {
namespace {

absl::Status StatusOf(int code, std::string_view what, sqlite3* database) {
  const std::string message =
      Cat(what, ": ", database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code),
          " (SQLite ", database != nullptr ? sqlite3_extended_errcode(database) : code, ")");
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::AbortedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

// A bind fails only for a wrong position or no memory, both ours to prevent.
Statement& Statement::Bind(int position, int64_t value) {
  HAILONG_CHECK(sqlite3_bind_int64(statement_, position, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(int position, std::string_view text) {
  // An empty view may carry a null pointer, which SQLite would store as NULL.
  const char* const data = text.data() != nullptr ? text.data() : "";
  HAILONG_CHECK(sqlite3_bind_text(statement_, position, data, static_cast<int>(text.size()),
                                  SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::BindBlob(int position, std::string_view bytes) {
  const char* const data = bytes.data() != nullptr ? bytes.data() : "";
  HAILONG_CHECK(sqlite3_bind_blob(statement_, position, data, static_cast<int>(bytes.size()),
                                  SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::BindNull(int position) {
  HAILONG_CHECK(sqlite3_bind_null(statement_, position) == SQLITE_OK);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  sqlite3* const database = sqlite3_db_handle(statement_);
  absl::Status status;
  if (code != SQLITE_DONE) status = StatusOf(code, "step", database);
  sqlite3_reset(statement_);
  if (!status.ok()) return status;
  return false;
}

absl::Status Statement::Run() {
  while (true) {
    ASSIGN_OR_RETURN(const bool row, Step());
    if (!row) return absl::OkStatus();
  }
}

void Statement::Reset() { sqlite3_reset(statement_); }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode,
                                        const std::string& vfs) {
  sqlite3* raw = nullptr;
  const int flags = (mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                              : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, vfs.empty() ? nullptr : vfs.c_str());
  Database database(raw);
  if (code != SQLITE_OK) return StatusOf(code, Cat("open ", path), raw);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 5000);
  return database;
}

Database::~Database() {
  // v2: a statement that outlives its database keeps it open instead of dangling.
  sqlite3_close_v2(database_);
}

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}

absl::Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return StatusOf(code, Cat("execute ", sql.substr(0, 60)), database_);
  return absl::OkStatus();
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return StatusOf(code, Cat("prepare ", sql.substr(0, 60)), database_);
  return Statement(raw);
}

int64_t Database::Changes() const { return sqlite3_changes64(database_); }

bool Database::InTransaction() const { return sqlite3_get_autocommit(database_) == 0; }

}  // namespace hailong::base
