#include "base/crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <zlib.h>

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

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  HAILONG_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) == 1);
  return bytes;
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
