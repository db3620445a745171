// The server as a server: TLS, health, reflection, deadlines, one process per directory, pages.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/temp_directory_for_test.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

// The length-delimited fields with this number in a message of a foreign contract.
std::vector<std::string> FieldsOf(const std::string& bytes, int number) {
  google::protobuf::Empty message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  std::vector<std::string> found;
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() == number &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      found.push_back(field.length_delimited());
    }
  }
  return found;
}

TEST(Serving, HealthIsServingWithoutACredential) {
  Province province;
  std::string response;
  const auto status = province.With("").CallByName("grpc.health.v1.Health/Check", "", &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response, "\x08\x01");  // status: SERVING
}

TEST(Serving, ReflectionListsOurServicesAndTheirFiles) {
  Province province;
  constexpr char kReflection[] = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  std::string response;
  ASSERT_TRUE(
      province.With("").CallByName(kReflection, std::string("\x3A\x00", 2), &response).ok());
  std::vector<std::string> services;
  for (const std::string& list : FieldsOf(response, 6)) {
    for (const std::string& service : FieldsOf(list, 1)) {
      services.push_back(FieldsOf(service, 1).at(0));
    }
  }
  for (const std::string name : {"CollectionService", "RegistryService", "ResultsService"}) {
    const std::string service = "hailong.v1." + name;
    EXPECT_THAT(services, ::testing::Contains(service));
    ASSERT_TRUE(
        province.With("")
            .CallByName(kReflection,
                        "\x22" + std::string(1, static_cast<char>(service.size())) + service,
                        &response)
            .ok());
    bool described = false;
    for (const std::string& files : FieldsOf(response, 4)) {
      for (const std::string& bytes : FieldsOf(files, 1)) {
        google::protobuf::FileDescriptorProto file;
        ASSERT_TRUE(file.ParseFromString(bytes));
        for (const auto& one : file.service()) {
          described = described || (one.name() == name && one.method_size() >= 3);
        }
      }
    }
    EXPECT_TRUE(described) << service;
  }
}

TEST(Serving, TlsWorksWithItsAuthorityAndPlainTextToItFails) {
  base::TempDirectory temp;
  const std::string key = temp.path() + "/key.pem";
  const std::string certificate = temp.path() + "/certificate.pem";
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
                         "-nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
                         "-keyout " +
                         key + " -out " + certificate + " 2>/dev/null")
                            .c_str()),
            0);
  app::Settings settings;
  settings.data_directory = temp.path() + "/data";
  settings.listen = "0.0.0.0:0";
  settings.tls_certificate_path = certificate;
  settings.tls_key_path = key;
  const auto server = app::Server::Start(settings);
  ASSERT_TRUE(server.ok()) << server.status();
  std::string credential = ReadWhole(settings.data_directory + "/admin.token");
  credential.pop_back();
  const std::string address = "127.0.0.1:" + std::to_string((*server)->port());
  const auto list = [&](const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    return Client(grpc::CreateChannel(address, credentials), credential)
        .Try(&RegistryStub::ListRounds, v1::ListRoundsRequest())
        .error_code();
  };
  grpc::SslCredentialsOptions trusts_it;
  trusts_it.pem_root_certs = ReadWhole(certificate);
  EXPECT_EQ(list(grpc::SslCredentials(trusts_it)), StatusCode::OK);
  EXPECT_EQ(list(grpc::InsecureChannelCredentials()), StatusCode::UNAVAILABLE);
  EXPECT_EQ(list(grpc::SslCredentials({})), StatusCode::UNAVAILABLE) << "unknown authority";
}

TEST(Serving, SettingsThatWouldServePlainTextToANetworkAreRefusedBeforeAnythingIsMade) {
  base::TempDirectory temp;
  app::Settings settings;
  settings.data_directory = temp.path() + "/data";
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "example.org:7400", "127.0.0.1.example.org:1",
                             "localhost.example.org:1", ":7400", ""}) {
    settings.listen = listen;
    const auto server = app::Server::Start(settings);
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << listen;
    EXPECT_FALSE(std::filesystem::exists(settings.data_directory)) << listen;
  }
  settings.listen = "localhost:0";
  settings.tls_certificate_path = "only-one-of-two";
  EXPECT_EQ(app::Server::Start(settings).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Serving, ASecondServerOnTheSameDirectoryIsRefusedAndTheFirstGoesOn) {
  Province province;
  EXPECT_EQ(app::Server::Start(province.SettingsFor(province.directory())).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(province.Admin().Try(&RegistryStub::ListRounds, v1::ListRoundsRequest()).ok());
}

TEST(Serving, APortInUseIsRefused) {
  Province province;
  base::TempDirectory temp;
  app::Settings settings = province.SettingsFor(temp.path() + "/data");
  settings.listen = "127.0.0.1:" + std::to_string(province.server().port());
  EXPECT_EQ(app::Server::Start(settings).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Serving, DeadlinesEndCallsAndStreams) {
  Province province;
  province.SetUp();
  const Client admin = province.Admin();
  grpc::ClientContext past;
  admin.Prepare(past);
  past.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  v1::ListRoundsResponse rounds;
  EXPECT_EQ(
      v1::RegistryService::NewStub(admin.channel())->ListRounds(&past, {}, &rounds).error_code(),
      StatusCode::DEADLINE_EXCEEDED);

  grpc::ClientContext soon;
  admin.Prepare(soon);
  soon.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  v1::WatchRoundRequest request;
  request.set_round_id("autumn");
  const auto reader = admin.results().WatchRound(&soon, request);
  v1::WatchRoundResponse counts;
  EXPECT_TRUE(reader->Read(&counts));
  EXPECT_FALSE(reader->Read(&counts));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
}

// Walks a list in pages of one and returns what its keys are.
template <typename Request, typename Response, typename Keys>
std::vector<std::string> PageByOne(const Client& client,
                                   grpc::Status (RegistryStub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                                   Request request, Keys keys) {
  std::vector<std::string> all;
  request.set_page_size(1);
  for (int page = 0; page < 100; ++page) {
    const Response response = client.Get(method, request);
    const std::vector<std::string> one = keys(response);
    EXPECT_LE(one.size(), 1u);
    all.insert(all.end(), one.begin(), one.end());
    if (response.next_page_token().empty()) return all;
    request.set_page_token(response.next_page_token());
  }
  ADD_FAILURE() << "pages without end";
  return all;
}

TEST(Serving, EveryListPagesWithoutLossOrDoubling) {
  Province province;
  province.SetUp();
  const Client admin = province.Admin();
  using Keys = std::vector<std::string>;
  const Keys units = {"1", "1.a", "1.a.1", "1.a.2", "1.b", "1.b.1", "1.b.2"};
  const Keys communes = {"1.a.1", "1.a.2", "1.b.1", "1.b.2"};
  for (int i = 2; i <= 12; ++i) {  // past one digit: order is by number, not by text
    v1::PublishQuestionnaireRequest request;
    *request.mutable_questionnaire() = DeskQuestionnaire();
    request.mutable_questionnaire()->set_version(static_cast<uint32_t>(i));
    admin.Get(&RegistryStub::PublishQuestionnaire, request);
  }
  v1::PublishQuestionnaireRequest other;
  *other.mutable_questionnaire() = DeskQuestionnaire();
  other.mutable_questionnaire()->set_questionnaire_id("desk-2");
  admin.Get(&RegistryStub::PublishQuestionnaire, other);
  v1::OpenRoundRequest open;
  *open.mutable_round() = AutumnRound();
  open.mutable_round()->set_round_id("another");
  admin.Get(&RegistryStub::OpenRound, open);
  const Client web = province.Collector("web");
  for (const Client& collector : {web, province.Collector("web-2")}) {
    std::vector<v1::Response> responses;
    for (const uint64_t number : {2u, 5u, 12u, 13u}) {
      responses.push_back(province.MakeResponse("1.a.1", 4));
      responses.back().set_device_sequence(number);
    }
    Submit(collector, responses);
  }

  EXPECT_EQ(PageByOne(admin, &RegistryStub::ListUnits, v1::ListUnitsRequest(),
                      [](const v1::ListUnitsResponse& page) {
                        Keys keys;
                        for (const auto& one : page.units()) keys.push_back(one.unit_id());
                        return keys;
                      }),
            units);
  v1::ListPopulationsRequest populations;
  populations.set_round_id("autumn");
  EXPECT_EQ(PageByOne(admin, &RegistryStub::ListPopulations, populations,
                      [](const v1::ListPopulationsResponse& page) {
                        Keys keys;
                        for (const auto& one : page.populations()) keys.push_back(one.unit_id());
                        return keys;
                      }),
            communes);
  EXPECT_EQ(
      PageByOne(admin, &RegistryStub::ListQuestionnaires, v1::ListQuestionnairesRequest(),
                [](const v1::ListQuestionnairesResponse& page) {
                  Keys keys;
                  for (const auto& one : page.questionnaires()) {
                    EXPECT_EQ(one.questions_size(), 0);
                    keys.push_back(one.questionnaire_id() + " " + std::to_string(one.version()));
                  }
                  return keys;
                }),
      (Keys{"desk 1", "desk 2", "desk 3", "desk 4", "desk 5", "desk 6", "desk 7", "desk 8",
            "desk 9", "desk 10", "desk 11", "desk 12", "desk-2 1"}));
  EXPECT_EQ(PageByOne(admin, &RegistryStub::ListRounds, v1::ListRoundsRequest(),
                      [](const v1::ListRoundsResponse& page) {
                        Keys keys;
                        for (const auto& one : page.rounds()) keys.push_back(one.round_id());
                        return keys;
                      }),
            (Keys{"another", "autumn"}));
  EXPECT_EQ(
      PageByOne(admin, &RegistryStub::ListCollectors, v1::ListCollectorsRequest(),
                [](const v1::ListCollectorsResponse& page) {
                  Keys keys;
                  for (const auto& one : page.collectors()) {
                    keys.push_back(one.collector_id() + " " + std::to_string(one.missing_count()));
                  }
                  return keys;
                }),
      (Keys{"web 9", "web-2 9"}));
  EXPECT_EQ(PageByOne(admin, &RegistryStub::ListSequenceGaps, v1::ListSequenceGapsRequest(),
                      [](const v1::ListSequenceGapsResponse& page) {
                        Keys keys;
                        for (const auto& one : page.gaps()) {
                          keys.push_back(one.collector_id() + " " + std::to_string(one.first()) +
                                         "-" + std::to_string(one.last()));
                        }
                        return keys;
                      }),
            (Keys{"web 1-1", "web 3-4", "web 6-11", "web-2 1-1", "web-2 3-4", "web-2 6-11"}));
  province.Account("second", v1::ROLE_ANALYST);
  EXPECT_EQ(PageByOne(admin, &RegistryStub::ListAccounts, v1::ListAccountsRequest(),
                      [](const v1::ListAccountsResponse& page) {
                        Keys keys;
                        for (const auto& one : page.accounts()) keys.push_back(one.account_id());
                        return keys;
                      }),
            (Keys{"admin", "second"}));

  // ListUnitScores belongs to another service, so it is walked by hand.
  v1::ListUnitScoresRequest scores;
  scores.set_round_id("autumn");
  scores.set_page_size(1);
  Keys scored;
  do {
    const auto page = admin.Get(&ResultsStub::ListUnitScores, scores);
    ASSERT_LE(page.units_size(), 1);
    for (const auto& one : page.units()) scored.push_back(one.unit_id());
    scores.set_page_token(page.next_page_token());
  } while (!scores.page_token().empty() && scored.size() < 100);
  EXPECT_EQ(scored, communes);
  scores.set_page_token(std::string(300, 'x'));
  EXPECT_EQ(admin.Try(&ResultsStub::ListUnitScores, scores).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace hailong::e2e
