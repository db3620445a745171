#include "server/web/answer_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;

// Nothing but what this server itself sends may run, be loaded or be asked; nobody may frame it.
constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src "
    "'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Embedder-Policy: require-corp\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";
constexpr std::string_view kStayOnHttps =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

constexpr std::array<std::pair<int, std::string_view>, 29> kReasons = {{
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

std::string_view Reason(int status) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [&](const auto& reason) { return reason.first == status; });
  return found == kReasons.end() ? "Status" : found->second;
}

const std::string& BodyOf(const Answer& answer) {
  return answer.file != nullptr ? *answer.file : answer.body;
}

std::string WriteHead(const Answer& answer, const AnswerFraming& framing) {
  std::string head =
      Cat("HTTP/1.1 ", answer.status, " ", Reason(answer.status), "\r\nDate: ",
          absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", framing.now, absl::UTCTimeZone()), "\r\n");
  bool caching_told = false;
  for (const Header& header : answer.headers) {
    // Our own mistake, and one that would let a text of somebody else write headers.
    HAILONG_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    caching_told = caching_told || absl::EqualsIgnoreCase(header.name, "Cache-Control");
    head += Cat(header.name, ": ", header.value, "\r\n");
  }
  if (!caching_told) head += "Cache-Control: no-store\r\n";
  head += kSecurityHeaders;
  if (framing.secure) head += kStayOnHttps;
  if (!framing.request_id.empty()) head += Cat("X-Request-Id: ", framing.request_id, "\r\n");
  if (answer.stream != nullptr) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (answer.status != 304 && answer.status != 204) {
    // 304 describes the body it has not.
    head += Cat("Content-Length: ", BodyOf(answer).size(), "\r\n");
  }
  if (!framing.keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  return head;
}

}  // namespace

AnswerWriter::AnswerWriter(Answer answer, const AnswerFraming& framing)
    : answer_(std::move(answer)), out_(WriteHead(answer_, framing)) {
  if (framing.head_only || answer_.status == 304) {
    EndStream();
  } else if (answer_.stream == nullptr) {
    const std::string& body = BodyOf(answer_);
    body_bytes_ = body.size();
    // One piece where it is cheap, so that a small answer is one packet.
    if (body.size() <= limits::kWebTranslateInPlaceMax) {
      out_ += body;
    } else {
      body_ = body;
    }
  }
  left_ = out_;
}

std::string_view AnswerWriter::Next() {
  if (left_.empty()) left_ = std::exchange(body_, {});
  if (left_.empty()) out_ = {};
  const std::string_view piece = left_.substr(0, limits::kWebPieceBytes);
  left_.remove_prefix(piece.size());
  return piece;
}

void AnswerWriter::Put(const std::optional<std::string>& piece) {
  if (!piece.has_value()) {
    EndStream();
    out_ = "0\r\n\r\n";
  } else if (piece->empty()) {
    out_.clear();  // an empty chunk would be the end
  } else {
    body_bytes_ += piece->size();
    out_ = Cat(absl::StrFormat("%x", piece->size()), "\r\n", *piece, "\r\n");
  }
  left_ = out_;
}

}  // namespace hailong::web
