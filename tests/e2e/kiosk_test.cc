// A kiosk's whole life over the wire: enrolled, renewed, set up, heard, revoked; and what it sends.

#include <gmock/gmock.h>

#include "base/crypto/crypto.h"
#include "base/sqlite/sqlite.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using Rotate = v1::RotateCollectorCredentialRequest;

std::string NewCredential() { return base::Base64Url(base::RandomBytes(32)); }

class KioskOverTheWire : public ::testing::Test {
 protected:
  KioskOverTheWire() { province_.SetUp(); }

  std::string Add(const std::string& id, const std::string& unit_id = "1.a.1") {
    v1::CreateCollectorRequest request;
    request.mutable_collector()->set_collector_id(id);
    request.mutable_collector()->set_channel(v1::CHANNEL_KIOSK);
    request.mutable_collector()->set_unit_id(unit_id);
    request.set_by_enrolment(true);
    return province_.Admin().Get(&RegistryStub::CreateCollector, request).enrolment_code();
  }
  grpc::Status Enroll(const std::string& code, const std::string& credential) {
    v1::EnrollRequest request;
    request.set_enrolment_code(code);
    request.set_credential(credential);
    return province_.With("").Try(&KioskStub::Enroll, request);
  }
  // The credential of an enrolled kiosk.
  std::string Enrolled(const std::string& id) {
    const std::string credential = NewCredential();
    const grpc::Status status = Enroll(Add(id), credential);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return credential;
  }
  grpc::Status Beat(const std::string& credential, v1::HeartbeatResponse* response = nullptr) {
    v1::HeartbeatRequest request;
    request.mutable_status()->set_waiting(7);
    request.mutable_status()->set_alarm("đĩa gần đầy");
    v1::HeartbeatResponse ignored;
    return province_.With(credential)
        .Call(&KioskStub::Heartbeat, request, response == nullptr ? &ignored : response);
  }
  grpc::Status Renew(const std::string& credential, const std::string& next) {
    v1::RenewCredentialRequest request;
    request.set_credential(next);
    return province_.With(credential).Try(&KioskStub::RenewCredential, request);
  }
  v1::RotateCollectorCredentialResponse RotateBy(Rotate::Way way, const std::string& id) {
    Rotate request;
    request.set_collector_id(id);
    request.set_way(way);
    return province_.Admin().Get(&RegistryStub::RotateCollectorCredential, request);
  }
  std::vector<v1::Collector> List(absl::Duration silent_for = absl::InfiniteDuration()) {
    v1::ListCollectorsRequest request;
    if (silent_for != absl::InfiniteDuration()) {
      request.mutable_silent_for()->set_seconds(absl::ToInt64Seconds(silent_for));
    }
    const auto list = province_.Admin().Get(&RegistryStub::ListCollectors, request);
    return {list.collectors().begin(), list.collectors().end()};
  }
  std::vector<std::string> Audit() {
    auto database = base::Database::Open(province_.directory() + "/hailong.db",
                                         base::Database::Mode::kReadOnly);
    auto select = database->Prepare("SELECT actor, action, object FROM audit ORDER BY line");
    std::vector<std::string> lines;
    while (*select->Step()) {
      const std::string object(select->Text(2));
      if (!object.starts_with("kiosk")) continue;
      lines.push_back(std::string(select->Text(0)) + ": " + std::string(select->Text(1)));
    }
    return lines;
  }

  Province province_;
};

TEST_F(KioskOverTheWire, EnrolsWithACodeAndSurvivesALostAnswerAndARestart) {
  const std::string code = Add("kiosk-1");
  const std::string credential = NewCredential();
  EXPECT_EQ(Beat(credential).error_code(), StatusCode::UNAUTHENTICATED);
  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();
    EXPECT_TRUE(Enroll(code, credential).ok());
    EXPECT_TRUE(Enroll(code, credential).ok());
    EXPECT_TRUE(Beat(credential).ok());
    EXPECT_EQ(Enroll(code, NewCredential()).error_code(), StatusCode::UNAUTHENTICATED);
  }
  EXPECT_THAT(Audit(), ElementsAre("admin: CreateCollector", "collector kiosk-1: Enroll"));
}

TEST_F(KioskOverTheWire, ACredentialThatComesAlongDoesNotHinderEnrolling) {
  v1::EnrollRequest request;
  request.set_enrolment_code(Add("kiosk-1"));
  request.set_credential(NewCredential());
  EXPECT_EQ(province_.With("hl1.out-of-date").Get(&KioskStub::Enroll, request).collector_id(),
            "kiosk-1");
}

TEST_F(KioskOverTheWire, WrongCodesGetOneAnswerThenAWait) {
  const std::string code = Add("kiosk-1");
  grpc::Status status;
  int refused = 0;
  while ((status = Enroll("00000-00000", NewCredential())).error_code() ==
         StatusCode::UNAUTHENTICATED) {
    ASSERT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "BAD_ENROLMENT_CODE");
    ASSERT_LT(++refused, 1000);
  }
  EXPECT_EQ(refused, 30);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const auto wait = DetailOf<google::rpc::RetryInfo>(status).retry_delay();
  EXPECT_THAT(wait.seconds(), AllOf(Gt(0), Le(2)));
  // The wait is meant: afterwards the right code is taken.
  EXPECT_EQ(Enroll(code, NewCredential()).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  province_.clock().Advance(absl::Seconds(wait.seconds()));
  EXPECT_TRUE(Enroll(code, NewCredential()).ok());
  EXPECT_EQ(Enroll(code, "too short").error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(KioskOverTheWire, RenewsItsCredentialAlsoWhenTheAnswerIsLost) {
  const std::string first = Enrolled("kiosk-1");
  RotateBy(Rotate::WAY_BY_KIOSK, "kiosk-1");
  v1::HeartbeatResponse heard;
  ASSERT_TRUE(Beat(first, &heard).ok());
  EXPECT_TRUE(heard.renew_credential());
  const std::string second = NewCredential();
  EXPECT_TRUE(Renew(first, second).ok());
  // It never heard of that: the old one is over, the one it wrote down before works.
  EXPECT_EQ(Renew(first, second).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Renew(second, second).ok());
  ASSERT_TRUE(Beat(second, &heard).ok());
  EXPECT_FALSE(heard.renew_credential());
  EXPECT_THAT(Audit(), ElementsAre("admin: CreateCollector", "collector kiosk-1: Enroll",
                                   "admin: RotateCollectorCredential",
                                   "collector kiosk-1: RenewCredential"));
  const std::string code = RotateBy(Rotate::WAY_BY_ENROLMENT, "kiosk-1").enrolment_code();
  EXPECT_EQ(Beat(second).error_code(), StatusCode::UNAUTHENTICATED);
  const std::string third = NewCredential();
  EXPECT_TRUE(Enroll(code, third).ok());
  EXPECT_TRUE(Beat(third).ok());
}

TEST_F(KioskOverTheWire, HearsThatItWasRevokedAndOthersHearNothingOfIt) {
  const std::string credential = Enrolled("kiosk-1");
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-1");
  province_.Admin().Get(&RegistryStub::RevokeCollector, revoke);
  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();
    const grpc::Status status = Beat(credential);
    EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "COLLECTOR_REVOKED");
    EXPECT_EQ(Renew(credential, NewCredential()).error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(Beat(NewCredential()).error_code(), StatusCode::UNAUTHENTICATED);
    v1::SubmitResponseRequest submit;
    *submit.mutable_response() = province_.MakeResponse("1.a.1", 4);
    EXPECT_EQ(province_.With(credential).Try(&CollectionStub::SubmitResponse, submit).error_code(),
              StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(KioskOverTheWire, IsSetUpByAnOperatorOfItsUnitOnly) {
  const std::string credential = Enrolled("kiosk-1");
  v1::ConfigureKioskRequest request;
  request.set_collector_id("kiosk-1");
  request.mutable_kiosk()->set_round_id("autumn");
  request.mutable_kiosk()->add_languages("km");
  const Client stranger = province_.Account("ops-b", v1::ROLE_OPERATOR, "1.b");
  EXPECT_EQ(stranger.Try(&RegistryStub::ConfigureKiosk, request).error_code(),
            StatusCode::PERMISSION_DENIED);
  const Client analyst = province_.Account("analyst", v1::ROLE_ANALYST);
  EXPECT_EQ(analyst.Try(&RegistryStub::ConfigureKiosk, request).error_code(),
            StatusCode::PERMISSION_DENIED);
  const Client own = province_.Account("ops-a", v1::ROLE_OPERATOR, "1.a");
  own.Get(&RegistryStub::ConfigureKiosk, request);
  v1::HeartbeatResponse heard;
  ASSERT_TRUE(Beat(credential, &heard).ok());
  EXPECT_EQ(heard.configuration().languages(0), "km");
  EXPECT_EQ(heard.round().round_id(), "autumn");
  EXPECT_EQ(absl::FromUnixSeconds(heard.server_time().seconds()), province_.clock().Now());
  v1::GetQuestionnaireRequest which;
  which.set_round_id("autumn");
  EXPECT_EQ(province_.With(credential).Get(&CollectionStub::GetQuestionnaire, which).digest(),
            heard.questionnaire_digest());
  request.mutable_kiosk()->set_unit_id("1.b");
  const grpc::Status refused = own.Try(&RegistryStub::ConfigureKiosk, request);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(refused).field_violations(0).field(),
            "kiosk.unit_id");
}

TEST_F(KioskOverTheWire, IsHeardAndMissed) {
  const std::string credential = Enrolled("kiosk-1");
  Enrolled("kiosk-2");
  ASSERT_TRUE(Beat(credential).ok());
  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();  // what was heard is saved on the way out
    const auto all = List();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].status().waiting(), 7u);
    EXPECT_EQ(all[0].status().alarm(), "đĩa gần đầy");
    EXPECT_FALSE(all[1].has_status());
    const auto silent = List(absl::Hours(2));
    ASSERT_EQ(silent.size(), 1u);
    EXPECT_EQ(silent[0].collector_id(), "kiosk-2");
  }
  province_.clock().Advance(absl::Hours(3));
  EXPECT_EQ(List(absl::Hours(2)).size(), 2u);
  ASSERT_TRUE(Beat(credential).ok());
  EXPECT_EQ(List(absl::Hours(2)).size(), 1u);
  EXPECT_THAT(List(absl::Hours(24 * 3650)), ::testing::SizeIs(1));  // never heard of
}

TEST_F(KioskOverTheWire, AHeartbeatLeavesNoLineOfAudit) {
  const std::string credential = Enrolled("kiosk-1");
  const size_t before = Audit().size();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Beat(credential).ok());
    province_.clock().Advance(absl::Minutes(2));
  }
  EXPECT_EQ(Audit().size(), before);
}

TEST_F(KioskOverTheWire, UnfinishedAnswersAndCountersReachTheExport) {
  v1::OpenRoundRequest open;
  *open.mutable_round() = AutumnRound();
  open.mutable_round()->set_round_id("winter");
  open.mutable_round()->set_partial_rule(v1::PARTIAL_RULE_KEEP);
  province_.Admin().Get(&RegistryStub::OpenRound, open);
  const Client kiosk = province_.With(Enrolled("kiosk-1"));
  std::vector<v1::Response> responses;
  for (int i = 0; i < 4; ++i) {
    responses.push_back(province_.MakeResponse("1.a.1", 4));
    responses.back().set_round_id("winter");
    responses.back().set_counter("A-3");
  }
  responses[1].set_partial(true);
  responses[1].clear_answers();
  responses[1].add_answers()->set_question_id("more");
  responses[1].mutable_answers(0)->set_text("đang viết dở");
  responses[2].clear_counter();
  responses[3].set_counter("Nguyễn Văn A");
  v1::Response discarded = responses[1];
  discarded.set_round_id("autumn");
  discarded.set_response_id(province_.MakeResponse("1.a.1", 4).response_id());
  responses.push_back(discarded);
  const auto results = Submit(kiosk, responses);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(results.results(i).stored().outcome(), v1::OUTCOME_RECORDED) << i;
  }
  EXPECT_EQ(results.results(3).refusal().field_violations(0).field(), "counter");
  EXPECT_EQ(results.results(4).refusal().field_violations(0).field(), "partial");
  // A retry is known as such; the same answer as a finished one is another.
  EXPECT_EQ(Submit(kiosk, {responses[1]}).results(0).stored().outcome(),
            v1::OUTCOME_ALREADY_RECORDED);
  v1::Response finished = responses[0];
  finished.set_counter("A-4");
  EXPECT_EQ(Submit(kiosk, {finished}).results(0).refusal().code(), StatusCode::ALREADY_EXISTS);

  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();
    v1::ExportResponsesRequest request;
    request.set_round_id("winter");
    const auto exported = Export(province_.Admin(), request).responses;
    ASSERT_EQ(exported.size(), 3u);
    EXPECT_EQ(exported[0].counter(), "A-3");
    EXPECT_FALSE(exported[0].partial());
    EXPECT_TRUE(exported[1].partial());
    EXPECT_EQ(exported[1].counter(), "A-3");
    EXPECT_THAT(exported[1].flags(), ElementsAre(v1::FLAG_PARTIAL));
    EXPECT_TRUE(exported[1].counts());
    EXPECT_EQ(exported[2].counter(), "");
    EXPECT_THAT(exported[2].flags(), IsEmpty());
    v1::GetSipasRequest sipas;
    sipas.set_round_id("winter");
    auto counts = province_.Admin().Get(&ResultsStub::GetSipas, sipas).result().counts();
    EXPECT_EQ(counts.counted(), 3u);
    EXPECT_EQ(counts.flagged(), 1u);
    EXPECT_EQ((*counts.mutable_by_flag())[v1::FLAG_PARTIAL], 1u);
  }
}

}  // namespace
}  // namespace hailong::e2e
