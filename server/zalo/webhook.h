#pragma once

// What Zalo posts to us, judged and made durable before it hears 200. Knows nothing of sockets: the
// gateway gives method, headers and the bytes as they came. Thread-safe.

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/zalo/commits.h"
#include "server/zalo/event.h"
#include "server/zalo/settings.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

struct WebhookRequest {
  std::string method;                                        // "POST"
  std::vector<std::pair<std::string, std::string>> headers;  // names in any case
  std::string body;                                          // as received, byte by byte
};

class Webhook {
 public:
  // Called once with an HTTP status, on the writer's thread or at once:
  //   200 stored, there already, or not ours to keep; also any GET (Zalo's console looks)
  //   400 no event   401 not signed for our app   405 another method   413 above 64 KiB
  //   503 not stored: Zalo tells it again
  using Done = std::function<void(int)>;

  // `stored` is called after each commit: there is something to do.
  Webhook(const Settings& settings, Vault& vault, Commits& commits, const base::Clock& clock,
          std::function<void()> stored)
      : settings_(settings),
        vault_(vault),
        commits_(commits),
        clock_(clock),
        stored_(std::move(stored)) {}

  void Receive(const WebhookRequest& request, Done done);

  // By the status answered, since the start.
  std::map<int, uint64_t> Counts() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A status, or the event to store with 0.
  int Judge(const WebhookRequest& request, store::ZaloEvent& event);
  bool IsSignedByZalo(const WebhookRequest& request, const Event& told) const;
  void Alarm() ABSL_LOCKS_EXCLUDED(mutex_);
  void Count(int status) ABSL_LOCKS_EXCLUDED(mutex_);

  const Settings& settings_;
  Vault& vault_;
  Commits& commits_;
  const base::Clock& clock_;
  const std::function<void()> stored_;

  mutable base::Mutex mutex_;
  std::map<int, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  bool alarmed_ ABSL_GUARDED_BY(mutex_) = false;  // since the last one that was signed
};

// The row that an event becomes; sealed where a citizen speaks. `raw` empty: found by reconciling.
// Errors: UNAVAILABLE (a key is not there).
absl::StatusOr<store::ZaloEvent> RowOf(const Event& event, std::string_view raw, absl::Time now,
                                       Vault& vault);
// Names the row that a rating's content was sealed for.
std::string RatingContext(const store::ZaloEvent& event);

}  // namespace hailong::zalo
