#pragma once

// What tests that kill a hailongd do around a Life of their own, which has Begin(), LiveAndDie(),
// Finish(), Stop(), acknowledged() and Check(complete): what is wrong, empty for nothing.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>

namespace hailong::tests {

// Leaves the server running. `describe` makes a text of what Check found.
template <typename Life, typename Describe>
void LiveThroughKills(Life& life, uint64_t seed, uint64_t rounds, const Describe& describe) {
  std::printf("HAILONG_CRASH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  ASSERT_NO_FATAL_FAILURE(life.Begin());
  for (uint64_t round = 0; round < rounds; ++round) {
    ASSERT_NO_FATAL_FAILURE(life.LiveAndDie());
    const auto wrong = life.Check(/*complete=*/false);
    ASSERT_TRUE(wrong.empty()) << "round " << round << ": " << describe(wrong);
  }
  ASSERT_NO_FATAL_FAILURE(life.Finish());
  const auto wrong = life.Check(/*complete=*/true);
  ASSERT_TRUE(wrong.empty()) << describe(wrong);
  // A run in which nothing got through proves nothing.
  EXPECT_GT(life.acknowledged(), rounds * 10);
  std::printf("%zu answers acknowledged over %llu kills\n", life.acknowledged(),
              static_cast<unsigned long long>(rounds));
}

}  // namespace hailong::tests
