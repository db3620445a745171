#include "server/web/call_form.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "server/web/connect_error.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr size_t kEnvelopeBytes = 5;  // flags and length
constexpr unsigned char kCompressed = 0x01;
constexpr unsigned char kConnectEnd = 0x02;
constexpr unsigned char kGrpcWebEnd = 0x80;
constexpr size_t kConnectTimeDigitsMax = 10;
constexpr size_t kGrpcTimeDigitsMax = 8;
// As much as Connect can say; the hours of gRPC may be more than a clock can hold.
constexpr absl::Duration kTimeMax = absl::Milliseconds(9'999'999'999);

struct KnownType {
  std::string_view name;
  Protocol protocol;
  bool json;
};
constexpr std::array<KnownType, 7> kContentTypes = {{
    {"application/json", Protocol::kConnectUnary, true},
    {"application/proto", Protocol::kConnectUnary, false},
    {"application/connect+json", Protocol::kConnectStream, true},
    {"application/connect+proto", Protocol::kConnectStream, false},
    {"application/grpc-web+json", Protocol::kGrpcWeb, true},
    {"application/grpc-web+proto", Protocol::kGrpcWeb, false},
    {"application/grpc-web", Protocol::kGrpcWeb, false},
}};

std::string FlaggedEnvelope(unsigned char flags, std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  std::string envelope = {static_cast<char>(flags), static_cast<char>(size >> 24),
                          static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                          static_cast<char>(size)};
  envelope += message;
  return envelope;
}

std::optional<int64_t> Digits(std::string_view text, size_t digits_max) {
  int64_t value = 0;
  if (text.empty() || text.size() > digits_max ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &value)) {
    return std::nullopt;
  }
  return value;
}

absl::StatusOr<std::optional<absl::Duration>> ReadConnectTime(std::string_view text) {
  if (text.empty()) return std::optional<absl::Duration>();
  const auto ms = Digits(text, kConnectTimeDigitsMax);
  if (ms.has_value()) return std::optional(absl::Milliseconds(*ms));
  return absl::InvalidArgumentError(
      Cat("connect-timeout-ms: allowed are digits, at most ", kConnectTimeDigitsMax));
}

// "1500m": digits and a unit.
absl::StatusOr<std::optional<absl::Duration>> ReadGrpcTime(std::string_view text) {
  if (text.empty()) return std::optional<absl::Duration>();
  const auto count = Digits(text.substr(0, text.size() - 1), kGrpcTimeDigitsMax);
  const char unit = text.back();
  if (count.has_value()) {
    if (unit == 'H') return std::optional(std::min(absl::Hours(*count), kTimeMax));
    if (unit == 'M') return std::optional(std::min(absl::Minutes(*count), kTimeMax));
    if (unit == 'S') return std::optional(absl::Seconds(*count));
    if (unit == 'm') return std::optional(absl::Milliseconds(*count));
    if (unit == 'u') return std::optional(absl::Microseconds(*count));
    if (unit == 'n') return std::optional(absl::Nanoseconds(*count));
  }
  return absl::InvalidArgumentError(Cat("grpc-timeout: allowed are digits, at most ",
                                        kGrpcTimeDigitsMax, ", and one of H M S m u n"));
}

// As in gRPC over HTTP/2: bytes outside visible ASCII, and '%', by their numbers.
std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '%') {
      encoded.push_back(c);
    } else {
      encoded += absl::StrFormat("%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string GrpcTrailers(const RpcStatus& status) {
  std::string trailers = Cat("grpc-status: ", static_cast<int>(status.code), "\r\n");
  if (!status.message.empty()) {
    trailers += Cat("grpc-message: ", PercentEncoded(status.message), "\r\n");
  }
  if (!status.details.empty()) {
    trailers += Cat("grpc-status-details-bin: ", absl::Base64Escape(status.details), "\r\n");
  }
  return trailers;
}

}  // namespace

std::string AllContentTypes() {
  std::string all;
  for (const KnownType& type : kContentTypes) all += Cat(all.empty() ? "" : ", ", type.name);
  return all;
}

std::optional<CallForm> ReadCallForm(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  absl::StripAsciiWhitespace(&type);
  absl::AsciiStrToLower(&type);
  for (const KnownType& known : kContentTypes) {
    if (known.name == type) return CallForm{known.protocol, known.json, type};
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<absl::Duration>> ReadCallTime(const Request& request,
                                                           Protocol protocol) {
  const std::string_view encoding =
      request.Get(protocol == Protocol::kConnectUnary    ? "content-encoding"
                  : protocol == Protocol::kConnectStream ? "connect-content-encoding"
                                                         : "grpc-encoding");
  if (!encoding.empty() && encoding != "identity") {
    return absl::UnimplementedError("compression of requests: allowed is identity");
  }
  if (protocol == Protocol::kGrpcWeb) return ReadGrpcTime(request.Get("grpc-timeout"));
  const std::string_view version = request.Get("connect-protocol-version");
  if (!version.empty() && version != "1") {
    return absl::InvalidArgumentError("connect-protocol-version: allowed is 1");
  }
  return ReadConnectTime(request.Get("connect-timeout-ms"));
}

std::string Envelope(std::string_view message) { return FlaggedEnvelope(0, message); }

absl::StatusOr<std::string> OpenEnvelope(const std::string& body) {
  if (body.size() < kEnvelopeBytes) {
    return absl::InvalidArgumentError(
        Cat("request: found ", body.size(), " bytes, allowed is one message in its envelope"));
  }
  const auto flags = static_cast<unsigned char>(body[0]);
  uint32_t size = 0;
  for (size_t i = 1; i < kEnvelopeBytes; ++i) {
    size = size << 8 | static_cast<unsigned char>(body[i]);
  }
  if ((flags & kCompressed) != 0) {
    return absl::UnimplementedError("compression of requests: allowed is identity");
  }
  if (flags != 0 || size != body.size() - kEnvelopeBytes) {
    return absl::InvalidArgumentError(
        Cat("request: found an envelope of ", size, " bytes with flags ", int{flags}, " around ",
            body.size() - kEnvelopeBytes, ", allowed is one message with flags 0"));
  }
  return body.substr(kEnvelopeBytes);
}

std::string EndEnvelope(Protocol protocol, const RpcStatus& status, const Codec& codec) {
  if (protocol == Protocol::kGrpcWeb) return FlaggedEnvelope(kGrpcWebEnd, GrpcTrailers(status));
  return FlaggedEnvelope(kConnectEnd, status.code == absl::StatusCode::kOk
                                          ? "{}"
                                          : Cat("{\"error\":", ErrorJson(status, codec), "}"));
}

}  // namespace hailong::web
