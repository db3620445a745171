#include "base/gzip/gzip.h"

#include <gtest/gtest.h>

namespace hailong::base {
namespace {

TEST(Gzip, ComesBackAsItWas) {
  std::string text;
  for (uint32_t i = 0; i < 50'000; ++i) text.push_back(static_cast<char>(i * i % 251));
  for (const std::string& one : {std::string(), std::string("a"), text}) {
    const auto back = Gunzip(Gzip(one), one.size());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, one);
  }
  EXPECT_LT(Gzip(std::string(10'000, 'a')).size(), 100u);
}

TEST(Gzip, IsTheSameEveryTime) { EXPECT_EQ(Gzip("hai long"), Gzip("hai long")); }

TEST(Gunzip, RefusesMoreThanIsAllowed) {
  const auto big = Gunzip(Gzip(std::string(100'000, 'a')), 99'999);
  EXPECT_EQ(big.status().code(), absl::StatusCode::kResourceExhausted) << big.status();
}

TEST(Gunzip, RefusesWhatIsNotOneWholeGzip) {
  const std::string whole = Gzip("hai long");
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cut = Gunzip(std::string_view(whole).substr(0, size), 100);
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kInvalidArgument) << size;
  }
  EXPECT_FALSE(Gunzip(whole + "x", 100).ok());
  EXPECT_FALSE(Gunzip("plain text", 100).ok());
}

}  // namespace
}  // namespace hailong::base
