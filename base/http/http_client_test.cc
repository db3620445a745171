#include "base/http/http_client.h"

#include <gtest/gtest.h>

namespace hailong::base {
namespace {

TEST(UrlEncode, KeepsWhatIsPlainOnly) {
  EXPECT_EQ(UrlEncode("a b&c=d/é"), "a%20b%26c%3Dd%2F%C3%A9");
  EXPECT_EQ(UrlEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(UrlEncode(std::string_view("\0+%", 3)), "%00%2B%25");
  EXPECT_EQ(UrlEncode(""), "");
}

TEST(CheckOrigin, AllowsHttpsAndLoopback) {
  for (const char* good :
       {"https://openapi.zalo.me", "https://a:8443", "http://127.0.0.1:80", "http://127.1.2.3:1",
        "http://localhost:1", "http://localhost", "http://[::1]:1"}) {
    EXPECT_TRUE(CheckOrigin(good).ok()) << good;
  }
  for (const char* bad :
       {"", "https://", "http://openapi.zalo.me", "https://a/b", "https://a/", "https://u@a",
        "https://a?b", "zalo.me", "http://127.0.0.1.example:80", "http://localhost.example",
        "http://localhost:80@example.org", "http://[::1].example:1", "http://[::2]:1"}) {
    EXPECT_FALSE(CheckOrigin(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace hailong::base
