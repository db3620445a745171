#include "server/registry/status_board.h"

#include <memory>
#include <utility>

#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::registry {

absl::Status StatusBoard::Recover() {
  ASSIGN_OR_RETURN(std::vector<store::CollectorStatus> statuses, store_.ReadStatuses());
  base::MutexLock lock(mutex_);
  for (store::CollectorStatus& one : statuses) latest_[one.collector] = std::move(one);
  return absl::OkStatus();
}

void StatusBoard::Put(store::CollectorStatus status) {
  {
    base::MutexLock lock(mutex_);
    unsaved_.insert(status.collector);
    latest_[status.collector] = std::move(status);
    // Either way: a clock that was put back does not end saving.
    const absl::Duration since = absl::AbsDuration(clock_.Now() - saved_at_);
    if (saving_ || since < limits::kStatusSaveInterval) return;
  }
  Save();
}

std::optional<store::CollectorStatus> StatusBoard::Find(model::CollectorNumber collector) const {
  base::MutexLock lock(mutex_);
  const auto found = latest_.find(collector);
  if (found == latest_.end()) return std::nullopt;
  return found->second;
}

void StatusBoard::Save() {
  {
    base::MutexLock lock(mutex_);
    if (saving_ || unsaved_.empty()) return;
    saving_ = true;
  }
  // Taken when the writer comes to it, so that it is what was said last.
  auto statuses = std::make_shared<std::vector<store::CollectorStatus>>();
  const absl::Status offered = writer_.OfferChange(
      [this, statuses](store::Store& store) {
        *statuses = TakeUnsaved();
        return store.PutStatuses(*statuses);
      },
      [this, statuses](const absl::Status& status) { Saved(*statuses, status); });
  if (!offered.ok()) Saved({}, offered);
}

std::vector<store::CollectorStatus> StatusBoard::TakeUnsaved() {
  base::MutexLock lock(mutex_);
  std::vector<store::CollectorStatus> statuses;
  for (const model::CollectorNumber collector : unsaved_) statuses.push_back(latest_[collector]);
  unsaved_.clear();
  return statuses;
}

void StatusBoard::Saved(const std::vector<store::CollectorStatus>& statuses,
                        const absl::Status& status) {
  base::MutexLock lock(mutex_);
  saving_ = false;
  // Also after a failure, so that a full disk is not tried at every heartbeat.
  saved_at_ = clock_.Now();
  if (status.ok()) return;
  for (const store::CollectorStatus& one : statuses) unsaved_.insert(one.collector);
}

}  // namespace hailong::registry
