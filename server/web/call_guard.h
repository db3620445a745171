#pragma once

// Who may call how often. Calls with a credential: a rate for each credential. Calls that anybody
// may make: a rate for each invitation, then for each link that is open to all, then for each
// address, both so generous that a ward behind one address passes; above them a challenge (see
// challenge.h) in the header X-Challenge, whose solution in X-Challenge-Solution lets the same
// request pass. The more was passed so, the harder the next challenge. Thread-safe.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/web/challenge.h"
#include "server/web/connect.h"
#include "server/web/token_buckets.h"

namespace hailong::web {

class CallGuard {
 public:
  struct Options {
    Rate per_credential{.per_second = 500, .burst = 2000};
    Rate per_invitation{.per_second = 0.5, .burst = 30};
    Rate per_link{.per_second = 50, .burst = 1000};
    Rate per_address{.per_second = 50, .burst = 1000};
    size_t buckets_max = 100'000;  // of each kind
    int bits_min = 16;             // of a challenge; about half a second on a slow phone
    int bits_max = 22;
    absl::Duration challenge_life = absl::Minutes(2);
    size_t solutions_max = 100'000;
  };

  // `is_public`: whether anybody may call this method ("hailong.v1.KioskService/Enroll").
  CallGuard(const Options& options, const base::Clock& clock,
            std::function<bool(std::string_view)> is_public);

  // As ConnectGateway::Guard.
  std::optional<ConnectGateway::Stopped> Look(const Request& request, const Method& method,
                                              const std::string& bytes);

  uint64_t refused() const { return refused_.load(); }
  uint64_t challenged() const { return challenged_.load(); }
  uint64_t solved() const { return solved_.load(); }

 private:
  std::optional<ConnectGateway::Stopped> LookPublic(const Request& request, const Method& method,
                                                    const std::string& bytes, absl::Time now);
  ConnectGateway::Stopped Refuse(std::string_view what, absl::Duration wait);

  const Options options_;
  const base::Clock& clock_;
  const std::function<bool(std::string_view)> is_public_;
  TokenBuckets credentials_;
  TokenBuckets invitations_;
  TokenBuckets links_;
  TokenBuckets addresses_;
  Challenges challenges_;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> challenged_ = 0;
  std::atomic<uint64_t> solved_ = 0;
};

}  // namespace hailong::web
