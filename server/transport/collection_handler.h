#pragma once

// CollectionService on the wire. The two submitting calls are taken as raw bytes: a response that
// is no message (cut, or with text that is not UTF-8) then is refused by itself and its neighbours
// in the batch live.

#include "hailong/v1/collection_service.grpc.pb.h"
#include "server/intake/intake.h"
#include "server/registry/registry.h"
#include "server/transport/gate.h"

namespace hailong::transport {

class CollectionHandler final : public v1::CollectionService::WithRawCallbackMethod_SubmitResponse<
                                    v1::CollectionService::WithRawCallbackMethod_SubmitResponses<
                                        v1::CollectionService::WithCallbackMethod_GetQuestionnaire<
                                            v1::CollectionService::Service>>> {
 public:
  CollectionHandler(Gate& gate, intake::Intake& intake, registry::Registry& registry)
      : gate_(gate), intake_(intake), registry_(registry) {}

  grpc::ServerUnaryReactor* SubmitResponse(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SubmitResponses(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetQuestionnaire(grpc::CallbackServerContext* context,
                                             const v1::GetQuestionnaireRequest* request,
                                             v1::GetQuestionnaireResponse* response) override;

 private:
  Gate& gate_;
  intake::Intake& intake_;
  registry::Registry& registry_;
};

}  // namespace hailong::transport
