#pragma once

// Brings answers from the outbox to the server, and the server's wishes to the kiosk: enrols, sends
// batches, says how it is, renews its credential, fetches the questionnaire. A failure of any kind
// only makes it wait; nothing leaves the outbox without a receipt. One call for each Step, on one
// thread; facts() from any.

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/uplink/backoff.h"
#include "kiosk-client/uplink/clock_offset.h"
#include "kiosk-client/uplink/identity.h"
#include "kiosk-client/uplink/server_link.h"

namespace hailong::uplink {

inline constexpr size_t kBatchCountMax = 500;
inline constexpr size_t kBatchBytesMax = 3 << 20;
inline constexpr absl::Duration kRetryFirst = absl::Seconds(1);
inline constexpr absl::Duration kRetryMax = absl::Minutes(1);
// A kiosk that the server does not want asks this rarely.
inline constexpr absl::Duration kRefusedRetry = absl::Minutes(10);
// How often the file of the enrolment code is looked at while one is needed.
inline constexpr absl::Duration kCodePoll = absl::Seconds(10);
inline constexpr absl::Duration kHeartbeatDefault = absl::Minutes(1);
inline constexpr absl::Duration kHeartbeatMin = absl::Seconds(5);
inline constexpr absl::Duration kHeartbeatMax = absl::Hours(1);

class Uplink {
 public:
  struct Parts {
    outbox::Outbox& outbox;
    Identity& identity;
    ServerLink& link;
    ClockOffset& clock_offset;
    const base::Clock& wall;
    const base::Clock& steady;  // waits are measured with it
    // Draws from [0, 1).
    std::function<double()> chance;
    // NOT_FOUND: nobody put one there.
    std::function<absl::StatusOr<std::string>()> read_enrolment_code;
    // What only the program knows: version, disk_free_bytes, screen, counter.
    std::function<v1::KioskStatus()> describe;
    // Told what to show, at the start and at each change, on the thread of Step.
    std::function<void(const outbox::LastGood&)> changed;
  };
  // What the staff may see.
  struct Facts {
    std::string collector_id;                // empty: not enrolled
    std::optional<absl::Time> last_contact;  // by the device's clock, since the start
    std::string alarm;                       // empty: nothing is wrong
  };

  explicit Uplink(Parts parts);

  // Does what is due, at most one call; returns when to step again, or earlier when an answer was
  // kept.
  absl::Time Step();
  Facts facts() const;

 private:
  enum class AlarmOf { kStanding, kSettings, kCount };
  enum class Standing { kNotEnrolled, kGood, kRefused };

  void Enroll(absl::Time now);
  absl::Status TakeUp(const v1::EnrollResponse& enrolled);
  void Heartbeat(absl::Time now);
  void RenewCredential(absl::Time now);
  void FetchQuestionnaire(absl::Time now);
  void SendBatch(absl::Time now);

  v1::KioskStatus Status();
  void LoadLastGood();
  void TakeSettings(const v1::HeartbeatResponse& response, absl::Time now);
  void Adopt(outbox::LastGood settings);
  // A batch was answered, or failed as a whole.
  void TakeResults(const std::vector<v1::Response>& batch,
                   const v1::SubmitResponsesResponse& response, absl::Time now);
  void TakeBatchError(const std::vector<v1::Response>& batch, const absl::Status& status,
                      absl::Time now);
  // Looks at the answers again from the oldest, not before this wait is over.
  void PutOff(absl::Duration asked, absl::Time now);

  const std::string& credential() const;
  // What an answer to a call in the kiosk's name says about its credential; true: it was refused,
  // and there is nothing more to learn from the answer.
  bool NoteAnswer(const absl::Status& status, absl::Time now);
  absl::Time NextStep() const;

  // Empty: it is over.
  void SetAlarm(AlarmOf what, const std::string& text);

  Parts parts_;

  Standing standing_ = Standing::kNotEnrolled;
  bool is_reached_ = true;  // the last call was answered, well or badly
  bool uses_next_ = false;  // calls are made with identity.next()
  std::string tried_code_;  // known not to work, or used up
  absl::Time enrol_at_ = absl::InfinitePast();
  Backoff enrol_backoff_{kRetryFirst, kRetryMax};

  absl::Time heartbeat_at_ = absl::InfinitePast();
  Backoff heartbeat_backoff_{kRetryFirst, kRetryMax};
  absl::Time renew_at_ = absl::InfiniteFuture();
  Backoff renew_backoff_{kRetryFirst, kRetryMax};

  bool loaded_ = false;                       // the last good settings were read, or none are there
  std::optional<outbox::LastGood> settings_;  // on disk and shown
  std::optional<outbox::LastGood> wanted_;    // without their questionnaire, which is to be fetched
  std::optional<outbox::LastGood> unusable_;  // what the server last sent and cannot be shown
  absl::Time fetch_at_ = absl::InfiniteFuture();
  Backoff fetch_backoff_{kRetryFirst, kRetryMax};

  uint64_t cursor_ = 0;   // the last number looked at in this pass over the outbox
  bool has_more_ = true;  // perhaps behind the cursor
  size_t batch_count_max_ = kBatchCountMax;
  absl::Time send_at_ = absl::InfinitePast();
  Backoff send_backoff_{kRetryFirst, kRetryMax};
  absl::Time pass_again_at_ = absl::InfiniteFuture();
  Backoff pass_backoff_{kRetryFirst, kRetryMax};

  mutable base::Mutex mutex_;
  std::string collector_id_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Time> last_contact_ ABSL_GUARDED_BY(mutex_);
  std::array<std::string, static_cast<size_t>(AlarmOf::kCount)> alarms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::uplink
