#pragma once

// A network that misbehaves: a TCP proxy that delays, cuts connections in the middle of what they
// carry, and resets them. Cutting the way back leaves the client in doubt, so that it sends again
// what had arrived. Thread-safe.

#include <atomic>
#include <cstdint>
#include <thread>

#include "absl/time/time.h"

namespace hailong::tests {

class ChaosProxy {
 public:
  struct Options {
    int target_port = 0;  // on loopback
    uint64_t seed = 0;
    absl::Duration delay_max = absl::Milliseconds(3);  // of each piece that passes
    int cut_in = 40;        // one piece in so many ends its connection, part of it delivered
    int black_hole_in = 0;  // one piece in so many is swallowed with all after it; 0: never
  };
  explicit ChaosProxy(const Options& options);
  ~ChaosProxy();
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  int port() const { return port_; }
  // From now on everything passes.
  void Calm() { calm_.store(true); }
  // Connections that were cut so far.
  int cuts() const { return cuts_.load(); }

 private:
  struct Pair;
  void Run();

  const Options options_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> calm_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<int> cuts_ = 0;
  std::thread thread_;
};

}  // namespace hailong::tests
