// Who may call what, over the wire.

#include <gmock/gmock.h>

#include "server/transport/auth_table.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;

TEST(Auth, WithoutACredentialEveryMethodIsUnauthenticated) {
  Province province;
  std::string ignored;
  for (const std::string& method : MethodsOfTheContract()) {
    if (transport::IsAllowed(method, v1::ROLE_UNSPECIFIED)) continue;  // see kiosk_test
    EXPECT_EQ(province.With("").CallByName(method, "", &ignored).error_code(),
              StatusCode::UNAUTHENTICATED)
        << method;
    EXPECT_EQ(province.With("hl1.guessed").CallByName(method, "", &ignored).error_code(),
              StatusCode::UNAUTHENTICATED)
        << method;
  }
}

TEST(Auth, EachRoleIsDeniedExactlyWhatTheTableDenies) {
  Province province;
  province.SetUp();
  const std::vector<std::pair<v1::Role, Client>> callers = {
      {v1::ROLE_COLLECTOR, province.Collector("kiosk", "", v1::CHANNEL_KIOSK)},
      {v1::ROLE_ANALYST, province.Account("analyst", v1::ROLE_ANALYST)},
      {v1::ROLE_OPERATOR, province.Account("operator", v1::ROLE_OPERATOR)},
      {v1::ROLE_ADMIN, province.Admin()}};
  for (const std::string& method : MethodsOfTheContract()) {
    for (const auto& [role, caller] : callers) {
      // An empty request: whoever is let in is told that it lacks something, or gets a list.
      std::string response;
      const StatusCode code = caller.CallByName(method, "", &response).error_code();
      const bool allowed = transport::IsAllowed(method, role) && !transport::IsWebOnly(method);
      EXPECT_EQ(code == StatusCode::PERMISSION_DENIED, !allowed)
          << method << " " << v1::Role_Name(role) << " " << code;
      if (allowed) {
        EXPECT_THAT(code, ::testing::AnyOf(StatusCode::OK, StatusCode::INVALID_ARGUMENT,
                                           StatusCode::NOT_FOUND))
            << method << " " << v1::Role_Name(role);
      }
    }
  }
}

TEST(Auth, AnythingButOneBearerCredentialIsRefused) {
  Province province;
  std::string credential = ReadWhole(province.directory() + "/admin.token");
  credential.pop_back();
  const auto call = [&](const std::vector<std::string>& headers) {
    grpc::ClientContext context;
    for (const std::string& header : headers) context.AddMetadata("authorization", header);
    v1::ListRoundsResponse response;
    return v1::RegistryService::NewStub(province.Connect())
        ->ListRounds(&context, {}, &response)
        .error_code();
  };
  EXPECT_EQ(call({"Bearer " + credential}), StatusCode::OK);
  EXPECT_EQ(call({}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({credential}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({"Basic " + credential}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({"Bearer "}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({"Bearer " + credential + "x"}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({"Bearer " + credential, "Bearer " + credential}), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call({"Bearer " + std::string(4000, 'x')}), StatusCode::UNAUTHENTICATED);
}

TEST(Auth, ARotatedOrRevokedCredentialStopsWorkingAtOnceAndAfterARestart) {
  Province province;
  province.SetUp();
  const Client admin = province.Admin();
  v1::CreateCollectorRequest create;
  create.mutable_collector()->set_collector_id("kiosk");
  create.mutable_collector()->set_channel(v1::CHANNEL_KIOSK);
  const std::string first = admin.Get(&RegistryStub::CreateCollector, create).credential();
  const auto submit = [&](const std::string& credential) {
    v1::SubmitResponseRequest request;
    *request.mutable_response() = province.MakeResponse("1.a.1", 4);
    return province.With(credential).Try(&CollectionStub::SubmitResponse, request).error_code();
  };
  EXPECT_EQ(submit(first), StatusCode::OK);
  v1::RotateCollectorCredentialRequest rotate;
  rotate.set_collector_id("kiosk");
  const std::string second =
      admin.Get(&RegistryStub::RotateCollectorCredential, rotate).credential();
  EXPECT_EQ(submit(first), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(submit(second), StatusCode::OK);
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk");
  admin.Get(&RegistryStub::RevokeCollector, revoke);
  EXPECT_EQ(submit(second), StatusCode::UNAUTHENTICATED);

  const Client analyst = province.Account("analyst", v1::ROLE_ANALYST);
  EXPECT_TRUE(analyst.Try(&RegistryStub::ListRounds, v1::ListRoundsRequest()).ok());
  v1::RevokeAccountRequest gone;
  gone.set_account_id("analyst");
  admin.Get(&RegistryStub::RevokeAccount, gone);
  EXPECT_EQ(analyst.Try(&RegistryStub::ListRounds, v1::ListRoundsRequest()).error_code(),
            StatusCode::UNAUTHENTICATED);
  gone.set_account_id("admin");
  EXPECT_EQ(admin.Try(&RegistryStub::RevokeAccount, gone).error_code(),
            StatusCode::FAILED_PRECONDITION);

  province.Restart();
  EXPECT_EQ(submit(first), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(submit(second), StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(province.Admin().Try(&RegistryStub::ListAccounts, v1::ListAccountsRequest()).ok());
}

}  // namespace
}  // namespace hailong::e2e
