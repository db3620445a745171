#pragma once

// A SQLite VFS for tests that passes everything on to the system's own and fails on request: the
// n-th write, sync, truncate or open, or a disk that is full until space returns. Thread-safe.

#include <cstdint>
#include <string>

namespace hailong::base {

class FaultVfs {
 public:
  enum class Kind { kWrite, kSync, kTruncate, kOpen, kAny };

  // Registers itself under `name` (unique in the process) and stays registered for good: SQLite may
  // use it until the last database is closed.
  static FaultVfs& Register(const std::string& name);

  const std::string& name() const { return name_; }

  // The n-th call (from 1, counted from now) of `kind` fails, and, if `for_good`, all after it.
  void FailAt(Kind kind, int64_t n, bool for_good);
  // Every write that would make a file longer fails as on a full disk, until false is set.
  void SetDiskFull(bool full);
  // No more faults.
  void Heal();
  // How many calls failed since the last FailAt, SetDiskFull or Heal.
  int64_t faults() const;

  // Decides the fate of one call; for the VFS's own methods.
  bool Fails(Kind kind);
  bool disk_full() const;

 private:
  explicit FaultVfs(std::string name) : name_(std::move(name)) {}
  const std::string name_;
  struct State;
  State* state_ = nullptr;
};

}  // namespace hailong::base
