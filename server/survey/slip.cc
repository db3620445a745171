#include "server/survey/slip.h"

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "server/model/limits.h"

namespace hailong::survey {
namespace {

std::string Hmac(std::string_view key, std::string_view data) {
  const base::Digest256 digest = base::HmacSha256(key, data);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace

std::string SlipKey(std::string_view round_key, std::string_view collector_id) {
  std::string purpose("slip");
  purpose.push_back('\0');
  purpose.append(collector_id);
  return Hmac(round_key, purpose);
}

std::string SlipCheck(std::string_view slip_key, std::string_view dossier_code) {
  return base::Base32(Hmac(slip_key, dossier_code), limits::kSlipCheckSize);
}

}  // namespace hailong::survey
