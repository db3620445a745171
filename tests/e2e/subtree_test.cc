// Analysts and operators bound to a unit see and change that unit and what is below it, no more.

#include <gmock/gmock.h>

#include <set>

#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;

class Subtree : public ::testing::Test {
 protected:
  Subtree() {
    province_.SetUp();
    const Client web = province_.Collector("web");
    Submit(web, {province_.MakeResponse("1.a.1", 5), province_.MakeResponse("1.a.2", 4),
                 province_.MakeResponse("1.a.2", 2), province_.MakeResponse("1.b.1", 1)});
  }

  template <typename Request>
  static Request Ask(const std::string& unit_id) {
    Request request;
    request.set_round_id("autumn");
    request.set_unit_id(unit_id);
    return request;
  }
  // The first message of WatchRound, or the status.
  static grpc::Status Watch(const Client& client, const std::string& unit_id,
                            v1::WatchRoundResponse* first) {
    grpc::ClientContext context;
    client.Prepare(context);
    const auto reader = client.results().WatchRound(&context, Ask<v1::WatchRoundRequest>(unit_id));
    if (!reader->Read(first)) return reader->Finish();
    context.TryCancel();
    reader->Finish();
    return grpc::Status::OK;
  }

  Province province_;
};

TEST_F(Subtree, EveryCallOfResultsShowsABoundReaderItsUnitOnly) {
  for (const v1::Role role : {v1::ROLE_ANALYST, v1::ROLE_OPERATOR}) {
    const Client bound = province_.Account("bound-" + std::to_string(role), role, "1.a");
    for (const char* own : {"", "1.a", "1.a.2"}) {
      const std::string shown = *own == '\0' ? "1.a" : own;
      const uint64_t stored = shown == "1.a" ? 3 : 2;
      const auto sipas = bound.Get(&ResultsStub::GetSipas, Ask<v1::GetSipasRequest>(own));
      EXPECT_EQ(sipas.result().unit_id(), shown);
      EXPECT_EQ(sipas.result().counts().stored(), stored);
      const auto scores =
          bound.Get(&ResultsStub::ListUnitScores, Ask<v1::ListUnitScoresRequest>(own));
      for (const auto& unit : scores.units()) {
        EXPECT_EQ(unit.unit_id().rfind("1.a", 0), 0u) << unit.unit_id();
      }
      v1::WatchRoundResponse watched;
      EXPECT_TRUE(Watch(bound, own, &watched).ok());
      EXPECT_EQ(watched.counts().stored(), stored);
      const Exported exported = Export(bound, Ask<v1::ExportResponsesRequest>(own));
      EXPECT_TRUE(exported.status.ok());
      EXPECT_EQ(exported.responses.size(), stored);
    }
    for (const char* other : {"1", "1.b", "1.b.1"}) {
      const StatusCode denied = StatusCode::PERMISSION_DENIED;
      v1::WatchRoundResponse watched;
      EXPECT_EQ(bound.Try(&ResultsStub::GetSipas, Ask<v1::GetSipasRequest>(other)).error_code(),
                denied);
      EXPECT_EQ(bound.Try(&ResultsStub::ListUnitScores, Ask<v1::ListUnitScoresRequest>(other))
                    .error_code(),
                denied);
      EXPECT_EQ(Watch(bound, other, &watched).error_code(), denied);
      EXPECT_EQ(Export(bound, Ask<v1::ExportResponsesRequest>(other)).status.error_code(), denied);
    }
    v1::GetParSurveyPointsRequest points;
    points.set_officials_round_id("autumn");
    points.set_citizens_round_id("autumn");
    EXPECT_EQ(bound.Try(&ResultsStub::GetParSurveyPoints, points).error_code(),
              StatusCode::PERMISSION_DENIED);
  }
}

TEST_F(Subtree, ABoundOperatorChangesItsUnitOnly) {
  const Client bound = province_.Account("bound", v1::ROLE_OPERATOR, "1.a");
  const auto create = [&](const std::string& id, const std::string& unit_id) {
    v1::CreateCollectorRequest request;
    request.mutable_collector()->set_collector_id(id);
    request.mutable_collector()->set_channel(v1::CHANNEL_KIOSK);
    request.mutable_collector()->set_unit_id(unit_id);
    return bound.Try(&RegistryStub::CreateCollector, request).error_code();
  };
  EXPECT_EQ(create("own", "1.a.1"), StatusCode::OK);
  EXPECT_EQ(create("all", ""), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(create("above", "1"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(create("other", "1.b.1"), StatusCode::PERMISSION_DENIED);

  province_.Collector("theirs", "1.b");
  v1::RotateCollectorCredentialRequest rotate;
  v1::RevokeCollectorRequest revoke;
  for (const char* other : {"theirs", "web"}) {
    rotate.set_collector_id(other);
    revoke.set_collector_id(other);
    EXPECT_EQ(bound.Try(&RegistryStub::RotateCollectorCredential, rotate).error_code(),
              StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(bound.Try(&RegistryStub::RevokeCollector, revoke).error_code(),
              StatusCode::PERMISSION_DENIED);
  }
  rotate.set_collector_id("own");
  revoke.set_collector_id("own");
  EXPECT_TRUE(bound.Try(&RegistryStub::RotateCollectorCredential, rotate).ok());
  EXPECT_TRUE(bound.Try(&RegistryStub::RevokeCollector, revoke).ok());

  const auto import = [&](const std::vector<std::string>& units) {
    v1::ImportPopulationsRequest request;
    request.set_round_id("autumn");
    for (const std::string& unit : units) {
      v1::Population* population = request.add_populations();
      population->set_unit_id(unit);
      population->set_size(77);
      population->set_source("made up for a test");
    }
    return bound.Try(&RegistryStub::ImportPopulations, request).error_code();
  };
  EXPECT_EQ(import({"1.a.1", "1.b.1"}), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(import({"1.a.1"}), StatusCode::OK);
  v1::ListPopulationsRequest list;
  list.set_round_id("autumn");
  const auto populations = province_.Admin().Get(&RegistryStub::ListPopulations, list);
  for (const v1::Population& population : populations.populations()) {
    EXPECT_EQ(population.size() == 77, population.unit_id() == "1.a.1") << population.unit_id();
  }

  const auto open = [&](const std::string& id, const std::string& root) {
    v1::OpenRoundRequest request;
    *request.mutable_round() = AutumnRound();
    request.mutable_round()->set_round_id(id);
    request.mutable_round()->set_root_unit_id(root);
    return bound.Try(&RegistryStub::OpenRound, request).error_code();
  };
  EXPECT_EQ(open("whole", "1"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(open("beside", "1.b"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(open("own", "1.a"), StatusCode::OK);
  v1::CloseRoundRequest close;
  v1::SealRoundRequest seal;
  close.set_round_id("autumn");
  seal.set_round_id("autumn");
  EXPECT_EQ(bound.Try(&RegistryStub::CloseRound, close).error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(bound.Try(&RegistryStub::SealRound, seal).error_code(), StatusCode::PERMISSION_DENIED);
  close.set_round_id("own");
  seal.set_round_id("own");
  seal.set_now(true);
  EXPECT_TRUE(bound.Try(&RegistryStub::CloseRound, close).ok());
  EXPECT_TRUE(bound.Try(&RegistryStub::SealRound, seal).ok());
  // What was refused left nothing behind.
  const auto rounds = province_.Admin().Get(&RegistryStub::ListRounds, v1::ListRoundsRequest());
  EXPECT_EQ(rounds.rounds_size(), 2);
}

TEST_F(Subtree, ABoundOperatorSeesItsOwnCollectorsAndTheirGapsOnly) {
  const Client own = province_.Collector("own", "1.a.1");
  const Client other = province_.Collector("theirs", "1.b");
  for (const auto& [client, unit] : {std::pair(&own, "1.a.1"), std::pair(&other, "1.b.1")}) {
    v1::Response response = province_.MakeResponse(unit, 3);
    response.set_device_sequence(3);
    Submit(*client, {response});
  }
  const auto shown = [](const Client& client) {
    std::set<std::string> ids;
    const auto collectors = client.Get(&RegistryStub::ListCollectors, v1::ListCollectorsRequest());
    for (const auto& one : collectors.collectors()) {
      ids.insert(one.collector_id());
    }
    const auto gaps = client.Get(&RegistryStub::ListSequenceGaps, v1::ListSequenceGapsRequest());
    for (const auto& one : gaps.gaps()) {
      ids.insert("gap of " + one.collector_id());
    }
    return ids;
  };
  using Ids = std::set<std::string>;
  EXPECT_EQ(shown(province_.Admin()), (Ids{"own", "theirs", "web", "gap of own", "gap of theirs"}));
  const Client bound = province_.Account("bound", v1::ROLE_OPERATOR, "1.a");
  EXPECT_EQ(shown(bound), (Ids{"own", "gap of own"}));
  v1::ListSequenceGapsRequest gaps;
  gaps.set_collector_id("theirs");
  EXPECT_EQ(bound.Try(&RegistryStub::ListSequenceGaps, gaps).error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(Subtree, ABoundReaderSeesItsOwnPopulationsOnly) {
  const Client bound = province_.Account("bound", v1::ROLE_ANALYST, "1.b");
  v1::ListPopulationsRequest request;
  request.set_round_id("autumn");
  std::vector<std::string> units;
  const auto populations = bound.Get(&RegistryStub::ListPopulations, request);
  for (const auto& one : populations.populations()) {
    units.push_back(one.unit_id());
  }
  EXPECT_EQ(units, (std::vector<std::string>{"1.b.1", "1.b.2"}));
}

TEST_F(Subtree, ABoundCollectorSubmitsForItsUnitOrWhatItReceived) {
  const Client kiosk = province_.Collector("kiosk", "1.a.1", v1::CHANNEL_KIOSK);
  v1::Response received = province_.MakeResponse("1.b.1", 4);
  received.set_receiving_unit_id("1.a.1");
  const auto results = Submit(kiosk, {province_.MakeResponse("1.a.1", 4),
                                      province_.MakeResponse("1.b.1", 4), received})
                           .results();
  EXPECT_EQ(results[0].stored().outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(results[1].refusal().code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(results[2].stored().outcome(), v1::OUTCOME_RECORDED);
}

}  // namespace
}  // namespace hailong::e2e
