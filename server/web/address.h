#pragma once

// Addresses of clients, and which proxies may say who the client is. Immutable, any thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::web {

// An IPv6 address; IPv4 as ::ffff:a.b.c.d.
struct Address {
  std::array<uint8_t, 16> bytes{};

  // "203.0.113.7", "2001:db8::1". Errors: INVALID_ARGUMENT.
  static absl::StatusOr<Address> Parse(std::string_view text);
  bool IsV4() const;
  bool IsLoopback() const;
  // What limits are kept for: an IPv4 address, or the /64 that one subscriber of IPv6 has.
  Address Subscriber() const;
  std::string_view Key() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  auto operator<=>(const Address&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Address& address) {
    return H::combine(std::move(h), address.bytes);
  }
};

// Where to listen: "127.0.0.1:7480", "[::1]:7480", "localhost:7480" (127.0.0.1); port 0: any free.
struct ListenAddress {
  Address address;
  uint16_t port = 0;

  // Errors: INVALID_ARGUMENT names `option`, what was found and what is allowed.
  static absl::StatusOr<ListenAddress> Parse(std::string_view option, std::string_view text);
};

class TrustedProxies {
 public:
  // Nobody.
  TrustedProxies() = default;
  // "10.0.0.0/8", "2001:db8::/32", or one address. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<TrustedProxies> Parse(const std::vector<std::string>& networks);

  bool Contains(const Address& address) const;
  bool empty() const { return networks_.empty(); }

  // Who asks: `peer`, unless it is trusted; then the rightmost address of the X-Forwarded-For
  // fields (joined by commas, in order) that is not a trusted proxy's. What is not an address ends
  // the search: nobody whom we trust wrote what stands further left.
  Address ClientOf(const Address& peer, std::string_view forwarded_for) const;

 private:
  struct Network {
    Address address;
    int bits;
  };
  std::vector<Network> networks_;
};

}  // namespace hailong::web
