// A survey on the web over the wire: set up by an operator over gRPC, opened and answered by people
// without a credential over HTTP, many of them at once.

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <thread>

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/sqlite/sqlite.h"
#include "hailong/v1/survey_service.grpc.pb.h"
#include "server/model/times.h"
#include "server/transport/gate.h"
#include "tests/e2e/person.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDossier[] = "G12.18-241101-00430053";

class SurveyOverTheWire : public ::testing::Test {
 protected:
  SurveyOverTheWire() {
    province_.SetUp();
    v1::CreateCollectorRequest request;
    request.mutable_collector()->set_collector_id("web");
    request.mutable_collector()->set_channel(v1::CHANNEL_WEB);
    request.mutable_collector()->set_unit_id("1.a");
    v1::WebConfiguration& web = *request.mutable_collector()->mutable_web();
    web.set_round_id("autumn");
    web.set_open(true);
    web.set_slips(true);
    const auto made = province_.Admin().Get(&RegistryStub::CreateCollector, request);
    link_code_ = made.collector().web().link_code();
  }

  void Quota(const std::string& unit_id, uint32_t size_max) {
    v1::ConfigureWebRequest request;
    request.set_collector_id("web");
    request.mutable_web()->set_round_id("autumn");
    request.mutable_web()->set_open(true);
    request.mutable_web()->set_slips(true);
    v1::Quota& quota = *request.mutable_web()->add_quotas();
    quota.set_unit_id(unit_id);
    quota.set_size_max(size_max);
    const auto made = province_.Admin().Get(&RegistryStub::ConfigureWeb, request);
    // Given once: what hangs on walls goes on working.
    EXPECT_EQ(made.collector().web().link_code(), link_code_);
  }
  v1::CreateInvitationsResponse Invite(int count, const std::string& unit_id = "",
                                       const std::string& dossier = "") {
    v1::CreateInvitationsRequest request;
    request.set_collector_id("web");
    request.set_request_id(NewRequestId());
    for (int i = 0; i < count; ++i) {
      v1::NewInvitation& one = *request.add_invitations();
      one.set_unit_id(unit_id);
      one.set_dossier_code(dossier);
    }
    return province_.Admin().Get(&InvitationStub::CreateInvitations, request);
  }
  std::string NewRequestId() {
    std::string id = "00000000-0000-4000-9000-000000000000";
    const std::string digits = std::to_string(++requests_);
    return id.replace(id.size() - digits.size(), digits.size(), digits);
  }
  static v1::Entry ByToken(const std::string& token) {
    v1::Entry entry;
    entry.set_invitation_token(token);
    return entry;
  }
  v1::Entry ByLink() const {
    v1::Entry entry;
    entry.set_link_code(link_code_);
    return entry;
  }
  v1::Entry BySlip(const std::string& dossier) {
    v1::GetSlipKeyRequest request;
    request.set_collector_id("web");
    const auto key = province_.Admin().Get(&InvitationStub::GetSlipKey, request);
    const base::Digest256 digest = base::HmacSha256(key.key(), dossier);
    v1::Entry entry;
    entry.mutable_slip()->set_link_code(key.link_code());
    entry.mutable_slip()->set_dossier_code(dossier);
    entry.mutable_slip()->set_check(
        base::Base32({reinterpret_cast<const char*>(digest.data()), digest.size()}, 10));
    return entry;
  }
  // A response as a browser sends it.
  v1::SubmitSurveyRequest Answer(const v1::Entry& entry, uint32_t rating = 4) {
    v1::SubmitSurveyRequest request;
    *request.mutable_entry() = entry;
    *request.mutable_response() = province_.MakeResponse("", rating);
    request.mutable_response()->clear_round_id();
    return request;
  }
  v1::OpenSurveyResponse Open(const v1::Entry& entry) {
    return Person(province_.server()).Open(entry);
  }
  static std::string ReasonOf(const grpc::Status& status) {
    return DetailOf<google::rpc::ErrorInfo>(status).reason();
  }
  // Sends all requests at once, some of them on each of several connections; how often each
  // outcome or reason came.
  std::map<std::string, int> SendAtOnce(const std::vector<v1::SubmitSurveyRequest>& requests) {
    constexpr size_t kConnections = 8;
    std::vector<std::string> told(requests.size());
    std::atomic<int> ready = 0;
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kConnections; ++t) {
      threads.emplace_back([&, t] {
        Person person(province_.server());
        ++ready;
        while (ready < static_cast<int>(kConnections)) std::this_thread::yield();
        for (size_t i = t; i < requests.size(); i += kConnections) {
          v1::SubmitSurveyResponse response;
          const grpc::Status status = person.TrySubmit(requests[i], &response);
          told[i] = status.ok() ? v1::Outcome_Name(response.outcome()) : ReasonOf(status);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::map<std::string, int> counts;
    for (const std::string& one : told) ++counts[one];
    return counts;
  }
  size_t Stored() { return Export(province_.Admin(), ExportAll()).responses.size(); }
  static v1::ExportResponsesRequest ExportAll() {
    v1::ExportResponsesRequest request;
    request.set_round_id("autumn");
    return request;
  }
  std::vector<std::string> Rates(const Client& client) {
    v1::GetResponseRatesRequest request;
    request.set_round_id("autumn");
    std::vector<std::string> lines;
    const auto rates = client.Get(&InvitationStub::GetResponseRates, request);
    for (const auto& rate : rates.rates()) {
      lines.push_back(rate.unit_id() + " " + std::to_string(rate.invited()) + " " +
                      std::to_string(rate.opened()) + " " + std::to_string(rate.answered()));
    }
    return lines;
  }

  Province province_;
  std::string link_code_;
  int requests_ = 0;
};

TEST_F(SurveyOverTheWire, APersonOpensAnswersAndSendsTwiceWithoutHarm) {
  const std::string token = Invite(1, "1.a.2").invitations(0).token();
  const auto opened = Open(ByToken(token));
  EXPECT_EQ(opened.state(), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(opened.title().vi(), "Mùa thu");
  EXPECT_EQ(opened.unit_name(), "Đơn vị 1.a.2");
  EXPECT_EQ(opened.province_name(), "Đơn vị 1");
  EXPECT_EQ(opened.questionnaire().questions_size(), 3);
  EXPECT_TRUE(opened.synthetic());
  const v1::SubmitSurveyRequest answer = Answer(ByToken(token));
  Person person(province_.server());
  const auto first = person.Submit(answer);
  EXPECT_EQ(first.outcome(), v1::OUTCOME_RECORDED);
  const auto again = person.Submit(answer);
  EXPECT_EQ(again.outcome(), v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(again.receipt().first_outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(Open(ByToken(token)).state(), v1::SURVEY_STATE_ANSWERED);
  const auto exported = Export(province_.Admin(), ExportAll());
  ASSERT_EQ(exported.responses.size(), 1u);
  EXPECT_EQ(exported.responses[0].unit_id(), "1.a.2");
  EXPECT_EQ(exported.responses[0].channel(), v1::CHANNEL_WEB);
  EXPECT_THAT(Rates(province_.Admin()), ElementsAre("1.a.2 1 1 1"));
  EXPECT_THAT(Rates(province_.Account("a", v1::ROLE_OPERATOR, "1.a")), ElementsAre("1.a.2 1 1 1"));
  EXPECT_THAT(Rates(province_.Account("b", v1::ROLE_OPERATOR, "1.b")), ::testing::IsEmpty());
}

TEST_F(SurveyOverTheWire, NobodyGetsRoundTheWebAndItsRatesByGrpc) {
  const auto stub = v1::SurveyService::NewStub(province_.Connect());
  const v1::SubmitSurveyRequest answer = Answer(ByLink());
  v1::OpenSurveyRequest open;
  *open.mutable_entry() = answer.entry();
  for (const std::vector<std::string>& keys : std::vector<std::vector<std::string>>{
           {}, {""}, {"0123456789ABCDEFGHJKMNPQRS"}, {"a", "b"}}) {
    const auto refused = [&](const auto& call) {
      grpc::ClientContext context;
      province_.Admin().Prepare(context);
      for (const std::string& key : keys) context.AddMetadata(transport::kGatewayKeyHeader, key);
      const grpc::Status status = call(&context);
      EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
      EXPECT_EQ(ReasonOf(status), "WEB_ONLY");
      EXPECT_THAT(status.error_message(), HasSubstr("allowed is POST /hailong.v1.SurveyService/"));
    };
    refused([&](grpc::ClientContext* context) {
      v1::OpenSurveyResponse response;
      return stub->OpenSurvey(context, open, &response);
    });
    refused([&](grpc::ClientContext* context) {
      v1::SubmitSurveyResponse response;
      return stub->SubmitSurvey(context, answer, &response);
    });
  }
  EXPECT_EQ(Stored(), 0u);
  Person(province_.server()).Submit(answer);
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(SurveyOverTheWire, SixtyFourTabsWithOneInvitationAreOneResponse) {
  const std::string token = Invite(1).invitations(0).token();
  std::vector<v1::SubmitSurveyRequest> requests;
  for (int i = 0; i < 64; ++i) requests.push_back(Answer(ByToken(token)));
  EXPECT_THAT(SendAtOnce(requests), ElementsAre(std::pair("OUTCOME_RECORDED", 1),
                                                std::pair("SURVEY_STATE_ANSWERED", 63)));
  // The same sent again by all tabs: the one that was stored gets its receipt.
  EXPECT_THAT(SendAtOnce(requests), ElementsAre(std::pair("OUTCOME_ALREADY_RECORDED", 1),
                                                std::pair("SURVEY_STATE_ANSWERED", 63)));
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(SurveyOverTheWire, AQuotaHoldsToTheLastPlaceUnderARace) {
  Quota("1.a.1", 10);
  const auto invited = Invite(40, "1.a.1");
  std::vector<v1::SubmitSurveyRequest> requests;
  for (const auto& one : invited.invitations()) requests.push_back(Answer(ByToken(one.token())));
  EXPECT_THAT(SendAtOnce(requests),
              ElementsAre(std::pair("OUTCOME_RECORDED", 10), std::pair("SURVEY_STATE_FULL", 30)));
  EXPECT_EQ(Stored(), 10u);
  EXPECT_THAT(Rates(province_.Admin()), ElementsAre("1.a.1 40 10 10"));
  // Who was turned away may come when there is more room.
  Quota("1.a.1", 40);
  EXPECT_THAT(SendAtOnce(requests), ElementsAre(std::pair("OUTCOME_ALREADY_RECORDED", 10),
                                                std::pair("OUTCOME_RECORDED", 30)));
  const auto full = Invite(1, "1.a.1").invitations(0).token();
  EXPECT_EQ(Open(ByToken(full)).state(), v1::SURVEY_STATE_FULL);
}

TEST_F(SurveyOverTheWire, ADossierByKioskInvitationAndSlipCountsOnce) {
  const Client kiosk = province_.Collector("kiosk", "1.a", v1::CHANNEL_KIOSK);
  v1::SubmitResponseRequest tap;
  *tap.mutable_response() = province_.MakeResponse("1.a", 2);
  tap.mutable_response()->mutable_evidence()->set_dossier_code(kDossier);
  Person person(province_.server());
  EXPECT_EQ(person.Submit(Answer(BySlip(kDossier))).outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(kiosk.Get(&CollectionStub::SubmitResponse, tap).outcome(), v1::OUTCOME_RECORDED_COUNTS);
  const std::string token = Invite(1, "", kDossier).invitations(0).token();
  EXPECT_EQ(person.Submit(Answer(ByToken(token))).outcome(), v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Stored(), 3u);
}

TEST_F(SurveyOverTheWire, ARestartForgetsNothing) {
  Quota("", 3);
  const auto invited = Invite(3);
  Person person(province_.server());
  const v1::SubmitSurveyRequest answer = Answer(ByToken(invited.invitations(0).token()));
  person.Submit(answer);
  person.Submit(Answer(ByLink()));
  Open(ByToken(invited.invitations(1).token()));
  province_.Restart();
  EXPECT_THAT(Rates(province_.Admin()), ElementsAre("1.a 3 2 1"));
  EXPECT_EQ(Open(ByToken(invited.invitations(0).token())).state(), v1::SURVEY_STATE_ANSWERED);
  Person after(province_.server());
  EXPECT_EQ(after.Submit(answer).outcome(), v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(after.Submit(Answer(ByLink())).outcome(), v1::OUTCOME_RECORDED);
  v1::SubmitSurveyResponse ignored;
  EXPECT_EQ(ReasonOf(after.TrySubmit(Answer(ByLink()), &ignored)), "SURVEY_STATE_FULL");
}

TEST_F(SurveyOverTheWire, TheDatabaseHoldsNoTokenAndNothingThatTiesAnInvitationToItsResponse) {
  const std::string token = Invite(1, "", kDossier).invitations(0).token();
  Person(province_.server()).Submit(Answer(ByToken(token)));
  province_.Stop();
  const std::string path = province_.directory() + "/hailong.db";
  EXPECT_THAT(ReadWhole(path), Not(HasSubstr(token)));
  auto database = base::Database::Open(path, base::Database::Mode::kReadOnly);
  ASSERT_TRUE(database.ok());
  // No value of the answered invitation is a value of the response, but what both belong to.
  auto columns = database->Prepare(
      "SELECT group_concat(name) FROM pragma_table_info('invitations') WHERE name NOT IN "
      "('collector','round','unit_id','form_id')");
  ASSERT_TRUE(columns->Step().value());
  EXPECT_EQ(columns->Text(0),
            "invitation,invitation_id,token_hash,group_option,group_question_id,respondent_key,"
            "created_at,opened_on,answered,revoked");
  auto row = database->Prepare(
      "SELECT respondent_key IS NULL, opened_on % 86400000000 FROM invitations WHERE answered = 1");
  ASSERT_TRUE(row->Step().value());
  EXPECT_EQ(row->Int(0), 1);
  EXPECT_EQ(row->Int(1), int64_t{17} * 3600 * 1'000'000);  // midnight in Vietnam
}

TEST_F(SurveyOverTheWire, WhoMayNotSetUpTheCollectorIsToldSo) {
  const Client other = province_.Account("b", v1::ROLE_OPERATOR, "1.b");
  v1::ConfigureWebRequest configure;
  configure.set_collector_id("web");
  EXPECT_EQ(other.Try(&RegistryStub::ConfigureWeb, configure).error_code(),
            StatusCode::PERMISSION_DENIED);
  configure.mutable_web()->set_link_code("ABCDEFGHJK");
  configure.mutable_web()->set_group_question_id("rating");
  const grpc::Status status = province_.Admin().Try(&RegistryStub::ConfigureWeb, configure);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 2);
  province_.Collector("paper", "", v1::CHANNEL_PAPER);
  configure.set_collector_id("paper");
  EXPECT_EQ(province_.Admin().Try(&RegistryStub::ConfigureWeb, configure).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace hailong::e2e
