#include "server/web/address.h"

#include <gtest/gtest.h>

namespace hailong::web {
namespace {

Address At(std::string_view text) {
  const auto address = Address::Parse(text);
  EXPECT_TRUE(address.ok()) << address.status();
  return address.value_or(Address());
}

TrustedProxies Trusting(const std::vector<std::string>& networks) {
  const auto proxies = TrustedProxies::Parse(networks);
  EXPECT_TRUE(proxies.ok()) << proxies.status();
  return proxies.value_or(TrustedProxies());
}

TEST(Address, KnowsBothFamiliesAndNothingElse) {
  EXPECT_EQ(At("203.0.113.7"), At("::ffff:203.0.113.7"));
  EXPECT_TRUE(At("127.8.8.8").IsLoopback());
  EXPECT_TRUE(At("::1").IsLoopback());
  EXPECT_FALSE(At("2001:db8::1").IsLoopback());
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4x", "fe80::1%eth0", "[::1]",
        "1.2.3.4:80", "localhost"}) {
    EXPECT_FALSE(Address::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Address::Parse("1.2.3.4\0"sv).ok());
}

TEST(Address, OneSubscriberOfIPv6HasA64) {
  EXPECT_EQ(At("2001:db8:1:2:3::4").Subscriber(), At("2001:db8:1:2:ffff::9").Subscriber());
  EXPECT_NE(At("2001:db8:1:2::").Subscriber(), At("2001:db8:1:3::").Subscriber());
  EXPECT_NE(At("203.0.113.7").Subscriber(), At("203.0.113.8").Subscriber());
}

TEST(ListenAddress, SaysWhatIsWrong) {
  const auto good = ListenAddress::Parse("--web-listen", "[2001:db8::1]:80");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->port, 80);
  EXPECT_TRUE(ListenAddress::Parse("--web-listen", "localhost:0")->address.IsLoopback());
  for (const std::string_view text :
       {"", "7480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8 ",
        "::1:80", "[127.0.0.1]:80", "example.vn:80", "*:80", "127.0.0.1:99999999999999999999"}) {
    const auto refused = ListenAddress::Parse("--web-listen", text);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(refused.status().message().find("--web-listen: found"), std::string::npos) << text;
  }
}

TEST(TrustedProxies, HoldsNetworksOfAnyLength) {
  const TrustedProxies proxies = Trusting({"10.0.0.0/8", "192.0.2.5", "2001:db8::/33"});
  EXPECT_TRUE(proxies.Contains(At("10.255.0.1")));
  EXPECT_FALSE(proxies.Contains(At("11.0.0.1")));
  EXPECT_TRUE(proxies.Contains(At("192.0.2.5")));
  EXPECT_FALSE(proxies.Contains(At("192.0.2.4")));
  EXPECT_TRUE(proxies.Contains(At("2001:db8:7fff::1")));
  EXPECT_FALSE(proxies.Contains(At("2001:db8:8000::1")));
  EXPECT_TRUE(Trusting({"0.0.0.0/0"}).Contains(At("8.8.8.8")));
  EXPECT_FALSE(Trusting({"0.0.0.0/0"}).Contains(At("2001:db8::1")));
  EXPECT_FALSE(TrustedProxies().Contains(At("127.0.0.1")));
}

TEST(TrustedProxies, RefusesWhatIsNoNetwork) {
  for (const std::string text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                                 "10.0.0.0/8/8", "example.vn", "10.0.0.0/+8"}) {
    EXPECT_EQ(TrustedProxies::Parse({text}).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(TrustedProxies, TheClientIsTheRightmostThatNobodyTrustedVouchesFor) {
  const TrustedProxies proxies = Trusting({"127.0.0.1", "10.0.0.0/8"});
  const Address peer = At("127.0.0.1");
  const auto client = [&](std::string_view forwarded) { return proxies.ClientOf(peer, forwarded); };
  EXPECT_EQ(client(""), peer);
  EXPECT_EQ(client("203.0.113.7"), At("203.0.113.7"));
  // What the client itself wrote stands further left.
  EXPECT_EQ(client("198.51.100.1, 203.0.113.7"), At("203.0.113.7"));
  EXPECT_EQ(client("198.51.100.1,203.0.113.7 , 10.1.2.3"), At("203.0.113.7"));
  EXPECT_EQ(client("10.9.9.9, 10.1.2.3"), At("10.9.9.9"));
  EXPECT_EQ(client("198.51.100.1, unknown, 10.1.2.3"), At("10.1.2.3"));
  EXPECT_EQ(client("garbage"), peer);
  EXPECT_EQ(client(",,,"), peer);
  // A peer that is no proxy is believed nothing.
  EXPECT_EQ(proxies.ClientOf(At("203.0.113.9"), "198.51.100.1"), At("203.0.113.9"));
}

}  // namespace
}  // namespace hailong::web
