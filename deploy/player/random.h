// Chance from a seed, the same on every machine and compiler: the standard distributions are not,
// and libm may differ in the last bit, so nothing here uses either. Values; use from any thread.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace hailong::player {

// One step of splitmix64 (Steele, Lea, Flood 2014): scrambles 64 bits.
inline uint64_t Scramble(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

// A seed of its own for the `index`-th thing called `name`, so that each can be made alone.
inline uint64_t SeedOf(uint64_t seed, absl::string_view name, uint64_t index) {
  uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return Scramble(Scramble(seed + 0x9e3779b97f4a7c15U) ^ Scramble(hash + index));
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  Random(uint64_t seed, absl::string_view name, uint64_t index)
      : Random(SeedOf(seed, name, index)) {}

  uint64_t Next() { return Scramble(state_ += 0x9e3779b97f4a7c15U); }

  // In [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  // In 0..bound-1; bound is at least 1 and small, so the bias of the modulus does not show.
  uint64_t Below(uint64_t bound) { return Next() % bound; }

  bool Chance(double probability) { return Uniform() < probability; }

  // Nearly normal with mean 0 and deviation 1: twelve uniforms (Irwin-Hall).
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Uniform();
    return sum;
  }

 private:
  uint64_t state_;
};

}  // namespace hailong::player
