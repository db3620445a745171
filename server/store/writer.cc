#include "server/store/writer.h"

#include <future>
#include <memory>
#include <utility>

#include "base/check.h"
#include "server/model/refusal.h"

namespace hailong::store {

Writer::Writer(Store& store, Options options)
    : store_(store), options_(std::move(options)), jobs_(options_.jobs_max) {}

Writer::~Writer() { Stop(); }

absl::Status Writer::OfferResponses(std::vector<model::NewResponse> responses, Appended done) {
  if (responses.empty() || responses.size() > options_.commit_responses_max) {
    return refusal::TooMany("responses", responses.size(), options_.commit_responses_max);
  }
  Job job{.responses = std::move(responses), .appended = std::move(done), .change = {}, .done = {}};
  return jobs_.Offer(std::move(job)) ? absl::OkStatus() : refusal::QueueFull();
}

absl::Status Writer::OfferChange(Change change, Done done) {
  Job job{.responses = {}, .appended = {}, .change = std::move(change), .done = std::move(done)};
  return jobs_.Offer(std::move(job)) ? absl::OkStatus() : refusal::QueueFull();
}

absl::Status Writer::Run(Change change) {
  std::promise<absl::Status> promise;
  std::future<absl::Status> changed = promise.get_future();
  const absl::Status offered = OfferChange(
      std::move(change), [&promise](absl::Status status) { promise.set_value(std::move(status)); });
  return offered.ok() ? changed.get() : offered;
}

bool Writer::Step() {
  std::deque<Job> taken = jobs_.TakeAll();
  if (taken.empty()) return false;
  std::vector<Job> batch;
  size_t batch_responses = 0;
  const auto commit = [&] {
    if (!batch.empty()) Commit(std::exchange(batch, {}));
    batch_responses = 0;
  };
  for (Job& job : taken) {
    if (job.change) {
      // A change sees, and is seen by, responses in the order of the queue.
      commit();
      const absl::Status status = job.change(store_);
      NoteIfClosed(status);
      if (status.ok() && options_.committed) options_.committed({}, {});
      job.done(status);
      continue;
    }
    if (batch_responses + job.responses.size() > options_.commit_responses_max) commit();
    batch_responses += job.responses.size();
    batch.push_back(std::move(job));
  }
  commit();
  return true;
}

void Writer::Commit(std::vector<Job> jobs) {
  std::vector<model::NewResponse> responses;
  auto answers = std::make_shared<Answers>();
  for (Job& job : jobs) {
    answers->callers.push_back({std::move(job.appended), job.responses.size()});
    for (model::NewResponse& response : job.responses) {
      if (options_.admit) options_.admit(response);
      responses.push_back(std::move(response));
    }
  }
  if (options_.acknowledge_before_commit_by > absl::ZeroDuration()) {
    answers->stored = std::vector<model::Stored>(
        responses.size(), model::Stored{.outcome = v1::OUTCOME_RECORDED,
                                        .first_outcome = v1::OUTCOME_RECORDED,
                                        .received_at = responses[0].received_at});
    Tell(*answers);
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(options_.acknowledge_before_commit_by));
    NoteIfClosed(store_.AppendResponses(responses).status());
    return;
  }
  answers->stored = store_.AppendResponses(responses);
  NoteIfClosed(answers->stored.status());
  if (answers->stored.ok() && options_.committed) options_.committed(responses, *answers->stored);
  if (!teller_.has_value() || !teller_->Offer([answers] { Tell(*answers); })) Tell(*answers);
}

void Writer::Tell(const Answers& answers) {
  size_t begin = 0;
  for (const Answers::Caller& caller : answers.callers) {
    if (answers.stored.ok()) {
      caller.appended(
          std::span<const model::Stored>(*answers.stored).subspan(begin, caller.responses));
    } else {
      caller.appended(answers.stored.status());
    }
    begin += caller.responses;
  }
}

void Writer::NoteIfClosed(const absl::Status& status) {
  // A change may also fail with UNAVAILABLE for reasons of its own, such as a key file.
  if (!refusal::IsStoreClosed(status) || told_closed_) return;
  told_closed_ = true;
  if (options_.closed) options_.closed(status);
}

void Writer::Start() {
  HAILONG_CHECK(!thread_.joinable());
  teller_.emplace(/*threads=*/1, options_.jobs_max);
  thread_ = std::thread([this] {
    while (Step()) {
    }
  });
}

void Writer::Stop() {
  jobs_.Close();
  if (thread_.joinable()) thread_.join();
  // What was accepted and never taken, since no thread was started.
  while (Step()) {
  }
  teller_.reset();
}

}  // namespace hailong::store
