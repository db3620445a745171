#pragma once

// SQLite handles that own what they open. The only folder that sees <sqlite3.h>; SQL text comes
// from server/store and kiosk-client/outbox. A Database and its Statements belong to one thread at
// a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hailong::base {

// How SQLite's results become statuses:
//   SQLITE_FULL            RESOURCE_EXHAUSTED  nothing was changed; space may come back
//   SQLITE_CORRUPT, NOTADB DATA_LOSS
//   SQLITE_CONSTRAINT      ALREADY_EXISTS
//   SQLITE_BUSY, LOCKED    ABORTED             another process holds the file
//   anything else          UNAVAILABLE         the state of the file is unknown: reopen
class Database;

// A prepared statement. Binds are by position from 1, columns from 0.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  Statement& Bind(int position, int64_t value);
  // The text must outlive the next Step or Run.
  Statement& Bind(int position, std::string_view text);
  Statement& BindBlob(int position, std::string_view bytes);
  Statement& BindNull(int position);

  // True: a row is there. False: done, and the statement is reset.
  absl::StatusOr<bool> Step();
  // Runs to the end, for statements without rows.
  absl::Status Run();
  void Reset();

  int64_t Int(int column) const;
  // Valid until the next Step or Reset.
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  // Opens or (kReadWrite) creates the file. `vfs` empty: the system's own.
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode,
                                       const std::string& vfs = "");
  Database() = default;
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;

  // Runs one or more statements without results.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // Rows changed by the last INSERT, UPDATE or DELETE; 0 after ON CONFLICT DO NOTHING did nothing.
  int64_t Changes() const;
  // True between BEGIN and COMMIT or ROLLBACK; SQLite may roll back by itself on an error.
  bool InTransaction() const;

 private:
  explicit Database(sqlite3* database) : database_(database) {}
  sqlite3* database_ = nullptr;
};

}  // namespace hailong::base
