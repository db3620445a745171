#include "base/sqlite/fault_vfs.h"

namespace hailong::base {

void FaultVfs::FailAt(Kind kind, int64_t n, bool for_good) {
  MutexLock lock(mutex_);
  kind_ = kind;
  calls_left_ = n;
  for_good_ = for_good;
  failing_ = false;
  faults_ = 0;
}

void FaultVfs::SetDiskFull(bool full) {
  MutexLock lock(mutex_);
  full_ = full;
  faults_ = 0;
}

void FaultVfs::Heal() {
  MutexLock lock(mutex_);
  calls_left_ = 0;
  failing_ = false;
  full_ = false;
  faults_ = 0;
}

int64_t FaultVfs::faults() const {
  MutexLock lock(mutex_);
  return faults_;
}

VfsLayer::Verdict FaultVfs::OnOpen(std::string_view) { return Decide(Kind::kOpen); }

VfsLayer::Verdict FaultVfs::OnWrite(std::string_view, std::string_view, int64_t, bool grows) {
  {
    MutexLock lock(mutex_);
    if (full_) {
      if (grows) ++faults_;
      return grows ? Verdict::kDiskFull : Verdict::kGoOn;
    }
  }
  return Decide(Kind::kWrite);
}

VfsLayer::Verdict FaultVfs::OnTruncate(std::string_view, int64_t) {
  return Decide(Kind::kTruncate);
}

VfsLayer::Verdict FaultVfs::OnSync(std::string_view) { return Decide(Kind::kSync); }

VfsLayer::Verdict FaultVfs::OnDelete(std::string_view) { return Verdict::kGoOn; }

VfsLayer::Verdict FaultVfs::Decide(Kind kind) {
  MutexLock lock(mutex_);
  if (kind_ != kind && kind_ != Kind::kAny) return Verdict::kGoOn;
  bool fails = failing_;
  if (calls_left_ > 0 && --calls_left_ == 0) {
    fails = true;
    failing_ = for_good_;
  }
  if (fails) ++faults_;
  return fails ? Verdict::kFail : Verdict::kGoOn;
}

}  // namespace hailong::base
