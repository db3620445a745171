#pragma once

// The store on one SQLite file: write-ahead log, synchronous=FULL, so COMMIT has returned only when
// the responses are on disk. One read-write connection for the writer; a pool of read-only ones,
// each call its own snapshot.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/mutex.h"
#include "base/sqlite/sqlite.h"
#include "server/store/store.h"
#include "server/store/zalo_store.h"

namespace hailong::store {

class SqliteStore final : public Store, public ZaloStore {
 public:
  struct Options {
    std::string path;
    std::string vfs;  // empty: the system's own; tests put a failing disk here
  };

  // Opens or creates the file and brings its tables up to date. Errors: as Store;
  // FAILED_PRECONDITION if the file was written by a newer program, ABORTED if another process has
  // it.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const Options& options);
  ~SqliteStore() override;

  absl::StatusOr<std::vector<model::Stored>> AppendResponses(
      std::span<const model::NewResponse> responses) override;
  absl::Status Put(const std::vector<model::Record>& records, const AuditEntry& entry) override;
  absl::Status PutStatuses(std::span<const CollectorStatus> statuses) override;
  absl::StatusOr<std::vector<base::Uuid>> PutInvitations(
      const InvitationRequest& request, std::span<const model::Invitation> invitations,
      const AuditEntry& entry) override;
  absl::Status RevokeInvitations(model::CollectorNumber collector,
                                 std::span<const base::Uuid> invitation_ids,
                                 const AuditEntry& entry) override;
  absl::Status PutOpened(std::span<const InvitationOpened> opened) override;
  absl::StatusOr<std::vector<model::Record>> ReadRecords() override;
  absl::Status ReadResponses(model::RoundNumber round, model::Sequence after, size_t rows_max,
                             bool with_comments,
                             const std::function<bool(const model::ResponseRow&)>& visit) override;
  absl::StatusOr<std::vector<std::optional<base::Uuid>>> FindCounting(
      std::span<const model::Sequence> sequences) override;
  absl::Status ReadNewest(size_t rows_max,
                          const std::function<void(const model::ResponseRow&)>& visit) override;
  absl::StatusOr<std::vector<SequenceRange>> ReadSequenceRanges() override;
  absl::StatusOr<std::vector<CollectorSeen>> ReadCollectorsSeen() override;
  absl::StatusOr<std::vector<CollectorStatus>> ReadStatuses() override;
  absl::StatusOr<model::Sequence> LastSequence(model::RoundNumber round) override;
  absl::StatusOr<std::optional<model::Invitation>> FindInvitation(
      const model::TokenHash& token_hash) override;
  absl::StatusOr<std::vector<model::Invitation>> ReadInvitations(model::CollectorNumber collector,
                                                                 model::InvitationNumber after,
                                                                 size_t rows_max) override;
  absl::StatusOr<std::vector<model::Invitation>> FindInvitations(
      model::CollectorNumber collector, std::span<const base::Uuid> invitation_ids) override;
  absl::StatusOr<std::vector<model::InvitationCount>> CountInvitations(
      model::RoundNumber round) override;
  absl::StatusOr<uint64_t> CountPlaces(model::CollectorNumber collector, model::RoundNumber round,
                                       const std::string& unit_id, uint32_t group) override;
  absl::Status VerifyAudit() override;

  absl::StatusOr<std::vector<bool>> AppendZaloEvents(std::span<const ZaloEvent> events) override;
  absl::Status SettleZaloEvents(std::span<const ZaloSettled> settled) override;
  absl::StatusOr<std::vector<bool>> AppendZaloSends(std::span<const ZaloSend> sends) override;
  absl::Status ChangeZaloSend(const ZaloSendChange& change) override;
  absl::StatusOr<bool> NoteZaloReceipt(const std::string& tracking_id,
                                       const std::string& msg_id) override;
  absl::StatusOr<bool> UseZaloToken(ZaloSendNumber send, ZaloEventNumber event) override;
  absl::Status RecoverZaloSends(absl::Time now) override;
  absl::Status EndZaloSends(model::RoundNumber round) override;
  absl::Status PutZaloTokens(const ZaloTokens& tokens) override;
  absl::Status PutZaloHold(const ZaloHold& hold) override;
  absl::Status PutZaloReconciled(const std::string& template_id, absl::Time to) override;
  absl::StatusOr<std::vector<ZaloEvent>> ReadOpenZaloEvents(size_t rows_max) override;
  absl::StatusOr<std::optional<ZaloSend>> FindZaloSend(const std::string& tracking_id,
                                                       const std::string& msg_id) override;
  absl::StatusOr<std::optional<ZaloSend>> FindZaloSendByToken(
      const std::string& token_hash) override;
  absl::StatusOr<std::vector<ZaloSend>> ReadDueZaloSends(absl::Time now, size_t rows_max) override;
  absl::StatusOr<std::vector<ZaloSendCount>> CountZaloSends(model::RoundNumber round) override;
  absl::StatusOr<std::vector<ZaloEventCount>> CountZaloEvents() override;
  absl::StatusOr<std::optional<ZaloTokens>> ReadZaloTokens() override;
  absl::StatusOr<ZaloHold> ReadZaloHold() override;
  absl::StatusOr<absl::Time> ReadZaloReconciled(const std::string& template_id) override;

 private:
  struct Write;
  struct Reader;
  class BorrowedReader;

  SqliteStore(Options options, base::FileLock lock);
  absl::Status Migrate();
  absl::Status PrepareWrites();
  // Runs `body` between BEGIN and COMMIT; decides what an error means for the whole store.
  absl::Status Transact(const std::function<absl::Status()>& body);
  absl::StatusOr<model::Stored> Append(const model::NewResponse& response);
  absl::StatusOr<model::Stored> FindDuplicate(const model::NewResponse& response);
  absl::StatusOr<bool> IsStored(const base::Uuid& response_id);
  // Why the entrance of a response does not let it in; UNSPECIFIED: it does.
  absl::StatusOr<v1::SurveyState> TurnsAway(const model::NewResponse& response);
  // Whether the citizen whose response `counts` has been counted by way of the collector before.
  absl::StatusOr<bool> HasPlace(model::Sequence counts, model::CollectorNumber collector);
  // `takes_place`: of the quotas; not who has one already, or does not count.
  absl::Status SpendEntrance(const model::NewResponse& response, bool takes_place);
  absl::Status MergeDeviceSequences(std::span<const model::NewResponse> responses,
                                    std::span<const model::Stored> stored);
  absl::Status PutRecord(const model::Record& record);
  absl::Status AppendAudit(const AuditEntry& entry);
  absl::StatusOr<std::unique_ptr<Reader>> OpenReader() const;
  absl::StatusOr<BorrowedReader> Borrow();

  const Options options_;
  const base::FileLock lock_;
  std::unique_ptr<Write> write_;
  // Writer thread only: a COMMIT failed in a way that leaves the file unknown.
  bool closed_ = false;

  base::Mutex readers_mutex_;
  std::vector<std::unique_ptr<Reader>> idle_readers_ ABSL_GUARDED_BY(readers_mutex_);
};

}  // namespace hailong::store
