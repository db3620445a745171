#pragma once

// Looks in Zalo's own list for ratings whose webhook was lost. What a webhook told already is known
// by its business key, so looking again changes nothing. One thread calls Step and Look.

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/zalo/api.h"
#include "server/zalo/commits.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

class Reconciler {
 public:
  // `stored` is called when something new was found.
  Reconciler(const Settings& settings, Vault& vault, Api& api, Commits& commits,
             store::ZaloStore& store, const base::Clock& clock, std::function<void()> stored)
      : settings_(settings),
        vault_(vault),
        api_(api),
        commits_(commits),
        store_(store),
        clock_(clock),
        stored_(std::move(stored)),
        by_post_(settings.file.rating_get_by_post()) {}

  // Looks if it is time; how long there is nothing to do.
  absl::Duration Step();
  // Makes the next Step look whatever the time is. Thread-safe.
  void LookNow() { asked_.store(true); }
  // Why the last look failed; empty: it did not. Thread-safe.
  std::string Trouble() const ABSL_LOCKS_EXCLUDED(mutex_);

  // One look at all templates; how many ratings were new. Errors: those of Api and of the store,
  // RESOURCE_EXHAUSTED (more in a minute than is asked for); the next look begins where this one
  // did.
  absl::StatusOr<size_t> Look();
  // All ratings given before were looked for; InfinitePast: never.
  absl::StatusOr<absl::Time> ReconciledTo();

 private:
  absl::StatusOr<size_t> LookAt(const std::string& template_id, absl::Time now);
  absl::StatusOr<size_t> LookAtWindow(const std::string& template_id, absl::Time from,
                                      absl::Time to);
  absl::StatusOr<ApiAnswer> AskPage(const std::string& template_id, absl::Time from, absl::Time to,
                                    size_t offset);
  absl::StatusOr<size_t> Store(const base::Json& items);

  const Settings& settings_;
  Vault& vault_;
  Api& api_;
  Commits& commits_;
  store::ZaloStore& store_;
  const base::Clock& clock_;
  const std::function<void()> stored_;
  bool by_post_;
  absl::Time next_at_ = absl::InfinitePast();
  std::atomic<bool> asked_ = false;
  mutable base::Mutex mutex_;
  std::string trouble_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::zalo
