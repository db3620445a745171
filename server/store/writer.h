#pragma once

// The one thread that writes. It commits together whatever queued up while the last commit ran
// (group commit, no timer), and a caller hears of its responses only after COMMIT. A second thread
// tells the callers, since an answer to each of many is as much work as to store what they sent.

#include <functional>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bounded_queue.h"
#include "base/executor.h"
#include "server/store/store.h"

namespace hailong::store {

class Writer {
 public:
  // Called once for each Offer that returned OK: after Start on the second thread, else by Step.
  using Appended = std::function<void(absl::StatusOr<std::span<const model::Stored>>)>;
  // Runs on the writer thread between batches of responses; what it returns goes to `done` on that
  // thread.
  using Change = std::function<absl::Status(Store&)>;
  using Done = std::function<void(absl::Status)>;

  struct Options {
    size_t jobs_max;
    size_t commit_responses_max;
    // The last look at a response before it is stored, on the writer thread and so in the order of
    // storing.
    std::function<void(model::NewResponse&)> admit;
    // The store is closed for good (see Store); called once, on the writer thread.
    std::function<void(const absl::Status&)> closed;
    // What became of the responses of a COMMIT, or of a change: of none. On the writer thread.
    std::function<void(std::span<const model::NewResponse>, std::span<const model::Stored>)>
        committed = nullptr;
    // For the canary of the crash tests only: tells callers before COMMIT, which loses answers when
    // the process dies in between.
    absl::Duration acknowledge_before_commit_by = absl::ZeroDuration();
  };

  Writer(Store& store, Options options);
  // Commits what was accepted, then stops.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Thread-safe. Errors: RESOURCE_EXHAUSTED when the queue is full (nothing will be called back),
  // INVALID_ARGUMENT for more than commit_responses_max responses.
  absl::Status OfferResponses(std::vector<model::NewResponse> responses, Appended done);
  absl::Status OfferChange(Change change, Done done);
  // Runs a change and waits until it is durable, so never call it on a gRPC thread or the writer's
  // own. Errors: those of the change, and RESOURCE_EXHAUSTED.
  absl::Status Run(Change change);

  // Offers that the writer has not taken yet. Thread-safe.
  size_t waiting() const { return jobs_.size(); }

  // Takes what is queued, commits it and calls back; waits for work if there is none. False when
  // stopped.
  bool Step();
  // Starts a thread around Step, and the one that tells callers.
  void Start();
  void Stop();

 private:
  struct Job {
    std::vector<model::NewResponse> responses;
    Appended appended;
    Change change;  // set: a change, else responses
    Done done;
  };

  // Callers of one commit, and what became of their responses, one after another.
  struct Answers {
    struct Caller {
      Appended appended;
      size_t responses;
    };
    std::vector<Caller> callers;
    absl::StatusOr<std::vector<model::Stored>> stored;
  };

  void Commit(std::vector<Job> jobs);
  static void Tell(const Answers& answers);
  void NoteIfClosed(const absl::Status& status);

  Store& store_;
  const Options options_;
  base::BoundedQueue<Job> jobs_;
  bool told_closed_ = false;  // writer thread only
  std::thread thread_;
  std::optional<base::Executor> teller_;  // set before thread_ starts, reset after it ended
};

}  // namespace hailong::store
