#pragma once

// Sends what is queued, one message a Step. A message is on disk as under way before it goes out,
// so after a crash or a broken connection it is known that nobody knows; it is not sent again
// without Zalo's word. What came of it is kept until the store takes it. What holds back all
// messages is on disk too: a restart does not go on where a person has to look first. Also ends the
// sending of rounds that are over. One thread calls Step; the rest is thread-safe.

#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/model/catalog.h"
#include "server/zalo/api.h"
#include "server/zalo/commits.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

class Sender {
 public:
  struct State {
    store::ZaloHold hold;
    std::optional<int64_t> quota_left;
  };

  Sender(const Settings& settings, const model::CatalogHolder& catalog, Vault& vault, Api& api,
         Commits& commits, store::ZaloStore& store, const base::Clock& clock)
      : settings_(settings),
        catalog_(catalog),
        vault_(vault),
        api_(api),
        commits_(commits),
        store_(store),
        clock_(clock) {}

  // What was under way when the last process ended becomes unknown; what held it back still does.
  // Before the first Step.
  absl::Status Recover() ABSL_LOCKS_EXCLUDED(mutex_);
  // How long there is nothing to do. Errors of the store are logged; the next step tries again.
  absl::Duration Step();

  State Get() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing holds it back any more: a person has looked. Errors: those of the store.
  absl::Status Resume() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Outcome {
    store::ZaloSendChange change;
    std::optional<store::ZaloHold> hold;  // of all messages
  };

  absl::StatusOr<absl::Duration> TryStep();
  // Erases the recipients of sealed rounds, and their keys.
  absl::Status EndRounds();
  absl::Status SendOne(const store::ZaloSend& send);
  absl::Status AskAbout(const store::ZaloSend& send);
  // Whether Zalo can know the message by its tracking_id, which goes with those to a phone alone.
  bool IsByPhone(const store::ZaloSend& send);
  // What an answer makes of a message, and of all that wait.
  Outcome After(const store::ZaloSend& send, const absl::StatusOr<ApiAnswer>& answer)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Change(const store::ZaloSendChange& change);
  // Stores what came of the last message, unless it is stored.
  absl::Status TellOutcome();
  // Durable, then obeyed.
  absl::Status SetHold(const store::ZaloHold& hold) ABSL_LOCKS_EXCLUDED(mutex_);

  const Settings& settings_;
  const model::CatalogHolder& catalog_;
  Vault& vault_;
  Api& api_;
  Commits& commits_;
  store::ZaloStore& store_;
  const base::Clock& clock_;
  std::set<std::string> ended_;    // sealed rounds of which nothing is left
  std::optional<Outcome> untold_;  // what came of a message, not on disk yet

  mutable base::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::zalo
