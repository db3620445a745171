// The tables of the Zalo channel.

#include "base/status.h"
#include "server/store/sqlite_parts.h"

namespace hailong::store {
namespace {

using base::Cat;
using base::Statement;

static_assert(v1::ZALO_EVENT_STATE_NEW == 1 && v1::ZALO_EVENT_STATE_HELD == 2 &&
              v1::ZALO_SEND_STATE_QUEUED == 1 && v1::ZALO_SEND_STATE_UNKNOWN == 5);  // the indexes

constexpr std::string_view kEventColumns =
    "event, event_name, told_at, received_at, msg_id, tracking_id, answered_at, state, content";
constexpr std::string_view kSendColumns =
    "send, round, respondent_key, unit_id, tracking_id, msg_id, token_hash, recipient, state, "
    "error, attempts, due_at, queued_at";

// Empty is NULL.
void BindText(Statement& statement, int position, const std::string& text) {
  if (text.empty()) {
    statement.BindNull(position);
  } else {
    statement.Bind(position, std::string_view(text));
  }
}

void BindBytes(Statement& statement, int position, const std::string& bytes) {
  if (bytes.empty()) {
    statement.BindNull(position);
  } else {
    statement.BindBlob(position, bytes);
  }
}

absl::StatusOr<ZaloSend> SendOf(const Statement& row) {
  ZaloSend send;
  send.number = static_cast<ZaloSendNumber>(row.Int(0));
  send.round = static_cast<model::RoundNumber>(row.Int(1));
  const std::string_view key = row.Blob(2);
  if (key.size() != send.respondent_key.size()) {
    return absl::DataLossError(Cat("zalo_sends: row ", row.Int(0), " has a respondent key of ",
                                   key.size(), " bytes, allowed are 16"));
  }
  std::copy(key.begin(), key.end(), send.respondent_key.begin());
  send.unit_id = row.Text(3);
  send.tracking_id = row.Text(4);
  send.msg_id = row.Text(5);
  send.token_hash = row.Blob(6);
  send.recipient = row.Blob(7);
  send.state = static_cast<v1::ZaloSendState>(row.Int(8));
  send.error = static_cast<int32_t>(row.Int(9));
  send.attempts = static_cast<uint32_t>(row.Int(10));
  send.due_at = absl::FromUnixMicros(row.Int(11));
  send.queued_at = absl::FromUnixMicros(row.Int(12));
  return send;
}

absl::StatusOr<std::optional<ZaloSend>> FirstSend(Statement& select) {
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return std::nullopt;
  ASSIGN_OR_RETURN(ZaloSend send, SendOf(select));
  return std::optional<ZaloSend>(std::move(send));
}

}  // namespace

absl::StatusOr<std::vector<bool>> SqliteStore::AppendZaloEvents(std::span<const ZaloEvent> events) {
  std::vector<bool> added;
  RETURN_IF_ERROR(Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement insert,
                     write_->database.Prepare(
                         "INSERT INTO zalo_events (body_hash, business_key, event_name, told_at, "
                         "received_at, msg_id, tracking_id, answered_at, state, reason, content) "
                         "VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"));
    for (const ZaloEvent& event : events) {
      BindBytes(insert, 1, event.body_hash);
      BindBytes(insert, 2, event.business_key);
      insert.Bind(3, std::string_view(event.name));
      insert.Bind(4, absl::ToUnixMicros(event.told_at));
      insert.Bind(5, absl::ToUnixMicros(event.received_at));
      BindText(insert, 6, event.msg_id);
      BindText(insert, 7, event.tracking_id);
      if (event.answered_at == absl::InfinitePast()) {
        insert.BindNull(8);
      } else {
        insert.Bind(8, absl::ToUnixMicros(event.answered_at));
      }
      insert.Bind(9, int64_t{event.state});
      insert.Bind(10, std::string_view(event.reason));
      BindBytes(insert, 11, event.content);
      RETURN_IF_ERROR(insert.Run());
      added.push_back(write_->database.Changes() > 0);
    }
    return absl::OkStatus();
  }));
  return added;
}

absl::Status SqliteStore::SettleZaloEvents(std::span<const ZaloSettled> settled) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement update,
                     write_->database.Prepare("UPDATE zalo_events SET state = ?2, reason = ?3, "
                                              "content = iif(?4, NULL, content) WHERE event = ?1"));
    for (const ZaloSettled& one : settled) {
      RETURN_IF_ERROR(update.Bind(1, static_cast<int64_t>(one.number))
                          .Bind(2, int64_t{one.state})
                          .Bind(3, std::string_view(one.reason))
                          .Bind(4, int64_t{one.erase})
                          .Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<bool>> SqliteStore::AppendZaloSends(std::span<const ZaloSend> sends) {
  std::vector<bool> added;
  RETURN_IF_ERROR(Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(
        Statement insert,
        write_->database.Prepare(
            "INSERT INTO zalo_sends (round, respondent_key, unit_id, tracking_id, msg_id, "
            "token_hash, recipient, state, error, attempts, due_at, queued_at) VALUES "
            "(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (round, respondent_key) DO NOTHING"));
    for (const ZaloSend& send : sends) {
      const std::string_view key(reinterpret_cast<const char*>(send.respondent_key.data()),
                                 send.respondent_key.size());
      insert.Bind(1, static_cast<int64_t>(send.round)).BindBlob(2, key);
      insert.Bind(3, std::string_view(send.unit_id)).Bind(4, std::string_view(send.tracking_id));
      BindText(insert, 5, send.msg_id);
      BindBytes(insert, 6, send.token_hash);
      BindBytes(insert, 7, send.recipient);
      insert.Bind(8, int64_t{send.state}).Bind(9, int64_t{send.error});
      insert.Bind(10, int64_t{send.attempts}).Bind(11, absl::ToUnixMicros(send.due_at));
      insert.Bind(12, absl::ToUnixMicros(send.queued_at));
      RETURN_IF_ERROR(insert.Run());
      added.push_back(write_->database.Changes() > 0);
    }
    return absl::OkStatus();
  }));
  return added;
}

absl::Status SqliteStore::ChangeZaloSend(const ZaloSendChange& change) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement update,
                     write_->database.Prepare(Cat(
                         "UPDATE zalo_sends SET state = iif(state = ",
                         static_cast<int>(v1::ZALO_SEND_STATE_DELIVERED),
                         ", state, ?2), msg_id = coalesce(?3, msg_id), error = ?4, attempts = ?5, "
                         "due_at = ?6, recipient = iif(?7, NULL, recipient) WHERE send = ?1")));
    update.Bind(1, static_cast<int64_t>(change.number)).Bind(2, int64_t{change.state});
    BindText(update, 3, change.msg_id);
    return update.Bind(4, int64_t{change.error})
        .Bind(5, int64_t{change.attempts})
        .Bind(6, absl::ToUnixMicros(change.due_at))
        .Bind(7, int64_t{change.erase})
        .Run();
  });
}

absl::StatusOr<bool> SqliteStore::NoteZaloReceipt(const std::string& tracking_id,
                                                  const std::string& msg_id) {
  bool found = false;
  RETURN_IF_ERROR(Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(
        Statement update,
        write_->database.Prepare(
            Cat("UPDATE zalo_sends SET state = ", static_cast<int>(v1::ZALO_SEND_STATE_DELIVERED),
                ", msg_id = coalesce(?2, msg_id), recipient = NULL WHERE "
                "tracking_id = ?1 OR msg_id = ?2")));
    BindText(update, 1, tracking_id);
    BindText(update, 2, msg_id);
    RETURN_IF_ERROR(update.Run());
    found = write_->database.Changes() > 0;
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<bool> SqliteStore::UseZaloToken(ZaloSendNumber send, ZaloEventNumber event) {
  bool ours = false;
  RETURN_IF_ERROR(Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement update,
                     write_->database.Prepare("UPDATE zalo_sends SET token_event = ?2 WHERE "
                                              "send = ?1 AND coalesce(token_event, ?2) = ?2"));
    RETURN_IF_ERROR(
        update.Bind(1, static_cast<int64_t>(send)).Bind(2, static_cast<int64_t>(event)).Run());
    ours = write_->database.Changes() > 0;
    return absl::OkStatus();
  }));
  return ours;
}

absl::Status SqliteStore::RecoverZaloSends(absl::Time now) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement update,
                     write_->database.Prepare("UPDATE zalo_sends SET state = ?1, due_at = ?2 "
                                              "WHERE state = ?3"));
    return update.Bind(1, int64_t{v1::ZALO_SEND_STATE_UNKNOWN})
        .Bind(2, absl::ToUnixMicros(now))
        .Bind(3, int64_t{v1::ZALO_SEND_STATE_SENDING})
        .Run();
  });
}

absl::Status SqliteStore::EndZaloSends(model::RoundNumber round) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement update,
                     write_->database.Prepare(
                         "UPDATE zalo_sends SET recipient = NULL, state = "
                         "iif(state = ?2, ?3, state) WHERE round = ?1 AND recipient IS NOT NULL"));
    return update.Bind(1, static_cast<int64_t>(round))
        .Bind(2, int64_t{v1::ZALO_SEND_STATE_QUEUED})
        .Bind(3, int64_t{v1::ZALO_SEND_STATE_CANCELLED})
        .Run();
  });
}

absl::Status SqliteStore::PutZaloTokens(const ZaloTokens& tokens) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement put, write_->database.Prepare(
                                        "INSERT OR REPLACE INTO zalo_tokens VALUES (1,?,?,?,?)"));
    return put.BindBlob(1, tokens.pair)
        .Bind(2, absl::ToUnixMicros(tokens.obtained_at))
        .Bind(3, absl::ToUnixMicros(tokens.expires_at))
        .BindBlob(4, tokens.consent_hash)
        .Run();
  });
}

absl::Status SqliteStore::PutZaloHold(const ZaloHold& hold) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement put,
                     write_->database.Prepare("INSERT OR REPLACE INTO zalo_hold VALUES (1,?,?)"));
    return put.Bind(1, std::string_view(hold.stopped))
        .Bind(2, absl::ToUnixMicros(hold.paused_until))
        .Run();
  });
}

absl::Status SqliteStore::PutZaloReconciled(const std::string& template_id, absl::Time to) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement put, write_->database.Prepare(
                                        "INSERT OR REPLACE INTO zalo_reconciled VALUES (?,?)"));
    return put.Bind(1, std::string_view(template_id)).Bind(2, absl::ToUnixMicros(to)).Run();
  });
}

absl::StatusOr<std::vector<ZaloEvent>> SqliteStore::ReadOpenZaloEvents(size_t rows_max) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(
      Statement select,
      reader->database.Prepare(
          Cat("SELECT ", kEventColumns,
              " FROM zalo_events e WHERE state IN (1, 2) AND (state = 1 OR EXISTS (SELECT 1 FROM "
              "zalo_sends s WHERE s.tracking_id = e.tracking_id) OR EXISTS (SELECT 1 FROM "
              "zalo_sends s WHERE s.msg_id = e.msg_id)) ORDER BY event LIMIT ?")));
  select.Bind(1, static_cast<int64_t>(rows_max));
  std::vector<ZaloEvent> events;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return events;
    ZaloEvent& event = events.emplace_back();
    event.number = static_cast<ZaloEventNumber>(select.Int(0));
    event.name = select.Text(1);
    event.told_at = absl::FromUnixMicros(select.Int(2));
    event.received_at = absl::FromUnixMicros(select.Int(3));
    event.msg_id = select.Text(4);
    event.tracking_id = select.Text(5);
    if (!select.IsNull(6)) event.answered_at = absl::FromUnixMicros(select.Int(6));
    event.state = static_cast<v1::ZaloEventState>(select.Int(7));
    event.content = select.Blob(8);
  }
}

absl::StatusOr<std::optional<ZaloSend>> SqliteStore::FindZaloSend(const std::string& tracking_id,
                                                                  const std::string& msg_id) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  // A tracking_id is ours and names one row; a msg_id is Zalo's, so the newest of its rows.
  for (const auto& [id, column] :
       {std::pair{tracking_id, "tracking_id"}, std::pair{msg_id, "msg_id"}}) {
    if (id.empty()) continue;
    ASSIGN_OR_RETURN(Statement select, reader->database.Prepare(
                                           Cat("SELECT ", kSendColumns, " FROM zalo_sends WHERE ",
                                               column, " = ? ORDER BY send DESC LIMIT 1")));
    select.Bind(1, std::string_view(id));
    ASSIGN_OR_RETURN(std::optional<ZaloSend> send, FirstSend(select));
    if (send.has_value()) return send;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<ZaloSend>> SqliteStore::FindZaloSendByToken(
    const std::string& token_hash) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(
                       Cat("SELECT ", kSendColumns, " FROM zalo_sends WHERE token_hash = ?")));
  select.BindBlob(1, token_hash);
  return FirstSend(select);
}

absl::StatusOr<std::vector<ZaloSend>> SqliteStore::ReadDueZaloSends(absl::Time now,
                                                                    size_t rows_max) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(Cat("SELECT ", kSendColumns,
                                                " FROM zalo_sends WHERE state IN (1, 5) AND "
                                                "due_at <= ? ORDER BY due_at, send LIMIT ?")));
  select.Bind(1, absl::ToUnixMicros(now)).Bind(2, static_cast<int64_t>(rows_max));
  std::vector<ZaloSend> sends;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return sends;
    ASSIGN_OR_RETURN(ZaloSend send, SendOf(select));
    sends.push_back(std::move(send));
  }
}

absl::StatusOr<std::vector<ZaloSendCount>> SqliteStore::CountZaloSends(model::RoundNumber round) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(
                       "SELECT unit_id, state, iif(state = ?2, error, 0) AS why, count(*) FROM "
                       "zalo_sends WHERE round = ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"));
  select.Bind(1, static_cast<int64_t>(round)).Bind(2, int64_t{v1::ZALO_SEND_STATE_FAILED});
  std::vector<ZaloSendCount> counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return counts;
    counts.push_back({.unit_id = std::string(select.Text(0)),
                      .state = static_cast<v1::ZaloSendState>(select.Int(1)),
                      .error = static_cast<int32_t>(select.Int(2)),
                      .count = static_cast<uint64_t>(select.Int(3))});
  }
}

absl::StatusOr<std::vector<ZaloEventCount>> SqliteStore::CountZaloEvents() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(
                       "SELECT state, count(*) FROM zalo_events GROUP BY state ORDER BY state"));
  std::vector<ZaloEventCount> counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return counts;
    counts.push_back({.state = static_cast<v1::ZaloEventState>(select.Int(0)),
                      .count = static_cast<uint64_t>(select.Int(1))});
  }
}

absl::StatusOr<std::optional<ZaloTokens>> SqliteStore::ReadZaloTokens() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select, reader->database.Prepare(
                                         "SELECT pair, obtained_at, expires_at, consent_hash FROM "
                                         "zalo_tokens"));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return std::nullopt;
  return std::optional<ZaloTokens>({.pair = std::string(select.Blob(0)),
                                    .obtained_at = absl::FromUnixMicros(select.Int(1)),
                                    .expires_at = absl::FromUnixMicros(select.Int(2)),
                                    .consent_hash = std::string(select.Blob(3))});
}

absl::StatusOr<ZaloHold> SqliteStore::ReadZaloHold() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare("SELECT stopped, paused_until FROM zalo_hold"));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return ZaloHold();
  return ZaloHold{.stopped = std::string(select.Text(0)),
                  .paused_until = absl::FromUnixMicros(select.Int(1))};
}

absl::StatusOr<absl::Time> SqliteStore::ReadZaloReconciled(const std::string& template_id) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(
      Statement select,
      reader->database.Prepare("SELECT reconciled_to FROM zalo_reconciled WHERE template_id = ?"));
  select.Bind(1, std::string_view(template_id));
  ASSIGN_OR_RETURN(const bool found, select.Step());
  return found ? absl::FromUnixMicros(select.Int(0)) : absl::InfinitePast();
}

}  // namespace hailong::store
