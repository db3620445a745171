#include "server/registry/enrolment.h"

#include <algorithm>

#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::registry {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static_assert(kAlphabet.size() == 32);
constexpr size_t kCodeSize = 10;
constexpr size_t kGroupSize = 5;
constexpr size_t kCredentialSize = 43;  // 32 bytes as base64url without padding

bool IsBase64Url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// One way to write a code that people type in many.
std::string Normalize(std::string_view code) {
  std::string normal;
  for (char c : code) {
    if (c == ' ' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (kAlphabet.find(c) == std::string_view::npos || normal.size() == kCodeSize) return "";
    normal.push_back(c);
  }
  return normal.size() == kCodeSize ? normal : "";
}

}  // namespace

std::string NewEnrolmentCode() {
  std::string code;
  // 256 is a multiple of 32, so every character is as likely as any other.
  for (const char byte : base::RandomBytes(kCodeSize)) {
    if (code.size() == kGroupSize) code.push_back('-');
    code.push_back(kAlphabet[static_cast<uint8_t>(byte) % kAlphabet.size()]);
  }
  return code;
}

std::string HashEnrolmentCode(std::string_view code) {
  const std::string normal = Normalize(code);
  return normal.empty() ? std::string() : base::Sha256Hex(normal);
}

absl::Status CheckKioskCredential(std::string_view credential) {
  if (credential.size() == kCredentialSize &&
      std::all_of(credential.begin(), credential.end(), IsBase64Url)) {
    return absl::OkStatus();
  }
  // Not a word of what was found: it may be a credential.
  return refusal::Field("credential",
                        base::Cat("found ", credential.size(), " bytes, allowed are the ",
                                  kCredentialSize, " characters of base64url of 32 random bytes"));
}

absl::Duration CodeTries::Take() {
  constexpr absl::Duration kEvery = limits::kEnrolmentTryEvery;
  const absl::Duration all = kEvery * limits::kEnrolmentTriesMax;
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  // Never more than all are taken, also when the clock was put back.
  all_free_at_ = std::clamp(all_free_at_, now, now + all);
  const absl::Duration wait = all_free_at_ + kEvery - (now + all);
  if (wait > absl::ZeroDuration()) return wait;
  all_free_at_ += kEvery;
  return absl::ZeroDuration();
}

void CodeTries::GiveBack() {
  base::MutexLock lock(mutex_);
  all_free_at_ -= limits::kEnrolmentTryEvery;
}

}  // namespace hailong::registry
