#include "tests/fault/power_disk.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/status.h"

namespace hailong::tests {

using base::MutexLock;
using base::VfsLayer;

PowerDisk& PowerDisk::Register(bool lies) {
  static std::atomic<int> number = 0;
  return *new PowerDisk(base::Cat("power-", ++number), lies);
}

void PowerDisk::Apply(const Change& change, std::string& content) {
  if (change.bytes.empty()) return content.resize(change.offset);
  content.resize(std::max(content.size(), change.offset + change.bytes.size()));
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

VfsLayer::Verdict PowerDisk::OnOpen(std::string_view path) {
  // That a file is there is taken for durable; what is in it is not.
  MutexLock lock(mutex_);
  if (!path.empty()) files_.try_emplace(std::string(path));
  return Verdict::kGoOn;
}

VfsLayer::Verdict PowerDisk::Note(std::string_view path, Change change) {
  if (path.empty()) return Verdict::kGoOn;
  MutexLock lock(mutex_);
  if (dead_) return Verdict::kFail;
  files_[std::string(path)].pending.push_back(std::move(change));
  return Verdict::kGoOn;
}

VfsLayer::Verdict PowerDisk::OnWrite(std::string_view path, std::string_view bytes, int64_t offset,
                                     bool) {
  return Note(path, {static_cast<size_t>(offset), std::string(bytes)});
}

VfsLayer::Verdict PowerDisk::OnTruncate(std::string_view path, int64_t size) {
  return Note(path, {static_cast<size_t>(size), {}});
}

VfsLayer::Verdict PowerDisk::OnSync(std::string_view path) {
  MutexLock lock(mutex_);
  if (path.empty()) return Verdict::kDone;
  if (dead_) return Verdict::kFail;
  if (lies_) return Verdict::kDone;
  Image& image = files_[std::string(path)];
  for (const Change& change : image.pending) Apply(change, image.durable);
  image.pending.clear();
  return Verdict::kDone;
}

VfsLayer::Verdict PowerDisk::OnDelete(std::string_view path) {
  MutexLock lock(mutex_);
  if (dead_) return Verdict::kFail;
  files_.erase(std::string(path));
  return Verdict::kGoOn;
}

void PowerDisk::Cut(uint64_t seed) {
  std::mt19937_64 random(seed);
  MutexLock lock(mutex_);
  dead_ = true;
  for (auto& [path, image] : files_) {
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
  MutexLock lock(mutex_);
  for (const auto& [path, image] : files_) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << image.durable;
    // The index of the write-ahead log was memory.
    std::filesystem::remove(path + "-shm");
  }
  dead_ = false;
}

}  // namespace hailong::tests
