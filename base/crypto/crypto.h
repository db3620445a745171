#pragma once

// The few cryptographic and checksum primitives hailong uses, over OpenSSL and zlib. Thread-safe.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"

namespace hailong::base {

using Digest256 = std::array<uint8_t, 32>;

Digest256 Sha256(std::string_view data);
Digest256 HmacSha256(std::string_view key, std::string_view data);

// Of a digest, lower case.
std::string Hex(const Digest256& digest);
std::string Sha256Hex(std::string_view data);

// SHA-256 over pieces that come one after another.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Add(std::string_view data);
  std::string FinishHex();

 private:
  void* context_;
};

// AES-256-GCM with a random nonce: nonce, ciphertext and tag in one. `key` is 32 bytes; `context`
// is not hidden, but what was sealed under one opens under no other, so a row cannot pass for its
// neighbour.
std::string Seal(std::string_view key, std::string_view plain, std::string_view context);
// Errors: DATA_LOSS if it was not sealed with this key and context, or was changed since.
absl::StatusOr<std::string> Unseal(std::string_view key, std::string_view sealed,
                                   std::string_view context);

// `size` bytes nobody can guess.
std::string RandomBytes(size_t size);
// A UUID of version 7 nobody had before.
Uuid NewUuid(absl::Time now);

// Compares in a time that says nothing about where two texts of one length differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// URL-safe base64 without padding.
std::string Base64Url(std::string_view data);

// CRC-32 (IEEE), for rows on disk.
uint32_t Crc32(std::string_view data);

}  // namespace hailong::base
