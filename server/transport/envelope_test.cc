#include "server/transport/envelope.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

namespace hailong::transport {
namespace {

using ::testing::HasSubstr;

std::string Field(int number, const std::string& bytes) {
  EXPECT_LT(bytes.size(), 128u) << "one byte of length is enough here";
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(bytes.size())) + bytes;
}

std::string ResponseBytes(const std::string& id) {
  v1::Response response;
  response.set_response_id(id);
  response.set_round_id("r");
  return response.SerializeAsString();
}

class Envelope : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<const v1::Response*>> Open(const std::string& bytes,
                                                        size_t responses_max = 500) {
    return OpenEnvelope(bytes, responses_max, arena_);
  }
  google::protobuf::Arena arena_;
};

TEST_F(Envelope, GivesTheResponsesInTheOrderSent) {
  v1::SubmitResponsesRequest request;
  for (const char* id : {"a", "b", "c"}) request.add_responses()->set_response_id(id);
  const auto opened = Open(request.SerializeAsString());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->size(), 3u);
  EXPECT_EQ((*opened)[0]->response_id(), "a");
  EXPECT_EQ((*opened)[2]->response_id(), "c");
}

TEST_F(Envelope, ABadResponseIsNullAndItsNeighboursLive) {
  const std::string good = ResponseBytes("good");
  const std::string cut = ResponseBytes("cut").substr(0, 3);
  v1::Response text;
  text.set_response_id("text");
  text.add_answers()->set_text("Tot");
  std::string not_utf8 = text.SerializeAsString();
  not_utf8[not_utf8.size() - 1] = '\xFF';
  const auto opened = Open(Field(1, good) + Field(1, cut) + Field(1, not_utf8) + Field(1, good));
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->size(), 4u);
  EXPECT_EQ((*opened)[0]->response_id(), "good");
  EXPECT_EQ((*opened)[1], nullptr);
  EXPECT_EQ((*opened)[2], nullptr);
  EXPECT_EQ((*opened)[3]->response_id(), "good");
}

TEST_F(Envelope, AnEmptyResponseIsAMessageLikeAnother) {
  const auto opened = Open(Field(1, ""));
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->size(), 1u);
  EXPECT_NE((*opened)[0], nullptr);
}

TEST_F(Envelope, FieldsOfALaterContractArePassedOver) {
  const auto opened = Open("\x10\x07" + Field(9, "later") + Field(1, ResponseBytes("a")));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->size(), 1u);
}

TEST_F(Envelope, ACutRequestIsRefusedWherever) {
  const std::string whole = Field(1, ResponseBytes("first")) + Field(1, ResponseBytes("second"));
  const size_t between = Field(1, ResponseBytes("first")).size();  // leaves a whole message
  for (size_t size = 1; size < whole.size(); ++size) {
    const auto opened = Open(whole.substr(0, size));
    EXPECT_EQ(opened.status().code(),
              size == between ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST_F(Envelope, BrokenTagsAndLengthsAreRefused) {
  for (const std::string& bytes :
       {std::string("\x00", 1), std::string("\x0C", 1), std::string("\x0F\x00", 2),
        std::string("\x0A\xFF\xFF\xFF\xFF\x0F", 6), std::string("\x0A\x80\x80\x80\x80\x80\x80", 7),
        std::string("\xFF\xFF\xFF\xFF\xFF\xFF", 6), Field(1, "") + '\0' + Field(1, "")}) {
    EXPECT_EQ(Open(bytes).status().code(), absl::StatusCode::kInvalidArgument)
        << ::testing::PrintToString(bytes);
  }
}

TEST_F(Envelope, NoneOrTooManyAreRefusedWithBothNumbers) {
  EXPECT_THAT(Open("").status().message(), HasSubstr("found 0, allowed are 1..500"));
  std::string bytes;
  for (int i = 0; i < 501; ++i) bytes += Field(1, ResponseBytes("a"));
  const auto refused = Open(bytes);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), HasSubstr("found 501, allowed are 1..500"));
  EXPECT_THAT(Open(Field(1, "") + Field(1, ""), 1).status().message(),
              HasSubstr("found 2, allowed are 1..1"));
}

TEST_F(Envelope, AgreesWithTheGeneratedParserOnRandomMutations) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  v1::SubmitResponsesRequest request;
  for (int i = 0; i < 4; ++i) request.add_responses()->ParseFromString(ResponseBytes("abcdef"));
  const std::string whole = request.SerializeAsString();
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = whole;
    for (size_t k = random() % 3; k < 3; ++k) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(bytes.size() - random() % 2);
    v1::SubmitResponsesRequest parsed;
    const bool parses = parsed.ParseFromString(bytes) && parsed.responses_size() > 0;
    const auto opened = Open(bytes);
    // Ours takes more: a bad response inside a sound request.
    ASSERT_TRUE(!parses || opened.ok()) << ::testing::PrintToString(bytes);
    if (!parses) continue;
    ASSERT_EQ(opened->size(), static_cast<size_t>(parsed.responses_size()));
    for (size_t at = 0; at < opened->size(); ++at) {
      ASSERT_NE((*opened)[at], nullptr);
      ASSERT_EQ((*opened)[at]->SerializeAsString(),
                parsed.responses(static_cast<int>(at)).SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace hailong::transport
