#include "tests/fault/power_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <vector>

#include "base/check.h"
#include "base/status.h"

namespace hailong::tests {
namespace {

// A write, or with no bytes a truncation.
struct Change {
  size_t offset = 0;
  std::string bytes;
};

void Apply(const Change& change, std::string& content) {
  if (change.bytes.empty()) return content.resize(change.offset);
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

struct Image {
  std::string durable;
  std::vector<Change> pending;  // since the last sync
};

}  // namespace

struct PowerDisk::State {
  bool lies = false;
  std::mutex mutex;
  bool dead = false;
  std::map<std::string, Image> files;  // by full path
};

namespace {

// Our file: SQLite's header, what we know, then the system's own file in the bytes that follow.
struct PowerFile {
  sqlite3_file base;
  PowerDisk::State* state;
  const char* path;  // SQLite keeps it as long as the file is open; null: a temporary file
  sqlite3_file* real;
};

PowerFile* Of(sqlite3_file* file) { return reinterpret_cast<PowerFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real; }
const sqlite3_io_methods* Methods(sqlite3_file* file) { return Real(file)->pMethods; }

// Notes a change if there is power.
int Note(sqlite3_file* file, Change change) {
  PowerDisk::State& state = *Of(file)->state;
  if (Of(file)->path == nullptr) return SQLITE_OK;
  const std::lock_guard lock(state.mutex);
  if (state.dead) return SQLITE_IOERR_WRITE;
  state.files[Of(file)->path].pending.push_back(std::move(change));
  return SQLITE_OK;
}

int Close(sqlite3_file* file) { return Methods(file)->xClose(Real(file)); }
int Read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  return Methods(file)->xRead(Real(file), into, amount, offset);
}
int Write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  const int noted = Note(file, {static_cast<size_t>(offset),
                                {static_cast<const char*>(from), static_cast<size_t>(amount)}});
  return noted != SQLITE_OK ? noted : Methods(file)->xWrite(Real(file), from, amount, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int noted = Note(file, {static_cast<size_t>(size), {}});
  return noted != SQLITE_OK ? noted : Methods(file)->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int) {
  PowerDisk::State& state = *Of(file)->state;
  if (Of(file)->path == nullptr) return SQLITE_OK;
  const std::lock_guard lock(state.mutex);
  if (state.dead) return SQLITE_IOERR_FSYNC;
  if (state.lies) return SQLITE_OK;
  Image& image = state.files[Of(file)->path];
  for (const Change& change : image.pending) Apply(change, image.durable);
  image.pending.clear();
  return SQLITE_OK;
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Methods(file)->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return Methods(file)->xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return Methods(file)->xUnlock(Real(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* out) {
  return Methods(file)->xCheckReservedLock(Real(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Methods(file)->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Methods(file)->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Methods(file)->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Methods(file)->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Methods(file)->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Methods(file)->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Methods(file)->xShmUnmap(Real(file), remove);
}

// Version 2: no memory-mapped pages, so every write passes here.
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

sqlite3_vfs* System() { return sqlite3_vfs_find(nullptr); }

PowerDisk::State& StateOf(sqlite3_vfs* vfs) {
  return static_cast<PowerDisk*>(vfs->pAppData)->state();
}

int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  Of(file)->state = &StateOf(vfs);
  Of(file)->path = name;
  Of(file)->real =
      reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(PowerFile));
  const int code = System()->xOpen(System(), name, Of(file)->real, flags, out_flags);
  if (Of(file)->real->pMethods != nullptr) file->pMethods = &kMethods;
  if (code == SQLITE_OK && name != nullptr) {
    // That a file is there is taken for durable; what is in it is not.
    const std::lock_guard lock(StateOf(vfs).mutex);
    StateOf(vfs).files.try_emplace(name);
  }
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* path, int sync) {
  {
    const std::lock_guard lock(StateOf(vfs).mutex);
    if (StateOf(vfs).dead) return SQLITE_IOERR_DELETE;
    StateOf(vfs).files.erase(path);
  }
  return System()->xDelete(System(), path, sync);
}

}  // namespace

PowerDisk& PowerDisk::Register(bool lies) {
  static std::atomic<int> number = 0;
  auto* disk = new PowerDisk(base::Cat("power-", ++number));  // SQLite may use it to the end
  disk->state_ = new State;
  disk->state_->lies = lies;
  auto* vfs = new sqlite3_vfs(*System());
  vfs->pNext = nullptr;
  vfs->zName = disk->name_.c_str();
  vfs->szOsFile = static_cast<int>(sizeof(PowerFile)) + System()->szOsFile;
  vfs->pAppData = disk;
  vfs->xOpen = Open;
  vfs->xDelete = Delete;
  vfs->xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
    return System()->xAccess(System(), path, flags, out);
  };
  vfs->xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
    return System()->xFullPathname(System(), path, size, out);
  };
  HAILONG_CHECK(sqlite3_vfs_register(vfs, 0) == SQLITE_OK);
  return *disk;
}

void PowerDisk::Cut(uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::lock_guard lock(state_->mutex);
  state_->dead = true;
  for (auto& [path, image] : state_->files) {
    // All, none or some of what was not synced; of the last write perhaps a part.
    const uint64_t survive_percent = random() % 3 * 50;
    for (Change& change : image.pending) {
      if (random() % 100 >= survive_percent) continue;
      if (!change.bytes.empty() && random() % 8 == 0) {
        change.bytes.resize(1 + random() % change.bytes.size());
      }
      Apply(change, image.durable);
    }
    image.pending.clear();
  }
}

void PowerDisk::Restore() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [path, image] : state_->files) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << image.durable;
    // The index of the write-ahead log was memory.
    std::filesystem::remove(path + "-shm");
  }
  state_->dead = false;
}

}  // namespace hailong::tests
