#pragma once

// A disk for tests that fails on request: the n-th write, sync, truncate or open, or one that is
// full until space returns. Thread-safe.

#include <cstdint>
#include <string>

#include "base/mutex.h"
#include "base/sqlite/vfs_layer.h"

namespace hailong::base {

class FaultVfs final : public VfsLayer {
 public:
  enum class Kind { kWrite, kSync, kTruncate, kOpen, kAny };

  // Registers itself under `name` (unique in the process) and stays registered for good.
  static FaultVfs& Register(const std::string& name) { return *new FaultVfs(name); }

  // The n-th call (from 1, counted from now) of `kind` fails, and, if `for_good`, all after it.
  void FailAt(Kind kind, int64_t n, bool for_good);
  // Every write that would make a file longer fails as on a full disk, until false is set.
  void SetDiskFull(bool full);
  // No more faults.
  void Heal();
  // How many calls failed since the last FailAt, SetDiskFull or Heal.
  int64_t faults() const;

 private:
  explicit FaultVfs(const std::string& name) : VfsLayer(name) {}

  Verdict OnOpen(std::string_view path) override;
  Verdict OnWrite(std::string_view path, std::string_view bytes, int64_t offset,
                  bool grows) override;
  Verdict OnTruncate(std::string_view path, int64_t size) override;
  Verdict OnSync(std::string_view path) override;
  Verdict OnDelete(std::string_view path) override;

  // Counts a call and decides its fate.
  Verdict Decide(Kind kind);

  mutable Mutex mutex_;
  Kind kind_ ABSL_GUARDED_BY(mutex_) = Kind::kAny;
  int64_t calls_left_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: no fault set
  bool for_good_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t faults_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace hailong::base
