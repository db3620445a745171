#include "base/crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace hailong::base {
namespace {

const unsigned char* Bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

Digest256 Sha256(std::string_view data) {
  Digest256 digest;
  SHA256(Bytes(data), data.size(), digest.data());
  return digest;
}

Digest256 HmacSha256(std::string_view key, std::string_view data) {
  Digest256 digest;
  unsigned int size = 0;
  HAILONG_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(data),
                     data.size(), digest.data(), &size) != nullptr);
  HAILONG_CHECK(size == digest.size());
  return digest;
}

std::string Hex(const Digest256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const uint8_t byte : digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string Sha256Hex(std::string_view data) { return Hex(Sha256(data)); }

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  HAILONG_CHECK(context_ != nullptr);
  HAILONG_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256Stream::Add(std::string_view data) {
  HAILONG_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data.data(), data.size()) ==
                1);
}

std::string Sha256Stream::FinishHex() {
  Digest256 digest;
  HAILONG_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), nullptr) ==
                1);
  return Hex(digest);
}

namespace {

constexpr size_t kSealKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

struct Cipher {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  Cipher() { HAILONG_CHECK(context != nullptr); }
  ~Cipher() { EVP_CIPHER_CTX_free(context); }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
};

unsigned char* Bytes(std::string& data) { return reinterpret_cast<unsigned char*>(data.data()); }

}  // namespace

std::string Seal(std::string_view key, std::string_view plain, std::string_view context) {
  HAILONG_CHECK(key.size() == kSealKeyBytes);
  const std::string nonce = RandomBytes(kNonceBytes);
  std::string cipher_text(plain.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Cipher cipher;
  int size = 0;
  HAILONG_CHECK(EVP_EncryptInit_ex(cipher.context, EVP_aes_256_gcm(), nullptr, Bytes(key),
                                   Bytes(std::string_view(nonce))) == 1);
  HAILONG_CHECK(EVP_EncryptUpdate(cipher.context, nullptr, &size, Bytes(context),
                                  static_cast<int>(context.size())) == 1);
  HAILONG_CHECK(EVP_EncryptUpdate(cipher.context, Bytes(cipher_text), &size, Bytes(plain),
                                  static_cast<int>(plain.size())) == 1);
  HAILONG_CHECK(EVP_EncryptFinal_ex(cipher.context, Bytes(cipher_text) + size, &size) == 1);
  HAILONG_CHECK(EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_GCM_GET_TAG, kTagBytes, Bytes(tag)) ==
                1);
  return nonce + cipher_text + tag;
}

absl::StatusOr<std::string> Unseal(std::string_view key, std::string_view sealed,
                                   std::string_view context) {
  HAILONG_CHECK(key.size() == kSealKeyBytes);
  const absl::Status spoiled = absl::DataLossError(
      "sealed content: was changed, or belongs to another key or another place");
  if (sealed.size() < kNonceBytes + kTagBytes) return spoiled;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view cipher_text =
      sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(cipher_text.size(), '\0');
  const Cipher cipher;
  int size = 0;
  HAILONG_CHECK(EVP_DecryptInit_ex(cipher.context, EVP_aes_256_gcm(), nullptr, Bytes(key),
                                   Bytes(nonce)) == 1);
  HAILONG_CHECK(EVP_DecryptUpdate(cipher.context, nullptr, &size, Bytes(context),
                                  static_cast<int>(context.size())) == 1);
  HAILONG_CHECK(EVP_DecryptUpdate(cipher.context, Bytes(plain), &size, Bytes(cipher_text),
                                  static_cast<int>(cipher_text.size())) == 1);
  HAILONG_CHECK(EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_GCM_SET_TAG, kTagBytes, Bytes(tag)) ==
                1);
  if (EVP_DecryptFinal_ex(cipher.context, Bytes(plain) + size, &size) != 1) return spoiled;
  return plain;
}

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  HAILONG_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) == 1);
  return bytes;
}

Uuid NewUuid(absl::Time now) {
  std::array<uint8_t, 10> chance;
  const std::string random = RandomBytes(chance.size());
  std::copy(random.begin(), random.end(), chance.begin());
  return Uuid::MakeV7(now, chance);
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Base64Url(std::string_view data) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : data) {
    bits = ((bits << 8) | static_cast<uint8_t>(c)) & 0xFFFFFF;
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      text.push_back(kDigits[(bits >> bit_count) & 63]);
    }
  }
  if (bit_count > 0) text.push_back(kDigits[(bits << (6 - bit_count)) & 63]);
  return text;
}

uint32_t Crc32(std::string_view data) {
  return static_cast<uint32_t>(crc32(0, Bytes(data), static_cast<uInt>(data.size())));
}

}  // namespace hailong::base
