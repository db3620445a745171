#include "analysis/cli/rpc_status.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/vietnamese/vietnamese.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hailong::cli {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string CodeName(int code) {
  if (code < 0 || static_cast<std::size_t>(code) >= kCodeNames.size()) return std::to_string(code);
  return std::string(kCodeNames[static_cast<std::size_t>(code)]);
}

// Calls `use` with each detail of type T.
template <typename T, typename Use>
void ForEachDetail(const RpcStatus& status, Use use) {
  google::rpc::Status full;
  if (!full.ParseFromString(status.details)) return;
  for (const auto& any : full.details()) {
    T detail;
    if (any.Is<T>() && any.UnpackTo(&detail)) use(detail);
  }
}

}  // namespace

ExitCode ExitCodeOf(const RpcStatus& status) {
  switch (status.code) {
    case RpcStatus::kOk:
      return ExitCode::kOk;
    case RpcStatus::kUnavailable:
    case RpcStatus::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kRefused;
  }
}

std::string Describe(const RpcStatus& status) {
  std::string text = ReplaceControls(status.message);
  text += (text.empty() ? "" : " ") + ("(" + CodeName(status.code) + ")");
  ForEachDetail<google::rpc::BadRequest>(status, [&](const google::rpc::BadRequest& bad) {
    for (const auto& violation : bad.field_violations()) {
      text += "\n  " + ReplaceControls(violation.field()) + ": " +
              ReplaceControls(violation.description());
    }
  });
  return text;
}

void RenameFields(RpcStatus& status,
                  const std::function<std::string(std::string_view field)>& rename) {
  google::rpc::Status full;
  if (!full.ParseFromString(status.details)) return;
  for (auto& any : *full.mutable_details()) {
    google::rpc::BadRequest bad;
    if (!any.Is<google::rpc::BadRequest>() || !any.UnpackTo(&bad)) continue;
    for (auto& violation : *bad.mutable_field_violations()) {
      violation.set_field(rename(violation.field()));
    }
    any.PackFrom(bad);
  }
  status.details = full.SerializeAsString();
}

std::chrono::milliseconds RetryDelay(const RpcStatus& status) {
  int64_t delay_ms = 0;
  ForEachDetail<google::rpc::RetryInfo>(status, [&](const google::rpc::RetryInfo& retry) {
    delay_ms = std::max(delay_ms, TimeUtil::DurationToMilliseconds(retry.retry_delay()));
  });
  return std::chrono::milliseconds(delay_ms);
}

bool IsPassing(const RpcStatus& status) {
  return status.code == RpcStatus::kUnavailable || status.code == RpcStatus::kDeadlineExceeded ||
         status.code == RpcStatus::kResourceExhausted;
}

}  // namespace hailong::cli
