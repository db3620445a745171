#pragma once

// Writes of the channel, on the store's one writing thread. Thread-safe.

#include <deque>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "server/store/writer.h"
#include "server/store/zalo_store.h"

namespace hailong::zalo {

class Commits {
 public:
  Commits(store::Writer& writer, store::ZaloStore& store) : writer_(writer), store_(store) {}

  // Runs `change` on the writer's thread and waits until it is durable. Never call it there.
  // Errors: those of `change`, of the store, and RESOURCE_EXHAUSTED (the queue is full).
  absl::Status Run(const std::function<absl::Status(store::ZaloStore&)>& change);

  // Appends an event without waiting; all that came while the writer was busy go in one commit.
  // Done is called once, on the writer's thread or, if nothing was accepted, at once.
  using Done = std::function<void(absl::Status)>;
  void Append(store::ZaloEvent event, Done done) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until nothing is left to be told about. Before what `Done` calls goes away, when nothing
  // more comes in and while the writer runs or after it has stopped.
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Pending {
    store::ZaloEvent event;
    Done done;
  };
  void Schedule() ABSL_LOCKS_EXCLUDED(mutex_);
  // After callers were told. True: more came meanwhile, which is still to be scheduled.
  bool GoesOn() ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Pending> Take(size_t at_most) ABSL_LOCKS_EXCLUDED(mutex_);

  store::Writer& writer_;
  store::ZaloStore& store_;
  base::Mutex mutex_;
  base::CondVar idle_;
  std::deque<Pending> pending_ ABSL_GUARDED_BY(mutex_);
  // Somebody takes what is pending and tells its callers; set until they all were told.
  bool scheduled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace hailong::zalo
