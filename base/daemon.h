#pragma once

// What a program that runs until it is told to stop does first, and how it waits for that. Made and
// asked by the main thread, before any other thread.

#include <signal.h>

#include "absl/time/time.h"

namespace hailong::base {

class Daemon {
 public:
  // Keeps SIGINT and SIGTERM for StoppedWithin(), in this thread and all made after it. A peer that
  // hangs up is an error of its write, not the end of the program. Turns off abseil's search for
  // lock cycles, which Debian builds in and which every lock of gRPC's would pay for.
  Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // True as soon as SIGINT or SIGTERM came; false if neither did in `patience`, or maybe earlier.
  bool StoppedWithin(absl::Duration patience) const;

 private:
  sigset_t signals_;
};

}  // namespace hailong::base
