#pragma once

// A person's browser: the calls of SurveyService on the web, over a connection of its own. Blocks;
// one thread.

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <string_view>

#include "hailong/v1/survey_service.pb.h"
#include "server/app/server.h"
#include "server/web/raw_client_for_test.h"

namespace hailong::e2e {

class Person {
 public:
  explicit Person(const app::Server& server);

  // The response of a call that must succeed.
  v1::OpenSurveyResponse Open(const v1::Entry& entry);
  v1::SubmitSurveyResponse Submit(const v1::SubmitSurveyRequest& request);
  // With its details, as if it had come over gRPC.
  grpc::Status TrySubmit(const v1::SubmitSurveyRequest& request,
                         v1::SubmitSurveyResponse* response);

 private:
  grpc::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response);

  web::RawClient client_;
};

}  // namespace hailong::e2e
