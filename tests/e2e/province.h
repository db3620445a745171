#pragma once

// A made-up province served by a whole server in the test's own process, and clients that speak to
// it over a real connection. One province per test; not thread-safe, but its clients are.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/temp_directory_for_test.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "hailong/v1/invitation_service.grpc.pb.h"
#include "hailong/v1/kiosk_service.grpc.pb.h"
#include "hailong/v1/registry_service.grpc.pb.h"
#include "hailong/v1/results_service.grpc.pb.h"
#include "hailong/v1/survey_service.pb.h"
#include "server/app/server.h"

namespace hailong::e2e {

// One credential on one connection.
class Client {
 public:
  Client(std::shared_ptr<grpc::Channel> channel, std::string credential);

  template <typename Request, typename Response>
  using Collection = grpc::Status (v1::CollectionService::Stub::*)(grpc::ClientContext*,
                                                                   const Request&, Response*);
  template <typename Request, typename Response>
  using Registry = grpc::Status (v1::RegistryService::Stub::*)(grpc::ClientContext*, const Request&,
                                                               Response*);
  template <typename Request, typename Response>
  using Results = grpc::Status (v1::ResultsService::Stub::*)(grpc::ClientContext*, const Request&,
                                                             Response*);

  template <typename Request, typename Response>
  using Kiosk = grpc::Status (v1::KioskService::Stub::*)(grpc::ClientContext*, const Request&,
                                                         Response*);

  template <typename Request, typename Response>
  grpc::Status Call(Collection<Request, Response> method, const Request& request,
                    Response* response) const {
    return Run(*collection_, method, request, response);
  }
  template <typename Request, typename Response>
  grpc::Status Call(Registry<Request, Response> method, const Request& request,
                    Response* response) const {
    return Run(*registry_, method, request, response);
  }
  template <typename Request, typename Response>
  grpc::Status Call(Results<Request, Response> method, const Request& request,
                    Response* response) const {
    return Run(*results_, method, request, response);
  }
  template <typename Request, typename Response>
  grpc::Status Call(Kiosk<Request, Response> method, const Request& request,
                    Response* response) const {
    return Run(*kiosk_, method, request, response);
  }
  template <typename Request, typename Response>
  using Invitation = grpc::Status (v1::InvitationService::Stub::*)(grpc::ClientContext*,
                                                                   const Request&, Response*);
  template <typename Request, typename Response>
  grpc::Status Call(Invitation<Request, Response> method, const Request& request,
                    Response* response) const {
    return Run(*invitation_, method, request, response);
  }
  // The response of a call that must succeed.
  template <typename Stub, typename Request, typename Response>
  Response Get(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
               const Request& request) const {
    Response response;
    const grpc::Status status = Call(method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  // The status alone.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Try(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request) const {
    Response response;
    return Call(method, request, &response);
  }
  // Any method by name, "hailong.v1.RegistryService/ListUnits", as bytes.
  grpc::Status CallByName(const std::string& method, const std::string& request,
                          std::string* response) const;

  // For streams, which need their own context.
  void Prepare(grpc::ClientContext& context) const;
  v1::ResultsService::Stub& results() const { return *results_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  template <typename Stub, typename Method, typename Request, typename Response>
  grpc::Status Run(Stub& stub, Method method, const Request& request, Response* response) const {
    grpc::ClientContext context;
    Prepare(context);
    return (stub.*method)(&context, request, response);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::string credential_;
  std::shared_ptr<v1::CollectionService::Stub> collection_;
  std::shared_ptr<v1::KioskService::Stub> kiosk_;
  std::shared_ptr<v1::RegistryService::Stub> registry_;
  std::shared_ptr<v1::ResultsService::Stub> results_;
  std::shared_ptr<v1::InvitationService::Stub> invitation_;
};

using CollectionStub = v1::CollectionService::Stub;
using InvitationStub = v1::InvitationService::Stub;
using KioskStub = v1::KioskService::Stub;
using RegistryStub = v1::RegistryService::Stub;
using ResultsStub = v1::ResultsService::Stub;

// Units 1 > 1.a > 1.a.1, 1.a.2 and 1 > 1.b > 1.b.1, 1.b.2; questionnaire "desk"; round "autumn"
// from 2024-11-01 for 30 days with a week's grace; it is 2024-11-10.
class Province {
 public:
  explicit Province(int scoring_threads = 2);

  // Stops the server and serves the directory again.
  void Restart();
  void Stop() { server_.reset(); }
  app::Settings SettingsFor(const std::string& directory) const;

  // The whole registry, the questionnaire and the round.
  void SetUp();

  base::FakeClock& clock() { return clock_; }
  app::Server& server() { return *server_; }
  const std::string& directory() const { return directory_; }
  std::shared_ptr<grpc::Channel> Connect() const;
  Client With(const std::string& credential) const { return Client(Connect(), credential); }
  Client Admin() const;
  Client Account(const std::string& id, v1::Role role, const std::string& unit_id = "") const;
  Client Collector(const std::string& id, const std::string& unit_id = "",
                   v1::Channel channel = v1::CHANNEL_WEB) const;

  // A sound response of its own id to the round, submitted now.
  v1::Response MakeResponse(const std::string& unit_id, uint32_t rating);
  void Close(const std::string& round_id = "autumn") const;

 private:
  base::TempDirectory temp_;
  std::string directory_ = temp_.path() + "/data";
  base::FakeClock clock_;
  int scoring_threads_;
  std::unique_ptr<app::Server> server_;
  uint32_t responses_ = 0;
};

v1::Round AutumnRound();
v1::Questionnaire DeskQuestionnaire();
std::shared_ptr<grpc::Channel> ConnectTo(int port);
std::string ReadWhole(const std::string& path);
// The google.rpc detail of that type; a failure of the test if the status has none.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  Detail detail;
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details())) << status.error_message();
  for (const google::protobuf::Any& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  ADD_FAILURE() << "no " << Detail::descriptor()->full_name() << ": " << status.error_message();
  return detail;
}
// All methods of the contract, "hailong.v1.RegistryService/ListUnits".
std::vector<std::string> MethodsOfTheContract();
// The results of one call with these responses.
v1::SubmitResponsesResponse Submit(const Client& collector,
                                   const std::vector<v1::Response>& responses);
// All that an export gives from a cursor on.
struct Exported {
  grpc::Status status;
  std::vector<v1::ExportedResponse> responses;
  std::vector<std::string> cursors;  // of each message
};
Exported Export(const Client& client, const v1::ExportResponsesRequest& request);

}  // namespace hailong::e2e
