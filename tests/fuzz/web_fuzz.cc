// Bytes as they come over a connection: head, body, route, guard, the Connect protocol, and a
// backend that gives the request's own bytes back as an answer, a stream or a status. What must
// hold: a request is taken or refused whole, however it was cut; every request is answered once;
// an answer is one head and UTF-8 where it is text.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/ids.h"
#include "server/web/answer_head.h"
#include "server/web/body_reader.h"
#include "server/web/call_guard.h"
#include "server/web/connect.h"
#include "server/web/head.h"
#include "server/web/limits.h"
#include "server/web/site.h"

// So that the contract is linked in, which the gateway finds by name.
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"

namespace {

using namespace hailong;

class Echo final : public web::RpcBackend {
 public:
  void Unary(const web::RpcCall& call, const std::string& request, Done done) override {
    const bool printable = std::all_of(call.authorization.begin(), call.authorization.end(),
                                       [](char c) { return c >= 0x20 && c < 0x7f; });
    HAILONG_CHECK(printable && call.authorization.size() <= limits::kWebAuthorizationBytesMax);
    const auto code = static_cast<absl::StatusCode>(request.size() % 17);
    done({.code = code, .message = request, .details = request},
         code == absl::StatusCode::kOk ? request : "");
  }
  std::unique_ptr<web::RpcStream> ServerStream(const web::RpcCall&,
                                               const std::string& request) override {
    struct Stream final : web::RpcStream {
      std::string message;
      int left = 2;
      void Read(Next next) override {
        if (left-- > 0) return next(message, {});
        next(std::nullopt,
             {.code = absl::StatusCode::kNotFound, .message = message, .details = ""});
      }
    };
    auto stream = std::make_unique<Stream>();
    stream->message = request;
    return stream;
  }
};

struct World {
  World() {
    (void)v1::SubmitResponseRequest::default_instance();
    (void)v1::EnrollRequest::default_instance();
    (void)v1::GetRoundRequest::default_instance();
    (void)v1::GetSipasRequest::default_instance();
    site.Add(gateway.MakeRoute());
    site.Add({.name = "hook",
              .path = "/hook",
              .methods = {"POST", "GET"},
              .body_bytes_max = 1000,
              .serve = [](const web::Request&, const web::Done& done) {
                done(web::PlainText(200, "taken"));
              }});
  }

  Echo echo;
  base::Executor executor{1, 64};
  base::FakeClock clock{absl::FromUnixSeconds(1'790'000'000)};
  web::CallGuard guard{{}, clock, [](std::string_view method) { return method.ends_with("l"); }};
  web::ConnectGateway gateway{
      echo, executor,
      [this](const web::Request& request, const web::Method& method, const std::string& bytes) {
        clock.Advance(absl::Seconds(1));
        return guard.Look(request, method, bytes);
      }};
  web::Site site;
};

void JudgeAnswer(const web::Answer& answer) {
  const std::string head =
      web::WriteHead(answer, {.content_length = answer.body.size(), .request_id = "1", .now = {}});
  HAILONG_CHECK(head.find("\r\n\r\n") == head.size() - 4);
  // Its fields are fields, by our own strict reading.
  HAILONG_CHECK(web::ParseHead("GET / HTTP/1.1\r\nHost: a\r\n" + head.substr(head.find('\n') + 1))
                    .head.has_value());
  if (answer.status != 200) HAILONG_CHECK(base::IsUtf8(answer.body));
  if (answer.stream == nullptr) return;
  for (bool more = true; more;) {
    bool called = false;
    answer.stream->Read([&](const std::optional<std::string>& piece) {
      called = true;
      more = piece.has_value();
      HAILONG_CHECK(!more || piece->size() >= 5);
    });
    HAILONG_CHECK(called);
  }
}

void Serve(World& world, const web::Head& head, std::string body) {
  web::Request request;
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  request.headers = head.headers;
  const web::Route* route = world.site.Find(head.path);
  if (route == nullptr || !route->Allows(head.method)) return;
  request.body = std::move(body);
  int answers = 0;
  route->serve(std::move(request), [&](const web::Answer& answer) {
    ++answers;
    JudgeAnswer(answer);
  });
  HAILONG_CHECK(answers == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World;
  // Larger ones are translated by another thread; the path is the same.
  if (size > limits::kWebTranslateInPlaceMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t head_size = web::HeadSize(bytes);
  HAILONG_CHECK(head_size <= size);
  if (head_size == 0) return 0;
  HAILONG_CHECK(web::HeadSize(bytes.substr(0, head_size - 1)) == 0);
  const web::HeadResult parsed = web::ParseHead(bytes.substr(0, head_size));
  HAILONG_CHECK(parsed.head.has_value() != parsed.refusal.has_value());
  if (!parsed.head.has_value()) {
    HAILONG_CHECK(parsed.refusal->status >= 400 && parsed.refusal->status < 600);
    return 0;
  }
  const web::Head& head = *parsed.head;
  HAILONG_CHECK(head.path.starts_with('/') && (head.path + "/").find("/../") == std::string::npos);
  HAILONG_CHECK(!(head.chunked && head.content_length.has_value()));
  web::BodyReader whole(head, limits::kWebBodyAnonymousMax);
  web::BodyReader slow(head, limits::kWebBodyAnonymousMax);
  const std::string_view rest = bytes.substr(head_size);
  size_t slow_taken = 0;
  for (const char& c : rest) slow_taken += slow.Put({&c, 1});
  HAILONG_CHECK(whole.Put(rest) == slow_taken);
  HAILONG_CHECK(whole.state() == slow.state() && whole.body() == slow.body());
  if (whole.state() == web::BodyReader::State::kDone) Serve(world, head, whole.TakeBody());
  return 0;
}
