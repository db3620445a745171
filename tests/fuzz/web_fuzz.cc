// Bytes as they come over a connection: the server's own reader and writer around routes, guard,
// the Connect protocol, and a backend that gives the request's own bytes back as an answer, a
// stream or a status. What must hold: a request is taken or refused whole, however it was cut;
// every request is answered once; an answer is one head and one body by our own strict reading, and
// UTF-8 where it is text.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/ids.h"
#include "server/web/answer_writer.h"
#include "server/web/call_guard.h"
#include "server/web/connect.h"
#include "server/web/limits.h"
#include "server/web/request_reader.h"

// So that the contract is linked in, which the gateway finds by name.
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"
#include "hailong/v1/survey_service.pb.h"

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
    (void)v1::SubmitResponseRequest::descriptor();
    (void)v1::EnrollRequest::descriptor();
    (void)v1::GetRoundRequest::descriptor();
    (void)v1::GetSipasRequest::descriptor();
    (void)v1::OpenSurveyRequest::descriptor();
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
  web::CallGuard guard{{}, clock, [](std::string_view method) {
                         return method.ends_with("l") ||
                                method.starts_with("hailong.v1.SurveyService/");
                       }};
  web::ConnectGateway gateway{
      echo, executor,
      [this](const web::Request& request, const web::Method& method, const std::string& bytes) {
        clock.Advance(absl::Seconds(1));
        return guard.Look(request, method, bytes);
      }};
  web::Site site;
  web::TrustedProxies proxies = *web::TrustedProxies::Parse({"127.0.0.1"});
};

// All that is sent of an answer, its stream read to the end.
std::string Sent(const web::Answer& answer, const web::AnswerFraming& framing) {
  web::AnswerWriter writer(answer, framing);
  std::string sent;
  while (true) {
    const std::string_view piece = writer.Next();
    sent += piece;
    if (!piece.empty()) continue;
    if (writer.stream() == nullptr) return sent;
    bool called = false;
    // As in the server: what a stream gives is taken when Read is over.
    std::optional<std::string> given;
    writer.stream()->Read([&](std::optional<std::string> next) {
      called = true;
      given = std::move(next);
    });
    HAILONG_CHECK(called);
    writer.Put(given);
  }
}

void JudgeAnswer(const web::Answer& answer, bool head_only) {
  const std::string sent =
      Sent(answer, {.head_only = head_only, .request_id = "1", .now = absl::UnixEpoch()});
  HAILONG_CHECK(sent.starts_with("HTTP/1.1 ") && answer.status >= 200 && answer.status < 600);
  // Its fields are fields, and its body as long as they say.
  const std::string read = "GET / HTTP/1.1\r\nHost: a\r\n" + sent.substr(sent.find('\n') + 1);
  const size_t head_size = web::HeadSize(read);
  const web::HeadResult head = web::ParseHead(std::string_view(read).substr(0, head_size));
  HAILONG_CHECK(head.head.has_value());
  if (head_only || answer.status == 304) {
    HAILONG_CHECK(head_size == read.size());
  } else {
    web::BodyReader body(*head.head, read.size());
    HAILONG_CHECK(body.Put(std::string_view(read).substr(head_size)) == read.size() - head_size);
    HAILONG_CHECK(body.state() == web::BodyReader::State::kDone);
    HAILONG_CHECK(answer.stream != nullptr || body.body() == answer.body);
  }
  if (answer.status != 200) HAILONG_CHECK(base::IsUtf8(answer.body));
}

void JudgeRequest(const web::Request& request) {
  HAILONG_CHECK(request.path.starts_with('/'));
  HAILONG_CHECK((request.path + "/").find("/../") == std::string::npos);
  HAILONG_CHECK(request.Count("content-length") + request.Count("transfer-encoding") <= 1);
}

// `slow` read the same in other pieces.
void Serve(web::RequestReader& reader, web::RequestReader& slow) {
  web::Request request = reader.TakeRequest();
  JudgeRequest(request);
  const web::Request same = slow.TakeRequest();
  HAILONG_CHECK(request.method == same.method && request.path == same.path);
  HAILONG_CHECK(request.query == same.query && request.body == same.body);
  HAILONG_CHECK(request.client == same.client && request.headers.size() == same.headers.size());
  int answers = 0;
  reader.route()->serve(std::move(request), [&](const web::Answer& answer) {
    ++answers;
    JudgeAnswer(answer, reader.method() == "HEAD");
  });
  HAILONG_CHECK(answers == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using State = web::RequestReader::State;
  static World& world = *new World;
  // Larger ones are translated by another thread; the path is the same.
  if (size > limits::kWebTranslateInPlaceMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const web::ReadFor read_for{world.site, world.proxies, *web::Address::Parse("127.0.0.1")};
  web::RequestReader whole(read_for);
  web::RequestReader slow(read_for);
  const size_t taken = whole.Put(bytes);
  size_t slow_taken = 0;
  for (const char& c : bytes) {
    const size_t one = slow.Put({&c, 1});
    HAILONG_CHECK(one <= 1);
    slow_taken += one;
  }
  HAILONG_CHECK(taken <= size && whole.state() == slow.state());
  HAILONG_CHECK(whole.route() == slow.route() && whole.method() == slow.method());
  HAILONG_CHECK(whole.body_bytes() == slow.body_bytes());
  if (whole.state() == State::kRefused) {
    const web::Answer refusal = whole.TakeRefusal();
    HAILONG_CHECK(refusal.status >= 400 && refusal.body == slow.TakeRefusal().body);
    JudgeAnswer(refusal, whole.method() == "HEAD");
    return 0;
  }
  HAILONG_CHECK(taken == slow_taken);
  if (whole.state() != State::kDone) {
    HAILONG_CHECK(taken == size);
    return 0;
  }
  Serve(whole, slow);
  return 0;
}
