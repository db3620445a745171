// A sealed round is fixed for good, and anyone who has its data gets the same bytes.

#include <gmock/gmock.h>

#include <filesystem>

#include "base/sqlite/sqlite.h"
#include "base/temp_directory_for_test.h"
#include "server/model/catalog.h"
#include "server/model/times.h"
#include "server/store/row.h"
#include "server/store/sqlite_store.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;

v1::GetSipasResponse Sipas(const Client& client) {
  v1::GetSipasRequest request;
  request.set_round_id("autumn");
  return client.Get(&ResultsStub::GetSipas, request);
}

// A server of its own over a copy of a data directory.
class CopiedServer {
 public:
  CopiedServer(const Province& province, int scoring_threads)
      : settings_(province.SettingsFor(directory())) {
    std::filesystem::copy(province.directory(), directory(),
                          std::filesystem::copy_options::recursive);
    std::filesystem::permissions(directory(), std::filesystem::perms::owner_all);
    settings_.scoring_threads = scoring_threads;
  }
  std::string directory() const { return temp_.path() + "/copy"; }
  absl::Status TryStart() {
    server_.reset();
    auto started = app::Server::Start(settings_);
    if (started.ok()) server_ = *std::move(started);
    return started.status();
  }
  Client Start() {
    const absl::Status started = TryStart();
    EXPECT_TRUE(started.ok()) << started;
    std::string credential = ReadWhole(directory() + "/admin.token");
    credential.pop_back();
    return Client(ConnectTo(server_->port()), credential);
  }

 private:
  base::TempDirectory temp_;
  app::Settings settings_;
  std::unique_ptr<app::Server> server_;
};

class SealedRound : public ::testing::Test {
 protected:
  SealedRound() : web_((province_.SetUp(), province_.Collector("web"))), admin_(province_.Admin()) {
    std::vector<v1::Response> responses;
    for (uint32_t i = 0; i < 400; ++i) {
      const char* units[] = {"1.a.1", "1.a.2", "1.b.1", "1.b.2"};
      responses.push_back(province_.MakeResponse(units[i * i % 4], 1 + i * 7 % 11 % 5));
      if (i % 9 == 0) {
        responses.back().mutable_evidence()->set_dossier_code("G12.18-260421-" +
                                                              std::to_string(1000 + i % 20));
      }
    }
    Submit(web_, responses);
  }
  grpc::Status TrySeal(bool now) {
    v1::SealRoundRequest request;
    request.set_round_id("autumn");
    request.set_now(now);
    v1::SealRoundResponse response;
    const grpc::Status status = admin_.Call(&RegistryStub::SealRound, request, &response);
    if (status.ok()) seal_ = response.round().seal();
    return status;
  }
  void CloseAndSeal() {
    province_.clock().Advance(absl::Seconds(1));
    province_.Close();
    const grpc::Status status = TrySeal(true);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  Province province_;
  Client web_;
  Client admin_;
  v1::Seal seal_;
};

TEST_F(SealedRound, IsSealedOnlyWhenNothingThatCountsCanStillCome) {
  EXPECT_EQ(TrySeal(false).error_code(), StatusCode::FAILED_PRECONDITION) << "open";
  EXPECT_EQ(TrySeal(true).error_code(), StatusCode::FAILED_PRECONDITION) << "open";
  province_.clock().Advance(absl::Seconds(1));
  province_.Close();
  EXPECT_EQ(TrySeal(false).error_code(), StatusCode::FAILED_PRECONDITION) << "in its grace";
  province_.clock().Advance(absl::Hours(24 * 7));
  EXPECT_EQ(TrySeal(false).error_code(), StatusCode::FAILED_PRECONDITION) << "its last moment";
  province_.clock().Advance(absl::Microseconds(1));
  EXPECT_TRUE(TrySeal(false).ok());
}

TEST_F(SealedRound, HasOneSealHoweverOftenItIsAskedFor) {
  CloseAndSeal();
  const v1::Seal first = seal_;
  EXPECT_EQ(first.stored(), 400u);
  EXPECT_EQ(first.digest().size(), 64u);
  province_.clock().Advance(absl::Hours(1));
  EXPECT_TRUE(TrySeal(false).ok());
  EXPECT_EQ(seal_.SerializeAsString(), first.SerializeAsString());
  province_.Restart();
  admin_ = province_.Admin();
  EXPECT_TRUE(TrySeal(false).ok());
  EXPECT_EQ(seal_.SerializeAsString(), first.SerializeAsString());
  const auto result = Sipas(admin_);
  EXPECT_TRUE(result.matches_seal());
  EXPECT_EQ(result.seal().SerializeAsString(), first.SerializeAsString());
}

TEST_F(SealedRound, TakesLateResponsesWithoutCountingThem) {
  const std::string open = Sipas(admin_).result().SerializeAsString();
  CloseAndSeal();
  const auto sealed = Sipas(admin_);
  EXPECT_EQ(sealed.result().SerializeAsString(), open) << "sealing changes no number";
  EXPECT_EQ(sealed.late_after_seal(), 0u);
  v1::Response late = province_.MakeResponse("1.a.1", 1);
  *late.mutable_submitted_at() = model::ToProto(province_.clock().Now() - absl::Hours(1));
  late.mutable_evidence()->set_dossier_code("G12.18-260421-1000");
  const auto results = Submit(web_, {late, late});
  EXPECT_EQ(results.results(0).stored().outcome(), v1::OUTCOME_RECORDED_LATE);
  EXPECT_EQ(results.results(1).stored().outcome(), v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(results.results(1).stored().receipt().first_outcome(), v1::OUTCOME_RECORDED_LATE);
  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();
    const auto after = Sipas(province_.Admin());
    EXPECT_EQ(after.result().SerializeAsString(), open);
    EXPECT_EQ(after.late_after_seal(), 1u);
    EXPECT_TRUE(after.matches_seal());
  }
  v1::ExportResponsesRequest request;
  request.set_round_id("autumn");
  const Exported exported = Export(province_.Admin(), request);
  ASSERT_EQ(exported.responses.size(), 401u);
  EXPECT_FALSE(exported.responses.back().counts());
}

TEST_F(SealedRound, CannotBeMovedByPopulationsOrUnits) {
  CloseAndSeal();
  const std::string sealed = Sipas(admin_).result().SerializeAsString();
  v1::ImportPopulationsRequest populations;
  populations.set_round_id("autumn");
  v1::Population* population = populations.add_populations();
  population->set_unit_id("1.a.1");
  population->set_size(999999);
  population->set_source("made up for a test");
  EXPECT_EQ(admin_.Try(&RegistryStub::ImportPopulations, populations).error_code(),
            StatusCode::FAILED_PRECONDITION);
  v1::ImportUnitsRequest units;
  v1::Unit* fresh = units.add_units();
  fresh->set_unit_id("1.a.0");
  fresh->set_name("Đơn vị mới");
  fresh->set_level("commune");
  fresh->set_parent_unit_id("1.a");
  fresh->set_valid_from("2020-01-01");
  v1::Unit* ended = units.add_units();
  ended->set_unit_id("1.b.2");
  ended->set_name("Đơn vị 1.b.2");
  ended->set_level("commune");
  ended->set_parent_unit_id("1.b");
  ended->set_valid_from("2020-01-01");
  ended->set_valid_to("2024-06-01");  // before the round
  admin_.Get(&RegistryStub::ImportUnits, units);
  for (const bool restarted : {false, true}) {
    if (restarted) province_.Restart();
    const auto after = Sipas(province_.Admin());
    EXPECT_EQ(after.result().SerializeAsString(), sealed);
    EXPECT_TRUE(after.matches_seal());
  }
}

TEST_F(SealedRound, GivesTheSameBytesInAnotherPlaceWithOtherThreads) {
  CloseAndSeal();
  const auto here = Sipas(admin_);
  province_.Stop();
  for (const int threads : {1, 3, 8}) {
    CopiedServer copy(province_, threads);
    const auto there = Sipas(copy.Start());
    EXPECT_EQ(there.result().SerializeAsString(), here.result().SerializeAsString()) << threads;
    EXPECT_EQ(there.seal().digest(), here.seal().digest());
    EXPECT_TRUE(there.matches_seal());
  }
}

TEST_F(SealedRound, BetraysAnAlteredAnswer) {
  CloseAndSeal();
  province_.Stop();
  const auto alter = [](const std::string& path, const std::string& sql) {
    auto database = base::Database::Open(path, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute(sql).ok());
  };
  v1::GetSipasRequest ask;
  ask.set_round_id("autumn");
  CopiedServer careless(province_, 2);
  const Client client = careless.Start();
  alter(careless.directory() + "/hailong.db",
        "UPDATE responses SET answers = x'0300000000' WHERE sequence = 7");
  const grpc::Status lost = client.Try(&ResultsStub::GetSipas, ask);
  EXPECT_EQ(lost.error_code(), StatusCode::DATA_LOSS) << lost.error_message();
  EXPECT_THAT(lost.error_message(), ::testing::HasSubstr("sequence 7"));
  // Results of that round are lost until the backup is restored; the server starts and collects.
  EXPECT_TRUE(careless.TryStart().ok());

  // Somebody who knows the format writes the row anew, checksum and all.
  CopiedServer careful(province_, 2);
  const std::string path = careful.directory() + "/hailong.db";
  model::NewResponse forged;
  store::RowFacts facts;
  {
    auto store = store::SqliteStore::Open({.path = path, .vfs = ""});
    ASSERT_TRUE(store.ok());
    const auto catalog = model::Catalog::Empty()->With(*(*store)->ReadRecords());
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    forged.round = (*catalog)->FindRound("autumn");
    ASSERT_TRUE((*store)
                    ->ReadResponses(forged.round->number(), model::Sequence{1}, 1, false,
                                    [&](const model::ResponseRow& row) {
                                      EXPECT_FALSE(row.identified);
                                      forged.content = row.content;
                                      forged.collector = row.collector;
                                      forged.channel = row.channel;
                                      forged.received_at = row.received_at;
                                      facts = {row.sequence, row.first_outcome, row.displaced};
                                      return true;
                                    })
                    .ok());
    // A rating below 4 becomes one above, or the other way round.
    forged.content.answers[0] = forged.content.answers[0] < 4 ? 5 : 1;
  }
  {
    auto database = base::Database::Open(path, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    auto put =
        database->Prepare("INSERT OR REPLACE INTO responses (" + std::string(store::kRowColumns) +
                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    ASSERT_TRUE(put.ok()) << put.status();
    std::string scratch;
    store::BindRow(forged, facts, scratch, *put);
    ASSERT_TRUE(put->Run().ok());
  }
  const auto forged_result = Sipas(careful.Start());
  EXPECT_EQ(forged_result.result().counts().stored(), 400u);
  EXPECT_FALSE(forged_result.matches_seal());
}

TEST_F(SealedRound, IsCompletedAfterACrashBetweenItsTwoCommits) {
  province_.clock().Advance(absl::Seconds(1));
  province_.Close();
  province_.Stop();
  CopiedServer undisturbed(province_, 2);
  // What the first of the two commits leaves: the state, without a seal.
  {
    auto database = base::Database::Open(province_.directory() + "/hailong.db",
                                         base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    auto read = database->Prepare("SELECT definition FROM rounds WHERE round_id = 'autumn'");
    ASSERT_TRUE(read.ok() && *read->Step());
    v1::Round round;
    ASSERT_TRUE(round.ParseFromString(std::string(read->Blob(0))));
    read->Reset();
    round.set_state(v1::ROUND_STATE_SEALED);
    auto write = database->Prepare("UPDATE rounds SET definition = ? WHERE round_id = 'autumn'");
    const std::string definition = round.SerializeAsString();
    ASSERT_TRUE(write.ok() && write->BindBlob(1, definition).Run().ok());
  }
  province_.Restart();
  admin_ = province_.Admin();
  const auto half = Sipas(admin_);
  EXPECT_FALSE(half.has_seal());
  EXPECT_FALSE(half.matches_seal());
  ASSERT_TRUE(TrySeal(false).ok()) << "the first half was allowed already";
  const auto sealed = Sipas(admin_);
  EXPECT_TRUE(sealed.matches_seal());

  const Client other = undisturbed.Start();
  v1::SealRoundRequest request;
  request.set_round_id("autumn");
  request.set_now(true);
  const auto straight = other.Get(&RegistryStub::SealRound, request);
  EXPECT_EQ(straight.round().seal().digest(), seal_.digest()) << "as if nothing had happened";
}

TEST_F(SealedRound, LosesItsKeyOnlyWhenAppealsAreOver) {
  v1::DestroyRoundKeyRequest request;
  request.set_round_id("autumn");
  const auto destroy = [&] { return admin_.Try(&RegistryStub::DestroyRoundKey, request); };
  EXPECT_EQ(destroy().error_code(), StatusCode::FAILED_PRECONDITION);
  CloseAndSeal();
  EXPECT_EQ(destroy().error_code(), StatusCode::FAILED_PRECONDITION);
  province_.clock().Advance(absl::Hours(24 * 30));
  size_t keys = 0;
  for (const auto& entry : std::filesystem::directory_iterator(province_.directory() + "/keys")) {
    keys += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(keys, 1u);
  EXPECT_TRUE(destroy().ok());
  for (const auto& entry : std::filesystem::directory_iterator(province_.directory() + "/keys")) {
    ADD_FAILURE() << entry.path();
  }
  EXPECT_TRUE(Sipas(admin_).matches_seal());
  v1::Response late = province_.MakeResponse("1.a.1", 1);
  *late.mutable_submitted_at() = model::ToProto(province_.clock().Now() - absl::Hours(24 * 31));
  late.mutable_evidence()->set_dossier_code("G12.18-260421-1000");
  EXPECT_EQ(Submit(web_, {late}).results(0).stored().outcome(), v1::OUTCOME_RECORDED_LATE);
}

}  // namespace
}  // namespace hailong::e2e
