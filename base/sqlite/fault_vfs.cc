#include "base/sqlite/fault_vfs.h"

#include <sqlite3.h>

#include <cstring>

#include "base/check.h"
#include "base/mutex.h"

namespace hailong::base {

struct FaultVfs::State {
  Mutex mutex;
  Kind kind ABSL_GUARDED_BY(mutex) = Kind::kAny;
  int64_t calls_left ABSL_GUARDED_BY(mutex) = 0;  // 0: no fault set
  bool for_good ABSL_GUARDED_BY(mutex) = false;
  bool failing ABSL_GUARDED_BY(mutex) = false;
  bool full ABSL_GUARDED_BY(mutex) = false;
  int64_t faults ABSL_GUARDED_BY(mutex) = 0;
};

namespace {

// Our file: SQLite's header, whose it is, then the system's own file in the bytes that follow.
struct FaultFile {
  sqlite3_file base;
  FaultVfs* vfs;
  sqlite3_file* real;
};

FaultFile* Of(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real; }

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), into, amount, offset);
}
int Write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  FaultVfs& vfs = *Of(file)->vfs;
  if (vfs.disk_full()) {
    sqlite3_int64 size = 0;
    const int code = Real(file)->pMethods->xFileSize(Real(file), &size);
    if (code != SQLITE_OK) return code;
    if (offset + amount > size && vfs.Fails(FaultVfs::Kind::kWrite)) return SQLITE_FULL;
  } else if (vfs.Fails(FaultVfs::Kind::kWrite)) {
    return SQLITE_IOERR_WRITE;
  }
  return Real(file)->pMethods->xWrite(Real(file), from, amount, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (Of(file)->vfs->Fails(FaultVfs::Kind::kTruncate)) return SQLITE_IOERR_TRUNCATE;
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  if (Of(file)->vfs->Fails(FaultVfs::Kind::kSync)) return SQLITE_IOERR_FSYNC;
  return Real(file)->pMethods->xSync(Real(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xUnlock(Real(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* out) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2: no memory-mapped reads (xFetch), so every read passes here.
const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReservedLock,
                                     FileControl,
                                     SectorSize,
                                     DeviceCharacteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  auto* fault = static_cast<FaultVfs*>(vfs->pAppData);
  file->pMethods = nullptr;
  if (fault->Fails(FaultVfs::Kind::kOpen)) return SQLITE_CANTOPEN;
  sqlite3_vfs* const real_vfs = sqlite3_vfs_find(nullptr);
  Of(file)->vfs = fault;
  Of(file)->real =
      reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(FaultFile));
  const int code = real_vfs->xOpen(real_vfs, name, Of(file)->real, flags, out_flags);
  if (Of(file)->real->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

}  // namespace

FaultVfs& FaultVfs::Register(const std::string& name) {
  auto* fault = new FaultVfs(name);  // lives as long as the process, see the header
  fault->state_ = new State;
  auto* vfs = new sqlite3_vfs;
  const sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  HAILONG_CHECK(real != nullptr);
  *vfs = *real;
  vfs->pNext = nullptr;
  vfs->zName = fault->name_.c_str();
  vfs->szOsFile = static_cast<int>(sizeof(FaultFile)) + real->szOsFile;
  vfs->pAppData = fault;
  vfs->xOpen = Open;
  // The system's other methods look at their own pAppData (a finder of its lock style).
  vfs->xDelete = [](sqlite3_vfs*, const char* path, int sync) {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    return system->xDelete(system, path, sync);
  };
  vfs->xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    return system->xAccess(system, path, flags, out);
  };
  vfs->xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    return system->xFullPathname(system, path, size, out);
  };
  HAILONG_CHECK(sqlite3_vfs_register(vfs, 0) == SQLITE_OK);
  return *fault;
}

void FaultVfs::FailAt(Kind kind, int64_t n, bool for_good) {
  MutexLock lock(state_->mutex);
  state_->kind = kind;
  state_->calls_left = n;
  state_->for_good = for_good;
  state_->failing = false;
  state_->faults = 0;
}

void FaultVfs::SetDiskFull(bool full) {
  MutexLock lock(state_->mutex);
  state_->full = full;
  state_->faults = 0;
}

void FaultVfs::Heal() {
  MutexLock lock(state_->mutex);
  state_->calls_left = 0;
  state_->failing = false;
  state_->full = false;
  state_->faults = 0;
}

int64_t FaultVfs::faults() const {
  MutexLock lock(state_->mutex);
  return state_->faults;
}

bool FaultVfs::disk_full() const {
  MutexLock lock(state_->mutex);
  return state_->full;
}

bool FaultVfs::Fails(Kind kind) {
  MutexLock lock(state_->mutex);
  bool fails = state_->full && kind == Kind::kWrite;
  if (state_->calls_left > 0 && (state_->kind == kind || state_->kind == Kind::kAny)) {
    --state_->calls_left;
    if (state_->calls_left == 0) {
      fails = true;
      state_->failing = state_->for_good;
    }
  } else if (state_->failing && (state_->kind == kind || state_->kind == Kind::kAny)) {
    fails = true;
  }
  if (fails) ++state_->faults;
  return fails;
}

}  // namespace hailong::base
