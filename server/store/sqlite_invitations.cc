// Invitations, and the places of quotas.

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/store/sqlite_parts.h"

namespace hailong::store {
namespace {

using base::Cat;
using base::Statement;
using model::Invitation;
using model::InvitationNumber;

template <typename Bytes>
std::string_view View(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Bytes>
absl::Status CopyBlob(std::string_view blob, std::string_view column, Bytes& bytes) {
  if (blob.size() != bytes.size()) {
    return absl::DataLossError(
        Cat("invitations: ", column, " has ", blob.size(), " bytes, allowed are ", bytes.size()));
  }
  std::copy(blob.begin(), blob.end(), bytes.begin());
  return absl::OkStatus();
}

absl::StatusOr<Invitation> ReadInvitation(const Statement& select) {
  Invitation invitation;
  invitation.number = static_cast<InvitationNumber>(select.Int(0));
  RETURN_IF_ERROR(CopyBlob(select.Blob(1), "invitation_id", invitation.invitation_id.bytes));
  RETURN_IF_ERROR(CopyBlob(select.Blob(2), "token_hash", invitation.token_hash));
  invitation.collector = static_cast<model::CollectorNumber>(select.Int(3));
  invitation.round = static_cast<model::RoundNumber>(select.Int(4));
  invitation.unit_id = std::string(select.Text(5));
  invitation.group = static_cast<uint32_t>(select.Int(6));
  invitation.group_question_id = std::string(select.Text(7));
  invitation.form_id = std::string(select.Text(8));
  if (!select.IsNull(9)) {
    RETURN_IF_ERROR(
        CopyBlob(select.Blob(9), "respondent_key", invitation.respondent_key.emplace()));
  }
  invitation.created_at = absl::FromUnixMicros(select.Int(10));
  if (select.Int(11) != 0) invitation.opened_on = absl::FromUnixMicros(select.Int(11));
  invitation.answered = select.Int(12) != 0;
  invitation.revoked = select.Int(13) != 0;
  return invitation;
}

absl::Status InsertInvitation(const Invitation& invitation, int64_t number, Statement& insert) {
  insert.Bind(1, number)
      .BindBlob(2, View(invitation.invitation_id.bytes))
      .BindBlob(3, View(invitation.token_hash))
      .Bind(4, static_cast<int64_t>(invitation.collector))
      .Bind(5, static_cast<int64_t>(invitation.round))
      .Bind(6, std::string_view(invitation.unit_id))
      .Bind(7, int64_t{invitation.group})
      .Bind(8, std::string_view(invitation.group_question_id))
      .Bind(9, std::string_view(invitation.form_id))
      .Bind(11, absl::ToUnixMicros(invitation.created_at));
  if (invitation.respondent_key.has_value()) {
    insert.BindBlob(10, View(*invitation.respondent_key));
  } else {
    insert.BindNull(10);
  }
  return insert.Run();
}

// The taken places of one row; no row: none.
absl::StatusOr<int64_t> ReadPlaces(Statement& count, model::CollectorNumber collector,
                                   model::RoundNumber round, std::string_view unit_id,
                                   uint32_t group) {
  count.Bind(1, static_cast<int64_t>(collector))
      .Bind(2, static_cast<int64_t>(round))
      .Bind(3, unit_id)
      .Bind(4, int64_t{group});
  ASSIGN_OR_RETURN(const bool found, count.Step());
  const int64_t taken = found ? count.Int(0) : 0;
  count.Reset();
  return taken;
}

}  // namespace

absl::StatusOr<bool> SqliteStore::IsStored(const base::Uuid& response_id) {
  write_->find_response.BindBlob(1, View(response_id.bytes));
  ASSIGN_OR_RETURN(const bool found, write_->find_response.Step());
  write_->find_response.Reset();
  return found;
}

absl::StatusOr<v1::SurveyState> SqliteStore::TurnsAway(const model::NewResponse& response) {
  if (!response.entrance.has_value()) return v1::SURVEY_STATE_UNSPECIFIED;
  const model::Entrance& entrance = *response.entrance;
  if (entrance.invitation.has_value()) {
    Statement& find = write_->find_entrance;
    find.BindBlob(1, View(*entrance.invitation));
    ASSIGN_OR_RETURN(const bool found, find.Step());
    const bool answered = found && find.Int(0) != 0;
    const bool over = !found || find.Int(1) != 0;
    find.Reset();
    if (answered) return v1::SURVEY_STATE_ANSWERED;
    if (over) return v1::SURVEY_STATE_OVER;
  }
  if (entrance.over) return v1::SURVEY_STATE_OVER;
  if (entrance.quota.has_value()) {
    ASSIGN_OR_RETURN(const int64_t taken,
                     ReadPlaces(write_->count_place, response.collector, response.round->number(),
                                entrance.quota->unit_id, entrance.quota->group));
    if (taken >= int64_t{entrance.quota->size_max}) return v1::SURVEY_STATE_FULL;
  }
  return v1::SURVEY_STATE_UNSPECIFIED;
}

absl::StatusOr<bool> SqliteStore::HasPlace(model::Sequence counts,
                                           model::CollectorNumber collector) {
  Statement& find = write_->has_place;
  find.Bind(1, static_cast<int64_t>(counts)).Bind(2, static_cast<int64_t>(collector));
  ASSIGN_OR_RETURN(const bool found, find.Step());
  find.Reset();
  return found;
}

absl::Status SqliteStore::SpendEntrance(const model::NewResponse& response, bool takes_place) {
  if (!response.entrance.has_value()) return absl::OkStatus();
  const model::Entrance& entrance = *response.entrance;
  if (entrance.invitation.has_value()) {
    const absl::Time day = *base::StartOfDayInVietnam(base::DayInVietnam(response.received_at));
    RETURN_IF_ERROR(write_->answer_invitation.Bind(1, absl::ToUnixMicros(day))
                        .BindBlob(2, View(*entrance.invitation))
                        .Run());
  }
  if (!takes_place) return absl::OkStatus();
  // Of all together too, so that a quota that is set later knows who came before it.
  for (const std::string_view unit_id :
       {std::string_view(response.content.unit_id), std::string_view()}) {
    for (const uint32_t group : {entrance.group, 0u}) {
      RETURN_IF_ERROR(write_->take_place.Bind(1, static_cast<int64_t>(response.collector))
                          .Bind(2, static_cast<int64_t>(response.round->number()))
                          .Bind(3, unit_id)
                          .Bind(4, int64_t{group})
                          .Run());
      if (entrance.group == 0) break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<base::Uuid>> SqliteStore::PutInvitations(
    const InvitationRequest& request, std::span<const Invitation> invitations,
    const AuditEntry& entry) {
  HAILONG_CHECK(!invitations.empty());
  std::vector<base::Uuid> made_before;
  const absl::Status put = Transact([&]() -> absl::Status {
    base::Database& database = write_->database;
    ASSIGN_OR_RETURN(
        Statement known,
        database.Prepare(
            "SELECT content, first, last FROM invitation_requests WHERE request_id = ?"));
    known.BindBlob(1, View(request.request_id.bytes));
    ASSIGN_OR_RETURN(const bool repeated, known.Step());
    if (repeated) {
      if (known.Blob(0) != View(request.content)) {
        return refusal::AlreadyExists("request_id", request.request_id.ToString(),
                                      " with other content; another request needs its own");
      }
      ASSIGN_OR_RETURN(Statement ids,
                       database.Prepare("SELECT invitation_id FROM invitations WHERE invitation "
                                        "BETWEEN ? AND ? ORDER BY invitation"));
      ids.Bind(1, known.Int(1)).Bind(2, known.Int(2));
      while (true) {
        ASSIGN_OR_RETURN(const bool row, ids.Step());
        if (!row) return absl::OkStatus();
        RETURN_IF_ERROR(CopyBlob(ids.Blob(0), "invitation_id", made_before.emplace_back().bytes));
      }
    }
    ASSIGN_OR_RETURN(Statement last,
                     database.Prepare("SELECT coalesce(max(invitation), 0) FROM invitations"));
    RETURN_IF_ERROR(last.Step().status());
    const int64_t first = last.Int(0) + 1;
    ASSIGN_OR_RETURN(Statement insert,
                     database.Prepare(Cat("INSERT INTO invitations (", kInvitationColumns,
                                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,0,0,0)")));
    int64_t number = first;
    for (const Invitation& invitation : invitations) {
      RETURN_IF_ERROR(InsertInvitation(invitation, number++, insert));
    }
    ASSIGN_OR_RETURN(Statement remember,
                     database.Prepare("INSERT INTO invitation_requests VALUES (?,?,?,?)"));
    RETURN_IF_ERROR(remember.BindBlob(1, View(request.request_id.bytes))
                        .BindBlob(2, View(request.content))
                        .Bind(3, first)
                        .Bind(4, number - 1)
                        .Run());
    return AppendAudit(entry);
  });
  RETURN_IF_ERROR(put);
  return made_before;
}

absl::Status SqliteStore::RevokeInvitations(model::CollectorNumber collector,
                                            std::span<const base::Uuid> invitation_ids,
                                            const AuditEntry& entry) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement revoke,
                     write_->database.Prepare("UPDATE invitations SET revoked = 1 WHERE "
                                              "invitation_id = ? AND collector = ?"));
    for (const base::Uuid& id : invitation_ids) {
      RETURN_IF_ERROR(
          revoke.BindBlob(1, View(id.bytes)).Bind(2, static_cast<int64_t>(collector)).Run());
      if (write_->database.Changes() == 0) return refusal::NotFound("invitation", id.ToString());
    }
    return AppendAudit(entry);
  });
}

absl::Status SqliteStore::PutOpened(std::span<const InvitationOpened> opened) {
  return Transact([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement put,
                     write_->database.Prepare("UPDATE invitations SET opened_on = ? WHERE "
                                              "invitation = ? AND opened_on = 0"));
    for (const InvitationOpened& one : opened) {
      RETURN_IF_ERROR(
          put.Bind(1, absl::ToUnixMicros(one.on)).Bind(2, static_cast<int64_t>(one.number)).Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<Invitation>> SqliteStore::FindInvitation(
    const model::TokenHash& token_hash) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  reader->invitation_by_token.BindBlob(1, View(token_hash));
  ASSIGN_OR_RETURN(const bool found, reader->invitation_by_token.Step());
  if (!found) return std::nullopt;
  ASSIGN_OR_RETURN(Invitation invitation, ReadInvitation(reader->invitation_by_token));
  return std::optional<Invitation>(std::move(invitation));
}

absl::StatusOr<std::vector<Invitation>> SqliteStore::ReadInvitations(
    model::CollectorNumber collector, InvitationNumber after, size_t rows_max) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(Cat("SELECT ", kInvitationColumns,
                                                " FROM invitations WHERE collector = ? AND "
                                                "invitation > ? ORDER BY invitation LIMIT ?")));
  select.Bind(1, static_cast<int64_t>(collector))
      .Bind(2, static_cast<int64_t>(after))
      .Bind(3, static_cast<int64_t>(rows_max));
  std::vector<Invitation> invitations;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return invitations;
    ASSIGN_OR_RETURN(Invitation invitation, ReadInvitation(select));
    invitations.push_back(std::move(invitation));
  }
}

absl::StatusOr<std::vector<Invitation>> SqliteStore::FindInvitations(
    model::CollectorNumber collector, std::span<const base::Uuid> invitation_ids) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(
      Statement select,
      reader->database.Prepare(Cat("SELECT ", kInvitationColumns,
                                   " FROM invitations WHERE invitation_id = ? AND collector = ?")));
  std::vector<Invitation> invitations;
  for (const base::Uuid& id : invitation_ids) {
    select.BindBlob(1, View(id.bytes)).Bind(2, static_cast<int64_t>(collector));
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) continue;
    ASSIGN_OR_RETURN(Invitation invitation, ReadInvitation(select));
    invitations.push_back(std::move(invitation));
    select.Reset();
  }
  return invitations;
}

absl::StatusOr<std::vector<model::InvitationCount>> SqliteStore::CountInvitations(
    model::RoundNumber round) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(Statement select,
                   reader->database.Prepare(
                       "SELECT unit_id, group_option, count(*), sum(opened_on != 0), sum(answered) "
                       "FROM invitations WHERE round = ? AND (answered OR NOT revoked) "
                       "GROUP BY unit_id, group_option ORDER BY unit_id, group_option"));
  select.Bind(1, static_cast<int64_t>(round));
  std::vector<model::InvitationCount> counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return counts;
    counts.push_back({.unit_id = std::string(select.Text(0)),
                      .group = static_cast<uint32_t>(select.Int(1)),
                      .invited = static_cast<uint32_t>(select.Int(2)),
                      .opened = static_cast<uint32_t>(select.Int(3)),
                      .answered = static_cast<uint32_t>(select.Int(4))});
  }
}

absl::StatusOr<uint64_t> SqliteStore::CountPlaces(model::CollectorNumber collector,
                                                  model::RoundNumber round,
                                                  const std::string& unit_id, uint32_t group) {
  ASSIGN_OR_RETURN(const BorrowedReader reader, Borrow());
  ASSIGN_OR_RETURN(const int64_t taken,
                   ReadPlaces(reader->places, collector, round, unit_id, group));
  return static_cast<uint64_t>(taken);
}

}  // namespace hailong::store
