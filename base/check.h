#pragma once

// HAILONG_CHECK: for what only our own mistakes can cause. Stays on in release; stops the process,
// since going on with a broken invariant could count an answer twice. What the world does to us is
// an absl::Status.

#include <cstdio>
#include <cstdlib>

#define HAILONG_CHECK(condition)                                                         \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
