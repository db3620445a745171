#include "server/registry/enrolment.h"

#include <algorithm>

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::registry {
namespace {

constexpr size_t kCodeSize = 10;
constexpr size_t kGroupSize = 5;
constexpr size_t kCredentialSize = 43;  // 32 bytes as base64url without padding

bool IsBase64Url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string NewEnrolmentCode() {
  const std::string code = base::RandomBase32(kCodeSize);
  return base::Cat(code.substr(0, kGroupSize), "-", code.substr(kGroupSize));
}

std::string HashEnrolmentCode(std::string_view code) {
  const std::string normal = base::NormalizeBase32(code, kCodeSize);
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

}  // namespace hailong::registry
