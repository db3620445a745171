#include "tests/bench/admin.h"

#include <grpcpp/grpcpp.h>

#include "base/files.h"
#include "tests/bench/figures.h"

namespace hailong::bench {

Admin::Admin(const std::string& address, const std::string& directory)
    : stub_(v1::RegistryService::NewStub(
          grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {
  auto token = base::ReadPrivateFile(directory + "/admin.token");
  Require(token.status(), "admin.token");
  token->pop_back();
  token_ = *std::move(token);
}

template <typename Method, typename Request, typename Answer>
void Admin::Call(Method method, const Request& request, Answer* answer) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token_);
  const grpc::Status status = ((*stub_).*method)(&context, request, answer);
  Require(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()),
          "administration");
}

void Admin::OpenRound(const Survey& survey) {
  v1::ImportUnitsRequest units;
  for (const v1::Unit& unit : survey.units) *units.add_units() = unit;
  v1::ImportUnitsResponse units_answer;
  Call(&v1::RegistryService::Stub::ImportUnits, units, &units_answer);
  v1::PublishQuestionnaireRequest questionnaire;
  *questionnaire.mutable_questionnaire() = survey.questionnaire;
  v1::PublishQuestionnaireResponse questionnaire_answer;
  Call(&v1::RegistryService::Stub::PublishQuestionnaire, questionnaire, &questionnaire_answer);
  v1::OpenRoundRequest round;
  *round.mutable_round() = survey.round;
  v1::OpenRoundResponse round_answer;
  Call(&v1::RegistryService::Stub::OpenRound, round, &round_answer);
}

std::string Admin::AddCollector(const std::string& collector_id, v1::Channel channel) {
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id(collector_id);
  request.mutable_collector()->set_name(collector_id);
  request.mutable_collector()->set_channel(channel);
  v1::CreateCollectorResponse answer;
  Call(&v1::RegistryService::Stub::CreateCollector, request, &answer);
  return answer.credential();
}

std::string Admin::AddKiosk(const std::string& collector_id, const v1::KioskConfiguration& kiosk) {
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id(collector_id);
  request.mutable_collector()->set_name(collector_id);
  request.mutable_collector()->set_channel(v1::CHANNEL_KIOSK);
  *request.mutable_collector()->mutable_kiosk() = kiosk;
  request.set_by_enrolment(true);
  v1::CreateCollectorResponse answer;
  Call(&v1::RegistryService::Stub::CreateCollector, request, &answer);
  return answer.enrolment_code();
}

bool Admin::HasAll(uint64_t collectors, uint64_t numbers) {
  uint64_t with_all = 0;
  v1::ListCollectorsRequest request;
  v1::ListCollectorsResponse answer;
  do {
    Call(&v1::RegistryService::Stub::ListCollectors, request, &answer);
    for (const v1::Collector& collector : answer.collectors()) {
      const bool all = collector.device_sequence_max() == numbers && collector.missing_count() == 0;
      with_all += all ? 1 : 0;
    }
    request.set_page_token(answer.next_page_token());
  } while (!answer.next_page_token().empty());
  return with_all == collectors;
}

}  // namespace hailong::bench
