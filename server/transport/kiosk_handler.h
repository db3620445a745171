#pragma once

// KioskService on the wire: converts nothing, decides nothing, hands over.

#include "hailong/v1/kiosk_service.grpc.pb.h"
#include "server/registry/kiosks.h"
#include "server/transport/gate.h"
#include "server/transport/registry_handler.h"

namespace hailong::transport {

class KioskHandler final : public v1::KioskService::CallbackService {
 public:
  KioskHandler(Gate& gate, registry::Kiosks& kiosks) : gate_(gate), kiosks_(kiosks) {}

  HAILONG_UNARY(KioskService, Enroll, kiosks_)
  HAILONG_UNARY(KioskService, RenewCredential, kiosks_)
  HAILONG_UNARY(KioskService, Heartbeat, kiosks_)

 private:
  Gate& gate_;
  registry::Kiosks& kiosks_;
};

}  // namespace hailong::transport
