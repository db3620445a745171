// A round that hides small cells, over the wire.

#include <gmock/gmock.h>

#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using ::testing::HasSubstr;

// A round "small" with 20 responses for 1.a.1, 12 for 1.b.1 and 3 for 1.a.2.
class Protection : public ::testing::Test {
 protected:
  Protection() {
    province_.SetUp();
    const Client admin = province_.Admin();
    EXPECT_TRUE(admin.Try(&RegistryStub::OpenRound, SmallRound("unit")).ok());
    v1::ImportPopulationsRequest populations;
    populations.set_round_id("small");
    const Client web = province_.Collector("web");
    for (const auto& [unit_id, n] : std::vector<std::pair<std::string, uint32_t>>{
             {"1.a.1", 20}, {"1.a.2", 3}, {"1.b.1", 12}}) {
      v1::Population& population = *populations.add_populations();
      population.set_unit_id(unit_id);
      population.set_size(1000);
      population.set_source("made up for a test");
      std::vector<v1::Response> responses;
      for (uint32_t i = 0; i < n; ++i) {
        responses.push_back(province_.MakeResponse(unit_id, 1 + i % 5));
        responses.back().set_round_id("small");
      }
      Submit(web, responses);
    }
    admin.Get(&RegistryStub::ImportPopulations, populations);
  }
  static v1::OpenRoundRequest SmallRound(const std::string& by) {
    v1::OpenRoundRequest request;
    v1::Round& round = *request.mutable_round();
    round = AutumnRound();
    round.set_round_id("small");
    round.mutable_disclosure()->set_n_min(10);
    round.mutable_disclosure()->add_tables()->add_by(by);
    return request;
  }

  Province province_;
};

TEST_F(Protection, OfARoundIsCheckedWhenItOpens) {
  v1::OpenRoundRequest request = SmallRound("level");
  request.mutable_round()->set_round_id("bad");
  const grpc::Status status = province_.Admin().Try(&RegistryStub::OpenRound, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(),
            "round.disclosure.tables[0].by[0]");
}

TEST_F(Protection, HidesTheSameUnitsFromAnalystsAndAdministratorsUnlessAsked) {
  v1::ListUnitScoresRequest list;
  list.set_round_id("small");
  v1::GetSipasRequest part;
  part.set_round_id("small");
  part.set_unit_id("1.a.2");
  for (const Client& client : {province_.Account("ana", v1::ROLE_ANALYST), province_.Admin()}) {
    const v1::ListUnitScoresResponse units = client.Get(&ResultsStub::ListUnitScores, list);
    size_t shown = 0;
    for (const v1::UnitScore& unit : units.units()) {
      EXPECT_TRUE(unit.suppressed() || unit.unit_id() != "1.a.2");
      EXPECT_EQ(unit.suppressed(), unit.overall().suppressed());
      shown += unit.suppressed() ? 0 : 1;
    }
    // Another is hidden so that 1.a.2 cannot be computed.
    EXPECT_EQ(shown, 1u);
    EXPECT_TRUE(client.Get(&ResultsStub::GetSipas, part).result().overall().suppressed());
  }
  part.set_without_protection(true);
  EXPECT_EQ(province_.Admin().Get(&ResultsStub::GetSipas, part).result().overall().n(), 3u);
  const grpc::Status denied =
      province_.Account("ben", v1::ROLE_ANALYST).Try(&ResultsStub::GetSipas, part);
  EXPECT_EQ(denied.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(denied).reason(), "PROTECTION_STAYS");
}

TEST_F(Protection, RefusesWhatTheRoundDoesNotPublish) {
  v1::GetSipasRequest request;
  request.set_round_id("small");
  request.add_by("level");
  const grpc::Status refused = province_.Admin().Try(&ResultsStub::GetSipas, request);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(refused).reason(), "NOT_PUBLISHED");
  EXPECT_THAT(refused.error_message(), HasSubstr("[unit]"));
}

TEST_F(Protection, IsInTheSeal) {
  const Client admin = province_.Admin();
  province_.Close("small");
  v1::SealRoundRequest seal;
  seal.set_round_id("small");
  seal.set_now(true);
  admin.Get(&RegistryStub::SealRound, seal);
  v1::GetSipasRequest request;
  request.set_round_id("small");
  const v1::GetSipasResponse sealed = admin.Get(&ResultsStub::GetSipas, request);
  EXPECT_TRUE(sealed.matches_seal());
  EXPECT_EQ(sealed.result().disclosure().rule().n_min(), 10u);
  province_.Restart();
  EXPECT_TRUE(province_.Admin().Get(&ResultsStub::GetSipas, request).matches_seal());
}

}  // namespace
}  // namespace hailong::e2e
