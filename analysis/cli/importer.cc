#include "analysis/cli/importer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hailong::cli {
namespace {

using std::chrono::milliseconds;

// Tries without any progress before giving up, some two minutes in all.
constexpr int kTriesMax = 9;
constexpr milliseconds kPauseFirst{500};
constexpr milliseconds kPauseMax{30000};

// The message only sums up the violations where there are any.
std::string Reason(const v1::Refusal& refusal) {
  std::string reason;
  for (const v1::FieldViolation& violation : refusal.field_violations()) {
    absl::StrAppend(&reason, reason.empty() ? "" : "; ", violation.field(), ": ",
                    violation.description());
  }
  if (!reason.empty()) return reason;
  return refusal.message().empty() ? absl::StrCat("refused with code ", refusal.code())
                                   : refusal.message();
}

}  // namespace

Importer::Importer(RowMapper& mapper, ImportPorts ports)
    : mapper_(mapper), ports_(std::move(ports)) {}

ImportEnd Importer::Run(CsvReader& reader) {
  ImportEnd end;
  CsvRow row;
  while (end.rpc.ok()) {
    absl::StatusOr<bool> more = reader.Next(row);
    if (!more.ok()) end.file = more.status();
    if (!more.ok() || !*more) break;
    Add(std::move(row));
    if (pending_.size() >= kBatchResponsesMax || pending_bytes_ >= kBatchBytesMax) {
      end.rpc = Flush();
      ports_.progress(reader.bytes_read());
    }
  }
  // What was read before a bad end of the file is as good as the rest.
  if (end.rpc.ok()) end.rpc = Flush();
  ports_.progress(reader.bytes_read());
  end.summary = summary_;
  return end;
}

void Importer::Add(CsvRow row) {
  summary_.set_rows(summary_.rows() + 1);
  absl::StatusOr<v1::Response> response = mapper_.Map(row);
  if (!response.ok()) {
    summary_.set_rejected_rows(summary_.rejected_rows() + 1);
    ports_.reject(row, std::string(response.status().message()));
    return;
  }
  pending_bytes_ += response->ByteSizeLong();
  pending_.push_back({std::move(row), *std::move(response)});
}

RpcStatus Importer::Flush() {
  milliseconds pause = kPauseFirst;
  for (int tries = 1; !pending_.empty(); ++tries) {
    v1::SubmitResponsesRequest request;
    for (const Pending& pending : pending_) *request.add_responses() = pending.response;
    v1::SubmitResponsesResponse response;
    RpcStatus status = ports_.submit(request, &response);
    milliseconds asked = RetryDelay(status);
    const std::size_t before = pending_.size();
    if (status.ok()) {
      if (response.results_size() != request.responses_size()) {
        return {RpcStatus::kInternal,
                absl::StrCat("the server gave ", response.results_size(), " outcomes for ",
                             request.responses_size(), " responses"),
                ""};
      }
      asked = Settle(response);
      if (pending_.empty()) break;
      status = {RpcStatus::kResourceExhausted,
                absl::StrCat("the server keeps putting off ", pending_.size(), " responses"), ""};
    }
    if (!IsPassing(status)) return status;
    if (pending_.size() < before) {
      tries = 1;
      pause = kPauseFirst;
    }
    if (tries >= kTriesMax) return status;
    ports_.sleep(std::clamp(asked, pause, kPauseMax));
    pause = std::min(pause * 2, kPauseMax);
  }
  pending_bytes_ = 0;
  return {};
}

milliseconds Importer::Settle(const v1::SubmitResponsesResponse& response) {
  milliseconds wait{0};
  std::vector<Pending> again;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const v1::SubmitResult& result = response.results(static_cast<int>(i));
    if (result.has_stored()) {
      Tally(result.stored().outcome());
    } else if (result.refusal().retry_after_ms() > 0) {
      wait = std::max(wait, milliseconds(result.refusal().retry_after_ms()));
      again.push_back(std::move(pending_[i]));
    } else {
      summary_.set_refused(summary_.refused() + 1);
      ports_.reject(pending_[i].row, Reason(result.refusal()));
    }
  }
  pending_ = std::move(again);
  return wait;
}

void Importer::Tally(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_ALREADY_RECORDED:
      return summary_.set_already_recorded(summary_.already_recorded() + 1);
    case v1::OUTCOME_RECORDED_COUNTS:
      return summary_.set_recorded_counts(summary_.recorded_counts() + 1);
    case v1::OUTCOME_RECORDED_NOT_COUNTED:
      return summary_.set_recorded_not_counted(summary_.recorded_not_counted() + 1);
    case v1::OUTCOME_RECORDED_LATE:
      return summary_.set_recorded_late(summary_.recorded_late() + 1);
    default:
      return summary_.set_recorded(summary_.recorded() + 1);
  }
}

}  // namespace hailong::cli
