// The link against a real server in the same process: gRPC, sockets, TLS.

#include "kiosk-client/uplink/grpc_link.h"
#include "base/temp_directory_for_test.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "hailong/v1/kiosk_service.grpc.pb.h"
#include "kiosk-client/outbox/sample_for_test.h"

namespace hailong::uplink {
namespace {

using ::testing::HasSubstr;

std::string BearerOf(const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  return found == context.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

class FakeKioskService final : public v1::KioskService::Service {
 public:
  grpc::Status Enroll(grpc::ServerContext* context, const v1::EnrollRequest* request,
                      v1::EnrollResponse* response) override {
    if (BearerOf(*context) != "") return {grpc::StatusCode::INTERNAL, "a credential"};
    if (request->enrolment_code() != "K7QF") return {grpc::StatusCode::UNAUTHENTICATED, "no"};
    response->set_collector_id("kiosk-1");
    return grpc::Status::OK;
  }
  grpc::Status RenewCredential(grpc::ServerContext* context, const v1::RenewCredentialRequest*,
                               v1::RenewCredentialResponse*) override {
    return {grpc::StatusCode::UNAUTHENTICATED, BearerOf(*context)};
  }
  grpc::Status Heartbeat(grpc::ServerContext* context, const v1::HeartbeatRequest* request,
                         v1::HeartbeatResponse* response) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms.load()));
    peers.insert(context->peer());
    response->set_unit_name(base::Cat(BearerOf(*context), " ", request->status().waiting()));
    return grpc::Status::OK;
  }
  std::atomic<int> delay_ms = 0;
  std::set<std::string> peers;
};

class FakeCollectionService final : public v1::CollectionService::Service {
 public:
  grpc::Status SubmitResponses(grpc::ServerContext* context,
                               const v1::SubmitResponsesRequest* request,
                               v1::SubmitResponsesResponse* response) override {
    if (BearerOf(*context) != "Bearer secret") {
      google::rpc::RetryInfo info;
      info.mutable_retry_delay()->set_seconds(7);
      info.mutable_retry_delay()->set_nanos(500'000'000);
      google::rpc::Status details;
      details.add_details()->PackFrom(info);
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "busy", details.SerializeAsString()};
    }
    for (const v1::Response& one : request->responses()) {
      response->add_results()->mutable_stored()->mutable_receipt()->set_response_id(
          one.response_id());
    }
    return grpc::Status::OK;
  }
  grpc::Status GetQuestionnaire(grpc::ServerContext*, const v1::GetQuestionnaireRequest* request,
                                v1::GetQuestionnaireResponse* response) override {
    response->set_digest(request->round_id());
    return grpc::Status::OK;
  }
};

class Server {
 public:
  explicit Server(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
      int port = 0)
      : port_(port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(base::Cat("127.0.0.1:", port), credentials, &port_);
    builder.RegisterService(&kiosk);
    builder.RegisterService(&collection);
    server_ = builder.BuildAndStart();
  }
  ~Server() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }
  int port() const { return port_; }
  std::string address() const { return base::Cat("127.0.0.1:", port_); }

  FakeKioskService kiosk;
  FakeCollectionService collection;

 private:
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(GrpcLink, MakesEveryCallInTheNameOfItsCredential) {
  Server server;
  auto link = GrpcLink::Create({.server = server.address()}).value();
  v1::EnrollRequest enroll;
  EXPECT_EQ(link->Enroll(enroll).status().code(), absl::StatusCode::kUnauthenticated);
  enroll.set_enrolment_code("K7QF");
  EXPECT_EQ(link->Enroll(enroll)->collector_id(), "kiosk-1");
  const absl::Status renewal = link->RenewCredential("secret", {}).status();
  EXPECT_EQ(renewal.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(renewal.message(), "Bearer secret");
  v1::HeartbeatRequest heartbeat;
  heartbeat.mutable_status()->set_waiting(3);
  EXPECT_EQ(link->Heartbeat("secret", heartbeat)->unit_name(), "Bearer secret 3");
  v1::SubmitResponsesRequest submit;
  *submit.add_responses() = outbox::SampleAnswer(1);
  EXPECT_EQ(link->SubmitResponses("secret", submit)->results(0).stored().receipt().response_id(),
            outbox::SampleId(1));
  v1::GetQuestionnaireRequest get;
  get.set_round_id("round");
  EXPECT_EQ(link->GetQuestionnaire("secret", get)->digest(), "round");
}

TEST(GrpcLink, AStatusBringsTheWaitThatTheServerAsksFor) {
  Server server;
  auto link = GrpcLink::Create({.server = server.address()}).value();
  const absl::Status busy = link->SubmitResponses("other", {}).status();
  EXPECT_EQ(busy.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryDelayOf(busy), absl::Milliseconds(7500));
  EXPECT_EQ(RetryDelayOf(absl::UnavailableError("")), absl::ZeroDuration());
  EXPECT_EQ(RetryDelayOf(WithRetryDelay(busy, absl::Milliseconds(1250))), absl::Milliseconds(1250));
}

TEST(GrpcLink, AfterADeadlineTheNextCallHasAConnectionOfItsOwn) {
  Server server;
  auto link =
      GrpcLink::Create({.server = server.address(), .deadline = absl::Milliseconds(1500)}).value();
  ASSERT_TRUE(link->Heartbeat("secret", {}).ok());
  server.kiosk.delay_ms = 2000;
  EXPECT_EQ(link->Heartbeat("secret", {}).status().code(), absl::StatusCode::kDeadlineExceeded);
  server.kiosk.delay_ms = 0;
  const auto again = link->Heartbeat("secret", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(server.kiosk.peers.size(), 2u);
}

TEST(GrpcLink, AServerThatGoesAndComesIsFoundAgain) {
  auto server = std::make_unique<Server>();
  const int port = server->port();
  auto link = GrpcLink::Create({.server = server->address()}).value();
  ASSERT_TRUE(link->Heartbeat("secret", {}).ok());
  server.reset();
  EXPECT_EQ(link->Heartbeat("secret", {}).status().code(), absl::StatusCode::kUnavailable);
  server = std::make_unique<Server>(grpc::InsecureServerCredentials(), port);
  ASSERT_EQ(server->port(), port);
  absl::Status status;
  for (int i = 0; i < 100; ++i) {
    status = link->Heartbeat("secret", {}).status();
    if (status.ok()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(status.ok()) << status;
}

TEST(GrpcLink, CancelEndsTheCallUnderWayAndAllLaterOnes) {
  Server server;
  server.kiosk.delay_ms = 3000;
  auto link = GrpcLink::Create({.server = server.address()}).value();
  const auto start = std::chrono::steady_clock::now();
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    link->Cancel();
  });
  EXPECT_EQ(link->Heartbeat("secret", {}).status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(2500));
  canceller.join();
  EXPECT_EQ(link->Heartbeat("secret", {}).status().code(), absl::StatusCode::kCancelled);
}

TEST(GrpcLink, TheServerMustBeSignedByTheAuthorityGiven) {
  const base::TempDirectory directory = base::TempDirectory::InMemory();
  const auto make = [&](const std::string& name) {
    const std::string command = base::Cat(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ",
        directory.path(), "/", name, ".key -out ", directory.path(), "/", name, ".pem 2>/dev/null");
    EXPECT_EQ(std::system(command.c_str()), 0);
  };
  const auto read = [&](const std::string& name) {
    return base::ReadFile(directory.path() + "/" + name, 1 << 20).value();
  };
  make("server");
  make("other");
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({read("server.key"), read("server.pem")});
  Server server(grpc::SslServerCredentials(ssl));
  auto trusted =
      GrpcLink::Create({.server = server.address(), .tls_ca = read("server.pem")}).value();
  const auto answer = trusted->Heartbeat("secret", {});
  EXPECT_TRUE(answer.ok()) << answer.status();
  auto other = GrpcLink::Create({.server = server.address(), .tls_ca = read("other.pem")}).value();
  EXPECT_EQ(other->Heartbeat("secret", {}).status().code(), absl::StatusCode::kUnavailable);
  auto plain = GrpcLink::Create({.server = server.address()}).value();
  EXPECT_EQ(plain->Heartbeat("secret", {}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(GrpcLink, RefusesWhatIsNoServerAndSecretsInPlainText) {
  for (const char* bad :
       {"", "host", ":7400", "host:", "host:0", "host:65536", "host:-1", "host:7400x"}) {
    const absl::Status status = GrpcLink::Create({.server = bad, .tls_ca = "x"}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("allowed is host:port")) << bad;
  }
  for (const char* far : {"example.org:7400", "127.0.0.1.example.org:7400", "10.0.0.1:7400"}) {
    EXPECT_THAT(std::string(GrpcLink::Create({.server = far}).status().message()),
                HasSubstr("not on the loopback"));
  }
  EXPECT_TRUE(GrpcLink::Create({.server = "localhost:7400"}).ok());
}

}  // namespace
}  // namespace hailong::uplink
