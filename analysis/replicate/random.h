// Chance for replicates, from a seed: no generator of the standard library, whose distributions
// differ from one to the next.
//
// Threads: a Stream belongs to one thread; streams of other numbers do not touch it.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace hailong::replicate {

// xoshiro256** (Blackman & Vigna 2021), its state filled by splitmix64 from the seed and the number
// of the stream, both mixed first so that neighbours have nothing in common.
class Stream {
 public:
  Stream(uint64_t seed, uint64_t number) {
    uint64_t state = Mix(seed + kGolden) ^ Mix(~number * kGolden);
    for (uint64_t& word : words_) word = Mix(state += kGolden);
  }

  // Uniform over 64 bits.
  uint64_t Next() {
    const uint64_t result = std::rotl(words_[1] * 5, 7) * 9;
    const uint64_t shifted = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= shifted;
    words_[3] = std::rotl(words_[3], 45);
    return result;
  }

  // Uniform below `bound`, which is at least 1, without bias (Lemire 2019).
  uint32_t Below(uint32_t bound) {
    uint64_t product = (Next() >> 32) * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t refused = (0u - bound) % bound;
      while (static_cast<uint32_t>(product) < refused) product = (Next() >> 32) * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  static constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;

  // The finaliser of splitmix64 (Steele, Lea & Flood 2014).
  static constexpr uint64_t Mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::array<uint64_t, 4> words_{};
};

}  // namespace hailong::replicate
