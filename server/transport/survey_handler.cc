#include "server/transport/survey_handler.h"

namespace hailong::transport {

grpc::ServerUnaryReactor* SurveyHandler::SubmitSurvey(grpc::CallbackServerContext* context,
                                                      const v1::SubmitSurveyRequest* request,
                                                      v1::SubmitSurveyResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto caller = gate_.Admit(*context, "hailong.v1.SurveyService/SubmitSurvey");
  if (!caller.ok()) {
    reactor->Finish(ToGrpc(caller.status()));
    return reactor;
  }
  // Answered after COMMIT, so the executor's thread does not wait for it.
  const bool accepted = gate_.executor().Offer([this, reactor, request, response] {
    survey_.SubmitSurvey(*request,
                         [reactor, response](absl::StatusOr<v1::SubmitSurveyResponse> stored) {
                           if (stored.ok()) *response = *std::move(stored);
                           reactor->Finish(ToGrpc(stored.status()));
                         });
  });
  if (!accepted) reactor->Finish(ToGrpc(refusal::QueueFull()));
  return reactor;
}

}  // namespace hailong::transport
