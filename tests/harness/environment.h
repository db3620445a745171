#pragma once

// What a person may say to a test from outside.

#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace hailong::tests {

// A whole number from the environment, or `otherwise`.
inline uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

}  // namespace hailong::tests
