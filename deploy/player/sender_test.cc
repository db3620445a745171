#include "deploy/player/sender.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "deploy/player/demo_data_for_test.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hailong::player {
namespace {

using ::testing::HasSubstr;

// Remembers responses by id; says RECORDED or ALREADY_RECORDED; puts off what its settings say.
class FakeServer : public v1::CollectionService::Service {
 public:
  grpc::Status GetQuestionnaire(grpc::ServerContext*, const v1::GetQuestionnaireRequest* request,
                                v1::GetQuestionnaireResponse* response) override {
    if (request->round_id() != "citizens") return {grpc::StatusCode::NOT_FOUND, "no such round"};
    *response->mutable_questionnaire() = DemoQuestionnaire("sipas-2026");
    return grpc::Status::OK;
  }

  grpc::Status SubmitResponses(grpc::ServerContext* context,
                               const v1::SubmitResponsesRequest* request,
                               v1::SubmitResponsesResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++calls;
    const auto credential = context->client_metadata().find("authorization");
    if (credential == context->client_metadata().end() || is_shut) {
      return {grpc::StatusCode::UNAUTHENTICATED, "who are you"};
    }
    if (calls % 3 == 1) return PutOff();
    for (const v1::Response& sent : request->responses()) {
      v1::SubmitResult& result = *response->add_results();
      if (sent.device_sequence() % 10 == 0 && put_off_.insert({sent.response_id(), 1}).second) {
        result.mutable_refusal()->set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
        result.mutable_refusal()->set_retry_after_ms(5);
        continue;
      }
      const bool fresh = stored
                             .emplace(sent.response_id(), std::string(credential->second.data(),
                                                                      credential->second.size()))
                             .second;
      result.mutable_stored()->set_outcome(fresh ? v1::OUTCOME_RECORDED
                                                 : v1::OUTCOME_ALREADY_RECORDED);
      result.mutable_stored()->mutable_receipt()->set_first_outcome(v1::OUTCOME_RECORDED);
    }
    return grpc::Status::OK;
  }

  int calls = 0;
  bool is_shut = false;
  std::map<std::string, std::string> stored;  // response_id -> authorization

 private:
  static grpc::Status PutOff() {
    google::rpc::RetryInfo info;
    info.mutable_retry_delay()->set_nanos(5000000);
    google::rpc::Status details;
    details.add_details()->PackFrom(info);
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full", details.SerializeAsString()};
  }

  std::mutex mutex_;
  std::map<std::string, int> put_off_;
};

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&fake_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
    ScheduleSettings settings = DemoSettings();
    settings.citizens = 2000;
    schedule_ = *MakeSchedule(settings, units_, DemoCollectors());
  }

  Tally Play() {
    auto sender = Sender::Create(address_, "", 4, DemoCollectors());
    EXPECT_TRUE(sender.ok()) << sender.status();
    auto questionnaire = (*sender)->GetQuestionnaire("citizens");
    EXPECT_TRUE(questionnaire.ok()) << questionnaire.status();
    const ResponseBuilder builder(1, "citizens", *questionnaire, units_);
    Tally tally;
    (*sender)->Send(schedule_.citizens, builder, Progress("test", schedule_.citizens.size(), false),
                    tally);
    return tally;
  }

  FakeServer fake_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  const std::vector<RatedUnit> units_ = DemoUnits();
  Schedule schedule_;
};

TEST_F(SenderTest, SendsEverythingThroughItsCollectorAlthoughPutOff) {
  const Tally tally = Play();
  EXPECT_TRUE(tally.AsPlanned()) << tally.Summary();
  EXPECT_EQ(tally.answered(), 2000U);
  EXPECT_EQ(fake_.stored.size(), 2000U);
  EXPECT_THAT(tally.Summary(), HasSubstr("put off and sent again"));
  const ResponseBuilder builder(1, "citizens", DemoQuestionnaire("sipas-2026"), units_);
  const std::vector<CollectorAccess> collectors = DemoCollectors();
  for (const Entry& entry : schedule_.citizens) {
    EXPECT_EQ(fake_.stored.at(builder.Build(entry).response_id()),
              "Bearer " + collectors[entry.collector].credential);
  }
}

TEST_F(SenderTest, ASecondRunStoresNothingAndIsAsPlanned) {
  Play();
  const Tally tally = Play();
  EXPECT_TRUE(tally.AsPlanned()) << tally.Summary();
  EXPECT_EQ(fake_.stored.size(), 2000U);
  EXPECT_THAT(tally.Summary(), HasSubstr("2000 were stored before"));
}

TEST_F(SenderTest, StopsAtACallThatFailsForGoodAndSaysSo) {
  fake_.is_shut = true;
  const Tally tally = Play();
  EXPECT_FALSE(tally.AsPlanned());
  EXPECT_EQ(tally.answered(), 0U);
  EXPECT_LE(fake_.calls, 4);  // one for each stream
  EXPECT_THAT(tally.Summary(), HasSubstr("who are you"));
}

TEST_F(SenderTest, PassesOnWhyThereIsNoQuestionnaire) {
  auto sender = Sender::Create(address_, "", 1, DemoCollectors());
  ASSERT_TRUE(sender.ok());
  EXPECT_THAT((*sender)->GetQuestionnaire("nowhere").status().ToString(),
              HasSubstr("no such round"));
}

TEST(Sender, KeepsCredentialsOffPlainTextNetworks) {
  EXPECT_THAT(Sender::Create("example.com:443", "", 1, DemoCollectors()).status().ToString(),
              HasSubstr("--tls-ca"));
  EXPECT_FALSE(Sender::Create("127.0.0.1:1", "", 0, DemoCollectors()).ok());
}

}  // namespace
}  // namespace hailong::player
