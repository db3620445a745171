#pragma once

// The connections inside a SqliteStore, with their prepared statements. Only for its .cc files.

#include <memory>
#include <string>

#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "server/store/row.h"
#include "server/store/sqlite_store.h"

namespace hailong::store {

inline std::string RowSelect(std::string_view rest) {
  return base::Cat("SELECT ", kRowColumns, " ", rest);
}

// In the order in which sqlite_invitations.cc reads and writes them.
inline constexpr std::string_view kInvitationColumns =
    "invitation, invitation_id, token_hash, collector, round, unit_id, group_option, "
    "group_question_id, form_id, respondent_key, created_at, opened_on, answered, revoked";

inline constexpr std::string_view kCountPlaces =
    "SELECT taken FROM quota_places WHERE collector = ? AND round = ? AND unit_id = ? AND "
    "group_option = ?";

// The comments of a row, by a statement that takes its sequence.
absl::Status ReadComments(base::Statement& select, model::ResponseRow& row);

// The read-write connection and its statements.
struct SqliteStore::Write {
  base::Database database;
  base::Statement begin, commit, rollback;
  base::Statement insert_response, insert_comment, find_response, find_comments;
  base::Statement find_counted, put_counted, put_seen, put_status;
  base::Statement find_entrance, answer_invitation, count_place, has_place, take_place;
  base::Statement overlapping_runs, delete_run, insert_run;
  model::Sequence next{1};
  std::string audit_hash;
  std::string scratch;
};

struct SqliteStore::Reader {
  base::Database database;
  base::Statement responses_after, counting, newest, comments, last_sequence;
  base::Statement invitation_by_token, places;
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
    for (base::Statement* statement :
         {&reader_->responses_after, &reader_->counting, &reader_->newest, &reader_->comments,
          &reader_->last_sequence, &reader_->invitation_by_token, &reader_->places}) {
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

}  // namespace hailong::store
