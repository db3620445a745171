#pragma once

// Seals, opens and hashes what the channel keeps at rest, under keys that stand in files outside
// the database: recipients under a key of their round, which goes when the round is sealed; ratings
// that wait, tokens and the hashes of bodies under keys of the channel. Thread-safe.

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "hailong/v1/zalo.pb.h"
#include "server/store/key_ring.h"

namespace hailong::zalo {

struct TokenPair {
  std::string access;
  std::string refresh;
};

class Vault {
 public:
  // Makes KEYS/zalo and KEYS/zalo-recipients and the keys of the channel if they are not there.
  // Errors: those of KeyRing.
  static absl::StatusOr<std::unique_ptr<Vault>> Open(const std::string& keys_directory);

  // `context` names the row: what was sealed for one opens for no other. Errors of all that open:
  // DATA_LOSS, and UNAVAILABLE if the key is not there.
  absl::StatusOr<std::string> SealRating(const v1::ZaloRating& rating, const std::string& context);
  absl::StatusOr<v1::ZaloRating> OpenRating(const std::string& sealed, const std::string& context);
  absl::StatusOr<std::string> SealTokens(const TokenPair& tokens);
  absl::StatusOr<TokenPair> OpenTokens(const std::string& sealed);
  // HMAC-SHA-256 of a webhook's body: tells one that came twice. A plain hash would give a
  // receipt's phone away to whoever tries all numbers. Errors: UNAVAILABLE if the key is not there.
  absl::StatusOr<std::string> HashBody(std::string_view body);
  // Makes the round's key if it is not there.
  absl::StatusOr<std::string> SealRecipient(const v1::ZaloRecipient& recipient,
                                            const std::string& round_id,
                                            const std::string& tracking_id);
  absl::StatusOr<v1::ZaloRecipient> OpenRecipient(const std::string& sealed,
                                                  const std::string& round_id,
                                                  const std::string& tracking_id);
  // Nobody opens a recipient of the round any more; OK if there is no key.
  absl::Status DestroyRecipients(const std::string& round_id);

 private:
  Vault(std::unique_ptr<store::KeyRing> channel, std::unique_ptr<store::KeyRing> recipients)
      : channel_(std::move(channel)), recipients_(std::move(recipients)) {}

  const std::unique_ptr<store::KeyRing> channel_;
  const std::unique_ptr<store::KeyRing> recipients_;
  base::Mutex making_;  // of a round's key: two must not make one each
};

}  // namespace hailong::zalo
