#include "server/zalo/commits.h"

#include <memory>
#include <utility>

#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::zalo {

absl::Status Commits::Run(const std::function<absl::Status(store::ZaloStore&)>& change) {
  return writer_.Run([&](store::Store&) { return change(store_); });
}

void Commits::Append(store::ZaloEvent event, Done done) {
  bool accepted = false;
  {
    base::MutexLock lock(mutex_);
    if (pending_.size() < limits::kZaloInboxMax) {
      accepted = true;
      pending_.push_back({std::move(event), std::move(done)});
      if (scheduled_) return;
      scheduled_ = true;
    }
  }
  if (!accepted) return done(refusal::QueueFull());
  Schedule();
}

void Commits::Drain() {
  base::MutexLock lock(mutex_);
  while (scheduled_) idle_.Wait(mutex_);
}

bool Commits::GoesOn() {
  base::MutexLock lock(mutex_);
  scheduled_ = !pending_.empty();
  if (!scheduled_) idle_.NotifyAll();
  return scheduled_;
}

std::vector<Commits::Pending> Commits::Take(size_t at_most) {
  base::MutexLock lock(mutex_);
  std::vector<Pending> taken;
  while (!pending_.empty() && taken.size() < at_most) {
    taken.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  return taken;
}

void Commits::Schedule() {
  do {
    auto batch = std::make_shared<std::vector<Pending>>();
    const absl::Status offered = writer_.OfferChange(
        [this, batch](store::Store&) -> absl::Status {
          *batch = Take(limits::kZaloCommitMax);
          std::vector<store::ZaloEvent> events;
          for (const Pending& one : *batch) events.push_back(one.event);
          return store_.AppendZaloEvents(events).status();
        },
        [this, batch](const absl::Status& status) {
          for (const Pending& one : *batch) one.done(status);
          if (GoesOn()) Schedule();
        });
    if (offered.ok()) return;
    for (const Pending& one : Take(limits::kZaloInboxMax)) one.done(offered);
  } while (GoesOn());
}

}  // namespace hailong::zalo
