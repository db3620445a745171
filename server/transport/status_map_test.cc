#include "server/transport/status_map.h"

#include <gmock/gmock.h>

#include "base/ids.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/model/refusal.h"

namespace hailong::transport {
namespace {

template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(details.message(), status.error_message());
  Detail detail;
  for (const google::protobuf::Any& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  ADD_FAILURE() << "no " << Detail::descriptor()->full_name() << " in " << details.DebugString();
  return detail;
}

TEST(StatusMap, KeepsEveryCodeAndSentence) {
  for (int code = 0; code <= 16; ++code) {
    const grpc::Status made =
        ToGrpc(absl::Status(static_cast<absl::StatusCode>(code), "what, found, allowed"));
    EXPECT_EQ(made.error_code(), code);
    EXPECT_EQ(made.error_message(), code == 0 ? "" : "what, found, allowed");
    EXPECT_EQ(made.error_details(), "");
  }
}

TEST(StatusMap, BadFieldsTravelAsBadRequest) {
  refusal::Violations bad("response.");
  bad.Add("unit_id", "no unit '1' on 2024-11-02");
  bad.Add("answers[3].choice", "question q1: choice 9 is not in 1..5");
  const auto detail = DetailOf<google::rpc::BadRequest>(ToGrpc(bad.ToStatus()));
  ASSERT_EQ(detail.field_violations_size(), 2);
  EXPECT_EQ(detail.field_violations(0).field(), "response.unit_id");
  EXPECT_EQ(detail.field_violations(1).description(), "question q1: choice 9 is not in 1..5");
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(ToGrpc(bad.ToStatus())).reason(), "BAD_FIELDS");
}

TEST(StatusMap, AWaitTravelsAsRetryInfo) {
  const auto detail = DetailOf<google::rpc::RetryInfo>(ToGrpc(refusal::QueueFull()));
  EXPECT_EQ(detail.retry_delay().seconds(), 0);
  EXPECT_EQ(detail.retry_delay().nanos(), 200'000'000);
}

TEST(StatusMap, ARefusalInABatchSaysTheSameAsAStatus) {
  refusal::Violations bad("response.");
  bad.Add("answers[3].choice", "question q1: choice 9 is not in 1..5");
  const v1::Refusal field = ToRefusal(bad.ToStatus());
  EXPECT_EQ(field.code(), 3);
  ASSERT_EQ(field.field_violations_size(), 1);
  EXPECT_EQ(field.field_violations(0).field(), "answers[3].choice");  // below the response
  EXPECT_EQ(field.retry_after_ms(), 0u);
  const v1::Refusal busy = ToRefusal(refusal::QueueFull());
  EXPECT_EQ(busy.code(), 8);
  EXPECT_EQ(busy.retry_after_ms(), 200u);
}

// A name that is cut within a character would make the whole answer unreadable: a client's parser
// refuses text that is not UTF-8, and with it the outcomes of all neighbours.
TEST(StatusMap, WhatARefusalRepeatsIsUtf8WhereverItIsCut) {
  for (size_t size = 0; size < 80; ++size) {
    std::string name(size, 'a');
    for (int i = 0; i < 40; ++i) name += "ệ";
    for (const absl::Status& status :
         {refusal::NotFound("round", name), refusal::OutsideSubtree(name, "1")}) {
      EXPECT_TRUE(base::IsUtf8(ToRefusal(status).message())) << size;
      EXPECT_TRUE(base::IsUtf8(DetailOf<google::rpc::ErrorInfo>(ToGrpc(status)).reason())) << size;
    }
  }
}

}  // namespace
}  // namespace hailong::transport
