#pragma once

// The administrator of a server under measurement. A call that fails ends the program. One thread.

#include <memory>
#include <string>

#include "hailong/v1/registry_service.grpc.pb.h"
#include "tests/bench/survey.h"

namespace hailong::bench {

class Admin {
 public:
  // `directory`: the server's data.
  Admin(const std::string& address, const std::string& directory);

  // Units, questionnaire, round.
  void OpenRound(const Survey& survey);
  // For all units; its credential.
  std::string AddCollector(const std::string& collector_id, v1::Channel channel);
  // A kiosk for all units; its enrolment code.
  std::string AddKiosk(const std::string& collector_id, const v1::KioskConfiguration& kiosk);
  // There are that many collectors, each with the device sequence numbers 1..numbers and no other.
  bool HasAll(uint64_t collectors, uint64_t numbers);

 private:
  template <typename Method, typename Request, typename Answer>
  void Call(Method method, const Request& request, Answer* answer);

  std::string token_;
  std::unique_ptr<v1::RegistryService::Stub> stub_;
};

}  // namespace hailong::bench
