#include "server/web/challenge.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/crypto/crypto.h"
#include "base/status.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr size_t kNonceBytes = 12;
constexpr size_t kSignatureBytes = 16;
constexpr size_t kCounterDigitsMax = 20;
constexpr size_t kSolutionBytesMax = 128;

absl::Status NoSolution() {
  return absl::InvalidArgumentError(
      "x-challenge-solution: found no solution of a challenge of this server for this request");
}

bool IsDigits(std::string_view text, size_t size_max) {
  return !text.empty() && text.size() <= size_max &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

int LeadingZeroBits(std::string_view text) {
  int bits = 0;
  for (const uint8_t byte : base::Sha256(text)) {
    bits += std::countl_zero(byte);
    if (byte != 0) break;
  }
  return bits;
}

Challenges::Challenges(Options options) : options_(std::move(options)) {}

std::string Challenges::Sign(std::string_view body, std::string_view subject) const {
  // The length keeps the two apart.
  const base::Digest256 digest =
      base::HmacSha256(options_.key, Cat(body.size(), ".", body, subject));
  return base::Base64Url({reinterpret_cast<const char*>(digest.data()), kSignatureBytes});
}

std::string Challenges::Make(std::string_view subject, int bits, absl::Time now) const {
  const std::string body = Cat("1.", bits, ".", absl::ToUnixSeconds(now + options_.life), ".",
                               base::Base64Url(base::RandomBytes(kNonceBytes)));
  return Cat(body, ".", Sign(body, subject));
}

absl::Status Challenges::Use(std::string_view solution, std::string_view subject, absl::Time now) {
  if (solution.size() > kSolutionBytesMax) return NoSolution();
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(solution.data(), solution.size()), '.');
  int bits = 0;
  int64_t expires = 0;
  if (parts.size() != 6 || !IsDigits(parts[1], 3) || !IsDigits(parts[2], 12) ||
      !IsDigits(parts[5], kCounterDigitsMax) || !absl::SimpleAtoi(parts[1], &bits) ||
      !absl::SimpleAtoi(parts[2], &expires)) {
    return NoSolution();
  }
  const std::string body = Cat(parts[0], ".", parts[1], ".", parts[2], ".", parts[3]);
  if (!base::EqualInConstantTime(Sign(body, subject), parts[4])) return NoSolution();
  const absl::Time expires_at = absl::FromUnixSeconds(expires);
  if (now >= expires_at) {
    return absl::DeadlineExceededError("x-challenge-solution: the challenge has expired");
  }
  if (LeadingZeroBits(solution) < bits) return NoSolution();

  base::MutexLock lock(mutex_);
  while (!used_by_expiry_.empty() && used_by_expiry_.front().first <= now) {
    used_.erase(used_by_expiry_.front().second);
    used_by_expiry_.pop_front();
  }
  if (used_.contains(body)) {
    return absl::AlreadyExistsError("x-challenge-solution: it was used before");
  }
  if (used_by_expiry_.size() >= options_.solutions_max) {
    return absl::ResourceExhaustedError("too many solutions reached this server; try again");
  }
  used_.insert(body);
  // All live equally long, so the order of making is nearly that of use; what stands a little too
  // long at the front only keeps others remembered longer.
  used_by_expiry_.emplace_back(expires_at, body);
  return absl::OkStatus();
}

}  // namespace hailong::web
