#pragma once

// What kiosks last said of themselves: in memory at once, on disk for all of them together at most
// once a minute, so that hundreds of heartbeats cost one COMMIT. A crash loses a minute of it.
// Thread-safe.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/store/store.h"
#include "server/store/writer.h"

namespace hailong::registry {

// Outlives the writer's last Step.
class StatusBoard {
 public:
  StatusBoard(store::Store& store, store::Writer& writer, const base::Clock& clock)
      : store_(store), writer_(writer), clock_(clock) {}

  // Takes up what was saved. Errors: those of Store::ReadStatuses.
  absl::Status Recover() ABSL_LOCKS_EXCLUDED(mutex_);
  // Never waits.
  void Put(store::CollectorStatus status) ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<store::CollectorStatus> Find(model::CollectorNumber collector) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Hands what is unsaved to the writer now; before it stops.
  void Save() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::vector<store::CollectorStatus> TakeUnsaved() ABSL_LOCKS_EXCLUDED(mutex_);
  void Saved(const std::vector<store::CollectorStatus>& statuses, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);

  store::Store& store_;
  store::Writer& writer_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  std::map<model::CollectorNumber, store::CollectorStatus> latest_ ABSL_GUARDED_BY(mutex_);
  std::set<model::CollectorNumber> unsaved_ ABSL_GUARDED_BY(mutex_);
  absl::Time saved_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool saving_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace hailong::registry
