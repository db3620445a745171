#include "tests/e2e/province.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <sstream>

#include "absl/strings/str_format.h"
#include "server/model/times.h"

namespace hailong::e2e {
namespace {

constexpr std::chrono::seconds kDeadline{60};

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace

Client::Client(std::shared_ptr<grpc::Channel> channel, std::string credential)
    : channel_(std::move(channel)),
      credential_(std::move(credential)),
      collection_(v1::CollectionService::NewStub(channel_)),
      kiosk_(v1::KioskService::NewStub(channel_)),
      registry_(v1::RegistryService::NewStub(channel_)),
      results_(v1::ResultsService::NewStub(channel_)),
      invitation_(v1::InvitationService::NewStub(channel_)) {}

void Client::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  if (!credential_.empty()) context.AddMetadata("authorization", "Bearer " + credential_);
}

grpc::Status Client::CallByName(const std::string& method, const std::string& request,
                                std::string* response) const {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  Prepare(context);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/" + method, {}, &sent, &received,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  grpc::Slice flat;
  if (status.ok() && received.DumpToSingleSlice(&flat).ok()) {
    response->assign(reinterpret_cast<const char*>(flat.begin()), flat.size());
  }
  return status;
}

Province::Province(int scoring_threads)
    : clock_(absl::FromUnixSeconds(1731207600)),  // 2024-11-10T03:00:00Z
      scoring_threads_(scoring_threads) {
  Restart();
}

app::Settings Province::SettingsFor(const std::string& directory) const {
  app::Settings settings{.data_directory = directory,
                         .listen = "127.0.0.1:0",
                         .tls_certificate_path = "",
                         .tls_key_path = "",
                         .scoring_threads = scoring_threads_,
                         .web = {},
                         .zalo_settings_path = "",
                         .clock = &clock_,
                         .vfs = ""};
  settings.web.listen = "127.0.0.1:0";
  // What many do with one invitation at once is for the store to settle here, not for the rate.
  settings.web.rates.per_invitation.burst = 1000;
  return settings;
}

void Province::Restart() {
  server_.reset();
  auto started = app::Server::Start(SettingsFor(directory_));
  ASSERT_TRUE(started.ok()) << started.status();
  server_ = *std::move(started);
}

std::shared_ptr<grpc::Channel> ConnectTo(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // Each client its own connection, so that a dead one is not taken over from the last server.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

std::shared_ptr<grpc::Channel> Province::Connect() const { return ConnectTo(server_->port()); }

Client Province::Admin() const {
  std::string credential = ReadWhole(directory_ + "/admin.token");
  credential.pop_back();  // the end of the line
  return With(credential);
}

Client Province::Account(const std::string& id, v1::Role role, const std::string& unit_id) const {
  v1::CreateAccountRequest request;
  request.mutable_account()->set_account_id(id);
  request.mutable_account()->set_role(role);
  request.mutable_account()->set_unit_id(unit_id);
  return With(Admin().Get(&RegistryStub::CreateAccount, request).credential());
}

Client Province::Collector(const std::string& id, const std::string& unit_id,
                           v1::Channel channel) const {
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id(id);
  request.mutable_collector()->set_name(id);
  request.mutable_collector()->set_channel(channel);
  request.mutable_collector()->set_unit_id(unit_id);
  return With(Admin().Get(&RegistryStub::CreateCollector, request).credential());
}

v1::Questionnaire DeskQuestionnaire() {
  return Parse<v1::Questionnaire>(R"(
    questionnaire_id: "desk"
    version: 1
    legal_basis { source: "made up for a test" grade: GRADE_UNVERIFIED }
    title { vi: "Quầy" }
    audience: AUDIENCE_CITIZENS
    questions {
      question_id: "rating" kind: QUESTION_KIND_RATING text { vi: "Hài lòng?" } required: true
      options { text { vi: "1" } } options { text { vi: "2" } } options { text { vi: "3" } }
      options { text { vi: "4" } } options { text { vi: "5" } }
    }
    questions {
      question_id: "why" kind: QUESTION_KIND_MULTIPLE_CHOICE text { vi: "Vì sao?" }
      options { text { vi: "nhanh" } } options { text { vi: "khác" } allows_text: true }
      allows_not_applicable: true
    }
    questions { question_id: "more" kind: QUESTION_KIND_TEXT text { vi: "Góp ý" } })");
}

v1::Round AutumnRound() {
  return Parse<v1::Round>(R"(
    round_id: "autumn"
    title { vi: "Mùa thu" }
    questionnaire_id: "desk"
    questionnaire_version: 1
    root_unit_id: "1"
    opens_at { seconds: 1730394000 }   # 2024-11-01 in Vietnam
    closes_at { seconds: 1732986000 }  # 30 days later
    grace { seconds: 604800 }
    appeal_time { seconds: 2592000 }
    duplicate_policy: DUPLICATE_POLICY_LATEST
    weighting_plan { mode: WEIGHTING_MODE_POPULATION }
    framework_id: "lecture-rating"     # the shipped framework of a single item, "rating"
    synthetic: true)");
}

void Province::SetUp() {
  const Client admin = Admin();
  v1::ImportUnitsRequest units;
  const auto add = [&](const char* id, const char* level, const char* parent) {
    v1::Unit* unit = units.add_units();
    unit->set_unit_id(id);
    unit->set_name(std::string("Đơn vị ") + id);
    unit->set_level(level);
    unit->set_parent_unit_id(parent);
    unit->set_valid_from("2020-01-01");
  };
  add("1", "province", "");
  for (const std::string district : {"1.a", "1.b"}) {
    add(district.c_str(), "district", "1");
    for (const char* commune : {".1", ".2"}) {
      add((district + commune).c_str(), "commune", district.c_str());
    }
  }
  admin.Get(&RegistryStub::ImportUnits, units);
  v1::PublishQuestionnaireRequest questionnaire;
  *questionnaire.mutable_questionnaire() = DeskQuestionnaire();
  admin.Get(&RegistryStub::PublishQuestionnaire, questionnaire);
  v1::OpenRoundRequest round;
  *round.mutable_round() = AutumnRound();
  admin.Get(&RegistryStub::OpenRound, round);
  v1::ImportPopulationsRequest populations;
  populations.set_round_id("autumn");
  uint64_t size = 1000;
  for (const char* commune : {"1.a.1", "1.a.2", "1.b.1", "1.b.2"}) {
    v1::Population* population = populations.add_populations();
    population->set_unit_id(commune);
    population->set_size(size);
    population->set_source("made up for a test");
    size += 500;
  }
  admin.Get(&RegistryStub::ImportPopulations, populations);
}

v1::Response Province::MakeResponse(const std::string& unit_id, uint32_t rating) {
  v1::Response response;
  response.set_response_id(absl::StrFormat("00000000-0000-4000-8000-%012x", ++responses_));
  response.set_round_id("autumn");
  response.set_questionnaire_version(1);
  response.set_unit_id(unit_id);
  *response.mutable_submitted_at() = model::ToProto(clock_.Now());
  v1::Answer* answer = response.add_answers();
  answer->set_question_id("rating");
  answer->set_choice(rating);
  return response;
}

void Province::Close(const std::string& round_id) const {
  v1::CloseRoundRequest request;
  request.set_round_id(round_id);
  Admin().Get(&RegistryStub::CloseRound, request);
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> MethodsOfTheContract() {
  std::vector<std::string> methods;
  for (const google::protobuf::Descriptor* message :
       {v1::SubmitResponseRequest::descriptor(), v1::EnrollRequest::descriptor(),
        v1::ImportUnitsRequest::descriptor(), v1::GetSipasRequest::descriptor(),
        v1::OpenSurveyRequest::descriptor(), v1::GetSlipKeyRequest::descriptor()}) {
    for (int s = 0; s < message->file()->service_count(); ++s) {
      const auto* service = message->file()->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        methods.push_back(service->full_name() + "/" + service->method(m)->name());
      }
    }
  }
  EXPECT_GE(methods.size(), 40u);
  return methods;
}

v1::SubmitResponsesResponse Submit(const Client& collector,
                                   const std::vector<v1::Response>& responses) {
  v1::SubmitResponsesRequest request;
  for (const v1::Response& response : responses) *request.add_responses() = response;
  return collector.Get(&CollectionStub::SubmitResponses, request);
}

Exported Export(const Client& client, const v1::ExportResponsesRequest& request) {
  Exported exported;
  grpc::ClientContext context;
  client.Prepare(context);
  const auto reader = client.results().ExportResponses(&context, request);
  v1::ExportResponsesResponse message;
  while (reader->Read(&message)) {
    exported.cursors.push_back(message.cursor());
    for (v1::ExportedResponse& response : *message.mutable_responses()) {
      exported.responses.push_back(std::move(response));
    }
  }
  exported.status = reader->Finish();
  return exported;
}

}  // namespace hailong::e2e
