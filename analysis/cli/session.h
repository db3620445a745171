// One run of the program: the connection to the server, the credential on every call, and where
// output goes. The only header here that knows gRPC.
//
// Thread promise: one thread.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "analysis/cli/exit_code.h"
#include "analysis/cli/grid.h"
#include "analysis/cli/rpc_status.h"
#include "analysis/cli/settings.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "hailong/v1/invitation_service.grpc.pb.h"
#include "hailong/v1/registry_service.grpc.pb.h"
#include "hailong/v1/results_service.grpc.pb.h"
#include "hailong/v1/zalo_service.grpc.pb.h"

namespace hailong::cli {

using Registry = v1::RegistryService::StubInterface;
using Collection = v1::CollectionService::StubInterface;
using Results = v1::ResultsService::StubInterface;
using InvitationStub = v1::InvitationService::StubInterface;
using ZaloStub = v1::ZaloService::StubInterface;

// A call of one request and one answer: &Registry::ImportUnits.
template <typename Service, typename Request, typename Response>
using Method = grpc::Status (Service::*)(grpc::ClientContext*, const Request&, Response*);

class Session {
 public:
  Session(const Settings& settings, const GlobalOptions& options, Io& io);

  template <typename Service, typename Request, typename Response>
  RpcStatus Call(Method<Service, Request, Response> method, const Request& request,
                 Response* response) {
    grpc::ClientContext context;
    Prepare(context, /*stream=*/false);
    return Plain((Stub<Service>()->*method)(&context, request, response));
  }

  // Calls until the last page and merges the pages into one message without a token.
  template <typename Service, typename Request, typename Response>
  RpcStatus CallPages(Method<Service, Request, Response> method, Request request, Response* all) {
    request.set_page_size(1000);
    for (;;) {
      Response page;
      RpcStatus status = Call(method, request, &page);
      if (!status.ok()) return status;
      const std::string token = page.next_page_token();
      if (!token.empty() && token == request.page_token()) {
        return {RpcStatus::kInternal, "the server gave the same page twice", ""};
      }
      all->MergeFrom(page);
      all->clear_next_page_token();
      if (token.empty()) return {};
      request.set_page_token(token);
    }
  }

  // Reads a server stream until `use` returns false or it ends. Streams have no deadline.
  template <typename Service, typename Request, typename Response>
  RpcStatus Stream(std::unique_ptr<grpc::ClientReaderInterface<Response>> (Service::*method)(
                       grpc::ClientContext*, const Request&),
                   const Request& request, const std::function<bool(const Response&)>& use) {
    grpc::ClientContext context;
    Prepare(context, /*stream=*/true);
    const auto reader = (Stub<Service>()->*method)(&context, request);
    Response response;
    while (reader->Read(&response)) {
      if (use(response)) continue;
      context.TryCancel();
      reader->Finish();
      return {};
    }
    return Plain(reader->Finish());
  }

  // Prints what went wrong and gives the exit code for it.
  ExitCode Fail(const RpcStatus& status);
  // The same for a file or an argument of ours.
  ExitCode FailUsage(const absl::Status& status);

  // Prints the message as JSON, or the grid as CSV or table, as was asked for.
  void Show(const google::protobuf::Message& message, const Grid& grid);
  const GlobalOptions& options() const { return options_; }
  Language language() const { return options_.language; }
  bool json() const { return options_.format == Format::kJson; }
  bool csv() const { return options_.format == Format::kCsv; }
  Io& io() { return io_; }
  std::ostream& out() { return io_.out; }
  std::ostream& err() { return io_.err; }

 private:
  template <typename Service>
  Service* Stub();

  void Prepare(grpc::ClientContext& context, bool stream);
  static RpcStatus Plain(const grpc::Status& status);

  Settings settings_;
  GlobalOptions options_;
  Io& io_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Collection> collection_;
  std::unique_ptr<Results> results_;
  std::unique_ptr<InvitationStub> invitations_;
  std::unique_ptr<ZaloStub> zalo_;
};

template <>
inline Registry* Session::Stub<Registry>() {
  return registry_.get();
}
template <>
inline Collection* Session::Stub<Collection>() {
  return collection_.get();
}
template <>
inline Results* Session::Stub<Results>() {
  return results_.get();
}
template <>
inline InvitationStub* Session::Stub<InvitationStub>() {
  return invitations_.get();
}
template <>
inline ZaloStub* Session::Stub<ZaloStub>() {
  return zalo_.get();
}

// The message as JSON (names as in the contract, full precision): one line, or many for people to
// read.
void WriteJson(const google::protobuf::Message& message, bool one_line, std::ostream& out);

// What a command line comes to.
using Command = std::function<ExitCode(Session&)>;

}  // namespace hailong::cli
