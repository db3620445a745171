// Registry, rounds and statuses of kiosks: what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sqlite/sqlite.h"
#include "server/store/sqlite_store_for_test.h"

namespace hailong::store {
namespace {

TEST_F(SqliteStoreTest, RecordsComeBackInAnOrderInWhichTheCatalogTakesThem) {
  std::vector<model::Record> records = sample::Records();
  model::PopulationRecord population{.round_id = "march", .population = {}};
  population.population.set_unit_id("718");
  population.population.set_size(10);
  population.population.set_source("SYNTHETIC");
  records.emplace_back(population);
  model::AccountRecord account{.account = {}, .credential_hash = "hash of ops"};
  account.account.set_account_id("ops");
  account.account.set_role(v1::ROLE_OPERATOR);
  records.emplace_back(account);
  model::SealRecord seal{.round_id = "march", .scoring = {}};
  *seal.scoring.add_units() = sample::Units()[0];
  *seal.scoring.add_units() = sample::Units()[3];
  records.emplace_back(seal);
  ASSERT_TRUE(
      store_
          ->Put(records,
                {.at = absl::FromUnixSeconds(1), .actor = "a", .action = "b", .object = "c"})
          .ok());
  Open();
  const auto read = store_->ReadRecords();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->size(), records.size());
  const auto catalog = model::Catalog::Empty()->With(*read);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ((*catalog)->units().units().size(), sample::Units().size());
  EXPECT_EQ((*catalog)->FindRound("march")->number(), sample::kRoundNumber);
  EXPECT_EQ((*catalog)->FindRound("march")->units().size(), 2u);  // those of the seal
  EXPECT_EQ((*catalog)->FindRound("march")->questionnaire().digest(),
            sample::Catalog()->FindQuestionnaire("sample", 1)->digest());
  EXPECT_EQ((*catalog)->FindPopulations("march")->at("718").size(), 10u);
  EXPECT_EQ((*catalog)->FindPrincipal("hash of zalo")->collector, sample::Zalo().collector);
  EXPECT_EQ((*catalog)->FindPrincipal("hash of ops")->role, v1::ROLE_OPERATOR);
}

TEST_F(SqliteStoreTest, HowAKioskEnrolsComesBack) {
  model::CollectorRecord kiosk{.number = model::CollectorNumber{7},
                               .collector = sample::Collector("k", v1::CHANNEL_KIOSK, ""),
                               .credential_hash = "",
                               .enrolment_hash = "hash of a code",
                               .enrolment_expires_at = absl::FromUnixSeconds(99),
                               .renew_credential = false};
  kiosk.collector.mutable_kiosk()->set_round_id("march");
  const AuditEntry entry{
      .at = absl::FromUnixSeconds(1), .actor = "a", .action = "b", .object = "c"};
  for (const bool enrolled : {false, true}) {
    if (enrolled) {
      kiosk.credential_hash = "hash of a credential";
      kiosk.renew_credential = true;
    }
    ASSERT_TRUE(store_->Put({kiosk}, entry).ok());
    Open();
    const auto read = store_->ReadRecords();
    ASSERT_EQ(read->size(), 1u);
    const auto& found = std::get<model::CollectorRecord>(read->front());
    EXPECT_EQ(found.enrolment_hash, "hash of a code");
    EXPECT_EQ(found.enrolment_expires_at, absl::FromUnixSeconds(99));
    EXPECT_EQ(found.credential_hash, kiosk.credential_hash);
    EXPECT_EQ(found.renew_credential, enrolled);
    EXPECT_EQ(found.collector.kiosk().round_id(), "march");
  }
}

TEST_F(SqliteStoreTest, TheLastStatusOfEachKioskStaysWithoutALineOfAudit) {
  const auto put = [&](uint32_t collector, int64_t second, uint64_t waiting) {
    CollectorStatus status{.collector = static_cast<model::CollectorNumber>(collector),
                           .at = absl::FromUnixSeconds(second),
                           .status = {}};
    status.status.set_waiting(waiting);
    return store_->PutStatuses({&status, 1});
  };
  ASSERT_TRUE(put(1, 100, 5).ok());
  ASSERT_TRUE(put(2, 110, 6).ok());
  ASSERT_TRUE(put(1, 160, 7).ok());
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    const auto statuses = store_->ReadStatuses();
    ASSERT_TRUE(statuses.ok()) << statuses.status();
    ASSERT_EQ(statuses->size(), 2u);
    EXPECT_EQ((*statuses)[0].at, absl::FromUnixSeconds(160));
    EXPECT_EQ((*statuses)[0].status.waiting(), 7u);
    EXPECT_EQ((*statuses)[1].status.waiting(), 6u);
  }
  auto database = base::Database::Open(path_, base::Database::Mode::kReadOnly);
  auto lines = database->Prepare("SELECT count(*) FROM audit");
  ASSERT_TRUE(lines->Step().ok());
  EXPECT_EQ(lines->Int(0), 0);
}

TEST_F(SqliteStoreTest, APublishedQuestionnaireIsNeverReplaced) {
  const AuditEntry entry{
      .at = absl::FromUnixSeconds(1), .actor = "a", .action = "b", .object = "c"};
  ASSERT_TRUE(store_->Put({sample::Questionnaire()}, entry).ok());
  EXPECT_EQ(store_->Put({sample::Units()[0], sample::Questionnaire()}, entry).code(),
            absl::StatusCode::kAlreadyExists);
  // All or nothing, and the store goes on.
  EXPECT_EQ(store_->ReadRecords()->size(), 1u);
  EXPECT_TRUE(store_->Put({sample::Units()[0]}, entry).ok());
  EXPECT_TRUE(store_->VerifyAudit().ok());
}

}  // namespace
}  // namespace hailong::store
