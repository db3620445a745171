#include "base/loopback.h"

#include <gtest/gtest.h>

#include <string_view>

namespace hailong::base {
namespace {

TEST(Loopback, IsTheNameAndTheAddressesOfThisMachineWithAPortOrWithout) {
  for (const char* here : {"localhost", "localhost:25", "127.0.0.1", "127.0.0.1:7400",
                           "127.1.2.3:1", "::1", "[::1]", "[::1]:465", "[0:0:0:0:0:0:0:1]:465"}) {
    EXPECT_TRUE(IsLoopback(here)) << here;
  }
}

TEST(Loopback, IsNothingThatOnlyLooksLikeIt) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view there : {""sv,
                                       ":"sv,
                                       ":25"sv,
                                       "localhost.example.vn"sv,
                                       "localhost."sv,
                                       "a.localhost"sv,
                                       "LOCALHOST"sv,
                                       "localhost:"sv,
                                       "localhost:x"sv,
                                       "localhost:25@x"sv,
                                       "localhost\0"sv,
                                       "127.0.0.1.example.vn"sv,
                                       "127.example.vn:443"sv,
                                       "127.1"sv,
                                       "2130706433"sv,
                                       "127.0.0.1:25:25"sv,
                                       "128.0.0.1"sv,
                                       "0.0.0.0"sv,
                                       "[127.0.0.1]"sv,
                                       "[localhost]"sv,
                                       "[]"sv,
                                       "["sv,
                                       "[::1"sv,
                                       "[::1]x"sv,
                                       "[::1]:"sv,
                                       "[::1]:25@x"sv,
                                       "[::1].example.vn"sv,
                                       "::1:25"sv,
                                       "::2"sv,
                                       "[::ffff:127.0.0.1]"sv,
                                       "192.0.2.1:7400"sv}) {
    EXPECT_FALSE(IsLoopback(there)) << there;
  }
}

}  // namespace
}  // namespace hailong::base
