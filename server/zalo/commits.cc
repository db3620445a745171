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
  {
    base::MutexLock lock(mutex_);
    if (pending_.size() < limits::kZaloInboxMax) {
      pending_.push_back({std::move(event), std::move(done)});
      if (scheduled_) return;
      scheduled_ = true;
    }
  }
  if (done) return done(refusal::QueueFull());
  Schedule();
}

void Commits::Drain() {
  for (bool more = true; more;) {
    // Behind all that is queued; a writer that has stopped has told everybody.
    if (!Run([](store::ZaloStore&) { return absl::OkStatus(); }).ok()) return;
    base::MutexLock lock(mutex_);
    more = scheduled_;
  }
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
  auto batch = std::make_shared<std::vector<Pending>>();
  const absl::Status offered = writer_.OfferChange(
      [this, batch](store::Store&) -> absl::Status {
        *batch = Take(limits::kZaloCommitMax);
        std::vector<store::ZaloEvent> events;
        for (const Pending& one : *batch) events.push_back(one.event);
        return store_.AppendZaloEvents(events).status();
      },
      [this, batch](const absl::Status& status) {
        bool more = false;
        {
          base::MutexLock lock(mutex_);
          more = !pending_.empty();
          scheduled_ = more;
        }
        if (more) Schedule();
        for (const Pending& one : *batch) one.done(status);
      });
  if (offered.ok()) return;
  std::vector<Pending> refused;
  {
    base::MutexLock lock(mutex_);
    scheduled_ = false;
    refused.assign(std::make_move_iterator(pending_.begin()),
                   std::make_move_iterator(pending_.end()));
    pending_.clear();
  }
  for (const Pending& one : refused) one.done(offered);
}

}  // namespace hailong::zalo
