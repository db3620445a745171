#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "base/sqlite/sqlite.h"
#include "server/model/refusal.h"
#include "server/store/key_ring.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SqliteStoreTest : public ::testing::Test {
 protected:
  SqliteStoreTest() { Open(); }

  void Open() {
    store_.reset();
    auto opened = SqliteStore::Open({.path = path_, .vfs = ""});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  // Changes the file behind the store's back.
  void Tamper(const std::string& sql) {
    auto database = base::Database::Open(path_, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute(sql).ok()) << sql;
  }
  model::Stored Append(const model::NewResponse& response) {
    const auto stored = store_->AppendResponses({&response, 1});
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->front() : model::Stored();
  }
  std::vector<model::ResponseRow> Rows(bool with_comments = true) {
    std::vector<model::ResponseRow> rows;
    const absl::Status read =
        store_->ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, with_comments,
                              [&](const model::ResponseRow& row) {
                                rows.push_back(row);
                                return true;
                              });
    EXPECT_TRUE(read.ok()) << read;
    return rows;
  }
  model::NewResponse Checked(uint64_t n) { return sample::Checked(round_, n); }
  model::NewResponse Of(uint8_t citizen, uint64_t n, v1::Channel channel = v1::CHANNEL_KIOSK) {
    model::NewResponse response = Checked(n);
    response.respondent_key = sample::Key(citizen);
    response.channel = channel;
    return response;
  }
  void SetPolicy(v1::DuplicatePolicy policy, std::vector<v1::Channel> order = {}) {
    round_ = sample::CatalogWithRound([&](v1::Round& round) {
               round.set_duplicate_policy(policy);
               for (const v1::Channel channel : order) round.add_channel_order(channel);
             })->FindRound("march");
  }
  // What each response in turn became, and whom it displaced.
  std::vector<std::pair<v1::Outcome, int64_t>> Chain() {
    std::vector<std::pair<v1::Outcome, int64_t>> chain;
    for (const auto& row : Rows()) {
      chain.emplace_back(row.first_outcome, static_cast<int64_t>(row.displaced));
    }
    return chain;
  }

  sample::Directory directory_;
  const std::string path_ = directory_.File("hailong.db");
  std::unique_ptr<SqliteStore> store_;
  std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
};

TEST_F(SqliteStoreTest, AResponseComesBackAsItWentInAlsoAfterReopening) {
  model::NewResponse response = Checked(1);
  response.content.receiving_unit_id = "718";
  response.content.duration_ms = 90'000;
  response.content.device_sequence = 7;
  response.content.form_id = "counter";
  response.content.answers = std::string("\x04\xFF\x00\x01\x00\x00\x80\x00\x05\x00\x00", 11);
  response.content.comments = {{.question = 2, .text = "khác"},
                               {.question = 4, .text = std::string("a\0b", 3)}};
  response.clock_offset_ms = -1500;
  response.respondent_key = sample::Key(9);
  response.content.partial = true;
  response.content.counter = "A-3";
  response.flags = 5 | model::FlagBit(v1::FLAG_PARTIAL);
  EXPECT_EQ(Append(response).outcome, v1::OUTCOME_RECORDED);
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    const auto rows = Rows();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].sequence, model::Sequence{1});
    EXPECT_EQ(rows[0].content, response.content);
    EXPECT_EQ(rows[0].collector, response.collector);
    EXPECT_EQ(rows[0].channel, response.channel);
    EXPECT_EQ(rows[0].clock_offset_ms, -1500);
    EXPECT_EQ(rows[0].received_at, response.received_at);
    EXPECT_TRUE(rows[0].identified);
    EXPECT_EQ(rows[0].flags, 5u | model::FlagBit(v1::FLAG_PARTIAL));
    EXPECT_EQ(rows[0].first_outcome, v1::OUTCOME_RECORDED);
    EXPECT_EQ(rows[0].displaced, model::kNoSequence);
  }
}

TEST_F(SqliteStoreTest, ARetryHearsTheFirstReceiptAndStoresNothing) {
  const model::NewResponse first = Checked(1);
  Append(first);
  model::NewResponse retry = first;
  retry.received_at += absl::Hours(1);
  retry.clock_offset_ms = 250;  // measured anew
  const model::Stored stored = Append(retry);
  EXPECT_EQ(stored.outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(stored.first_outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(stored.received_at, first.received_at);
  EXPECT_FALSE(stored.content_differs);
  // Also within one batch.
  const std::vector<model::NewResponse> twice = {Checked(2), Checked(2)};
  const auto batch = store_->AppendResponses(twice);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ((*batch)[0].outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ((*batch)[1].outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(SqliteStoreTest, TheSameIdWithAnyOtherContentIsToldAndNotStored) {
  model::NewResponse first = Of(1, 1);
  first.content.comments = {{.question = 4, .text = "nhanh"}};
  Append(first);
  const auto differs = [&](auto change) {
    model::NewResponse other = first;
    change(other);
    const model::Stored stored = Append(other);
    EXPECT_EQ(stored.outcome, v1::OUTCOME_ALREADY_RECORDED);
    return stored.content_differs;
  };
  EXPECT_FALSE(differs([](auto&) {}));
  EXPECT_TRUE(differs([](auto& r) { r.content.unit_id = "74.STC"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.receiving_unit_id = "718"; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.submitted_at_us; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.duration_ms; }));
  EXPECT_TRUE(differs([](auto& r) { ++r.content.device_sequence; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.form_id = "counter"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.answers[0] = 5; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.counter = "3"; }));
  EXPECT_TRUE(differs([](auto& r) {
    r.content.partial = true;
    r.flags |= model::FlagBit(v1::FLAG_PARTIAL);
  }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments.clear(); }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments[0].text = "chậm"; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments[0].question = 3; }));
  EXPECT_TRUE(differs([](auto& r) { r.content.comments.push_back({.question = 5, .text = "x"}); }));
  EXPECT_TRUE(differs([](auto& r) { r.respondent_key = sample::Key(2); }));
  EXPECT_TRUE(differs([](auto& r) { r.respondent_key.reset(); }));
  v1::Round april = sample::Round();
  april.set_round_id("april");
  const auto catalog = *sample::Catalog()->With(
      {model::RoundRecord{.number = model::RoundNumber{2}, .round = april}});
  EXPECT_TRUE(differs([&](auto& r) { r.round = catalog->FindRound("april"); }));
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(SqliteStoreTest, ARetryAfterTheSealNeedsNoKey) {
  Append(Of(1, 1));
  const auto sealed =
      sample::CatalogWithRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_SEALED); });
  model::NewResponse retry = Checked(1);
  retry.round = sealed->FindRound("march");
  retry.late = true;
  EXPECT_FALSE(Append(retry).content_differs);
}

TEST_F(SqliteStoreTest, OfOneCitizenTheLatestCounts) {
  EXPECT_EQ(Append(Of(1, 5)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Of(1, 6)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Append(Of(1, 4)).outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
  EXPECT_EQ(Append(Of(2, 1)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Of(1, 7)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_THAT(
      Chain(),
      ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0), std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                  std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0),
                  std::pair(v1::OUTCOME_RECORDED, 0), std::pair(v1::OUTCOME_RECORDED_COUNTS, 2)));
}

TEST_F(SqliteStoreTest, TheCorrectedClockDecidesWhichIsLatest) {
  Append(Of(1, 5));
  model::NewResponse fast_clock = Of(1, 6);
  fast_clock.clock_offset_ms = -120'000;  // it was in fact given in minute 4
  EXPECT_EQ(Append(fast_clock).outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
}

TEST_F(SqliteStoreTest, OfOneCitizenTheFirstCounts) {
  SetPolicy(v1::DUPLICATE_POLICY_FIRST);
  Append(Of(1, 5));
  Append(Of(1, 6));
  Append(Of(1, 4));
  Append(Of(1, 3));
  EXPECT_THAT(Chain(), ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 3)));
}

TEST_F(SqliteStoreTest, OfOneCitizenTheBestChannelCounts) {
  SetPolicy(v1::DUPLICATE_POLICY_CHANNEL_ORDER, {v1::CHANNEL_KIOSK, v1::CHANNEL_WEB});
  Append(Of(1, 5, v1::CHANNEL_ZALO));
  Append(Of(1, 4, v1::CHANNEL_WEB));
  Append(Of(1, 1, v1::CHANNEL_KIOSK));
  Append(Of(1, 9, v1::CHANNEL_WEB));
  EXPECT_THAT(Chain(), ElementsAre(std::pair(v1::OUTCOME_RECORDED, 0),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 1),
                                   std::pair(v1::OUTCOME_RECORDED_COUNTS, 2),
                                   std::pair(v1::OUTCOME_RECORDED_NOT_COUNTED, 0)));
}

TEST_F(SqliteStoreTest, ALateResponseIsStoredAndNeverContends) {
  model::NewResponse late = Of(1, 9);
  late.late = true;
  EXPECT_EQ(Append(late).outcome, v1::OUTCOME_RECORDED_LATE);
  // The citizen's first that counts, though another is stored.
  EXPECT_EQ(Append(Of(1, 5)).outcome, v1::OUTCOME_RECORDED);
  late.content.response_id = Checked(10).content.response_id;
  EXPECT_EQ(Append(late).outcome, v1::OUTCOME_RECORDED_LATE);
  EXPECT_EQ(Append(Of(1, 6)).outcome, v1::OUTCOME_RECORDED_COUNTS);
}

TEST_F(SqliteStoreTest, TheCursorWalksARoundAndSeesOnlyIt) {
  v1::Round april = sample::Round();
  april.set_round_id("april");
  const auto catalog = *sample::Catalog()->With(
      {model::RoundRecord{.number = model::RoundNumber{2}, .round = april}});
  for (uint64_t n = 1; n <= 9; ++n) {
    Append(sample::Checked(catalog->FindRound(n % 3 == 0 ? "april" : "march"), n));
  }
  std::vector<int64_t> seen;
  model::Sequence after = model::kNoSequence;
  for (int page = 0; page < 10; ++page) {
    ASSERT_TRUE(store_
                    ->ReadResponses(sample::kRoundNumber, after, 2, false,
                                    [&](const model::ResponseRow& row) {
                                      after = row.sequence;
                                      seen.push_back(static_cast<int64_t>(row.sequence));
                                      return true;
                                    })
                    .ok());
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 4, 5, 7, 8));
  int visits = 0;
  ASSERT_TRUE(store_
                  ->ReadResponses(sample::kRoundNumber, model::kNoSequence, 100, false,
                                  [&](const model::ResponseRow&) { return ++visits < 3; })
                  .ok());
  EXPECT_EQ(visits, 3);
  EXPECT_EQ(store_->LastSequence(sample::kRoundNumber).value(), model::Sequence{8});
  EXPECT_EQ(store_->LastSequence(model::RoundNumber{2}).value(), model::Sequence{9});
  EXPECT_EQ(store_->LastSequence(model::RoundNumber{3}).value(), model::kNoSequence);
  std::vector<int64_t> newest;
  ASSERT_TRUE(store_
                  ->ReadNewest(3,
                               [&](const model::ResponseRow& row) {
                                 newest.push_back(static_cast<int64_t>(row.sequence));
                               })
                  .ok());
  EXPECT_THAT(newest, ElementsAre(7, 8, 9));
}

TEST_F(SqliteStoreTest, ACollectorIsLastSeenWhenItLastSent) {
  model::NewResponse second = Checked(2);
  Append(second);
  Append(Checked(1));  // an outbox out of order does not turn time back
  const auto seen = store_->ReadCollectorsSeen();
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(seen->front().last_seen_at, second.received_at);
}

// The slow obvious way to runs: a set of numbers.
std::vector<SequenceRange> RunsOf(const std::map<uint32_t, std::set<uint64_t>>& arrived) {
  std::vector<SequenceRange> runs;
  for (const auto& [collector, numbers] : arrived) {
    for (const uint64_t number : numbers) {
      if (!numbers.contains(number - 1)) {
        runs.push_back({model::CollectorNumber{collector}, number, number});
      }
      runs.back().last = number;
    }
  }
  return runs;
}

TEST_F(SqliteStoreTest, DeviceSequencesMergeIntoTheRunsOfASet) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  std::map<uint32_t, std::set<uint64_t>> arrived;
  uint64_t id = 0;
  for (int batch = 0; batch < 150; ++batch) {
    std::vector<model::NewResponse> responses;
    for (uint32_t i = 1 + below(8); i > 0; --i) {
      // Some come again under a new id, as from a device that was reset.
      model::NewResponse response = Checked(++id);
      response.collector = model::CollectorNumber{1 + below(3)};
      response.content.device_sequence = below(200);
      if (response.content.device_sequence > 0) {
        arrived[static_cast<uint32_t>(response.collector)].insert(response.content.device_sequence);
      }
      responses.push_back(std::move(response));
    }
    ASSERT_TRUE(store_->AppendResponses(responses).ok());
    ASSERT_EQ(store_->ReadSequenceRanges().value(), RunsOf(arrived)) << "after batch " << batch;
  }
}

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
  EXPECT_THAT(std::string(status.message()), HasSubstr("has schema 99, this program knows 0..3"));
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

TEST_F(SqliteStoreTest, EachReadSeesOneSnapshot) {
  Append(Checked(1));
  int visits = 0;
  ASSERT_TRUE(store_
                  ->ReadResponses(sample::kRoundNumber, model::kNoSequence, 100, true,
                                  [&](const model::ResponseRow&) {
                                    ++visits;
                                    Append(Checked(static_cast<uint64_t>(visits) + 1));
                                    return true;
                                  })
                  .ok());
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(Rows().size(), 2u);
}

std::filesystem::perms ModeOf(const std::string& path) {
  return std::filesystem::status(path).permissions();
}

TEST(KeyRing, AKeyIsMadeOnceAndKeptFromOthers) {
  const sample::Directory directory;
  const std::string path = directory.File("keys");
  auto keys = KeyRing::Open(path);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ModeOf(path), std::filesystem::perms{0700});
  EXPECT_EQ((*keys)->Find("march").value(), std::nullopt);
  ASSERT_TRUE((*keys)->Create("march").ok());
  EXPECT_EQ(ModeOf(path + "/march.key"), std::filesystem::perms{0600});
  const auto key = (*keys)->Find("march").value();
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->size(), 32u);
  ASSERT_TRUE((*keys)->Create("march").ok());
  EXPECT_EQ((*keys)->Find("march").value(), key);
  ASSERT_TRUE((*keys)->Create("april").ok());
  EXPECT_NE((*keys)->Find("april").value(), key);
  EXPECT_EQ((*KeyRing::Open(path))->Find("march").value(), key);
}

TEST(KeyRing, RefusesKeysThatOthersMayRead) {
  const sample::Directory directory;
  const std::string path = directory.File("keys");
  ASSERT_TRUE((*KeyRing::Open(path))->Create("march").ok());
  std::filesystem::permissions(path + "/march.key", std::filesystem::perms{0640});
  EXPECT_EQ((*KeyRing::Open(path))->Find("march").status().code(),
            absl::StatusCode::kFailedPrecondition);
  std::filesystem::permissions(path + "/march.key", std::filesystem::perms{0600});
  EXPECT_TRUE((*KeyRing::Open(path))->Find("march").ok());
  std::filesystem::permissions(path, std::filesystem::perms{0750});
  EXPECT_EQ(KeyRing::Open(path).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(KeyRing, AKeyOfTheWrongSizeIsDataLoss) {
  const sample::Directory directory;
  auto keys = *KeyRing::Open(directory.path());
  ASSERT_TRUE(keys->Create("march").ok());
  std::filesystem::resize_file(directory.File("march.key"), 31);
  EXPECT_EQ((*KeyRing::Open(directory.path()))->Find("march").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(KeyRing, ADestroyedKeyIsGoneFromMemoryAndDisk) {
  const sample::Directory directory;
  auto keys = *KeyRing::Open(directory.path());
  ASSERT_TRUE(keys->Create("march").ok());
  ASSERT_TRUE(keys->Find("march").value().has_value());
  ASSERT_TRUE(keys->Destroy("march").ok());
  EXPECT_EQ(keys->Find("march").value(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(directory.File("march.key")));
  EXPECT_TRUE(keys->Destroy("march").ok());
}

}  // namespace
}  // namespace hailong::store
