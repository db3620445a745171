#pragma once

// The answers that the server has not confirmed yet, on disk. An answer is in the file before
// anybody is thanked and leaves it when the server's receipt is there; a full outbox refuses what
// is new and never drops what is old. Also keeps what is needed to start without network, and the
// running number of the device. README.md says what is on disk. Any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/mutex.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "kiosk-client/outbox/sequence_mark.h"
#include "kiosk-client/session/answer_keeper.h"

namespace hailong::outbox {

inline constexpr size_t kAnswerBytesMax = 256 << 10;
inline constexpr uint64_t kAnswersMaxDefault = 100'000;
inline constexpr uint64_t kBytesMaxDefault = 256 << 20;
// So many numbers back it is known that an answer was sent, so that keeping it again is recognised.
inline constexpr uint64_t kSentRemembered = 1000;
inline constexpr size_t kNewestSetAsideMax = 20;
inline constexpr uint64_t kSequenceMax = uint64_t{1} << 53;  // of the contract

// What the kiosk shows and asks, as the server last said it. Not session::Settings, which is what
// the screen takes: that has no place for "there is no round" and for the digest to be sent back,
// and names the kiosk, which the identity knows and no answer of the server changes.
struct LastGood {
  v1::KioskConfiguration configuration;
  std::optional<v1::Round> round;   // none: nothing is asked now
  v1::Questionnaire questionnaire;  // of the round
  std::string questionnaire_digest;
  std::string unit_name;
  std::string province_name;
};

struct State {
  uint64_t waiting = 0;
  std::optional<absl::Time> oldest_waiting_at;  // by the device's clock
  uint64_t set_aside = 0;
  std::vector<v1::SetAsideResponse> newest_set_aside;
  uint64_t device_sequence = 0;  // the highest given
  bool full = false;
  std::string alarm;  // for the operator; empty: nothing is wrong
};

class Outbox final : public session::AnswerKeeper {
 public:
  struct Options {
    std::string directory;  // private; made if it is not there
    uint64_t answers_max = kAnswersMaxDefault;
    uint64_t bytes_max = kBytesMaxDefault;
    const base::Clock* clock = nullptr;
    // What is written into each answer: server clock minus device clock, 0 if not measured.
    std::function<int64_t()> clock_offset_ms = [] { return int64_t{0}; };
    std::string vfs = {};  // of SQLite; empty: the system's own
  };
  // A disk that fails or is full is no error: the outbox says so in its State, refuses, and tries
  // again at each call. A damaged file is moved aside, with an alarm. Errors: ABORTED (another
  // process has it), FAILED_PRECONDITION (directory open to others; file of a newer program), those
  // of making the directory.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(Options options);
  ~Outbox() override;

  // Also INVALID_ARGUMENT: response_id is no UUID, or the answer is larger than kAnswerBytesMax.
  // The same response_id again gives the same number. Sets device_sequence and clock_offset_ms.
  absl::StatusOr<uint64_t> Keep(v1::Response response) override;
  // Called after each new answer, on the thread that kept it; set before there are threads.
  void SetListener(std::function<void()> kept) { kept_ = std::move(kept); }

  // The next answer gets a number above `sequence`, which the server has already: a kiosk that lost
  // its disk goes on where it was. A lower one changes nothing. Also INVALID_ARGUMENT above
  // kSequenceMax.
  absl::Status GoOnAfter(uint64_t sequence);

  // The oldest answers with a number above `after`: at most `count_max`, and no more than
  // `bytes_max` but for the first. One that the disk spoiled is set aside instead. Errors: as Keep.
  absl::StatusOr<std::vector<v1::Response>> ReadBatch(uint64_t after, size_t count_max,
                                                      size_t bytes_max);
  // Forgets answers that have a receipt and sets aside those that were refused for good, all or
  // nothing. Errors: as Keep.
  absl::Status Settle(const std::vector<v1::Receipt>& receipts,
                      const std::vector<v1::SetAsideResponse>& refused);

  // Errors: as Keep.
  absl::Status StoreLastGood(const LastGood& last_good);
  // Nothing: there is none yet, or it is spoiled.
  absl::StatusOr<std::optional<LastGood>> ReadLastGood();

  State ReadState();

 private:
  struct Handles;
  struct Counts {
    uint64_t waiting = 0;
    uint64_t set_aside = 0;
    uint64_t bytes = 0;  // of both
    uint64_t device_sequence = 0;
  };

  Outbox(Options options, base::FileLock lock);

  absl::Status EnsureOpen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CreateTables() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Prepare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReadCounts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the log into the database, so that both are on disk whatever became of earlier syncs.
  absl::Status Checkpoint() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MoveAside(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status NoteDamage(const std::string& sentence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Numbers go on above all that may have been given.
  absl::Status AgreeWithMark() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // One transaction; if it fails, nothing of it is known to be on disk, and the file may be closed.
  absl::Status Transact(const std::function<absl::Status(Handles&)>& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Notes what failed for the alarm and gives it the code that callers know.
  absl::Status Fail(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::optional<uint64_t>> FindNumber(const std::string& response_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<uint64_t> KeepOnce(v1::Response& response, bool& is_new)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SettleOnce(const std::vector<v1::Receipt>& receipts,
                          const std::vector<v1::SetAsideResponse>& refused)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Path(std::string_view name) const;

  const Options options_;
  const base::FileLock lock_;
  std::function<void()> kept_;

  base::Mutex mutex_;
  SequenceMark mark_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Handles> handles_ ABSL_GUARDED_BY(mutex_);  // none: closed
  bool checkpoint_due_ ABSL_GUARDED_BY(mutex_) = false;       // before the next answer
  Counts counts_ ABSL_GUARDED_BY(mutex_);                     // as last known
  std::string failure_ ABSL_GUARDED_BY(mutex_);               // of the last write; empty: it worked
};

}  // namespace hailong::outbox
