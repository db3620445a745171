#pragma once

// What the Zalo channel keeps: its inbox, its send log, its tokens. Apart from store.h, which knows
// no channel. The same file, the same writer, the same errors, the same rules for threads as there;
// a `bool` that says "new" is about the row.
//
// Who a message goes to and what a citizen wrote come in sealed: the store never sees the keys.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/zalo_service.pb.h"
#include "server/model/response.h"

namespace hailong::store {

// Order of arrival, from 1.
enum class ZaloEventNumber : int64_t {};
enum class ZaloSendNumber : int64_t {};

struct ZaloEvent {
  ZaloEventNumber number{};
  std::string body_hash;     // keyed hash of the body as it came; empty: found by reconciling
  std::string business_key;  // empty: nothing makes two of them the same
  std::string name;
  absl::Time told_at;
  absl::Time received_at;
  std::string msg_id;                             // empty: absent, or not needed
  std::string tracking_id;                        // empty: absent, or not needed
  absl::Time answered_at = absl::InfinitePast();  // InfinitePast: none was given
  v1::ZaloEventState state = v1::ZALO_EVENT_STATE_NEW;
  std::string reason;   // why it is set aside or refused
  std::string content;  // sealed v1.ZaloRating; empty: none, or it has become a response
};

struct ZaloSettled {
  ZaloEventNumber number{};
  v1::ZaloEventState state = v1::ZALO_EVENT_STATE_UNSPECIFIED;
  std::string reason;
  bool erase = false;  // the content
};

struct ZaloSend {
  ZaloSendNumber number{};
  model::RoundNumber round{};
  model::RespondentKey respondent_key{};
  std::string unit_id;
  std::string tracking_id;
  std::string msg_id;           // empty: not known
  std::string token_hash = {};  // SHA-256 of its buttons' token; empty: it has none
  std::string recipient = {};   // sealed v1.ZaloRecipient; empty: erased
  v1::ZaloSendState state = v1::ZALO_SEND_STATE_QUEUED;
  int32_t error = 0;      // Zalo's last one
  uint32_t attempts = 0;  // that ended with an error code of no table
  absl::Time due_at;      // nothing is done about it before
  absl::Time queued_at;
};

struct ZaloSendChange {
  ZaloSendNumber number{};
  v1::ZaloSendState state = v1::ZALO_SEND_STATE_UNSPECIFIED;
  std::string msg_id;  // empty: stays
  int32_t error = 0;
  uint32_t attempts = 0;
  absl::Time due_at;
  bool erase = false;  // the recipient
};

struct ZaloSendCount {
  std::string unit_id;
  v1::ZaloSendState state = v1::ZALO_SEND_STATE_UNSPECIFIED;
  int32_t error = 0;  // of failed ones
  uint64_t count = 0;
};

struct ZaloEventCount {
  v1::ZaloEventState state = v1::ZALO_EVENT_STATE_UNSPECIFIED;
  uint64_t count = 0;
};

struct ZaloTokens {
  std::string pair;  // sealed
  absl::Time obtained_at;
  absl::Time expires_at;
  std::string consent_hash;  // SHA-256 of the refresh token that began this line of tokens
};

// What holds back all sending.
struct ZaloHold {
  std::string stopped;  // why a person must look first; empty: nothing
  absl::Time paused_until = absl::UnixEpoch();
};

class ZaloStore {
 public:
  virtual ~ZaloStore() = default;

  // --- the writer thread; each call is one durable transaction ---

  // True at its place: new; false: its body or its business key is there.
  virtual absl::StatusOr<std::vector<bool>> AppendZaloEvents(std::span<const ZaloEvent> events) = 0;
  virtual absl::Status SettleZaloEvents(std::span<const ZaloSettled> settled) = 0;
  // True at its place: new; false: the round has one for that respondent.
  virtual absl::StatusOr<std::vector<bool>> AppendZaloSends(std::span<const ZaloSend> sends) = 0;
  // A message that was delivered stays delivered.
  virtual absl::Status ChangeZaloSend(const ZaloSendChange& change) = 0;
  // The message of this tracking_id or msg_id arrived; its recipient is erased. False: none such.
  virtual absl::StatusOr<bool> NoteZaloReceipt(const std::string& tracking_id,
                                               const std::string& msg_id) = 0;
  // The token of a message is used by this event. False: by another.
  virtual absl::StatusOr<bool> UseZaloToken(ZaloSendNumber send, ZaloEventNumber event) = 0;
  // What was under way when the last process ended is unknown now.
  virtual absl::Status RecoverZaloSends(absl::Time now) = 0;
  // Nothing of the round is sent any more: what waits is cancelled, all recipients are erased.
  virtual absl::Status EndZaloSends(model::RoundNumber round) = 0;
  virtual absl::Status PutZaloTokens(const ZaloTokens& tokens) = 0;
  virtual absl::Status PutZaloHold(const ZaloHold& hold) = 0;
  virtual absl::Status PutZaloReconciled(const std::string& template_id, absl::Time to) = 0;

  // --- any thread ---

  // New ones, and held ones whose message is known by now, in order.
  virtual absl::StatusOr<std::vector<ZaloEvent>> ReadOpenZaloEvents(size_t rows_max) = 0;
  virtual absl::StatusOr<std::optional<ZaloSend>> FindZaloSend(const std::string& tracking_id,
                                                               const std::string& msg_id) = 0;
  virtual absl::StatusOr<std::optional<ZaloSend>> FindZaloSendByToken(
      const std::string& token_hash) = 0;
  // Queued or unknown ones that are due, in order of their time.
  virtual absl::StatusOr<std::vector<ZaloSend>> ReadDueZaloSends(absl::Time now,
                                                                 size_t rows_max) = 0;
  virtual absl::StatusOr<std::vector<ZaloSendCount>> CountZaloSends(model::RoundNumber round) = 0;
  virtual absl::StatusOr<std::vector<ZaloEventCount>> CountZaloEvents() = 0;
  virtual absl::StatusOr<std::optional<ZaloTokens>> ReadZaloTokens() = 0;
  virtual absl::StatusOr<ZaloHold> ReadZaloHold() = 0;
  // InfinitePast: never.
  virtual absl::StatusOr<absl::Time> ReadZaloReconciled(const std::string& template_id) = 0;
};

}  // namespace hailong::store
