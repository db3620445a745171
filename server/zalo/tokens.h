#pragma once

// The pair of OAuth tokens. A refresh token is good once and the next one comes in the answer: the
// new pair is on disk before it is used, and one caller at a time asks. Thread-safe; callers may
// wait for the network.

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http/http_client.h"
#include "base/mutex.h"
#include "server/zalo/commits.h"
#include "server/zalo/settings.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

class Tokens {
 public:
  Tokens(const Settings& settings, base::HttpClient& http, Vault& vault, Commits& commits,
         store::ZaloStore& store, const base::Clock& clock)
      : settings_(settings),
        http_(http),
        vault_(vault),
        commits_(commits),
        store_(store),
        clock_(clock) {}

  // The access token, a new one when the old has little left. Errors: UNAVAILABLE (try later),
  // FAILED_PRECONDITION (the account's admin must consent again; tried again now and then).
  absl::StatusOr<std::string> Get() ABSL_LOCKS_EXCLUDED(mutex_);
  // Zalo refused this one: a new one, or that which another caller has got meanwhile. Errors: as
  // Get.
  absl::StatusOr<std::string> Replace(const std::string& refused) ABSL_LOCKS_EXCLUDED(mutex_);

  // Nothing: there is no token.
  std::optional<absl::Time> ExpiresAt() ABSL_LOCKS_EXCLUDED(mutex_);
  // Why there is no new token, in words; empty: all is well.
  std::string Trouble() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Held {
    TokenPair pair;
    absl::Time obtained_at;
    absl::Time expires_at;
    std::string consent_hash;
  };
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Held> Ask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Durable, then in use.
  absl::Status Adopt() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Settings& settings_;
  base::HttpClient& http_;
  Vault& vault_;
  Commits& commits_;
  store::ZaloStore& store_;
  const base::Clock& clock_;

  base::Mutex mutex_;  // held while asking: that is the single flight
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  std::string refresh_token_ ABSL_GUARDED_BY(mutex_);  // the next to be spent
  std::string consent_hash_ ABSL_GUARDED_BY(mutex_);
  std::optional<Held> held_ ABSL_GUARDED_BY(mutex_);     // on disk
  std::optional<Held> unsaved_ ABSL_GUARDED_BY(mutex_);  // answered, not on disk yet
  absl::Time retry_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::zalo
