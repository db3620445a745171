#pragma once

// What tests of invitations share: a small server that makes them, a folder, and other programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli_for_test.h"

namespace hailong::cli {

inline constexpr char kUrl[] = "https://khaosat.example.vn";

inline std::string TokenOf(int n) {
  std::string token = std::to_string(n);
  return std::string(26 - token.size(), 'T') + token;
}

// As hailongd, but with tokens that a test can foretell.
class FakeInvitations : public v1::InvitationService::Service {
 public:
  grpc::Status CreateInvitations(grpc::ServerContext*, const v1::CreateInvitationsRequest* request,
                                 v1::CreateInvitationsResponse* response) override {
    if (refuse_next) {
      refuse_next = false;
      return {grpc::StatusCode::UNAVAILABLE, "try again"};
    }
    calls.push_back(*request);
    const auto known = made.find(request->request_id());
    if (known != made.end()) {
      for (const std::string& id : known->second)
        response->add_invitations()->set_invitation_id(id);
      return grpc::Status::OK;
    }
    for (int i = 0; i < request->invitations_size(); ++i) {
      auto& one = *response->add_invitations();
      one.set_invitation_id(absl::StrCat("id-", ++count));
      one.set_token(TokenOf(count));
      made[request->request_id()].push_back(one.invitation_id());
    }
    if (lose_in > 0 && --lose_in == 0) {
      response->Clear();
      return {grpc::StatusCode::UNAVAILABLE, "the connection broke"};
    }
    return grpc::Status::OK;
  }
  grpc::Status ListInvitations(grpc::ServerContext*, const v1::ListInvitationsRequest* request,
                               v1::ListInvitationsResponse* response) override {
    for (const std::string& id : request->invitation_ids()) {
      auto& one = *response->add_invitations();
      one.set_invitation_id(id);
      one.set_answered(answered.contains(id));
      one.set_revoked(revoked.contains(id));
    }
    return grpc::Status::OK;
  }
  grpc::Status RevokeInvitations(grpc::ServerContext*, const v1::RevokeInvitationsRequest* request,
                                 v1::RevokeInvitationsResponse*) override {
    revoked.insert(request->invitation_ids().begin(), request->invitation_ids().end());
    return grpc::Status::OK;
  }
  grpc::Status GetResponseRates(grpc::ServerContext*, const v1::GetResponseRatesRequest* request,
                                v1::GetResponseRatesResponse* response) override {
    if (request->round_id() != "march" || --looks < 0) {
      return {grpc::StatusCode::NOT_FOUND, "no round"};
    }
    auto& rate = *response->add_rates();
    rate.set_unit_id("74.SNV");
    rate.set_group(2);
    rate.set_invited(8);
    rate.set_opened(4);
    rate.set_answered(3);
    *response->add_rates() = rate;
    response->mutable_rates(1)->set_unit_id("74.STC");
    response->mutable_rates(1)->set_answered(static_cast<uint32_t>(looks));
    return grpc::Status::OK;
  }
  grpc::Status GetSlipKey(grpc::ServerContext*, const v1::GetSlipKeyRequest*,
                          v1::GetSlipKeyResponse* response) override {
    response->set_key(std::string(32, 'k'));
    response->set_link_code("7K3QX0M9TB");
    return grpc::Status::OK;
  }

  std::vector<v1::CreateInvitationsRequest> calls;
  std::map<std::string, std::vector<std::string>> made;
  std::set<std::string> answered;
  std::set<std::string> revoked;
  int count = 0;
  int looks = 1;
  int lose_in = 0;  // the answer that gets lost: 1 is the next; 0: none
  bool refuse_next = false;
};

// The collector "web", as it was configured.
class FakeWebRegistry : public v1::RegistryService::Service {
 public:
  grpc::Status ListCollectors(grpc::ServerContext*, const v1::ListCollectorsRequest*,
                              v1::ListCollectorsResponse* response) override {
    auto& web = *response->add_collectors();
    web.set_collector_id("web");
    *web.mutable_web() = configured;
    return grpc::Status::OK;
  }
  grpc::Status ConfigureWeb(grpc::ServerContext*, const v1::ConfigureWebRequest* request,
                            v1::ConfigureWebResponse* response) override {
    asked = request->web();
    response->mutable_collector()->set_collector_id(request->collector_id());
    *response->mutable_collector()->mutable_web() = request->web();
    response->mutable_collector()->mutable_web()->set_link_code("7K3QX0M9TB");
    return grpc::Status::OK;
  }
  grpc::Status ListUnits(grpc::ServerContext*, const v1::ListUnitsRequest*,
                         v1::ListUnitsResponse* response) override {
    auto& unit = *response->add_units();
    unit.set_unit_id("74.SNV");
    unit.set_name("Sở Nội vụ");
    return grpc::Status::OK;
  }

  v1::WebConfiguration configured;
  v1::WebConfiguration asked;
};

// What a program prints; a failure of the test if it fails.
inline std::string RunProgram(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (std::size_t size; pipe != nullptr && (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    out.append(buffer, size);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

class InviteCli : public CliTest {
 protected:
  InviteCli() { Serve({&invitations_, &registry_}); }
  Output Create(const std::string& list) {
    return Hailong({"invite", "create", "web", list, "--url", std::string(kUrl) + "/", "--out",
                    Path("links.csv")});
  }

  FakeInvitations invitations_;
  FakeWebRegistry registry_;
};

}  // namespace hailong::cli
