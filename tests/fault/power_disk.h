#pragma once

// A disk that can lose its power: it knows what was synced. At a cut, each write
// since the last sync of its file is there or not, by chance, as a disk's cache leaves it; from
// then on nothing is written any more. Thread-safe.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/sqlite/vfs_layer.h"

namespace hailong::tests {

class PowerDisk final : public base::VfsLayer {
 public:
  // Registers itself for good under a new name. `lies`: syncs return without having synced.
  static PowerDisk& Register(bool lies);

  // The power goes: what is left of each file is decided by `seed`. Calls that write fail from now
  // on.
  void Cut(uint64_t seed);
  // Puts the files as the cut left them in the place of those that are there, and the power is
  // back. Nobody may have them open.
  void Restore();

 private:
  // A write, or with no bytes a truncation.
  struct Change {
    size_t offset = 0;
    std::string bytes;
  };
  struct Image {
    std::string durable;
    std::vector<Change> pending;  // since the last sync
  };

  PowerDisk(std::string name, bool lies) : VfsLayer(std::move(name)), lies_(lies) {}

  Verdict OnOpen(std::string_view path) override;
  Verdict OnWrite(std::string_view path, std::string_view bytes, int64_t offset,
                  bool grows) override;
  Verdict OnTruncate(std::string_view path, int64_t size) override;
  Verdict OnSync(std::string_view path) override;
  Verdict OnDelete(std::string_view path) override;

  static void Apply(const Change& change, std::string& content);
  // Notes a change if there is power.
  Verdict Note(std::string_view path, Change change);

  const bool lies_;
  base::Mutex mutex_;
  bool dead_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Image, std::less<>> files_ ABSL_GUARDED_BY(mutex_);  // by full path
};

}  // namespace hailong::tests
