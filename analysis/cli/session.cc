#include "analysis/cli/session.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <string_view>

#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

std::shared_ptr<grpc::Channel> Connect(const Settings& settings) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("hailong-cli");
  // "localhost" is this machine whatever a name server or a hosts file says.
  std::string target = "dns:///" + settings.server;
  constexpr std::string_view kLocalhost = "localhost:";
  const bool localhost = settings.server.compare(0, kLocalhost.size(), kLocalhost) == 0;
  if (localhost) target = "ipv4:127.0.0.1:" + settings.server.substr(kLocalhost.size());
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (settings.ca_pem.empty()) {
    // Plain text stays on this machine: not even a proxy of the environment sees it.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    credentials = grpc::InsecureChannelCredentials();
  } else {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = settings.ca_pem;
    credentials = grpc::SslCredentials(tls);
    if (localhost) arguments.SetSslTargetNameOverride("localhost");
  }
  // A page of 1000 units with all their components.
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace

Session::Session(const Settings& settings, const GlobalOptions& options, Io& io)
    : settings_(settings), options_(options), io_(io) {
  const std::shared_ptr<grpc::Channel> channel = Connect(settings);
  registry_ = v1::RegistryService::NewStub(channel);
  collection_ = v1::CollectionService::NewStub(channel);
  results_ = v1::ResultsService::NewStub(channel);
  invitations_ = v1::InvitationService::NewStub(channel);
  zalo_ = v1::ZaloService::NewStub(channel);
}

void Session::Prepare(grpc::ClientContext& context, bool stream) {
  if (!settings_.token.empty()) {
    context.AddMetadata("authorization", "Bearer " + settings_.token);
  }
  if (!stream) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(options_.timeout_s));
  }
}

RpcStatus Session::Plain(const grpc::Status& status) {
  return {static_cast<int>(status.error_code()), status.error_message(), status.error_details()};
}

ExitCode Session::Fail(const RpcStatus& status) {
  const ExitCode code = ExitCodeOf(status);
  err() << "hailong: ";
  if (code == ExitCode::kUnreachable) err() << "no answer from " << settings_.server << ": ";
  err() << Describe(status) << '\n';
  return code;
}

ExitCode Session::FailUsage(const absl::Status& status) {
  err() << "hailong: " << ReplaceControls(std::string(status.message())) << '\n';
  return ExitCode::kUsage;
}

void Session::Show(const google::protobuf::Message& message, const Grid& grid) {
  if (json()) {
    WriteJson(message, /*one_line=*/false, out());
  } else if (csv()) {
    grid.PrintCsv(out(), options_.byte_order_mark);
  } else {
    grid.PrintTable(out());
  }
}

void WriteJson(const google::protobuf::Message& message, bool one_line, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = !one_line;
  print.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, print).ok()) {
    // Only a message with times out of range cannot be JSON: the output is broken, and says so.
    out.setstate(std::ios::failbit);
    return;
  }
  out << text;
  if (one_line) out << '\n';
}

}  // namespace hailong::cli
