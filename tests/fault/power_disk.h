#pragma once

// A disk that can lose its power: a SQLite VFS that knows what was synced. At a cut, each write
// since the last sync of its file is there or not, by chance, as a disk's cache leaves it; from
// then on nothing is written any more. Thread-safe.

#include <cstdint>
#include <string>

namespace hailong::tests {

class PowerDisk {
 public:
  // Registers itself for good under a new name. `lies`: syncs return without having synced.
  static PowerDisk& Register(bool lies);

  const std::string& name() const { return name_; }
  // The power goes: what is left of each file is decided by `seed`. Calls that write fail from now
  // on.
  void Cut(uint64_t seed);
  // Puts the files as the cut left them in the place of those that are there, and the power is
  // back. Nobody may have them open.
  void Restore();

  struct State;
  State& state() { return *state_; }

 private:
  explicit PowerDisk(std::string name) : name_(std::move(name)) {}
  const std::string name_;
  State* state_ = nullptr;
};

}  // namespace hailong::tests
