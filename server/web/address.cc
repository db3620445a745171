#include "server/web/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/ids.h"
#include "base/status.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kShownMax = 80;

std::string Shown(std::string_view text) {
  return std::string(base::IsUtf8(text) ? base::Utf8Prefix(text, kShownMax) : "no UTF-8");
}

}  // namespace

absl::StatusOr<Address> Address::Parse(std::string_view text) {
  Address address;
  const std::string copy(text);
  // inet_pton would stop at a zero byte.
  const bool whole = copy.find('\0') == std::string::npos;
  if (whole && inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (whole && inet_pton(AF_INET, copy.c_str(), address.bytes.data() + 12) == 1) return address;
  return absl::InvalidArgumentError(
      Cat("address: found '", Shown(text), "', allowed is one of IPv4 or IPv6"));
}

bool Address::IsV4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

bool Address::IsLoopback() const {
  static constexpr std::array<uint8_t, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0,
                                                        0, 0, 0, 0, 0, 0, 0, 1};
  return bytes == kLoopback || (IsV4() && bytes[12] == 127);
}

Address Address::Subscriber() const {
  Address subscriber = *this;
  if (!IsV4()) std::fill(subscriber.bytes.begin() + 8, subscriber.bytes.end(), uint8_t{0});
  return subscriber;
}

absl::StatusOr<ListenAddress> ListenAddress::Parse(std::string_view option, std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        Cat(option, ": found '", Shown(text), "', ", why,
            "; allowed is an address with a port, such as 127.0.0.1:7480 or [::1]:7480"));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("without a port");
  ListenAddress listen;
  const std::string port(text.substr(colon + 1));
  uint32_t number = 0;
  if (port.empty() || !std::all_of(port.begin(), port.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return refuse("whose port is not in 0..65535");
  }
  listen.port = static_cast<uint16_t>(number);
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = Address::Parse(host);
  if (!address.ok()) return refuse("whose host is no address");
  if (bracketed == address->IsV4()) return refuse("whose host is not in brackets as IPv6 must be");
  listen.address = *address;
  return listen;
}

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const size_t slash = text.find('/');
    const auto address = Address::Parse(std::string_view(text).substr(0, slash));
    const auto refuse = [&](std::string_view why) {
      return absl::InvalidArgumentError(Cat("trusted proxy: found '", Shown(text), "', ", why,
                                            "; allowed is an address or a network such as "
                                            "10.0.0.0/8 or 2001:db8::/32"));
    };
    if (!address.ok()) return refuse("which begins with no address");
    const int width = address->IsV4() ? 32 : 128;
    int bits = width;
    if (slash != std::string::npos) {
      const std::string digits = text.substr(slash + 1);
      if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
          !absl::SimpleAtoi(digits, &bits) || bits > width) {
        return refuse(Cat("whose length is not in 0..", width));
      }
    }
    proxies.networks_.push_back({*address, bits + (address->IsV4() ? 96 : 0)});
  }
  return proxies;
}

bool TrustedProxies::Contains(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    for (int bit = 0; bit < network.bits; ++bit) {
      const size_t byte = static_cast<size_t>(bit) / 8;
      const int mask = 0x80 >> (bit % 8);
      if ((address.bytes[byte] & mask) != (network.address.bytes[byte] & mask)) return false;
    }
    return true;
  });
}

Address TrustedProxies::ClientOf(const Address& peer, std::string_view forwarded_for) const {
  Address client = peer;
  while (Contains(client) && !forwarded_for.empty()) {
    const size_t comma = forwarded_for.rfind(',');
    std::string_view last =
        comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    forwarded_for = comma == std::string_view::npos ? "" : forwarded_for.substr(0, comma);
    while (!last.empty() && last.front() == ' ') last.remove_prefix(1);
    while (!last.empty() && last.back() == ' ') last.remove_suffix(1);
    const auto told = Address::Parse(last);
    if (!told.ok()) break;
    client = *told;
  }
  return client;
}

}  // namespace hailong::web
