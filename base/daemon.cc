#include "base/daemon.h"

#include "absl/synchronization/mutex.h"

namespace hailong::base {

Daemon::Daemon() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

bool Daemon::StoppedWithin(absl::Duration patience) const {
  const timespec timeout = absl::ToTimespec(patience);
  return sigtimedwait(&signals_, nullptr, &timeout) >= 0;
}

}  // namespace hailong::base
