// What a refusal must be: its code, and a matcher of its sentence.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "absl/status/statusor.h"

#define EXPECT_REFUSED(expression, code_, matcher)                 \
  do {                                                             \
    const auto refused = (expression);                             \
    ASSERT_FALSE(refused.ok());                                    \
    EXPECT_EQ(refused.status().code(), code_);                     \
    EXPECT_THAT(std::string(refused.status().message()), matcher); \
  } while (false)
