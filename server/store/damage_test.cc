// Files that were changed, are not ours, or are in use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "server/store/sqlite_store_for_test.h"

namespace hailong::store {
namespace {

using ::testing::HasSubstr;

TEST_F(SqliteStoreTest, TamperingWithTheAuditLogIsFound) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(store_
                    ->Put({sample::Units()[0]}, {.at = absl::FromUnixSeconds(i),
                                                 .actor = "ops",
                                                 .action = "ImportUnits",
                                                 .object = "1 units"})
                    .ok());
    if (i == 2) Open();  // the chain goes on over a restart
  }
  EXPECT_TRUE(store_->VerifyAudit().ok());
  for (const char* sql :
       {"UPDATE audit SET at = at + 1 WHERE line = 3",
        "UPDATE audit SET actor = 'x' WHERE line = 3",
        "UPDATE audit SET action = 'x' WHERE line = 3",
        "UPDATE audit SET object = 'x' WHERE line = 3",
        "UPDATE audit SET hash = 'x' WHERE line = 3", "DELETE FROM audit WHERE line = 3",
        "DELETE FROM audit WHERE line = 3; UPDATE audit SET line = line - 1 WHERE line > 3"}) {
    Tamper(std::string("CREATE TABLE saved AS SELECT * FROM audit;") + sql);
    const absl::Status status = store_->VerifyAudit();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << sql;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 3")) << sql;
    Tamper("DELETE FROM audit; INSERT INTO audit SELECT * FROM saved; DROP TABLE saved");
    ASSERT_TRUE(store_->VerifyAudit().ok());
  }
}

TEST_F(SqliteStoreTest, AnyColumnOfAResponseThatChangesIsDataLoss) {
  model::NewResponse response = Of(1, 1);
  response.content.comments = {{.question = 4, .text = "x"}};
  response.content.counter = "A-3";
  Append(response);
  for (const char* change : {"counter = ''",
                             "sequence = 2",
                             "response_id = x'00112233445566778899aabbccddeeff'",
                             "response_id = x'00'",
                             "unit_id = 'x'",
                             "receiving_unit_id = 'x'",
                             "collector = 9",
                             "channel = 2",
                             "device_sequence = 9",
                             "submitted_at = submitted_at + 1",
                             "clock_offset_ms = 1",
                             "received_at = received_at + 1",
                             "duration_ms = 1",
                             "form_id = 'x'",
                             "respondent_key = NULL",
                             "respondent_key = x'00'",
                             "answers = x'05'",
                             "flags = 1",
                             "outcome = 4",
                             "displaced = 1",
                             "counter = '3'",
                             "checksum = checksum + 1"}) {
    Tamper(std::string("CREATE TABLE saved AS SELECT * FROM responses; UPDATE responses SET ") +
           change);
    EXPECT_EQ(store_
                  ->ReadResponses(sample::kRoundNumber, model::kNoSequence, 10, true,
                                  [](const auto&) { return true; })
                  .code(),
              absl::StatusCode::kDataLoss)
        << change;
    Tamper("DELETE FROM responses; INSERT INTO responses SELECT * FROM saved; DROP TABLE saved");
    ASSERT_EQ(Rows().size(), 1u) << change;
  }
  // A row moved to another round is found there.
  Tamper("UPDATE responses SET round = 2");
  EXPECT_EQ(store_
                ->ReadResponses(model::RoundNumber{2}, model::kNoSequence, 10, true,
                                [](const auto&) { return true; })
                .code(),
            absl::StatusCode::kDataLoss);
  // A retry that meets the broken row is not told that it is safe.
  EXPECT_EQ(store_->AppendResponses({&response, 1}).status().code(), absl::StatusCode::kDataLoss);
  const model::NewResponse next = Checked(2);
  EXPECT_TRUE(store_->AppendResponses({&next, 1}).ok());
}

TEST_F(SqliteStoreTest, AFileOfANewerProgramIsRefused) {
  store_.reset();
  Tamper("PRAGMA user_version = 99");
  const absl::Status status = SqliteStore::Open({.path = path_, .vfs = ""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has schema 99, this program knows 0..5"));
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsDataLoss) {
  std::ofstream(directory_.File("junk.db")) << std::string(8192, 'x');
  EXPECT_EQ(SqliteStore::Open({.path = directory_.File("junk.db"), .vfs = ""}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStoreTest, AFileHasOneStore) {
  EXPECT_EQ(SqliteStore::Open({.path = path_, .vfs = ""}).status().code(),
            absl::StatusCode::kAborted);
  Open();
}

}  // namespace
}  // namespace hailong::store
