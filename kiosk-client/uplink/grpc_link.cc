#include "kiosk-client/uplink/grpc_link.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/loopback.h"
#include "base/mutex.h"
#include "base/status.h"
#include "google/rpc/status.pb.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "hailong/v1/kiosk_service.grpc.pb.h"

namespace hailong::uplink {
namespace {

// gRPC's codes are those of absl; its details become payloads.
absl::Status StatusOf(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

absl::Status CheckServer(const std::string& server) {
  const size_t colon = server.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(server.substr(colon + 1), &port) || port == 0 || port > 65535) {
    return absl::InvalidArgumentError(
        base::Cat("server: found '", server, "', allowed is host:port with a port in 1..65535"));
  }
  return absl::OkStatus();
}

}  // namespace

struct GrpcLink::Connection {
  std::unique_ptr<v1::CollectionService::Stub> collection;
  std::unique_ptr<v1::KioskService::Stub> kiosk;
};

struct GrpcLink::Impl {
  Options options;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  std::optional<Connection> connection;  // none: to be made

  base::Mutex mutex;
  grpc::ClientContext* under_way ABSL_GUARDED_BY(mutex) = nullptr;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
};

absl::StatusOr<std::unique_ptr<GrpcLink>> GrpcLink::Create(Options options) {
  RETURN_IF_ERROR(CheckServer(options.server));
  if (options.tls_ca.empty() && !base::IsLoopback(options.server)) {
    return absl::InvalidArgumentError(base::Cat(
        "server ", options.server,
        " is not on the loopback: answers and credentials need TLS, give the authority's file"));
  }
  return std::unique_ptr<GrpcLink>(new GrpcLink(std::move(options)));
}

GrpcLink::GrpcLink(Options options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->credentials = grpc::InsecureChannelCredentials();
  if (!impl_->options.tls_ca.empty()) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = impl_->options.tls_ca;
    impl_->credentials = grpc::SslCredentials(ssl);
  }
}

GrpcLink::~GrpcLink() = default;

template <typename Response, typename Call>
absl::StatusOr<Response> GrpcLink::Make(const std::string& credential, const Call& call) {
  Impl& impl = *impl_;
  if (!impl.connection.has_value()) {
    grpc::ChannelArguments arguments;
    // A connection of its own, so that dropping it closes it; how long to wait is Backoff's matter.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 500);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    if (!impl.options.tls_server_name.empty()) {
      arguments.SetSslTargetNameOverride(impl.options.tls_server_name);
    }
    const auto channel =
        grpc::CreateCustomChannel(impl.options.server, impl.credentials, arguments);
    impl.connection =
        Connection{v1::CollectionService::NewStub(channel), v1::KioskService::NewStub(channel)};
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMilliseconds(impl.options.deadline));
  if (!credential.empty()) context.AddMetadata("authorization", "Bearer " + credential);
  {
    base::MutexLock lock(impl.mutex);
    if (impl.cancelled) return absl::CancelledError("the program stops");
    impl.under_way = &context;
  }
  Response response;
  const grpc::Status status = call(*impl.connection, context, response);
  {
    base::MutexLock lock(impl.mutex);
    impl.under_way = nullptr;
  }
  if (status.ok()) return response;
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) impl.connection.reset();
  return StatusOf(status);
}

void GrpcLink::Cancel() {
  base::MutexLock lock(impl_->mutex);
  impl_->cancelled = true;
  if (impl_->under_way != nullptr) impl_->under_way->TryCancel();
}

absl::StatusOr<v1::EnrollResponse> GrpcLink::Enroll(const v1::EnrollRequest& request) {
  return Make<v1::EnrollResponse>("", [&](Connection& to, auto& context, auto& response) {
    return to.kiosk->Enroll(&context, request, &response);
  });
}

absl::StatusOr<v1::RenewCredentialResponse> GrpcLink::RenewCredential(
    const std::string& credential, const v1::RenewCredentialRequest& request) {
  return Make<v1::RenewCredentialResponse>(
      credential, [&](Connection& to, auto& context, auto& response) {
        return to.kiosk->RenewCredential(&context, request, &response);
      });
}

absl::StatusOr<v1::HeartbeatResponse> GrpcLink::Heartbeat(const std::string& credential,
                                                          const v1::HeartbeatRequest& request) {
  return Make<v1::HeartbeatResponse>(credential,
                                     [&](Connection& to, auto& context, auto& response) {
                                       return to.kiosk->Heartbeat(&context, request, &response);
                                     });
}

absl::StatusOr<v1::SubmitResponsesResponse> GrpcLink::SubmitResponses(
    const std::string& credential, const v1::SubmitResponsesRequest& request) {
  return Make<v1::SubmitResponsesResponse>(
      credential, [&](Connection& to, auto& context, auto& response) {
        return to.collection->SubmitResponses(&context, request, &response);
      });
}

absl::StatusOr<v1::GetQuestionnaireResponse> GrpcLink::GetQuestionnaire(
    const std::string& credential, const v1::GetQuestionnaireRequest& request) {
  return Make<v1::GetQuestionnaireResponse>(
      credential, [&](Connection& to, auto& context, auto& response) {
        return to.collection->GetQuestionnaire(&context, request, &response);
      });
}

}  // namespace hailong::uplink
