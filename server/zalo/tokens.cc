#include "server/zalo/tokens.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/zalo/api.h"

namespace hailong::zalo {
namespace {

using base::Cat;
using base::UrlEncode;

constexpr absl::Duration kLife = absl::Hours(25);  // when the answer does not say
constexpr absl::Duration kLifeMax = absl::Hours(24 * 365);
constexpr double kUsedUpAt = 0.8;  // 20 of 25 hours
constexpr absl::Duration kRetryNetwork = absl::Minutes(1);
constexpr absl::Duration kRetryRefused = absl::Minutes(30);

std::string HashOf(const std::string& token) {
  const base::Digest256 hash = base::Sha256(token);
  return std::string(hash.begin(), hash.end());
}

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= 4096 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

absl::Status Tokens::Load() {
  if (loaded_) return absl::OkStatus();
  consent_hash_ = HashOf(settings_.consent_token);
  refresh_token_ = settings_.consent_token;
  ASSIGN_OR_RETURN(const std::optional<store::ZaloTokens> row, store_.ReadZaloTokens());
  // Another consent than the one these tokens come from: it was given because they are of no use.
  if (row.has_value() && row->consent_hash == consent_hash_) {
    ASSIGN_OR_RETURN(TokenPair pair, vault_.OpenTokens(row->pair));
    refresh_token_ = pair.refresh;
    held_ = Held{.pair = std::move(pair),
                 .obtained_at = row->obtained_at,
                 .expires_at = row->expires_at,
                 .consent_hash = row->consent_hash};
  }
  loaded_ = true;
  return absl::OkStatus();
}

absl::StatusOr<Tokens::Held> Tokens::Ask() {
  const base::HttpRequest request{
      .method = "POST",
      .url = settings_.file.endpoints().oauth() + "/v4/oa/access_token",
      .headers = {{"secret_key", settings_.app_secret},
                  {"Content-Type", "application/x-www-form-urlencoded"}},
      .body = Cat("refresh_token=", UrlEncode(refresh_token_),
                  "&app_id=", UrlEncode(settings_.file.app_id()), "&grant_type=refresh_token")};
  const auto answer = http_.Send(request);
  if (!answer.ok()) {
    return absl::UnavailableError(
        Cat("no answer to a token refresh: ",
            std::string_view(answer.status().message().data(), answer.status().message().size())));
  }
  const auto json = base::Json::Parse(answer->body, limits::kZaloDepthMax);
  if (!json.ok() || answer->status >= 500) {
    return absl::UnavailableError(Cat("a token refresh was answered by HTTP status ",
                                      answer->status, " and ", answer->body.size(), " bytes"));
  }
  const std::string_view access = json->TextOf("access_token");
  const std::string_view refresh = json->TextOf("refresh_token");
  if (!IsToken(access) || !IsToken(refresh)) {
    return absl::FailedPreconditionError(
        Cat("Zalo gives no new token, error ", CodeOf(*json).value_or(0),
            "; the official account's admin must consent again (refresh_token_file)"));
  }
  const double seconds = std::strtod(std::string(json->TextOf("expires_in")).c_str(), nullptr);
  const absl::Duration life = seconds >= 1 ? std::min(absl::Seconds(seconds), kLifeMax) : kLife;
  const absl::Time now = clock_.Now();
  return Held{.pair = {.access = std::string(access), .refresh = std::string(refresh)},
              .obtained_at = now,
              .expires_at = now + life,
              .consent_hash = consent_hash_};
}

absl::Status Tokens::Adopt() {
  ASSIGN_OR_RETURN(const std::string sealed, vault_.SealTokens(unsaved_->pair));
  const Held& taken = *unsaved_;  // the lock is held until the writer has run this
  RETURN_IF_ERROR(commits_.Run([&](store::ZaloStore& store) {
    return store.PutZaloTokens({.pair = sealed,
                                .obtained_at = taken.obtained_at,
                                .expires_at = taken.expires_at,
                                .consent_hash = taken.consent_hash});
  }));
  held_ = std::exchange(unsaved_, std::nullopt);
  return absl::OkStatus();
}

absl::Status Tokens::Refresh() {
  if (!unsaved_.has_value()) {
    if (clock_.Now() < retry_at_) return trouble_;
    auto asked = Ask();
    if (!asked.ok()) {
      trouble_ = asked.status();
      const bool refused = absl::IsFailedPrecondition(trouble_);
      retry_at_ = clock_.Now() + (refused ? kRetryRefused : kRetryNetwork);
      base::LogError(Cat(refused ? "zalo: ALARM: " : "zalo: ", trouble_.message()));
      return trouble_;
    }
    refresh_token_ = asked->pair.refresh;
    unsaved_ = *std::move(asked);
  }
  if (const absl::Status adopted = Adopt(); !adopted.ok()) {
    // The old refresh token is spent: the new pair stays in memory until it is on disk.
    trouble_ = absl::UnavailableError(Cat("new tokens are not on disk yet: ", adopted.message()));
    base::LogError(Cat("zalo: ALARM: ", trouble_.message()));
    return trouble_;
  }
  trouble_ = absl::OkStatus();
  retry_at_ = absl::InfinitePast();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Tokens::Get() {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(Load());
  const absl::Time now = clock_.Now();
  const bool used_up =
      !held_.has_value() ||
      now >= held_->obtained_at + kUsedUpAt * (held_->expires_at - held_->obtained_at);
  if (used_up || unsaved_.has_value()) {
    const absl::Status refreshed = Refresh();
    // What still lasts serves while there is trouble.
    if (!refreshed.ok() && (!held_.has_value() || now >= held_->expires_at)) return refreshed;
  }
  return held_->pair.access;
}

absl::StatusOr<std::string> Tokens::Replace(const std::string& refused) {
  base::MutexLock lock(mutex_);
  RETURN_IF_ERROR(Load());
  if (!held_.has_value() || held_->pair.access == refused) RETURN_IF_ERROR(Refresh());
  return held_->pair.access;
}

std::optional<absl::Time> Tokens::ExpiresAt() {
  base::MutexLock lock(mutex_);
  if (!held_.has_value()) return std::nullopt;
  return held_->expires_at;
}

std::string Tokens::Trouble() {
  base::MutexLock lock(mutex_);
  return std::string(trouble_.message());
}

}  // namespace hailong::zalo
