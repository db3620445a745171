#pragma once

// ZaloService on the wire: converts nothing, decides nothing, hands over.

#include "hailong/v1/zalo_service.grpc.pb.h"
#include "server/transport/gate.h"
#include "server/transport/registry_handler.h"
#include "server/zalo/channel.h"

namespace hailong::transport {

class ZaloHandler final : public v1::ZaloService::CallbackService {
 public:
  ZaloHandler(Gate& gate, zalo::Channel& channel) : gate_(gate), channel_(channel) {}

  HAILONG_UNARY(ZaloService, QueueInvitations, channel_)
  HAILONG_UNARY(ZaloService, ListSends, channel_)
  HAILONG_UNARY(ZaloService, GetZaloState, channel_)
  HAILONG_UNARY(ZaloService, ResumeSending, channel_)
  HAILONG_UNARY(ZaloService, ReconcileRatings, channel_)

 private:
  Gate& gate_;
  zalo::Channel& channel_;
};

}  // namespace hailong::transport
