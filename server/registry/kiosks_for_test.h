#pragma once

// Kiosks on a registry: registered, enrolled, set up and heard.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/registry/kiosks.h"
#include "server/registry/registry_for_test.h"

namespace hailong::registry {

using Rotate = v1::RotateCollectorCredentialRequest;

// A credential as a kiosk makes it.
inline std::string Credential(char c) { return std::string(43, c); }

class KiosksTest : public RegistryTest {
 protected:
  // Registers a kiosk of 74.SNV and gives its code.
  std::string AddByEnrolment(const std::string& id) {
    v1::CreateCollectorRequest request;
    *request.mutable_collector() = sample::Collector(id, v1::CHANNEL_KIOSK, "74.SNV");
    request.set_by_enrolment(true);
    const auto created = registry_->CreateCollector(admin_, request);
    EXPECT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->credential(), "");
    EXPECT_TRUE(created->collector().awaits_credential());
    return created->enrolment_code();
  }
  absl::StatusOr<v1::EnrollResponse> Enroll(const std::string& code,
                                            const std::string& credential) {
    v1::EnrollRequest request;
    request.set_enrolment_code(code);
    request.set_credential(credential);
    return kiosks_->Enroll(model::Principal(), request);
  }
  const model::Principal* Find(const std::string& credential) {
    catalog_ = holder_.Get();
    return catalog_->FindPrincipal(HashCredential(credential));
  }
  // An enrolled kiosk of that id.
  model::Principal Enrolled(const std::string& id, char credential) {
    EXPECT_TRUE(Enroll(AddByEnrolment(id), Credential(credential)).ok());
    const model::Principal* found = Find(Credential(credential));
    EXPECT_NE(found, nullptr);
    return *found;
  }
  absl::Status Renew(const model::Principal& caller, const std::string& credential) {
    v1::RenewCredentialRequest request;
    request.set_credential(credential);
    return kiosks_->RenewCredential(caller, request).status();
  }
  absl::StatusOr<v1::RotateCollectorCredentialResponse> RotateBy(Rotate::Way way,
                                                                 const std::string& id) {
    Rotate request;
    request.set_collector_id(id);
    request.set_way(way);
    return registry_->RotateCollectorCredential(admin_, request);
  }
  absl::StatusOr<v1::HeartbeatResponse> Beat(const model::Principal& caller,
                                             const v1::KioskStatus& status = {}) {
    v1::HeartbeatRequest request;
    *request.mutable_status() = status;
    return kiosks_->Heartbeat(caller, request);
  }
  absl::StatusOr<v1::ConfigureKioskResponse> Configure(const std::string& id,
                                                       const v1::KioskConfiguration& kiosk) {
    v1::ConfigureKioskRequest request;
    request.set_collector_id(id);
    *request.mutable_kiosk() = kiosk;
    return registry_->ConfigureKiosk(admin_, request);
  }
  v1::Collector Listed(const std::string& id) {
    const auto list = registry_->ListCollectors(admin_, {});
    EXPECT_TRUE(list.ok()) << list.status();
    for (const v1::Collector& one : list->collectors()) {
      if (one.collector_id() == id) return one;
    }
    ADD_FAILURE() << "no " << id;
    return {};
  }
  std::vector<std::string> Silent(absl::Duration silent_for) {
    v1::ListCollectorsRequest request;
    request.mutable_silent_for()->set_seconds(absl::ToInt64Seconds(silent_for));
    std::vector<std::string> ids;
    const auto list = registry_->ListCollectors(admin_, request);
    EXPECT_TRUE(list.ok()) << list.status();
    for (const v1::Collector& one : list->collectors()) ids.push_back(one.collector_id());
    return ids;
  }
  // What the store holds of statuses once the writer has come this far.
  std::vector<store::CollectorStatus> Saved() {
    EXPECT_TRUE(catalog_writer_
                    ->Apply("test", "Nothing", "",
                            [](const model::Catalog&) { return std::vector<model::Record>(); })
                    .ok());
    return *store_->ReadStatuses();
  }

  std::shared_ptr<const model::Catalog> catalog_;
};

inline v1::KioskConfiguration GoodConfiguration() {
  v1::KioskConfiguration kiosk;
  kiosk.set_round_id("march");
  kiosk.set_form_id("counter");
  kiosk.add_languages("vi");
  kiosk.add_languages("en-GB");
  kiosk.set_idle_seconds(600);
  kiosk.set_countdown_seconds(120);
  kiosk.set_press_interval_ms(60'000);
  kiosk.mutable_message_of_the_day()->set_vi("Chào mừng");
  kiosk.set_staff_pin_sha256(std::string(64, 'a'));
  return kiosk;
}

}  // namespace hailong::registry
