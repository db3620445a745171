#include "kiosk-client/session/pin_guard.h"

#include <algorithm>

#include "base/crypto/crypto.h"
#include "base/status.h"

namespace hailong::session {

PinGuard::Verdict PinGuard::Try(std::string_view collector_id, std::string_view pin,
                                std::string_view sha256_hex, absl::Time now) {
  if (now < next_try_at_) return Verdict::kTooSoon;
  if (!sha256_hex.empty() && base::Sha256Hex(base::Cat(collector_id, ":", pin)) == sha256_hex) {
    wrong_ = 0;
    return Verdict::kRight;
  }
  wrong_ = std::min(wrong_ + 1, 16);
  next_try_at_ = now + std::min(absl::Seconds(1 << wrong_), kDelayMax);
  return Verdict::kWrong;
}

}  // namespace hailong::session
