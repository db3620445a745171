#include "server/zalo/vault.h"

#include "base/crypto/crypto.h"
#include "base/status.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr char kRatingsKey[] = "ratings";
constexpr char kTokensKey[] = "tokens";
constexpr char kBodiesKey[] = "bodies";
constexpr char kTokensContext[] = "tokens";

absl::StatusOr<std::string> KeyOf(store::KeyRing& ring, const std::string& name) {
  ASSIGN_OR_RETURN(const std::optional<std::string> key, ring.Find(name));
  if (key.has_value()) return *key;
  return absl::UnavailableError(Cat("key '", name, "' of the Zalo channel is not there"));
}

absl::StatusOr<std::string> SealWith(store::KeyRing& ring, const std::string& name,
                                     std::string_view plain, std::string_view context) {
  ASSIGN_OR_RETURN(const std::string key, KeyOf(ring, name));
  return base::Seal(key, plain, context);
}

absl::StatusOr<std::string> OpenWith(store::KeyRing& ring, const std::string& name,
                                     std::string_view sealed, std::string_view context) {
  ASSIGN_OR_RETURN(const std::string key, KeyOf(ring, name));
  return base::Unseal(key, sealed, context);
}

template <typename Message>
absl::StatusOr<Message> Parsed(const absl::StatusOr<std::string>& plain) {
  RETURN_IF_ERROR(plain.status());
  Message message;
  if (!message.ParseFromString(*plain)) return absl::DataLossError("sealed content: is no message");
  return message;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(const std::string& keys_directory) {
  ASSIGN_OR_RETURN(auto channel, store::KeyRing::Open(keys_directory + "/zalo"));
  ASSIGN_OR_RETURN(auto recipients, store::KeyRing::Open(keys_directory + "/zalo-recipients"));
  RETURN_IF_ERROR(channel->Create(kRatingsKey));
  RETURN_IF_ERROR(channel->Create(kTokensKey));
  RETURN_IF_ERROR(channel->Create(kBodiesKey));
  return std::unique_ptr<Vault>(new Vault(std::move(channel), std::move(recipients)));
}

absl::StatusOr<std::string> Vault::SealRating(const v1::ZaloRating& rating,
                                              const std::string& context) {
  return SealWith(*channel_, kRatingsKey, rating.SerializeAsString(), context);
}

absl::StatusOr<v1::ZaloRating> Vault::OpenRating(const std::string& sealed,
                                                 const std::string& context) {
  return Parsed<v1::ZaloRating>(OpenWith(*channel_, kRatingsKey, sealed, context));
}

absl::StatusOr<std::string> Vault::SealTokens(const TokenPair& tokens) {
  // A token has no line's end: HTTP could not carry it.
  return SealWith(*channel_, kTokensKey, Cat(tokens.access, "\n", tokens.refresh), kTokensContext);
}

absl::StatusOr<TokenPair> Vault::OpenTokens(const std::string& sealed) {
  ASSIGN_OR_RETURN(const std::string plain,
                   OpenWith(*channel_, kTokensKey, sealed, kTokensContext));
  const size_t end = plain.find('\n');
  if (end == std::string::npos) return absl::DataLossError("sealed tokens: are no pair");
  return TokenPair{.access = plain.substr(0, end), .refresh = plain.substr(end + 1)};
}

absl::StatusOr<std::string> Vault::HashBody(std::string_view body) {
  ASSIGN_OR_RETURN(const std::string key, KeyOf(*channel_, kBodiesKey));
  const base::Digest256 hash = base::HmacSha256(key, body);
  return std::string(hash.begin(), hash.end());
}

absl::StatusOr<std::string> Vault::SealRecipient(const v1::ZaloRecipient& recipient,
                                                 const std::string& round_id,
                                                 const std::string& tracking_id) {
  {
    base::MutexLock lock(making_);
    RETURN_IF_ERROR(recipients_->Create(round_id));
  }
  return SealWith(*recipients_, round_id, recipient.SerializeAsString(), tracking_id);
}

absl::StatusOr<v1::ZaloRecipient> Vault::OpenRecipient(const std::string& sealed,
                                                       const std::string& round_id,
                                                       const std::string& tracking_id) {
  return Parsed<v1::ZaloRecipient>(OpenWith(*recipients_, round_id, sealed, tracking_id));
}

absl::Status Vault::DestroyRecipients(const std::string& round_id) {
  base::MutexLock lock(making_);
  return recipients_->Destroy(round_id);
}

}  // namespace hailong::zalo
