#pragma once

// RegistryService on the wire: converts nothing, decides nothing, hands over.

#include "hailong/v1/registry_service.grpc.pb.h"
#include "server/registry/registry.h"
#include "server/results/results.h"
#include "server/transport/gate.h"

// One unary call that hands over to a function of the same name.
#define HAILONG_UNARY(Service, Call, target)                                                     \
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,                           \
                                 const v1::Call##Request* request, v1::Call##Response* response) \
      override {                                                                                 \
    return gate_.Unary(context, "hailong.v1." #Service "/" #Call, request, response,             \
                       [this](const model::Principal& caller, const v1::Call##Request& ask) {    \
                         return target.Call(caller, ask);                                        \
                       });                                                                       \
  }

namespace hailong::transport {

class RegistryHandler final : public v1::RegistryService::CallbackService {
 public:
  RegistryHandler(Gate& gate, registry::Registry& registry, results::Results& results)
      : gate_(gate), registry_(registry), results_(results) {}

  HAILONG_UNARY(RegistryService, ImportUnits, registry_)
  HAILONG_UNARY(RegistryService, ListUnits, registry_)
  HAILONG_UNARY(RegistryService, ImportPopulations, registry_)
  HAILONG_UNARY(RegistryService, ListPopulations, registry_)
  HAILONG_UNARY(RegistryService, PublishQuestionnaire, registry_)
  HAILONG_UNARY(RegistryService, ListQuestionnaires, registry_)
  HAILONG_UNARY(RegistryService, OpenRound, registry_)
  HAILONG_UNARY(RegistryService, CloseRound, registry_)
  HAILONG_UNARY(RegistryService, SealRound, results_)
  HAILONG_UNARY(RegistryService, DestroyRoundKey, registry_)
  HAILONG_UNARY(RegistryService, GetRound, registry_)
  HAILONG_UNARY(RegistryService, ListRounds, registry_)
  HAILONG_UNARY(RegistryService, CreateCollector, registry_)
  HAILONG_UNARY(RegistryService, ListCollectors, registry_)
  HAILONG_UNARY(RegistryService, RotateCollectorCredential, registry_)
  HAILONG_UNARY(RegistryService, ConfigureKiosk, registry_)
  HAILONG_UNARY(RegistryService, ConfigureWeb, registry_)
  HAILONG_UNARY(RegistryService, RevokeCollector, registry_)
  HAILONG_UNARY(RegistryService, ListSequenceGaps, registry_)
  HAILONG_UNARY(RegistryService, CreateAccount, registry_)
  HAILONG_UNARY(RegistryService, ListAccounts, registry_)
  HAILONG_UNARY(RegistryService, RevokeAccount, registry_)

 private:
  Gate& gate_;
  registry::Registry& registry_;
  results::Results& results_;
};

}  // namespace hailong::transport
