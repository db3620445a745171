#include "server/transport/auth_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <set>
#include <string>
#include <vector>

#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/invitation_service.pb.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "hailong/v1/results_service.pb.h"
#include "hailong/v1/survey_service.pb.h"
#include "hailong/v1/zalo_service.pb.h"

namespace hailong::transport {
namespace {

// All methods of the contract, from the generated code itself. The files that hold services are
// named here; a service in another file of the package would be found through its neighbours.
std::vector<std::string> MethodsOfTheContract() {
  std::set<std::string> files;
  for (const google::protobuf::Descriptor* message :
       {v1::SubmitResponseRequest::descriptor(), v1::EnrollRequest::descriptor(),
        v1::ImportUnitsRequest::descriptor(), v1::GetSipasRequest::descriptor(),
        v1::OpenSurveyRequest::descriptor(), v1::GetSlipKeyRequest::descriptor(),
        v1::QueueInvitationsRequest::descriptor()}) {
    files.insert(message->file()->name());
  }
  std::vector<std::string> methods;
  for (const std::string& name : files) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      EXPECT_EQ(file->package(), "hailong.v1");
      for (int m = 0; m < service->method_count(); ++m) {
        methods.push_back(service->full_name() + "/" + service->method(m)->name());
      }
    }
  }
  return methods;
}

TEST(AuthTable, HasEveryMethodOfTheContractOnceAndNoOther) {
  std::vector<std::string> table;
  for (const Permission& permission : AuthTable()) table.emplace_back(permission.method);
  EXPECT_THAT(table, ::testing::UnorderedElementsAreArray(MethodsOfTheContract()));
}

TEST(AuthTable, NamesKnownRolesOnlyAndNoCallForNobody) {
  uint32_t known = 0;
  for (int role = v1::ROLE_UNSPECIFIED; role <= v1::Role_MAX; ++role) known |= 1u << role;
  for (const Permission& permission : AuthTable()) {
    EXPECT_NE(permission.roles, 0u) << permission.method;
    EXPECT_EQ(permission.roles & ~known, 0u) << permission.method;
  }
}

TEST(AuthTable, OnlyEnrollingAndTheSurveyNeedNoCredential) {
  for (const Permission& permission : AuthTable()) {
    EXPECT_EQ(IsAllowed(permission.method, v1::ROLE_UNSPECIFIED),
              permission.method == "hailong.v1.KioskService/Enroll" ||
                  permission.method.starts_with("hailong.v1.SurveyService/"))
        << permission.method;
  }
}

TEST(AuthTable, TheSurveyAndNothingElseIsForTheWebAlone) {
  for (const Permission& permission : AuthTable()) {
    EXPECT_EQ(IsWebOnly(permission.method),
              permission.method.starts_with("hailong.v1.SurveyService/"))
        << permission.method;
  }
}

TEST(AuthTable, MorePowerMayDoAllThatLessPowerMay) {
  for (const Permission& permission : AuthTable()) {
    const auto allowed = [&](v1::Role role) { return IsAllowed(permission.method, role); };
    EXPECT_TRUE(!allowed(v1::ROLE_ANALYST) || allowed(v1::ROLE_OPERATOR)) << permission.method;
    EXPECT_TRUE(!allowed(v1::ROLE_OPERATOR) || allowed(v1::ROLE_ADMIN)) << permission.method;
  }
}

TEST(AuthTable, WhoCollectsNeitherReadsNorAdministersAndWhoReadsNeverSubmits) {
  for (const Permission& permission : AuthTable()) {
    if (permission.method == "hailong.v1.CollectionService/GetQuestionnaire") continue;
    if (IsAllowed(permission.method, v1::ROLE_UNSPECIFIED)) continue;
    const bool submits = permission.method.starts_with("hailong.v1.CollectionService/") ||
                         permission.method.starts_with("hailong.v1.KioskService/");
    EXPECT_EQ(IsAllowed(permission.method, v1::ROLE_COLLECTOR), submits) << permission.method;
    EXPECT_EQ(IsAllowed(permission.method, v1::ROLE_ADMIN), !submits) << permission.method;
  }
}

TEST(AuthTable, AnUnknownMethodIsForNobody) {
  for (const char* method : {"", "hailong.v1.RegistryService/", "RegistryService/ListUnits",
                             "hailong.v1.RegistryService/listunits"}) {
    EXPECT_FALSE(IsAllowed(method, v1::ROLE_ADMIN)) << method;
    EXPECT_FALSE(IsAllowed(method, v1::ROLE_UNSPECIFIED)) << method;
  }
}

}  // namespace
}  // namespace hailong::transport
