#include "server/transport/streams.h"

#include <algorithm>
#include <atomic>

#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/transport/status_map.h"

namespace hailong::transport {

// Written to by the ticker's thread; gRPC's threads only leave notes.
class WatchReactor final : public grpc::ServerWriteReactor<v1::WatchRoundResponse> {
 public:
  WatchReactor(model::Principal caller, const v1::WatchRoundRequest& request,
               absl::Duration interval)
      : caller_(std::move(caller)), request_(request), interval_(interval) {}

  void KeepSelf(std::shared_ptr<WatchReactor> self) { self_ = std::move(self); }

  // Ends the call, once, as soon as no message is under way.
  void End(const absl::Status& status) {
    base::MutexLock lock(mutex_);
    if (finished_) return;
    if (writing_) {
      end_with_ = status;
      return;
    }
    finished_ = true;
    Finish(ToGrpc(status));
  }

  // False: the call has ended.
  bool Tick(results::Results& results, absl::Time now) {
    if (cancelled_.load()) End(absl::CancelledError("the client went away"));
    {
      base::MutexLock lock(mutex_);
      if (finished_) return false;
      if (writing_ || now < due_at_) return true;
    }
    due_at_ = now + interval_;
    const auto last = results.LastSequence(request_.round_id());
    if (last.ok() && *last == shown_ && shown_once_) return true;
    auto counts = results.ReadCounts(caller_, request_);
    if (!last.ok() || !counts.ok()) {
      End(last.ok() ? counts.status() : last.status());
      return true;
    }
    shown_ = *last;
    shown_once_ = true;
    base::MutexLock lock(mutex_);
    if (finished_) return false;
    message_ = *std::move(counts);
    writing_ = true;
    StartWrite(&message_);
    return true;
  }

  void OnWriteDone(bool ok) override {
    base::MutexLock lock(mutex_);
    writing_ = false;
    if (finished_ || (ok && !end_with_.has_value())) return;
    finished_ = true;
    Finish(ToGrpc(end_with_.value_or(absl::CancelledError("the client went away"))));
  }
  void OnCancel() override { cancelled_.store(true); }
  void OnDone() override { const std::shared_ptr<WatchReactor> last = std::move(self_); }

 private:
  const model::Principal caller_;
  const v1::WatchRoundRequest request_;
  const absl::Duration interval_;
  std::shared_ptr<WatchReactor> self_;  // until gRPC is done with it
  // The ticker's thread only.
  absl::Time due_at_ = absl::InfinitePast();
  model::Sequence shown_ = model::kNoSequence;
  bool shown_once_ = false;

  std::atomic<bool> cancelled_ = false;
  base::Mutex mutex_;
  v1::WatchRoundResponse message_;  // touched only while no write is under way
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_with_ ABSL_GUARDED_BY(mutex_);
};

WatchTicker::WatchTicker(results::Results& results, const base::Clock& clock)
    : results_(results), clock_(clock), thread_([this] {
        while (Step()) {
        }
      }) {}

WatchTicker::~WatchTicker() { Stop(); }

grpc::ServerWriteReactor<v1::WatchRoundResponse>* WatchTicker::Watch(
    absl::StatusOr<model::Principal> caller, const v1::WatchRoundRequest& request) {
  const absl::Duration asked =
      request.has_interval() ? model::FromProto(request.interval()) : absl::Seconds(1);
  const absl::Duration interval =
      std::clamp(asked, limits::kWatchIntervalMin, limits::kWatchIntervalMax);
  auto reactor =
      std::make_shared<WatchReactor>(caller.ok() ? *caller : model::Principal(), request, interval);
  reactor->KeepSelf(reactor);
  absl::Status refused = caller.status();
  if (refused.ok()) {
    base::MutexLock lock(mutex_);
    if (stopped_) {
      refused = refusal::StoreClosed("the server stops");
    } else if (watchers_.size() >= limits::kWatchersMax) {
      refused = refusal::QueueFull();
    } else {
      watchers_.push_back(reactor);
    }
  }
  if (!refused.ok()) reactor->End(refused);
  return reactor.get();
}

bool WatchTicker::Step() {
  std::vector<std::shared_ptr<WatchReactor>> watchers;
  {
    base::MutexLock lock(mutex_);
    if (!stopped_) stopped_changed_.WaitFor(mutex_, std::chrono::milliseconds(50));
    if (stopped_) return false;
    watchers = watchers_;
  }
  const absl::Time now = clock_.Now();
  std::vector<std::shared_ptr<WatchReactor>> ended;
  for (const auto& watcher : watchers) {
    if (!watcher->Tick(results_, now)) ended.push_back(watcher);
  }
  base::MutexLock lock(mutex_);
  std::erase_if(watchers_, [&](const auto& watcher) {
    return std::find(ended.begin(), ended.end(), watcher) != ended.end();
  });
  return true;
}

void WatchTicker::Stop() {
  std::vector<std::shared_ptr<WatchReactor>> watchers;
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    stopped_changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  {
    base::MutexLock lock(mutex_);
    watchers = std::exchange(watchers_, {});
  }
  for (const auto& watcher : watchers) watcher->End(refusal::StoreClosed("the server stops"));
}

namespace {

// Reads a chunk on an executor thread, writes it, and so on; what the client does not take is not
// read.
class ExportReactor final : public grpc::ServerWriteReactor<v1::ExportResponsesResponse> {
 public:
  ExportReactor(model::Principal caller, const v1::ExportResponsesRequest& request,
                results::Results& results, base::Executor& executor)
      : caller_(std::move(caller)), request_(request), results_(results), executor_(executor) {}

  void Next() {
    if (cancelled_.load()) return Finish(ToGrpc(absl::CancelledError("the client went away")));
    const bool accepted = executor_.Offer([this] {
      auto chunk = results_.ReadExport(caller_, request_);
      if (!chunk.ok()) return Finish(ToGrpc(chunk.status()));
      end_ = chunk->end;
      message_ = std::move(chunk->message);
      request_.set_cursor(message_.cursor());
      StartWrite(&message_);
    });
    if (!accepted) Finish(ToGrpc(refusal::QueueFull()));
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(ToGrpc(absl::CancelledError("the client went away")));
    if (end_) return Finish(grpc::Status::OK);
    Next();
  }
  void OnCancel() override { cancelled_.store(true); }
  void OnDone() override { delete this; }

 private:
  const model::Principal caller_;
  v1::ExportResponsesRequest request_;
  results::Results& results_;
  base::Executor& executor_;
  std::atomic<bool> cancelled_ = false;
  v1::ExportResponsesResponse message_;
  bool end_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportResponsesResponse>* StartExport(
    absl::StatusOr<model::Principal> caller, const v1::ExportResponsesRequest& request,
    results::Results& results, base::Executor& executor) {
  auto* reactor = new ExportReactor(caller.ok() ? *caller : model::Principal(), request, results,
                                    executor);  // deletes itself in OnDone
  if (caller.ok()) {
    reactor->Next();
  } else {
    reactor->Finish(ToGrpc(caller.status()));
  }
  return reactor;
}

}  // namespace hailong::transport
