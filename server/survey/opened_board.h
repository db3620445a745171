#pragma once

// Which invitations were opened, and on which day: in memory at once, on disk for all of them
// together every few seconds, so that opening a survey costs no COMMIT. A crash loses seconds of
// it; that an invitation was answered is never lost and counts as opened. Thread-safe.

#include <map>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/model/invitation.h"
#include "server/store/writer.h"

namespace hailong::survey {

// Outlives the writer's last Step.
class OpenedBoard {
 public:
  OpenedBoard(store::Writer& writer, const base::Clock& clock) : writer_(writer), clock_(clock) {}

  // Never waits.
  void Put(model::InvitationNumber number) ABSL_LOCKS_EXCLUDED(mutex_);
  // Saves once the interval is over; to be called several times in it. Never waits.
  void Step() ABSL_LOCKS_EXCLUDED(mutex_);
  // Hands what is unsaved to the writer now; before it stops.
  void Save() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until what was put is on disk, so that a reader sees it; not on a gRPC thread.
  absl::Status Flush() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status WriteTo(store::Store& store) ABSL_LOCKS_EXCLUDED(mutex_);
  void Saved() ABSL_LOCKS_EXCLUDED(mutex_);

  store::Writer& writer_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<model::InvitationNumber, absl::Time> unsaved_ ABSL_GUARDED_BY(mutex_);  // to the day
  absl::Time saved_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool saving_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace hailong::survey
