// Records of administration and their audit log.

#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/store/sqlite_parts.h"

namespace hailong::store {
namespace {

using base::Cat;
using base::Database;
using base::Statement;

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

absl::Status SqliteStore::Put(const std::vector<model::Record>& records, const AuditEntry& entry) {
  return Transact([&]() -> absl::Status {
    for (const model::Record& record : records) RETURN_IF_ERROR(PutRecord(record));
    return AppendAudit(entry);
  });
}

absl::Status SqliteStore::PutStatuses(std::span<const CollectorStatus> statuses) {
  return Transact([&]() -> absl::Status {
    for (const CollectorStatus& one : statuses) {
      const std::string status = model::DeterministicBytes(one.status);
      RETURN_IF_ERROR(write_->put_status.Bind(1, static_cast<int64_t>(one.collector))
                          .Bind(2, absl::ToUnixMicros(one.at))
                          .BindBlob(3, status)
                          .Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<CollectorStatus>> SqliteStore::ReadStatuses() {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare("SELECT collector, status_at, status FROM "
                                            "kiosk_statuses ORDER BY collector"));
  std::vector<CollectorStatus> statuses;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return statuses;
    CollectorStatus& one = statuses.emplace_back();
    one.collector = static_cast<model::CollectorNumber>(select.Int(0));
    one.at = absl::FromUnixMicros(select.Int(1));
    RETURN_IF_ERROR(Parse(select.Blob(2), "kiosk_statuses", one.status));
  }
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
            "INSERT INTO collectors (collector, collector_id, definition, credential_hash, "
            "enrolment_hash, enrolment_expires_at, renew_credential) VALUES (?,?,?,?,?,?,?) "
            "ON CONFLICT (collector) DO UPDATE SET definition = excluded.definition, "
            "credential_hash = excluded.credential_hash, "
            "enrolment_hash = excluded.enrolment_hash, "
            "enrolment_expires_at = excluded.enrolment_expires_at, "
            "renew_credential = excluded.renew_credential"));
    return put.Bind(1, static_cast<int64_t>(collector->number))
        .Bind(2, std::string_view(collector->collector.collector_id()))
        .BindBlob(3, definition)
        .Bind(4, std::string_view(collector->credential_hash))
        .Bind(5, std::string_view(collector->enrolment_hash))
        .Bind(6, absl::ToUnixMicros(collector->enrolment_expires_at))
        .Bind(7, int64_t{collector->renew_credential})
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
      "SELECT collector, definition, credential_hash, enrolment_hash, enrolment_expires_at, "
      "renew_credential FROM collectors",
      [&](const Statement& row) {
        model::CollectorRecord record{.number = static_cast<model::CollectorNumber>(row.Int(0)),
                                      .collector = {},
                                      .credential_hash = std::string(row.Text(2)),
                                      .enrolment_hash = std::string(row.Text(3)),
                                      .enrolment_expires_at = absl::FromUnixMicros(row.Int(4)),
                                      .renew_credential = row.Int(5) != 0};
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
