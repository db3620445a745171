#include "server/web/connect_error.h"

#include <google/protobuf/any.pb.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "base/ids.h"
#include "base/json/json.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/model/refusal.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr std::string_view kUnreadable = "(a text that is not UTF-8)";

struct CodeRow {
  absl::StatusCode code;
  std::string_view name;
  int http;
};

// As the protocol's reference has them.
constexpr std::array<CodeRow, 16> kCodes = {{
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
}};

const CodeRow& RowOf(absl::StatusCode code) {
  const auto found = std::find_if(kCodes.begin(), kCodes.end(),
                                  [&](const CodeRow& row) { return row.code == code; });
  return found == kCodes.end() ? kCodes[1] : *found;
}

google::rpc::Status DetailsOf(const RpcStatus& status) {
  google::rpc::Status details;
  // What does not parse has no details to show.
  if (!details.ParseFromString(status.details)) details.Clear();
  return details;
}

std::string TypeName(const google::protobuf::Any& any) {
  const size_t slash = any.type_url().rfind('/');
  return slash == std::string::npos ? any.type_url() : any.type_url().substr(slash + 1);
}

// Base64 without padding.
std::string Base64(std::string_view bytes) {
  std::string text = absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

std::string_view ConnectCode(absl::StatusCode code) { return RowOf(code).name; }

int HttpStatusOf(absl::StatusCode code) { return RowOf(code).http; }

RpcStatus ToRpc(const absl::Status& status) {
  return {.code = status.code(),
          .message = std::string(status.message()),
          .details = refusal::DetailsOf(status)};
}

std::string ErrorJson(const RpcStatus& status, const Codec& codec) {
  std::string json = Cat("{\"code\":\"", ConnectCode(status.code), "\"");
  if (!status.message.empty()) {
    // Ours all are; a library's need not be.
    const bool readable = base::IsUtf8(status.message);
    json += Cat(",\"message\":", base::JsonQuote(readable ? status.message : kUnreadable));
  }
  const google::rpc::Status details = DetailsOf(status);
  std::string_view separator = ",\"details\":[";
  for (const google::protobuf::Any& any : details.details()) {
    const std::string type = TypeName(any);
    json += Cat(separator, "{\"type\":", base::JsonQuote(type), ",\"value\":\"",
                Base64(any.value()), "\"");
    // For people who read it; clients take `value`.
    const auto debug = codec.ToJson(type, any.value());
    if (debug.ok()) json += Cat(",\"debug\":", *debug);
    json += "}";
    separator = ",";
  }
  if (separator == ",") json += "]";
  json += "}";
  return json;
}

Answer ErrorAnswer(const RpcStatus& status, const Codec& codec) {
  Answer answer;
  answer.status = HttpStatusOf(status.code);
  answer.headers.push_back({"Content-Type", "application/json"});
  answer.body = ErrorJson(status, codec);
  const google::rpc::Status details = DetailsOf(status);
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::RetryInfo retry;
    if (!any.UnpackTo(&retry)) continue;
    const auto& delay = retry.retry_delay();
    answer.headers.push_back(
        {"Retry-After", Cat(std::max<int64_t>(1, delay.seconds() + (delay.nanos() > 0 ? 1 : 0)))});
  }
  return answer;
}

}  // namespace hailong::web
