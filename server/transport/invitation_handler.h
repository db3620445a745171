#pragma once

// InvitationService on the wire: converts nothing, decides nothing, hands over.

#include "hailong/v1/invitation_service.grpc.pb.h"
#include "server/survey/invitations.h"
#include "server/transport/gate.h"
#include "server/transport/registry_handler.h"

namespace hailong::transport {

class InvitationHandler final : public v1::InvitationService::CallbackService {
 public:
  InvitationHandler(Gate& gate, survey::Invitations& invitations)
      : gate_(gate), invitations_(invitations) {}

  HAILONG_UNARY(InvitationService, CreateInvitations, invitations_)
  HAILONG_UNARY(InvitationService, ListInvitations, invitations_)
  HAILONG_UNARY(InvitationService, RevokeInvitations, invitations_)
  HAILONG_UNARY(InvitationService, GetResponseRates, invitations_)
  HAILONG_UNARY(InvitationService, GetSlipKey, invitations_)

 private:
  Gate& gate_;
  survey::Invitations& invitations_;
};

}  // namespace hailong::transport
