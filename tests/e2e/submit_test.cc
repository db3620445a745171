// Submitting over the wire: batches, neighbours, limits and the details of refusals.

#include <gmock/gmock.h>

#include "base/ids.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

constexpr char kSubmitMany[] = "hailong.v1.CollectionService/SubmitResponses";

class SubmitOverTheWire : public ::testing::Test {
 protected:
  SubmitOverTheWire() : web_((province_.SetUp(), province_.Collector("web"))) {}

  // The outcomes of responses given as bytes, sound or not.
  v1::SubmitResponsesResponse SubmitBytes(const std::vector<std::string>& responses) {
    // The contract's message with `bytes` in the place of messages looks the same on the wire.
    std::string request;
    for (const std::string& bytes : responses) {
      request.push_back('\x0A');
      for (size_t size = bytes.size(); true; size >>= 7) {
        request.push_back(static_cast<char>((size & 0x7F) | (size > 0x7F ? 0x80 : 0)));
        if (size <= 0x7F) break;
      }
      request += bytes;
    }
    std::string answered;
    const grpc::Status status = web_.CallByName(kSubmitMany, request, &answered);
    EXPECT_TRUE(status.ok()) << status.error_message();
    v1::SubmitResponsesResponse response;
    EXPECT_TRUE(response.ParseFromString(answered)) << "a stock client could not read this";
    return response;
  }
  uint64_t Stored() {
    v1::GetSipasRequest request;
    request.set_round_id("autumn");
    return province_.Admin().Get(&ResultsStub::GetSipas, request).result().counts().stored();
  }

  Province province_;
  Client web_;
};

TEST_F(SubmitOverTheWire, ABatchOf500IsTakenAnd501AreRefused) {
  std::vector<v1::Response> responses;
  for (int i = 0; i < 500; ++i) responses.push_back(province_.MakeResponse("1.a.1", 4));
  const auto results = Submit(web_, responses).results();
  ASSERT_EQ(results.size(), 500);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(results[i].stored().outcome(), v1::OUTCOME_RECORDED);
    EXPECT_EQ(results[i].stored().receipt().response_id(), responses[size_t(i)].response_id());
  }
  v1::SubmitResponsesRequest request;
  for (int i = 0; i < 501; ++i) *request.add_responses() = province_.MakeResponse("1.a.1", 4);
  const grpc::Status refused = web_.Try(&CollectionStub::SubmitResponses, request);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.error_message(), HasSubstr("responses: found 501, allowed are 1..500"));
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponses, v1::SubmitResponsesRequest()).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Stored(), 500u);
}

TEST_F(SubmitOverTheWire, OneBadResponseNeverFailsItsNeighbours) {
  const auto sound = [&] { return province_.MakeResponse("1.a.1", 4).SerializeAsString(); };
  v1::Response wrong_choice = province_.MakeResponse("1.a.1", 9);
  v1::Response not_utf8 = province_.MakeResponse("1.a.1", 4);
  v1::Answer* more = not_utf8.add_answers();
  more->set_question_id("more");
  more->set_text("MARK");
  std::string broken_text = not_utf8.SerializeAsString();
  broken_text.replace(broken_text.find("MARK"), 4, "\xC3\x28\xFF\xFE");
  // Long names that end in the middle of a character where they are repeated.
  v1::Response long_names = province_.MakeResponse("1.a.1", 4);
  long_names.set_form_id("xệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệ");
  v1::Response long_round = province_.MakeResponse("1.a.1", 4);
  long_round.set_round_id("ệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệệ");
  v1::Response long_unit = province_.MakeResponse("xệệệệệệệệệệệệệệệệệệệệệệệệệ", 4);
  const std::string cut = sound().substr(0, 20);

  const auto results =
      SubmitBytes({sound(), wrong_choice.SerializeAsString(), broken_text, cut, "\xFF", "",
                   long_names.SerializeAsString(), long_round.SerializeAsString(),
                   long_unit.SerializeAsString(), sound()})
          .results();
  ASSERT_EQ(results.size(), 10);
  EXPECT_EQ(results[0].stored().outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(results[9].stored().outcome(), v1::OUTCOME_RECORDED);
  for (int i = 1; i < 9; ++i) {
    ASSERT_TRUE(results[i].has_refusal()) << i;
    EXPECT_NE(results[i].refusal().message(), "") << i;
    EXPECT_EQ(results[i].refusal().retry_after_ms(), 0u) << "for good";
    EXPECT_EQ(results[i].refusal().code(), i == 5 || i == 7 ? 5 : 3) << i;
  }
  ASSERT_EQ(results[1].refusal().field_violations_size(), 1);
  EXPECT_EQ(results[1].refusal().field_violations(0).field(), "answers[0].choice");
  EXPECT_EQ(results[1].refusal().field_violations(0).description(),
            "question rating: choice 9 is not in 1..5");
  EXPECT_EQ(Stored(), 2u);
}

TEST_F(SubmitOverTheWire, BadFieldsAreInTheStatusDetailsOfASingleCall) {
  v1::SubmitResponseRequest request;
  *request.mutable_response() = province_.MakeResponse("1.nowhere", 9);
  request.mutable_response()->set_response_id("not a uuid");
  const grpc::Status status = web_.Try(&CollectionStub::SubmitResponse, request);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  const auto detail = DetailOf<google::rpc::BadRequest>(status);
  std::vector<std::string> fields;
  for (const auto& violation : detail.field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("response.response_id", "response.unit_id",
                                                      "response.answers[0].choice"));
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "BAD_FIELDS");
}

TEST_F(SubmitOverTheWire, TheLargestRefusalStillReachesTheClient) {
  v1::SubmitResponseRequest request;
  *request.mutable_response() = province_.MakeResponse("1.a.1", 4);
  for (int i = 0; i < 3; ++i) {
    v1::Answer* answer = request.mutable_response()->add_answers();
    answer->set_question_id(std::string(100000, i % 2 == 0 ? 'q' : '\x01'));
    answer->set_text(std::string(100000, 'x'));
  }
  for (int i = 0; i < 396; ++i) *request.mutable_response()->add_answers() = {};
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponse, request).error_code(),
            StatusCode::INVALID_ARGUMENT);
  request.mutable_response()->set_round_id(std::string(1 << 20, 'r'));
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponse, request).error_code(), StatusCode::NOT_FOUND);
  *request.mutable_response() = province_.MakeResponse("1.a.1", 4);
  request.mutable_response()->set_unit_id(std::string(1 << 20, 'u'));
  request.mutable_response()->set_form_id(std::string(1 << 20, 'f'));
  request.mutable_response()->set_response_id(std::string(1 << 20, 'i'));
  request.mutable_response()->mutable_evidence()->set_dossier_code(std::string(1 << 20, 'd'));
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponse, request).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(SubmitOverTheWire, AMessageAboveTheLimitIsRefused) {
  v1::SubmitResponseRequest request;
  *request.mutable_response() = province_.MakeResponse("1.a.1", 4);
  v1::Answer* more = request.mutable_response()->add_answers();
  more->set_question_id("more");
  more->set_text(std::string(17 << 20, 'x'));
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponse, request).error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
  more->set_text(std::string(4001, 'x'));
  const grpc::Status status = web_.Try(&CollectionStub::SubmitResponse, request);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("found 4001 bytes, allowed are 4000"));
}

TEST_F(SubmitOverTheWire, ARetryGetsTheFirstReceiptAgainAndOtherContentIsRefused) {
  v1::SubmitResponseRequest request;
  *request.mutable_response() = province_.MakeResponse("1.a.1", 4);
  const auto first = web_.Get(&CollectionStub::SubmitResponse, request);
  province_.clock().Advance(absl::Hours(1));
  const auto again = web_.Get(&CollectionStub::SubmitResponse, request);
  EXPECT_EQ(first.outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(again.outcome(), v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(again.receipt().SerializeAsString(), first.receipt().SerializeAsString());
  request.mutable_response()->mutable_answers(0)->set_choice(1);
  EXPECT_EQ(web_.Try(&CollectionStub::SubmitResponse, request).error_code(),
            StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(SubmitOverTheWire, AQuestionnaireIsGivenByRoundAndByName) {
  v1::GetQuestionnaireRequest request;
  request.set_round_id("autumn");
  const auto by_round = web_.Get(&CollectionStub::GetQuestionnaire, request);
  EXPECT_EQ(by_round.questionnaire().SerializeAsString(), DeskQuestionnaire().SerializeAsString());
  EXPECT_EQ(by_round.digest().size(), 64u);
  request.set_questionnaire_id("desk");
  EXPECT_EQ(web_.Get(&CollectionStub::GetQuestionnaire, request).digest(), by_round.digest());
  request.set_version(2);
  EXPECT_EQ(web_.Try(&CollectionStub::GetQuestionnaire, request).error_code(),
            StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace hailong::e2e
