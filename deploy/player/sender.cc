#include "deploy/player/sender.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "base/loopback.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hailong::player {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);
constexpr absl::Duration kFirstWait = absl::Milliseconds(50);
constexpr absl::Duration kWaitMax = absl::Seconds(5);

bool IsHere(const std::string& server) {
  return base::IsLoopback(server) || absl::StartsWith(server, "unix:");
}

void Prepare(grpc::ClientContext& context, const CollectorAccess& collector) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kCallTimeout));
  context.AddMetadata("authorization", absl::StrCat("Bearer ", collector.credential));
}

// gRPC's codes are those of absl; its message comes from the other side.
absl::Status StatusOf(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

bool MayPass(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::ABORTED;
}

// The delay that google.rpc.RetryInfo asks for; zero: none.
absl::Duration RetryDelayOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return absl::ZeroDuration();
  for (const auto& detail : details.details()) {
    google::rpc::RetryInfo info;
    if (detail.UnpackTo(&info)) {
      return absl::Seconds(info.retry_delay().seconds()) +
             absl::Nanoseconds(info.retry_delay().nanos());
    }
  }
  return absl::ZeroDuration();
}

// What the server asks for, but at least as long as patience grown over the attempts.
absl::Duration WaitFor(absl::Duration asked, int attempt) {
  absl::Duration patience = kFirstWait;
  for (int i = 1; i < attempt; ++i) patience *= 2;
  return std::min(std::max(asked, patience), kWaitMax);
}

}  // namespace

// Up to kBatchLength entries of one collector.
struct Sender::Batch {
  std::size_t collector = 0;
  std::vector<const Entry*> entries;
};

// One Send: what its threads share.
struct Sender::Run {
  const ResponseBuilder& builder;
  std::vector<Batch> batches;
  std::mutex mutex;
  std::size_t next = 0;  // guarded by mutex
  bool stopped = false;  // guarded by mutex: a call failed for good
  uint64_t done = 0;     // guarded by mutex
  Progress progress;     // guarded by mutex
  Tally& tally;          // guarded by mutex
};

absl::StatusOr<std::unique_ptr<Sender>> Sender::Create(const std::string& server,
                                                       const std::string& tls_ca, int streams,
                                                       std::vector<CollectorAccess> collectors) {
  if (streams < 1 || streams > kStreamsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("streams: ", streams, " is not in 1..", kStreamsMax));
  }
  if (tls_ca.empty() && !IsHere(server)) {
    return absl::InvalidArgumentError(
        absl::StrCat("server ", server, " is not on the loopback: credentials need --tls-ca"));
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!tls_ca.empty()) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = tls_ca;
    credentials = grpc::SslCredentials(options);
  }
  return std::unique_ptr<Sender>(
      new Sender(v1::CollectionService::NewStub(grpc::CreateChannel(server, credentials)), streams,
                 std::move(collectors)));
}

Sender::Sender(std::unique_ptr<v1::CollectionService::Stub> stub, int streams,
               std::vector<CollectorAccess> collectors)
    : stub_(std::move(stub)), streams_(streams), collectors_(std::move(collectors)) {}

absl::StatusOr<v1::Questionnaire> Sender::GetQuestionnaire(const std::string& round_id) {
  v1::GetQuestionnaireRequest request;
  request.set_round_id(round_id);
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    Prepare(context, collectors_.front());
    v1::GetQuestionnaireResponse response;
    const grpc::Status status = stub_->GetQuestionnaire(&context, request, &response);
    if (status.ok()) return std::move(*response.mutable_questionnaire());
    if (!MayPass(status) || attempt == kAttemptsMax) return StatusOf(status);
    absl::SleepFor(WaitFor(RetryDelayOf(status), attempt));
  }
}

void Sender::Send(const std::vector<Entry>& entries, const ResponseBuilder& builder,
                  Progress progress, Tally& tally) {
  Run run{builder, {}, {}, 0, false, 0, std::move(progress), tally};
  std::map<std::size_t, Batch> open;
  for (const Entry& entry : entries) {
    Batch& batch = open[entry.collector];
    batch.collector = entry.collector;
    batch.entries.push_back(&entry);
    if (batch.entries.size() == kBatchLength) {
      run.batches.push_back(std::move(batch));
      batch = Batch();
    }
  }
  for (auto& [collector, batch] : open) {
    if (!batch.entries.empty()) run.batches.push_back(std::move(batch));
  }

  std::vector<std::thread> threads;
  for (int i = 0; i < streams_; ++i) threads.emplace_back([this, &run] { SendBatches(run); });
  for (std::thread& thread : threads) thread.join();

  uint64_t unsent = 0;
  for (; run.next < run.batches.size(); ++run.next) unsent += run.batches[run.next].entries.size();
  if (unsent > 0) tally.AddUnanswered(unsent, "not sent, since a call before them failed");
}

void Sender::SendBatches(Run& run) {
  while (true) {
    const Batch* batch = nullptr;
    {
      const std::lock_guard<std::mutex> lock(run.mutex);
      if (run.stopped || run.next == run.batches.size()) return;
      batch = &run.batches[run.next++];
    }
    const absl::Status status = SendBatch(*batch, run);
    if (!status.ok()) {
      const std::lock_guard<std::mutex> lock(run.mutex);
      run.stopped = true;
    }
  }
}

absl::Status Sender::SendBatch(const Batch& batch, Run& run) {
  v1::SubmitResponsesRequest request;
  for (const Entry* entry : batch.entries) *request.add_responses() = run.builder.Build(*entry);
  std::vector<const Entry*> entries = batch.entries;

  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    Prepare(context, collectors_[batch.collector]);
    v1::SubmitResponsesResponse response;
    const grpc::Status status = stub_->SubmitResponses(&context, request, &response);
    const bool is_last = attempt == kAttemptsMax;
    absl::Duration asked = RetryDelayOf(status);

    if (status.ok()) {
      const std::size_t results = static_cast<std::size_t>(response.results_size());
      const std::lock_guard<std::mutex> lock(run.mutex);
      if (results != entries.size()) {
        const std::string why =
            absl::StrCat(results, " results for ", entries.size(), " responses");
        run.tally.AddUnanswered(entries.size(), why);
        return absl::InternalError(why);
      }
      // What the server put off goes into the next attempt; the rest is settled.
      v1::SubmitResponsesRequest again;
      std::vector<const Entry*> entries_again;
      for (std::size_t i = 0; i < results; ++i) {
        const v1::SubmitResult& result = response.results(static_cast<int>(i));
        if (result.refusal().retry_after_ms() > 0 && !is_last) {
          asked = std::max(asked, absl::Milliseconds(result.refusal().retry_after_ms()));
          *again.add_responses() = std::move(*request.mutable_responses(static_cast<int>(i)));
          entries_again.push_back(entries[i]);
        } else {
          run.tally.Add(*entries[i], result);
          ++run.done;
        }
      }
      run.progress.Show(run.done);
      if (entries_again.empty()) return absl::OkStatus();
      request = std::move(again);
      entries = std::move(entries_again);
    } else if (!MayPass(status) || is_last) {
      const absl::Status failed = StatusOf(status);
      const std::lock_guard<std::mutex> lock(run.mutex);
      run.tally.AddUnanswered(
          entries.size(), absl::StrCat("collector ", collectors_[batch.collector].collector_id,
                                       ": ", failed.ToString(), " after ", attempt, " attempts"));
      return failed;
    }
    {
      const std::lock_guard<std::mutex> lock(run.mutex);
      run.tally.AddWait();
    }
    absl::SleepFor(WaitFor(asked, attempt));
  }
}

}  // namespace hailong::player
