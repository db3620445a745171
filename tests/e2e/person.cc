#include "tests/e2e/person.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "base/json/json.h"
#include "base/status.h"
#include "google/rpc/status.pb.h"
#include "server/web/connect_error.h"

namespace hailong::e2e {
namespace {

using base::Cat;

constexpr size_t kDepthMax = 20;

// What the Connect protocol says of a unary call that failed.
grpc::Status ReadError(const web::RawAnswer& answer) {
  const auto error = base::Json::Parse(answer.body, kDepthMax);
  if (!error.ok()) {
    return {grpc::StatusCode::UNKNOWN, Cat("HTTP ", answer.status, ": ", answer.body)};
  }
  int code = 1;
  while (code < 16 && web::ConnectCode(absl::StatusCode{code}) != error->TextOf("code")) ++code;
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(std::string(error->TextOf("message")));
  if (const base::Json* found = error->Find("details")) {
    for (const base::Json& detail : found->items()) {
      google::protobuf::Any& any = *details.add_details();
      any.set_type_url(Cat("type.googleapis.com/", detail.TextOf("type")));
      const std::string_view value = detail.TextOf("value");
      EXPECT_TRUE(absl::Base64Unescape({value.data(), value.size()}, any.mutable_value()));
    }
  }
  return {static_cast<grpc::StatusCode>(code), details.message(), details.SerializeAsString()};
}

}  // namespace

Person::Person(const app::Server& server) : client_(static_cast<uint16_t>(server.web_port())) {}

grpc::Status Person::Call(std::string_view method, const google::protobuf::Message& request,
                          google::protobuf::Message* response) {
  const web::RawAnswer answer =
      client_.Ask(web::Post(Cat("/hailong.v1.SurveyService/", method), request.SerializeAsString(),
                            "Content-Type: application/proto\r\n"));
  if (answer.status != 200) return ReadError(answer);
  EXPECT_TRUE(response->ParseFromString(answer.body));
  return grpc::Status::OK;
}

v1::OpenSurveyResponse Person::Open(const v1::Entry& entry) {
  v1::OpenSurveyRequest request;
  *request.mutable_entry() = entry;
  v1::OpenSurveyResponse response;
  const grpc::Status status = Call("OpenSurvey", request, &response);
  EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  return response;
}

v1::SubmitSurveyResponse Person::Submit(const v1::SubmitSurveyRequest& request) {
  v1::SubmitSurveyResponse response;
  const grpc::Status status = TrySubmit(request, &response);
  EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  return response;
}

grpc::Status Person::TrySubmit(const v1::SubmitSurveyRequest& request,
                               v1::SubmitSurveyResponse* response) {
  return Call("SubmitSurvey", request, response);
}

}  // namespace hailong::e2e
