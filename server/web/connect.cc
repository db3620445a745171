#include "server/web/connect.h"

#include <algorithm>
#include <utility>

#include "base/gzip/gzip.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/web/call_form.h"
#include "server/web/connect_error.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr std::string_view kRoot = "/hailong.v1.";

// A credential goes on as it came, if it can be metadata at all; the gate says the rest.
std::string Authorization(const Request& request) {
  const std::string_view value = request.Get("authorization");
  const bool fits =
      value.size() <= limits::kWebAuthorizationBytesMax &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return fits ? std::string(value) : "";
}

}  // namespace

struct ConnectGateway::Core {
  Core(RpcBackend& backend_of, base::Executor& executor_of, Guard guard_of)
      : backend(backend_of), executor(executor_of), guard(std::move(guard_of)) {}

  RpcBackend& backend;
  base::Executor& executor;
  const Guard guard;
  const Codec codec;

  // Runs `work` here if it is small, else on a thread that may work; false: too much waits there.
  bool Run(size_t bytes, std::function<void()> work) {
    if (bytes > limits::kWebTranslateInPlaceMax) return executor.Offer(std::move(work));
    work();
    return true;
  }
};

// A request on its way.
struct ConnectGateway::Call {
  std::shared_ptr<Core> core;
  Request request;
  Done done;
  Method method;
  CallForm form;
  RpcCall rpc;

  void Fail(const RpcStatus& status, std::vector<Header> headers = {}) const;
  void Refuse(const absl::Status& status) const { Fail(ToRpc(status)); }
  void Begin();
  void Finish(const RpcStatus& status, const std::string& response) const;
  Answer Labelled(Answer answer) const {
    answer.label = method.name;
    return answer;
  }
};

// The messages of a server stream in their envelopes, and its end.
class ConnectGateway::StreamAnswer final : public AnswerStream {
 public:
  StreamAnswer(std::shared_ptr<Core> core, std::unique_ptr<RpcStream> stream, std::string type,
               CallForm form)
      : state_(std::make_shared<State>(
            State{std::move(core), std::move(type), std::move(form), /*ended=*/false})),
        stream_(std::move(stream)) {}

  // What is called back later holds the state and not this: a client may go in between.
  void Read(Next next) override {
    if (state_->ended) return next(std::nullopt);
    stream_->Read([state = state_, next = std::move(next)](std::optional<std::string> message,
                                                           const RpcStatus& status) {
      if (!message.has_value()) return next(state->End(status));
      const size_t bytes = message->size();
      const bool taken = state->core->Run(
          bytes, [state, next, message = *std::move(message)] { next(state->Piece(message)); });
      if (!taken) next(state->End(ToRpc(refusal::QueueFull())));
    });
  }

 private:
  struct State {
    std::shared_ptr<Core> core;
    std::string type;
    CallForm form;
    bool ended;

    std::string Piece(const std::string& message) {
      if (!form.json) return Envelope(message);
      const auto json = core->codec.ToJson(type, message);
      return json.ok() ? Envelope(*json) : End(ToRpc(json.status()));
    }
    std::string End(const RpcStatus& status) {
      ended = true;
      return EndEnvelope(form.protocol, status, core->codec);
    }
  };
  const std::shared_ptr<State> state_;
  const std::unique_ptr<RpcStream> stream_;
};

void ConnectGateway::Call::Fail(const RpcStatus& status, std::vector<Header> headers) const {
  Answer answer;
  if (form.enveloped()) {
    // The error stands in the last envelope; the HTTP status is that of an answer.
    answer.headers.push_back({"Content-Type", form.content_type});
    answer.body = EndEnvelope(form.protocol, status, core->codec);
  } else {
    answer = ErrorAnswer(status, core->codec);
  }
  for (Header& header : headers) answer.headers.push_back(std::move(header));
  done(Labelled(std::move(answer)));
}

// The message out of its envelope and its JSON, then past the guard to the backend.
void ConnectGateway::Call::Begin() {
  if (form.enveloped()) {
    auto message = OpenEnvelope(request.body);
    if (!message.ok()) return Refuse(message.status());
    request.body = *std::move(message);
  }
  std::string bytes;
  if (form.json) {
    auto binary = core->codec.ToBinary(method.request_type, request.body);
    if (!binary.ok()) return Refuse(binary.status());
    bytes = *std::move(binary);
  } else {
    bytes = request.body;
  }
  if (core->guard) {
    if (auto stopped = core->guard(request, method, bytes)) {
      return Fail(stopped->status, std::move(stopped->headers));
    }
  }
  if (method.server_streaming) {
    Answer answer;
    answer.headers.push_back({"Content-Type", form.content_type});
    answer.stream = std::make_shared<StreamAnswer>(core, core->backend.ServerStream(rpc, bytes),
                                                   method.response_type, form);
    return done(Labelled(std::move(answer)));
  }
  request.body = {};
  const auto call = std::make_shared<Call>(std::move(*this));
  call->core->backend.Unary(
      call->rpc, bytes, [call](const RpcStatus& status, std::string response) {
        const bool worked = call->form.json || TakesGzip(call->request);
        const bool taken = call->core->Run(
            worked ? response.size() : 0,
            [call, status, response = std::move(response)] { call->Finish(status, response); });
        if (!taken) {
          call->Refuse(refusal::QueueFull());
        }
      });
}

void ConnectGateway::Call::Finish(const RpcStatus& status, const std::string& response) const {
  if (status.code != absl::StatusCode::kOk) return Fail(status);
  Answer answer;
  answer.headers.push_back({"Content-Type", form.content_type});
  if (form.json) {
    auto json = core->codec.ToJson(method.response_type, response);
    if (!json.ok()) return Refuse(json.status());
    answer.body = *std::move(json);
  } else {
    answer.body = response;
  }
  if (form.enveloped()) {
    answer.body = Envelope(answer.body) + EndEnvelope(form.protocol, status, core->codec);
  }
  answer.headers.push_back({"Vary", "Accept-Encoding"});
  if (answer.body.size() >= limits::kWebCompressBytesMin && TakesGzip(request)) {
    answer.body = base::Gzip(answer.body);
    answer.headers.push_back({"Content-Encoding", "gzip"});
  }
  done(Labelled(std::move(answer)));
}

ConnectGateway::ConnectGateway(RpcBackend& backend, base::Executor& executor, Guard guard)
    : core_(std::make_shared<Core>(backend, executor, std::move(guard))) {}
ConnectGateway::~ConnectGateway() = default;

Route ConnectGateway::MakeRoute() {
  return {
      .name = "calls",
      .path = std::string(kRoot),
      .prefix = true,
      .methods = {"POST"},
      .serve = [this](Request request, Done done) { Serve(std::move(request), std::move(done)); },
      .body_limit =
          [](const Request& request) {
            return request.Get("authorization").empty() ? limits::kWebBodyAnonymousMax
                                                        : limits::kMessageBytesMax;
          }};
}

void ConnectGateway::Serve(Request request, Done done) {
  const auto form = ReadCallForm(request.Get("content-type"));
  if (!form.has_value()) {
    Answer answer = PlainText(415, "content-type: allowed are those of Accept-Post.");
    answer.headers.push_back({"Accept-Post", AllContentTypes()});
    return done(std::move(answer));
  }
  auto call = std::make_shared<Call>(Call{.core = core_,
                                          .request = std::move(request),
                                          .done = std::move(done),
                                          .method = {},
                                          .form = *form,
                                          .rpc = {}});
  const std::string_view name = std::string_view(call->request.path).substr(1);
  const auto method = FindMethod(name);
  if (!method.has_value()) {
    // 404 is what a client without a body's code would need to see, too.
    Answer answer = ErrorAnswer(
        ToRpc(absl::UnimplementedError("there is no such method in hailong.v1")), core_->codec);
    answer.status = 404;
    return call->done(std::move(answer));
  }
  call->method = *method;
  const Protocol protocol = form->protocol;
  const bool fits = protocol == Protocol::kGrpcWeb ||
                    method->server_streaming == (protocol == Protocol::kConnectStream);
  if (method->client_streaming || !fits) {
    return call->Refuse(absl::UnimplementedError(
        Cat(name, ": found content-type ", form->content_type, ", allowed is ",
            method->server_streaming ? "application/connect+json" : "application/json",
            " or its binary form")));
  }
  const auto timeout = ReadCallTime(call->request, protocol);
  if (!timeout.ok()) return call->Refuse(timeout.status());
  call->rpc = {.method = method->name,
               .authorization = Authorization(call->request),
               .timeout = method->server_streaming
                              ? *timeout
                              : std::optional(timeout->value_or(limits::kWebCallTimeDefault))};
  if (!core_->Run(call->request.body.size(), [call] { call->Begin(); })) {
    call->Refuse(refusal::QueueFull());
  }
}

}  // namespace hailong::web
