// Files that an earlier program wrote.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/store/schema.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

using base::Cat;
using ::testing::HasSubstr;
using ::testing::Not;

// What the first program left of sample::Checked(1), with the checksum it computed: CRC-32 over
// twelve integers of eight bytes and six texts behind their lengths. Written down, not computed by
// the code under test.
constexpr std::string_view kFirstRow =
    "INSERT INTO responses VALUES (1, x'0190f3c27a5e7c3b9d2f000000000001', 1, '74.SNV', '', 1, 1, "
    "0, 1741140060000000, 0, 1741140061000000, 0, '', NULL, x'0400000000000000000000', 0, 1, 0, "
    "1215442136);";

std::string Blob(const google::protobuf::MessageLite& message) {
  std::string hex = "x'";
  for (const char c : model::DeterministicBytes(message)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex + "'";
}

class MigrationTest : public ::testing::Test {
 protected:
  MigrationTest() {
    auto database = base::Database::Open(path_, base::Database::Mode::kReadWrite);
    EXPECT_TRUE(database.ok()) << database.status();
    const absl::Status made = database->Execute(
        Cat(Migrations()[0], "PRAGMA user_version=1;", kFirstRow,
            "INSERT INTO collectors_seen VALUES (1, 1741140061000000);",
            "INSERT INTO collectors VALUES (1, 'kiosk-1', ",
            Blob(sample::Collector("kiosk-1", v1::CHANNEL_KIOSK, "74.SNV")), ", 'its hash');"));
    EXPECT_TRUE(made.ok()) << made;
  }
  std::unique_ptr<SqliteStore> Open() {
    auto opened = SqliteStore::Open({.path = path_, .vfs = ""});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  base::TempDirectory directory_;
  const std::string path_ = directory_.File("hailong.db");
  const std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
};

TEST_F(MigrationTest, ResponsesOfTheFirstSchemaStayReadableAndTheirChecksumsRight) {
  for (const bool again : {false, true}) {
    const auto store = Open();
    std::vector<model::ResponseRow> rows;
    const absl::Status read = store->ReadResponses(sample::kRoundNumber, model::kNoSequence, 10,
                                                   true, [&](const model::ResponseRow& row) {
                                                     rows.push_back(row);
                                                     return true;
                                                   });
    ASSERT_TRUE(read.ok()) << read << again;
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].content, sample::Checked(round_, 1).content);
    EXPECT_EQ(rows[0].content.counter, "");
    EXPECT_FALSE(rows[0].content.partial);
  }
}

TEST_F(MigrationTest, ARetryOfAResponseOfTheFirstSchemaIsKnownAndNewOnesFollow) {
  const auto store = Open();
  std::vector<model::NewResponse> responses = {sample::Checked(round_, 1),
                                               sample::Checked(round_, 2)};
  responses[1].content.counter = "A-3";
  const auto stored = store->AppendResponses(responses);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ((*stored)[0].outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_FALSE((*stored)[0].content_differs);
  EXPECT_EQ((*stored)[1].outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(store->LastSequence(sample::kRoundNumber).value(), model::Sequence{2});
}

TEST_F(MigrationTest, CollectorsOfTheFirstSchemaKeepTheirCredentials) {
  const auto store = Open();
  const auto records = store->ReadRecords();
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  const auto& kiosk = std::get<model::CollectorRecord>(records->front());
  EXPECT_EQ(kiosk.credential_hash, "its hash");
  EXPECT_EQ(kiosk.collector.collector_id(), "kiosk-1");
  EXPECT_EQ(kiosk.enrolment_hash, "");
  EXPECT_FALSE(kiosk.renew_credential);
  EXPECT_TRUE(store->ReadStatuses()->empty());
  EXPECT_EQ(store->ReadCollectorsSeen()->size(), 1u);
}

TEST_F(MigrationTest, AFileOfTheSecondSchemaTakesInvitationsAndKeepsWhatItHas) {
  {
    auto database = base::Database::Open(path_, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(database->Execute(Cat(Migrations()[1], "PRAGMA user_version=2;")).ok());
  }
  const auto store = Open();
  const model::Invitation invitation{.invitation_id = *base::Uuid::Parse(sample::ResponseId(7)),
                                     .token_hash = {1},
                                     .collector = model::CollectorNumber{1},
                                     .round = sample::kRoundNumber,
                                     .unit_id = "74.SNV",
                                     .group_question_id = {},
                                     .form_id = {},
                                     .respondent_key = {},
                                     .created_at = absl::FromUnixSeconds(1),
                                     .opened_on = {}};
  const auto put = store->PutInvitations({.request_id = {}, .content = {}}, {&invitation, 1},
                                         {.at = absl::FromUnixSeconds(1),
                                          .actor = "ops",
                                          .action = "CreateInvitations",
                                          .object = "web"});
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(store->FindInvitation({1})->value().unit_id, "74.SNV");
  EXPECT_EQ(store->LastSequence(sample::kRoundNumber).value(), model::Sequence{1});
  EXPECT_TRUE(store->VerifyAudit().ok());
}

TEST_F(MigrationTest,
       AFileOfTheFourthSchemaKeepsItsTokensLosesHashesWithoutKeyAndTakesAStopOfSending) {
  {
    auto database = base::Database::Open(path_, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(database
                    ->Execute(Cat(Migrations()[1], Migrations()[2], Migrations()[3],
                                  "PRAGMA user_version=4;",
                                  "INSERT INTO zalo_tokens VALUES (1, x'01', 2, 3, x'04');",
                                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n ",
                                  "WHERE i < 1000) INSERT INTO zalo_events SELECT i, ",
                                  "CAST(printf('hash without key %016d', i) AS BLOB), NULL, 'e', ",
                                  "1, 1, NULL, NULL, NULL, 3, '', NULL FROM n;"))
                    .ok());
  }
  EXPECT_THAT(*base::ReadFile(path_, 1 << 24), HasSubstr("hash without key"));
  const absl::Time until = absl::FromUnixSeconds(1'790'000'000);
  {
    const auto store = Open();
    EXPECT_EQ(store->ReadZaloTokens()->value().pair, "\x01");
    EXPECT_EQ(store->ReadZaloHold()->stopped, "");
    EXPECT_EQ(store->ReadZaloHold()->paused_until, absl::UnixEpoch());
    ASSERT_TRUE(store->PutZaloHold({.stopped = "why", .paused_until = until}).ok());
  }
  const auto store = Open();
  EXPECT_EQ(store->ReadZaloHold()->stopped, "why");
  EXPECT_EQ(store->ReadZaloHold()->paused_until, until);
  // What the one before wrote stands in the file itself by now.
  EXPECT_THAT(*base::ReadFile(path_, 1 << 24), Not(HasSubstr("hash without key")));
}

}  // namespace
}  // namespace hailong::store
