#include "base/sqlite/vfs_layer.h"

#include <sqlite3.h>

#include <utility>

#include "base/check.h"

namespace hailong::base {
namespace {

// Our file: SQLite's header, what we know, then the system's own file in the bytes that follow.
struct LayerFile {
  sqlite3_file base;
  VfsLayer* layer;
  const char* path;  // SQLite keeps it as long as the file is open; null: a temporary file
  sqlite3_file* real;
};

LayerFile* Of(sqlite3_file* file) { return reinterpret_cast<LayerFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real; }
const sqlite3_io_methods* System(sqlite3_file* file) { return Real(file)->pMethods; }
sqlite3_vfs* System() { return sqlite3_vfs_find(nullptr); }
std::string_view PathOf(const char* path) { return path == nullptr ? "" : path; }

int Close(sqlite3_file* file) { return System(file)->xClose(Real(file)); }
int Read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  return System(file)->xRead(Real(file), into, amount, offset);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return System(file)->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return System(file)->xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return System(file)->xUnlock(Real(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* out) {
  return System(file)->xCheckReservedLock(Real(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return System(file)->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return System(file)->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return System(file)->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return System(file)->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return System(file)->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { System(file)->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return System(file)->xShmUnmap(Real(file), remove); }

}  // namespace

// The methods that ask first.
struct VfsLayer::Methods {
  // `go_on` if the verdict is to, else what SQLite is told.
  template <typename GoOn>
  static int Act(Verdict verdict, int failure, GoOn go_on) {
    switch (verdict) {
      case Verdict::kGoOn:
        return go_on();
      case Verdict::kFail:
        return failure;
      case Verdict::kDiskFull:
        return SQLITE_FULL;
      case Verdict::kDone:
        return SQLITE_OK;
    }
    return failure;
  }

  static int Write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    sqlite3_int64 size = 0;
    if (const int code = FileSize(file, &size); code != SQLITE_OK) return code;
    const std::string_view bytes(static_cast<const char*>(from), static_cast<size_t>(amount));
    return Act(
        Of(file)->layer->OnWrite(PathOf(Of(file)->path), bytes, offset, offset + amount > size),
        SQLITE_IOERR_WRITE, [&] { return System(file)->xWrite(Real(file), from, amount, offset); });
  }

  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    return Act(Of(file)->layer->OnTruncate(PathOf(Of(file)->path), size), SQLITE_IOERR_TRUNCATE,
               [&] { return System(file)->xTruncate(Real(file), size); });
  }

  static int Sync(sqlite3_file* file, int flags) {
    return Act(Of(file)->layer->OnSync(PathOf(Of(file)->path)), SQLITE_IOERR_FSYNC,
               [&] { return System(file)->xSync(Real(file), flags); });
  }

  static int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                  int* out_flags) {
    static const sqlite3_io_methods kMethods = {2,
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
    auto* const layer = static_cast<VfsLayer*>(vfs->pAppData);
    file->pMethods = nullptr;
    return Act(layer->OnOpen(PathOf(name)), SQLITE_CANTOPEN, [&] {
      Of(file)->layer = layer;
      Of(file)->path = name;
      Of(file)->real =
          reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(LayerFile));
      const int code = System()->xOpen(System(), name, Of(file)->real, flags, out_flags);
      if (Of(file)->real->pMethods != nullptr) file->pMethods = &kMethods;
      return code;
    });
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int sync) {
    return Act(static_cast<VfsLayer*>(vfs->pAppData)->OnDelete(path), SQLITE_IOERR_DELETE,
               [&] { return System()->xDelete(System(), path, sync); });
  }
};

VfsLayer::VfsLayer(std::string name) : name_(std::move(name)) {
  HAILONG_CHECK(System() != nullptr);
  auto* const vfs = new sqlite3_vfs(*System());  // SQLite's for good, see the header
  vfs->pNext = nullptr;
  vfs->zName = name_.c_str();
  vfs->szOsFile = static_cast<int>(sizeof(LayerFile)) + System()->szOsFile;
  vfs->pAppData = this;
  vfs->xOpen = Methods::Open;
  vfs->xDelete = Methods::Delete;
  // The system's other methods look at their own pAppData (a finder of its lock style).
  vfs->xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
    return System()->xAccess(System(), path, flags, out);
  };
  vfs->xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
    return System()->xFullPathname(System(), path, size, out);
  };
  HAILONG_CHECK(sqlite3_vfs_register(vfs, 0) == SQLITE_OK);
}

}  // namespace hailong::base
