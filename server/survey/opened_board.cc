#include "server/survey/opened_board.h"

#include <utility>
#include <vector>

#include "server/model/limits.h"

namespace hailong::survey {

void OpenedBoard::Put(model::InvitationNumber number) {
  const absl::Time day = *base::StartOfDayInVietnam(base::DayInVietnam(clock_.Now()));
  base::MutexLock lock(mutex_);
  if (unsaved_.size() < limits::kOpenedUnsavedMax) unsaved_.try_emplace(number, day);
}

void OpenedBoard::Step() {
  {
    base::MutexLock lock(mutex_);
    // Either way: a clock that was put back does not end saving.
    if (absl::AbsDuration(clock_.Now() - saved_at_) < limits::kOpenedSaveInterval) return;
  }
  Save();
}

void OpenedBoard::Save() {
  {
    base::MutexLock lock(mutex_);
    if (saving_ || unsaved_.empty()) return;
    saving_ = true;
  }
  // What fails stays for the next time.
  const absl::Status offered =
      writer_.OfferChange([this](store::Store& store) { return WriteTo(store); },
                          [this](const absl::Status&) { Saved(); });
  if (!offered.ok()) Saved();
}

absl::Status OpenedBoard::Flush() {
  {
    base::MutexLock lock(mutex_);
    // What a save under way has taken is written before what is offered now.
    if (!saving_ && unsaved_.empty()) return absl::OkStatus();
  }
  return writer_.Run([this](store::Store& store) { return WriteTo(store); });
}

absl::Status OpenedBoard::WriteTo(store::Store& store) {
  std::map<model::InvitationNumber, absl::Time> taken;
  {
    base::MutexLock lock(mutex_);
    taken.swap(unsaved_);
  }
  if (taken.empty()) return absl::OkStatus();
  std::vector<store::InvitationOpened> opened;
  opened.reserve(taken.size());
  for (const auto& [number, day] : taken) opened.push_back({.number = number, .on = day});
  const absl::Status status = store.PutOpened(opened);
  if (!status.ok()) {
    base::MutexLock lock(mutex_);
    unsaved_.merge(taken);
  }
  return status;
}

void OpenedBoard::Saved() {
  base::MutexLock lock(mutex_);
  saving_ = false;
  saved_at_ = clock_.Now();
}

}  // namespace hailong::survey
