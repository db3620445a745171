#include "server/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/registry/registry_for_test.h"

namespace hailong::registry {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RegistryTest, UnitsAreAddedLeftAloneAndEnded) {
  const auto again = ImportUnits(sample::Units());
  EXPECT_EQ(again->added(), 0u);
  EXPECT_EQ(again->unchanged(), sample::Units().size());

  v1::Unit ended = sample::Units()[7];  // 79.SNV
  ended.set_valid_to("2026-01-01");
  EXPECT_EQ(ImportUnits({ended})->ended(), 1u);
  EXPECT_EQ(ImportUnits({ended})->unchanged(), 1u);
  v1::Unit renamed = ended;
  renamed.set_name("khác");
  const absl::Status status = ImportUnits({renamed}).status();
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'79.SNV from 2023-01-01'"));
}

TEST_F(RegistryTest, AnImportIsAllOrNothing) {
  EXPECT_EQ(ImportUnits({sample::Unit("80", "province", "", "2023-01-01", ""),
                         sample::Unit("80.A", "department", "81", "2023-01-01", "")})
                .status()
                .code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(holder_.Get()->units().Periods("80").empty());
  EXPECT_EQ(ImportUnits({}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ImportUnits(std::vector<v1::Unit>(limits::kImportRowsMax + 1)).status().code(),
            StatusCode::kResourceExhausted);
}

TEST_F(RegistryTest, UnitsPageInOrderWhateverTheSize) {
  const auto take = [](const v1::ListUnitsResponse& page, std::vector<std::string>& ids) {
    for (const v1::Unit& unit : page.units()) ids.push_back(unit.unit_id());
  };
  for (const uint32_t size : {1u, 2u, 3u, 100u}) {
    EXPECT_THAT(
        Walk(&Registry::ListUnits, size, take),
        ElementsAre("25747", "25747", "25750", "718", "74", "74.SNV", "74.STC", "79", "79.SNV"));
  }
  v1::ListUnitsRequest below;
  below.set_root_unit_id("74");
  below.set_valid_on("2025-06-30");
  EXPECT_THAT(Walk(&Registry::ListUnits, 1, take, below),
              ElementsAre("25747", "25750", "718", "74", "74.SNV", "74.STC"));
  below.set_level("commune");
  EXPECT_THAT(Walk(&Registry::ListUnits, 1, take, below), ElementsAre("25747", "25750"));
  below.set_root_unit_id("79");
  below.set_valid_on("2025-07-01");
  EXPECT_THAT(Walk(&Registry::ListUnits, 1, take, below), ElementsAre("25747"));

  below.set_root_unit_id("99");
  EXPECT_EQ(registry_->ListUnits(admin_, below).status().code(), StatusCode::kNotFound);
  below.set_valid_on("1 July");
  EXPECT_EQ(registry_->ListUnits(admin_, below).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(RegistryTest, PopulationsAreSetOverwrittenAndPaged) {
  for (const char* unit : {"74.SNV", "74.STC", "718", "25747"}) {
    ASSERT_EQ(SetPopulation(admin_, unit, 10)->set(), 1u);
  }
  ASSERT_TRUE(SetPopulation(admin_, "718", 20).ok());
  v1::ListPopulationsRequest request;
  request.set_round_id("march");
  EXPECT_THAT(Walk(
                  &Registry::ListPopulations, 1,
                  [](const v1::ListPopulationsResponse& page, auto& ids) {
                    for (const auto& one : page.populations()) {
                      ids.push_back(one.unit_id() + "=" + std::to_string(one.size()));
                    }
                  },
                  request),
              ElementsAre("25747=10", "718=20", "74.SNV=10", "74.STC=10"));
  EXPECT_EQ(SetPopulation(admin_, "79", 1).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(SetPopulation(admin_, "718", 0).status().code(), StatusCode::kInvalidArgument);
  request.set_round_id("may");
  EXPECT_EQ(registry_->ListPopulations(admin_, request).status().code(), StatusCode::kNotFound);
  Seal(clock_.Now());
  EXPECT_EQ(SetPopulation(admin_, "718", 20).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(RegistryTest, ABoundOperatorStaysInItsSubtree) {
  EXPECT_TRUE(SetPopulation(district_, "25747", 5).ok());
  EXPECT_EQ(SetPopulation(district_, "74.SNV", 5).status().code(), StatusCode::kPermissionDenied);
  EXPECT_TRUE(Create(district_, "kiosk-25747", "25747").ok());
  EXPECT_EQ(Create(district_, "kiosk-snv", "74.SNV").status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Create(district_, "kiosk-any", "").status().code(), StatusCode::kPermissionDenied);

  ASSERT_TRUE(Create(admin_, "kiosk-snv", "74.SNV").ok());
  v1::RotateCollectorCredentialRequest rotate;
  v1::RevokeCollectorRequest revoke;
  for (const auto& [id, code] : {std::pair("kiosk-snv", StatusCode::kPermissionDenied),
                                 std::pair("kiosk-25747", StatusCode::kOk)}) {
    rotate.set_collector_id(id);
    revoke.set_collector_id(id);
    EXPECT_EQ(registry_->RotateCollectorCredential(district_, rotate).status().code(), code);
    EXPECT_EQ(registry_->RevokeCollector(district_, revoke).status().code(), code);
  }
  EXPECT_EQ(Close(district_, "march"), StatusCode::kPermissionDenied);
  v1::Round own = sample::Round();
  own.set_round_id("own");
  EXPECT_EQ(Open(district_, own).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(keys_->Find("own").value(), std::nullopt);
  own.set_root_unit_id("718");
  EXPECT_TRUE(Open(district_, own).ok());
  EXPECT_EQ(Close(district_, "own"), StatusCode::kOk);
}

TEST_F(RegistryTest, AnOperatorSetsThePopulationOfAUnitFormedDuringTheRound) {
  ASSERT_TRUE(
      ImportUnits({sample::Unit("25999", "commune", "718", "2025-03-15", "2025-07-01")}).ok());
  EXPECT_TRUE(SetPopulation(district_, "25999", 5).ok());
}

TEST_F(RegistryTest, APublishedQuestionnaireNeverChanges) {
  v1::PublishQuestionnaireRequest request;
  *request.mutable_questionnaire() = sample::Questionnaire();
  const auto again = registry_->PublishQuestionnaire(admin_, request);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->already_published());
  request.mutable_questionnaire()->mutable_title()->set_en("Sample");
  EXPECT_EQ(registry_->PublishQuestionnaire(admin_, request).status().code(),
            StatusCode::kAlreadyExists);
  request.mutable_questionnaire()->set_version(2);
  const auto second = registry_->PublishQuestionnaire(admin_, request);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->already_published());
  EXPECT_NE(second->digest(), again->digest());
  request.mutable_questionnaire()->set_questionnaire_id("sample-2026");
  request.mutable_questionnaire()->set_version(1);
  ASSERT_TRUE(registry_->PublishQuestionnaire(admin_, request).ok());
  request.mutable_questionnaire()->clear_questions();
  EXPECT_EQ(registry_->PublishQuestionnaire(admin_, request).status().code(),
            StatusCode::kInvalidArgument);

  for (const uint32_t size : {1u, 2u, 100u}) {
    EXPECT_THAT(
        Walk(&Registry::ListQuestionnaires, size,
             [](const v1::ListQuestionnairesResponse& page, auto& ids) {
               for (const auto& one : page.questionnaires()) {
                 EXPECT_TRUE(one.questions().empty());
                 ids.push_back(one.questionnaire_id() + " " + std::to_string(one.version()));
               }
             }),
        ElementsAre("sample 1", "sample 2", "sample-2026 1"));
  }

  v1::GetQuestionnaireRequest get;
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get).status().code(), StatusCode::kInvalidArgument);
  get.set_round_id("march");
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get)->digest(), again->digest());
  get.set_questionnaire_id("sample");
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get)->digest(), second->digest());
  get.set_version(1);
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get)->questionnaire().questions_size(), 9);
  get.set_version(3);
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get).status().code(), StatusCode::kNotFound);
  get.set_round_id("may");
  EXPECT_EQ(registry_->GetQuestionnaire(admin_, get).status().code(), StatusCode::kNotFound);
}

TEST_F(RegistryTest, ARoundOpensOnceAndGetsAKey) {
  EXPECT_EQ(holder_.Get()->FindRound("march")->state(), v1::ROUND_STATE_OPEN);
  const auto key = keys_->Find("march").value();
  EXPECT_TRUE(key.has_value());
  EXPECT_EQ(Open(sample::Round())->round().state(), v1::ROUND_STATE_OPEN);
  EXPECT_EQ(keys_->Find("march").value(), key);

  v1::Round other = sample::Round();
  other.set_root_unit_id("718");
  EXPECT_EQ(Open(other).status().code(), StatusCode::kAlreadyExists);
  other.set_round_id("next");
  other.set_framework_id("unknown");
  EXPECT_EQ(Open(other).status().code(), StatusCode::kFailedPrecondition);
  other.set_framework_id("sipas");
  other.set_questionnaire_version(7);
  EXPECT_EQ(Open(other).status().code(), StatusCode::kNotFound);
  other.set_questionnaire_version(0);
  EXPECT_EQ(Open(other).status().code(), StatusCode::kInvalidArgument);
  other.set_questionnaire_version(1);
  other.set_root_unit_id("99");
  EXPECT_EQ(Open(other).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(keys_->Find("next").value(), std::nullopt);
  other.set_root_unit_id("718");
  EXPECT_TRUE(Open(other).ok());
  EXPECT_EQ(holder_.Get()->FindRound("next")->number(), model::RoundNumber{2});

  v1::OpenRoundRequest with_state;
  *with_state.mutable_round() = sample::Round();
  EXPECT_EQ(registry_->OpenRound(admin_, with_state).status().code(), StatusCode::kInvalidArgument);

  EXPECT_THAT(Walk(&Registry::ListRounds, 1,
                   [](const v1::ListRoundsResponse& page, auto& ids) {
                     for (const auto& one : page.rounds()) ids.push_back(one.round_id());
                   }),
              ElementsAre("march", "next"));
  v1::GetRoundRequest get;
  get.set_round_id("next");
  EXPECT_EQ(registry_->GetRound(admin_, get)->round().framework_id(), "sipas");
  get.set_round_id("may");
  EXPECT_EQ(registry_->GetRound(admin_, get).status().code(), StatusCode::kNotFound);
}

TEST_F(RegistryTest, ClosingARoundEndsItNowOrLeavesTheEarlierEnd) {
  EXPECT_EQ(Close(admin_, "may"), StatusCode::kNotFound);
  clock_.Set(sample::At("2025-03-01T00:00:00+07:00"));
  EXPECT_EQ(Close(admin_, "march"), StatusCode::kFailedPrecondition);
  clock_.Set(sample::At("2025-03-06T00:00:00+07:00"));
  EXPECT_EQ(Close(admin_, "march"), StatusCode::kOk);
  EXPECT_EQ(holder_.Get()->FindRound("march")->closes_at(), clock_.Now());
  EXPECT_EQ(holder_.Get()->FindRound("march")->state(), v1::ROUND_STATE_CLOSED);
  const absl::Time closed = clock_.Now();
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Close(admin_, "march"), StatusCode::kOk);
  EXPECT_EQ(holder_.Get()->FindRound("march")->closes_at(), closed);

  v1::Round next = sample::Round();
  next.set_round_id("next");
  ASSERT_TRUE(Open(next).ok());
  clock_.Set(sample::At("2025-05-01T00:00:00+07:00"));
  EXPECT_EQ(Close(admin_, "next"), StatusCode::kOk);
  EXPECT_EQ(holder_.Get()->FindRound("next")->closes_at(), sample::At("2025-04-01T00:00:00+07:00"));

  Seal(clock_.Now());
  EXPECT_EQ(Close(admin_, "march"), StatusCode::kFailedPrecondition);
}

TEST_F(RegistryTest, ARoundKeyIsDestroyedOnlyAfterTheAppeals) {
  EXPECT_EQ(DestroyKey("may"), StatusCode::kNotFound);
  EXPECT_EQ(DestroyKey("march"), StatusCode::kFailedPrecondition);  // not sealed
  Seal(clock_.Now());
  EXPECT_EQ(DestroyKey("march"), StatusCode::kFailedPrecondition);
  clock_.Advance(absl::Hours(30 * 24) - absl::Microseconds(1));
  EXPECT_EQ(DestroyKey("march"), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(keys_->Find("march").value().has_value());
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(DestroyKey("march"), StatusCode::kOk);
  EXPECT_EQ(keys_->Find("march").value(), std::nullopt);
  EXPECT_EQ(DestroyKey("march"), StatusCode::kOk);
  EXPECT_EQ(holder_.Get()->FindRound("march")->state(), v1::ROUND_STATE_SEALED);
  // The same content again must not bring a key back.
  EXPECT_TRUE(Open(sample::Round()).ok());
  EXPECT_EQ(keys_->Find("march").value(), std::nullopt);
}

TEST_F(RegistryTest, ACollectorIsKnownByItsCredentialUntilItIsRotatedOrRevoked) {
  const auto created = Create(admin_, "kiosk-1", "74.SNV");
  ASSERT_TRUE(created.ok()) << created.status();
  const auto find = [&](const std::string& credential) {
    return holder_.Get()->FindPrincipal(HashCredential(credential));
  };
  ASSERT_NE(find(created->credential()), nullptr);
  EXPECT_EQ(find(created->credential())->unit_id, "74.SNV");
  EXPECT_EQ(Create(admin_, "kiosk-1", "").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(Create(admin_, "Kiosk 2", "").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Create(admin_, "kiosk-2", "99").status().code(), StatusCode::kNotFound);
  v1::CreateCollectorRequest no_channel;
  no_channel.mutable_collector()->set_collector_id("kiosk-2");
  EXPECT_EQ(registry_->CreateCollector(admin_, no_channel).status().code(),
            StatusCode::kInvalidArgument);

  v1::RotateCollectorCredentialRequest rotate;
  rotate.set_collector_id("kiosk-1");
  const auto rotated = registry_->RotateCollectorCredential(admin_, rotate);
  ASSERT_TRUE(rotated.ok());
  EXPECT_EQ(find(created->credential()), nullptr);
  EXPECT_NE(find(rotated->credential()), nullptr);

  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-1");
  EXPECT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  EXPECT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  EXPECT_EQ(find(rotated->credential()), nullptr);
  // No new credential for a collector that could not use it.
  EXPECT_EQ(registry_->RotateCollectorCredential(admin_, rotate).status().code(),
            StatusCode::kFailedPrecondition);
  rotate.set_collector_id("nobody");
  EXPECT_EQ(registry_->RotateCollectorCredential(admin_, rotate).status().code(),
            StatusCode::kNotFound);
}

TEST_F(RegistryTest, MissingDeviceSequencesAreReported) {
  for (const char* id : {"kiosk", "kiosk-1", "kiosk.2", "silent"}) {
    ASSERT_TRUE(Create(admin_, id, "").ok());
  }
  StoreNumbers("kiosk", {3, 4, 8});
  StoreNumbers("kiosk-1", {1, 2, 3});
  StoreNumbers("kiosk.2", {2, 5});
  const auto take = [](const v1::ListSequenceGapsResponse& page, auto& ids) {
    for (const auto& gap : page.gaps()) {
      ids.push_back(gap.collector_id() + " " + std::to_string(gap.first()) + ".." +
                    std::to_string(gap.last()));
    }
  };
  for (const uint32_t size : {1u, 2u, 100u}) {
    EXPECT_THAT(Walk(&Registry::ListSequenceGaps, size, take),
                ElementsAre("kiosk 1..2", "kiosk 5..7", "kiosk.2 1..1", "kiosk.2 3..4"));
  }
  v1::ListSequenceGapsRequest one;
  one.set_collector_id("kiosk");
  EXPECT_THAT(Walk(&Registry::ListSequenceGaps, 1, take, one),
              ElementsAre("kiosk 1..2", "kiosk 5..7"));
  one.set_collector_id("nobody");
  EXPECT_EQ(registry_->ListSequenceGaps(admin_, one).status().code(), StatusCode::kNotFound);

  EXPECT_THAT(Walk(&Registry::ListCollectors, 1,
                   [](const v1::ListCollectorsResponse& page, auto& ids) {
                     for (const auto& c : page.collectors()) {
                       ids.push_back(c.collector_id() + " " +
                                     std::to_string(c.device_sequence_max()) + " " +
                                     std::to_string(c.missing_count()) +
                                     (c.has_last_seen_at() ? " seen" : ""));
                     }
                   }),
              ElementsAre("kiosk 8 5 seen", "kiosk-1 3 0 seen", "kiosk.2 5 3 seen", "silent 0 0"));
}

TEST_F(RegistryTest, TheLastAdminStays) {
  const auto first = [&](const std::string& id) {
    v1::RevokeAccountRequest request;
    request.set_account_id(id);
    return registry_->RevokeAccount(admin_, request).status().code();
  };
  std::string kept;
  const auto keep = [&](const std::string& credential) {
    kept = credential;
    return absl::OkStatus();
  };
  // The credential works only when it was kept.
  EXPECT_EQ(registry_->CreateFirstAdmin([](const auto&) { return absl::UnavailableError("disk"); })
                .code(),
            StatusCode::kUnavailable);
  EXPECT_THAT(holder_.Get()->accounts(), IsEmpty());
  ASSERT_TRUE(registry_->CreateFirstAdmin(keep).ok());
  ASSERT_NE(holder_.Get()->FindPrincipal(HashCredential(kept)), nullptr);
  EXPECT_EQ(holder_.Get()->FindPrincipal(HashCredential(kept))->role, v1::ROLE_ADMIN);
  const std::string before = kept;
  ASSERT_TRUE(registry_->CreateFirstAdmin(keep).ok());
  EXPECT_EQ(kept, before);  // there is one

  EXPECT_EQ(first("admin"), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(CreateAccount("second", v1::ROLE_ADMIN).ok());
  EXPECT_EQ(first("admin"), StatusCode::kOk);
  EXPECT_EQ(first("admin"), StatusCode::kOk);
  EXPECT_EQ(first("second"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(first("nobody"), StatusCode::kNotFound);
}

TEST_F(RegistryTest, AccountsHaveARoleAndMaybeASubtree) {
  const auto made = CreateAccount("ops", v1::ROLE_OPERATOR, "718");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(holder_.Get()->FindPrincipal(HashCredential(made->credential()))->unit_id, "718");
  EXPECT_EQ(CreateAccount("ops", v1::ROLE_ANALYST).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(CreateAccount("x", v1::ROLE_COLLECTOR).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(CreateAccount("x", v1::ROLE_UNSPECIFIED).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(CreateAccount("x", v1::ROLE_ADMIN, "718").status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(CreateAccount("x", v1::ROLE_ANALYST, "99").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(CreateAccount("X", v1::ROLE_ANALYST).status().code(), StatusCode::kInvalidArgument);
  ASSERT_TRUE(CreateAccount("ana", v1::ROLE_ANALYST).ok());
  EXPECT_THAT(Walk(&Registry::ListAccounts, 1,
                   [](const v1::ListAccountsResponse& page, auto& ids) {
                     for (const auto& one : page.accounts()) ids.push_back(one.account_id());
                   }),
              ElementsAre("ana", "ops"));
}

TEST_F(RegistryTest, EveryChangeIsALineOfTheAuditLogAndSurvivesARestart) {
  ASSERT_TRUE(SetPopulation(admin_, "718", 10).ok());
  ASSERT_TRUE(Create(admin_, "kiosk-1", "74.SNV").ok());
  ASSERT_TRUE(CreateAccount("ops", v1::ROLE_OPERATOR).ok());
  EXPECT_TRUE(store_->VerifyAudit().ok());
  const auto records = store_->ReadRecords();
  ASSERT_TRUE(records.ok()) << records.status();
  const auto catalog = model::Catalog::Empty()->With(*records);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ((*catalog)->units().units().size(), sample::Units().size());
  EXPECT_NE((*catalog)->FindRound("march"), nullptr);
  EXPECT_EQ((*catalog)->FindPopulations("march")->size(), 1u);
  EXPECT_TRUE((*catalog)->collectors().contains("kiosk-1"));
  EXPECT_TRUE((*catalog)->accounts().contains("ops"));
}

TEST_F(RegistryTest, NoCredentialIsOnDisk) {
  std::vector<std::string> secrets = {Create(admin_, "kiosk-1", "")->credential(),
                                      CreateAccount("ops", v1::ROLE_OPERATOR)->credential()};
  v1::RotateCollectorCredentialRequest rotate;
  rotate.set_collector_id("kiosk-1");
  secrets.push_back(registry_->RotateCollectorCredential(admin_, rotate)->credential());
  const std::string hash = HashCredential(secrets.back());
  bool hash_found = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    hash_found = hash_found || text.str().find(hash) != std::string::npos;
    for (const std::string& secret : secrets) {
      EXPECT_EQ(secret.substr(0, 4), "hl1.");
      EXPECT_EQ(text.str().find(secret.substr(4)), std::string::npos) << entry.path();
    }
  }
  EXPECT_TRUE(hash_found);  // so the search does see what is stored
}

}  // namespace
}  // namespace hailong::registry
