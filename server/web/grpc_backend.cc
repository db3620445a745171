#include "server/web/grpc_backend.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace hailong::web {

struct GrpcBackend::Parts {
  Parts(std::shared_ptr<grpc::Channel> channel, Header key_of)
      : stub(std::move(channel)), key(std::move(key_of)) {}

  grpc::GenericStub stub;
  const Header key;
  base::Mutex mutex;
  base::CondVar ended;
  size_t calls ABSL_GUARDED_BY(mutex) = 0;

  void Began() {
    base::MutexLock lock(mutex);
    ++calls;
  }
  void Ended() {
    base::MutexLock lock(mutex);
    if (--calls == 0) ended.NotifyAll();
  }
};

namespace {

void Prepare(const RpcCall& call, const Header& key, grpc::ClientContext& context) {
  context.AddMetadata(key.name, key.value);
  if (!call.authorization.empty()) context.AddMetadata("authorization", call.authorization);
  if (call.timeout.has_value()) {
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(*call.timeout));
  }
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

RpcStatus ToRpc(const grpc::Status& status) {
  // gRPC and absl number the codes alike (google.rpc.Code).
  return {.code = static_cast<absl::StatusCode>(status.error_code()),
          .message = status.error_message(),
          .details = status.error_details()};
}

// Lives until gRPC is done with it and nobody reads any more.
class StreamReactor final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  StreamReactor(std::shared_ptr<GrpcBackend::Parts> parts, const RpcCall& call,
                const std::string& request)
      : parts_(std::move(parts)), method_("/" + call.method), request_(ToBuffer(request)) {
    Prepare(call, parts_->key, context_);
  }

  void Start(std::shared_ptr<StreamReactor> self) {
    self_ = std::move(self);
    parts_->Began();
    parts_->stub.PrepareBidiStreamingCall(&context_, method_, {}, this);
    AddHold();  // reads are started from outside of gRPC's own calls
    StartWriteLast(&request_, grpc::WriteOptions());
    StartCall();
  }

  void Read(const RpcStream::Next& next) {
    bool done = false;
    {
      base::MutexLock lock(mutex_);
      done = done_;
      if (!done) {
        next_ = next;
        if (!held_) return;  // the end is on its way
        reading_ = true;
      }
    }
    if (done) return next(std::nullopt, status_);
    StartRead(&response_);
  }

  void Cancel() {
    context_.TryCancel();
    bool release = false;
    {
      base::MutexLock lock(mutex_);
      cancelled_ = true;
      release = held_ && !reading_;
      if (release) held_ = false;
    }
    if (release) RemoveHold();
  }

  void OnReadDone(bool ok) override {
    RpcStream::Next next;
    bool release = false;
    {
      base::MutexLock lock(mutex_);
      reading_ = false;
      if (ok) next = std::exchange(next_, nullptr);
      release = held_ && (!ok || cancelled_);
      if (release) held_ = false;
    }
    if (next) next(ToString(response_), {});
    if (release) RemoveHold();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<StreamReactor> self = std::move(self_);
    RpcStream::Next next;
    {
      base::MutexLock lock(mutex_);
      done_ = true;
      status_ = ToRpc(status);
      next = std::exchange(next_, nullptr);
    }
    if (next) next(std::nullopt, status_);
    parts_->Ended();
  }

 private:
  const std::shared_ptr<GrpcBackend::Parts> parts_;
  const std::string method_;
  const grpc::ByteBuffer request_;
  grpc::ClientContext context_;
  grpc::ByteBuffer response_;
  std::shared_ptr<StreamReactor> self_;  // until OnDone
  base::Mutex mutex_;
  RpcStream::Next next_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = true;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  RpcStatus status_;  // does not change once done_
};

class GrpcStream final : public RpcStream {
 public:
  explicit GrpcStream(std::shared_ptr<StreamReactor> reactor) : reactor_(std::move(reactor)) {}
  ~GrpcStream() override { reactor_->Cancel(); }
  void Read(Next next) override { reactor_->Read(next); }

 private:
  const std::shared_ptr<StreamReactor> reactor_;
};

struct UnaryCall {
  std::string method;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

std::shared_ptr<grpc::Channel> ChannelTo(grpc::Server& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // our own answers; the server says how large they get
  return server.InProcessChannel(arguments);
}

}  // namespace

GrpcBackend::GrpcBackend(grpc::Server& server, Header key)
    : parts_(std::make_shared<Parts>(ChannelTo(server), std::move(key))) {}

GrpcBackend::~GrpcBackend() {
  base::MutexLock lock(parts_->mutex);
  while (parts_->calls > 0) parts_->ended.Wait(parts_->mutex);
}

void GrpcBackend::Unary(const RpcCall& call, const std::string& request, Done done) {
  const auto under_way = std::make_shared<UnaryCall>();
  under_way->method = "/" + call.method;
  under_way->request = ToBuffer(request);
  Prepare(call, parts_->key, under_way->context);
  parts_->Began();
  parts_->stub.UnaryCall(
      &under_way->context, under_way->method, {}, &under_way->request, &under_way->response,
      [parts = parts_, under_way, done = std::move(done)](const grpc::Status& status) {
        done(ToRpc(status), status.ok() ? ToString(under_way->response) : "");
        parts->Ended();
      });
}

std::unique_ptr<RpcStream> GrpcBackend::ServerStream(const RpcCall& call,
                                                     const std::string& request) {
  auto reactor = std::make_shared<StreamReactor>(parts_, call, request);
  reactor->Start(reactor);
  return std::make_unique<GrpcStream>(std::move(reactor));
}

}  // namespace hailong::web
