#include "server/web/request_reader.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "server/web/limits.h"

namespace hailong::web {

using base::Cat;

Answer Busy() {
  Answer answer = PlainText(503, "The server is busy; please try again in a moment.");
  answer.headers.push_back({"Retry-After", Cat(absl::ToInt64Seconds(limits::kWebRetryAfterFull))});
  return answer;
}

size_t RequestReader::Put(std::string_view bytes) {
  size_t taken = 0;
  if (state_ == State::kHead) taken = PutHead(bytes);
  if (state_ != State::kBody) return taken;
  taken += body_->Put(bytes.substr(taken));
  JudgeBody();
  return taken;
}

size_t RequestReader::PutHead(std::string_view bytes) {
  const size_t before = head_bytes_.size();
  head_bytes_.append(bytes.substr(0, limits::kWebHeaderBytesMax + 1 - before));
  const size_t taken = head_bytes_.size() - before;
  const size_t size = HeadSize(head_bytes_);
  if (size == 0 || size > limits::kWebHeaderBytesMax) {
    if (head_bytes_.size() > limits::kWebHeaderBytesMax) {
      Refuse(431, Cat("headers: found more than ", limits::kWebHeaderBytesMax, " bytes"));
    }
    return taken;
  }
  HeadResult parsed = ParseHead(std::string_view(head_bytes_).substr(0, size));
  head_bytes_ = {};
  if (parsed.refusal.has_value()) {
    Refuse(parsed.refusal->status, std::move(parsed.refusal->text));
  } else {
    TakeHead(*std::move(parsed.head));
  }
  return size - before;
}

void RequestReader::TakeHead(Head head) {
  method_ = head.method;
  keep_alive_ = head.keep_alive;
  expects_continue_ = head.expects_continue;
  request_.method = method_ == "HEAD" ? "GET" : std::move(head.method);
  request_.path = std::move(head.path);
  request_.query = std::move(head.query);
  request_.headers = std::move(head.headers);
  SayWhoAsks();
  if (for_.busy) return Refuse(Busy());
  TakeRoute(head);
}

void RequestReader::SayWhoAsks() {
  request_.client = for_.peer;
  if (!for_.proxies.Contains(for_.peer)) return;
  std::string forwarded;
  for (const Header& header : request_.headers) {
    if (header.name != "x-forwarded-for") continue;
    forwarded += forwarded.empty() ? "" : ",";
    forwarded += header.value;
  }
  request_.client = for_.proxies.ClientOf(for_.peer, forwarded);
  secure_ = request_.Get("x-forwarded-proto") == "https";
  request_.secure = secure_;
}

void RequestReader::TakeRoute(const Head& head) {
  route_ = for_.site.Find(request_.path);
  if (route_ == nullptr) return Refuse(404, "There is nothing at this address.");
  if (!route_->Allows(method_)) {
    Answer answer = PlainText(405, "This address does not allow the request's method.");
    answer.headers.push_back({"Allow", route_->Allow()});
    return Refuse(std::move(answer));
  }
  body_.emplace(head, route_->body_limit ? route_->body_limit(request_) : route_->body_bytes_max);
  state_ = State::kBody;
}

void RequestReader::JudgeBody() {
  switch (body_->state()) {
    case BodyReader::State::kMore:
      return;
    case BodyReader::State::kDone:
      state_ = State::kDone;
      return;
    case BodyReader::State::kTooLarge:
      return Refuse(413, Cat("body: found more than the ", body_->bytes_max(),
                             " bytes that are allowed here"));
    case BodyReader::State::kBroken:
      return Refuse(400, "body: found a chunk that is not SIZE, bytes and line ends, in CRLF");
  }
}

// The rest of a refused request cannot be told from the next one.
void RequestReader::Refuse(Answer answer) {
  state_ = State::kRefused;
  keep_alive_ = false;
  head_bytes_ = {};
  body_.reset();
  request_ = {};
  refusal_ = std::move(answer);
}

Request RequestReader::TakeRequest() {
  HAILONG_CHECK(state_ == State::kDone && body_.has_value());
  request_.body = body_->TakeBody();
  body_.reset();
  return std::exchange(request_, {});
}

Answer RequestReader::TakeRefusal() {
  HAILONG_CHECK(refusal_.has_value());
  return *std::exchange(refusal_, std::nullopt);
}

}  // namespace hailong::web
