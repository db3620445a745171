#pragma once

// SurveyService on the wire: converts nothing, decides nothing, hands over. Both calls read the
// store, so they run on the gate's executor.

#include "hailong/v1/survey_service.grpc.pb.h"
#include "server/survey/survey.h"
#include "server/transport/gate.h"
#include "server/transport/registry_handler.h"

namespace hailong::transport {

class SurveyHandler final : public v1::SurveyService::CallbackService {
 public:
  SurveyHandler(Gate& gate, survey::Survey& survey) : gate_(gate), survey_(survey) {}

  HAILONG_UNARY(SurveyService, OpenSurvey, survey_)
  grpc::ServerUnaryReactor* SubmitSurvey(grpc::CallbackServerContext* context,
                                         const v1::SubmitSurveyRequest* request,
                                         v1::SubmitSurveyResponse* response) override;

 private:
  Gate& gate_;
  survey::Survey& survey_;
};

}  // namespace hailong::transport
