#pragma once

// The staff's PIN, and a delay that grows with wrong tries: 2, 4, 8 seconds up to five minutes, so
// that four digits last for weeks. Plain value, one thread.

#include <string_view>

#include "absl/time/time.h"

namespace hailong::session {

class PinGuard {
 public:
  static constexpr absl::Duration kDelayMax = absl::Minutes(5);

  enum class Verdict { kRight, kWrong, kTooSoon };

  // `sha256_hex` is that of "collector_id:pin".
  Verdict Try(std::string_view collector_id, std::string_view pin, std::string_view sha256_hex,
              absl::Time now);
  // No try counts before.
  absl::Time next_try_at() const { return next_try_at_; }
  bool last_was_wrong() const { return wrong_ > 0; }
  // The clock was set back by so much.
  void Shift(absl::Duration by) { next_try_at_ += by; }

 private:
  int wrong_ = 0;  // since the last right one
  absl::Time next_try_at_ = absl::InfinitePast();
};

}  // namespace hailong::session
