#include "kiosk-client/outbox/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/sample_for_test.h"

namespace hailong::outbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Receipt ReceiptOf(uint64_t i) {
  v1::Receipt receipt;
  receipt.set_response_id(SampleId(i));
  return receipt;
}

v1::SetAsideResponse RefusalOf(uint64_t i, int code, const std::string& message) {
  v1::SetAsideResponse refused;
  refused.set_response_id(SampleId(i));
  refused.set_code(code);
  refused.set_message(message);
  return refused;
}

class OutboxTest : public ::testing::Test {
 protected:
  Outbox::Options Defaults() {
    return {.directory = directory_.path(), .clock = &clock_, .clock_offset_ms = [this] {
              return offset_ms_;
            }};
  }
  std::unique_ptr<Outbox> Open() { return Open(Defaults()); }
  static std::unique_ptr<Outbox> Open(Outbox::Options options) {
    auto outbox = Outbox::Open(std::move(options));
    EXPECT_TRUE(outbox.ok()) << outbox.status();
    return outbox.ok() ? *std::move(outbox) : nullptr;
  }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  static std::vector<uint64_t> Numbers(Outbox& outbox, uint64_t after = 0) {
    std::vector<uint64_t> numbers;
    const auto batch = outbox.ReadBatch(after, 1000, 1 << 20);
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return numbers;
    for (const v1::Response& response : *batch) numbers.push_back(response.device_sequence());
    return numbers;
  }

  base::TempDirectory directory_ = base::TempDirectory::InMemory();
  base::FakeClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  int64_t offset_ms_ = 0;
};

TEST_F(OutboxTest, NumbersAnswersFromOneWithoutGapsAcrossRestarts) {
  for (uint64_t i = 1; i <= 5; ++i) {
    const auto outbox = Open();
    EXPECT_EQ(outbox->Keep(SampleAnswer(2 * i - 1)).value(), 2 * i - 1);
    EXPECT_EQ(outbox->Keep(SampleAnswer(2 * i)).value(), 2 * i);
  }
  const auto outbox = Open();
  EXPECT_THAT(Numbers(*outbox), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(outbox->ReadState().alarm, "");
}

TEST_F(OutboxTest, KeepsWhatWasGivenAndStampsNumberAndClock) {
  const auto outbox = Open();
  offset_ms_ = -1234;
  ASSERT_TRUE(outbox->Keep(SampleAnswer(7)).ok());
  offset_ms_ = 99;  // what is on disk stays as it is: every retry sends the same bytes
  v1::Response expected = SampleAnswer(7);
  expected.set_device_sequence(1);
  expected.set_clock_offset_ms(-1234);
  const auto batch = outbox->ReadBatch(0, 10, 1 << 20);
  ASSERT_EQ(batch->size(), 1u);
  EXPECT_EQ(batch->front().SerializeAsString(), expected.SerializeAsString());
}

TEST_F(OutboxTest, TheSameResponseIdHasTheSameNumberWaitingSetAsideAndSent) {
  auto outbox = Open();
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  ASSERT_TRUE(outbox->Settle({ReceiptOf(1)}, {RefusalOf(2, 3, "bad")}).ok());
  outbox.reset();
  outbox = Open();
  for (uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(outbox->Keep(SampleAnswer(i)).value(), i);
  EXPECT_THAT(Numbers(*outbox), ElementsAre(3));
  EXPECT_EQ(outbox->Keep(SampleAnswer(4)).value(), 4u);
}

TEST_F(OutboxTest, AnEmptyOutboxDoesNotGiveItsNumbersAgain) {
  auto outbox = Open();
  for (uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
    ASSERT_TRUE(outbox->Settle({ReceiptOf(i)}, {}).ok());
  }
  EXPECT_THAT(Numbers(*outbox), IsEmpty());
  outbox.reset();
  EXPECT_EQ(Open()->Keep(SampleAnswer(4)).value(), 4u);
}

TEST_F(OutboxTest, RefusesWhatIsNewWhenFullAndDropsNothing) {
  Outbox::Options options = Defaults();
  options.answers_max = 3;
  const auto outbox = Open(options);
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  const auto refused = outbox->Keep(SampleAnswer(4));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("allowed are 3 answers"));
  EXPECT_TRUE(outbox->Keep(SampleAnswer(2)).ok()) << "it is in there already";
  EXPECT_TRUE(outbox->ReadState().full);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("the outbox is full"));
  EXPECT_THAT(Numbers(*outbox), ElementsAre(1, 2, 3));

  ASSERT_TRUE(outbox->Settle({ReceiptOf(1)}, {}).ok());
  EXPECT_EQ(outbox->Keep(SampleAnswer(4)).value(), 4u) << "a refusal uses no number";
  EXPECT_EQ(outbox->ReadState().alarm.find("fails"), std::string::npos);
}

TEST_F(OutboxTest, BytesAreLimitedToo) {
  Outbox::Options options = Defaults();
  options.bytes_max = 3 * SampleAnswer(1).ByteSizeLong();
  auto outbox = Open(options);
  uint64_t kept = 0;
  while (outbox->Keep(SampleAnswer(kept + 1)).ok()) ++kept;
  EXPECT_GE(kept, 3u);
  EXPECT_LE(kept, 4u);
  outbox.reset();
  outbox = Open(options);
  EXPECT_TRUE(outbox->ReadState().full) << "counted again from the file";
}

TEST_F(OutboxTest, RefusesWhatIsNoAnswer) {
  const auto outbox = Open();
  v1::Response response = SampleAnswer(1);
  response.set_response_id("7");
  EXPECT_EQ(outbox->Keep(response).status().code(), absl::StatusCode::kInvalidArgument);
  response = SampleAnswer(1);
  response.mutable_answers(0)->set_text(std::string(kAnswerBytesMax, 'a'));
  EXPECT_EQ(outbox->Keep(response).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outbox->ReadState().device_sequence, 0u);
}

TEST_F(OutboxTest, ABatchEndsAtItsCountAndItsBytesButHasAtLeastOne) {
  const auto outbox = Open();
  for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  EXPECT_EQ(outbox->ReadBatch(0, 2, 1 << 20)->size(), 2u);
  EXPECT_EQ(outbox->ReadBatch(0, 10, 1)->size(), 1u);
  const size_t each = outbox->ReadBatch(0, 1, 1)->front().ByteSizeLong();
  EXPECT_EQ(outbox->ReadBatch(0, 10, 3 * each)->size(), 3u);
  EXPECT_EQ(outbox->ReadBatch(3, 10, 1 << 20)->front().device_sequence(), 4u);
}

TEST_F(OutboxTest, SetsAsideWithTheReasonAndKeepsTheAnswer) {
  const auto outbox = Open();
  for (uint64_t i = 1; i <= 30; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  for (uint64_t i = 1; i <= 25; ++i) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(outbox->Settle({}, {RefusalOf(i, 9, base::Cat("closed ", i))}).ok());
  }
  const State state = outbox->ReadState();
  EXPECT_EQ(state.waiting, 5u);
  EXPECT_EQ(state.set_aside, 25u);
  ASSERT_EQ(state.newest_set_aside.size(), kNewestSetAsideMax);
  EXPECT_EQ(state.newest_set_aside[0].device_sequence(), 25u);
  EXPECT_EQ(state.newest_set_aside[0].response_id(), SampleId(25));
  EXPECT_EQ(state.newest_set_aside[0].message(), "closed 25");
  EXPECT_EQ(state.newest_set_aside[0].code(), 9);
}

TEST_F(OutboxTest, AReceiptForAnotherAnswerRemovesNothing) {
  const auto outbox = Open();
  ASSERT_TRUE(outbox->Keep(SampleAnswer(1)).ok());
  ASSERT_TRUE(outbox->Settle({ReceiptOf(2), ReceiptOf(2)}, {RefusalOf(3, 3, "")}).ok());
  EXPECT_THAT(Numbers(*outbox), ElementsAre(1));
  EXPECT_EQ(outbox->ReadState().set_aside, 0u);
}

TEST_F(OutboxTest, SaysWhatWaitsAndSinceWhen) {
  const auto outbox = Open();
  EXPECT_EQ(outbox->ReadState().oldest_waiting_at, std::nullopt);
  ASSERT_TRUE(outbox->Keep(SampleAnswer(1, 1000)).ok());
  ASSERT_TRUE(outbox->Keep(SampleAnswer(2, 2000)).ok());
  EXPECT_EQ(outbox->ReadState().oldest_waiting_at, absl::FromUnixSeconds(1000));
  ASSERT_TRUE(outbox->Settle({ReceiptOf(1)}, {}).ok());
  EXPECT_EQ(outbox->ReadState().oldest_waiting_at, absl::FromUnixSeconds(2000));
  EXPECT_EQ(outbox->ReadState().waiting, 1u);
}

TEST_F(OutboxTest, KeepsTheLastGoodSettingsForStartingOffline) {
  auto outbox = Open();
  EXPECT_EQ(outbox->ReadLastGood()->has_value(), false);
  LastGood good;
  good.questionnaire_digest = "abc";
  good.unit_name = "Sở Nội vụ";
  good.configuration.set_round_id("round");
  good.configuration.add_languages("vi");
  good.round.emplace().set_round_id("round");
  good.questionnaire.set_questionnaire_id("sipas-2026");
  ASSERT_TRUE(outbox->StoreLastGood(good).ok());
  outbox.reset();
  const auto read = Open()->ReadLastGood();
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_EQ((*read)->configuration.SerializeAsString(), good.configuration.SerializeAsString());
  ASSERT_TRUE((*read)->round.has_value());
  EXPECT_EQ((*read)->round->round_id(), "round");
  EXPECT_EQ((*read)->questionnaire.questionnaire_id(), "sipas-2026");
  EXPECT_EQ((*read)->questionnaire_digest, "abc");
  EXPECT_EQ((*read)->unit_name, "Sở Nội vụ");
}

TEST_F(OutboxTest, ADamagedFileStandsAsideAndNumbersGoOn) {
  {
    const auto outbox = Open();
    for (uint64_t i = 1; i <= 150; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  }
  // The header stays, pages behind it do not.
  {
    std::fstream file(Path("outbox.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(3 * 4096, 'x');
  }
  auto outbox = Open();
  const uint64_t number = outbox->Keep(SampleAnswer(1000)).value();
  EXPECT_GT(number, 150u) << "a number that was given must not be given again";
  EXPECT_LE(number, 150u + kMarkStride + 1);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("stands aside as outbox.db.damaged-"));
  size_t aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    if (entry.path().filename().string().starts_with("outbox.db.damaged-")) ++aside;
  }
  EXPECT_EQ(aside, 1u);

  outbox.reset();
  outbox = Open();
  EXPECT_NE(outbox->ReadState().alarm, "") << "until somebody has read it";
  std::filesystem::remove(Path("damage.txt"));
  EXPECT_EQ(outbox->ReadState().alarm, "");
  EXPECT_EQ(outbox->Keep(SampleAnswer(1001)).value(), number + 1);
}

TEST_F(OutboxTest, SomethingElseThanADatabaseStandsAside) {
  std::ofstream(Path("outbox.db")) << std::string(10'000, 'x');
  const auto outbox = Open();
  EXPECT_EQ(outbox->Keep(SampleAnswer(1)).value(), 1u);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("stands aside"));
}

TEST_F(OutboxTest, ALostFileRaisesTheAlarmAndNumbersGoOn) {
  ASSERT_TRUE(Open()->Keep(SampleAnswer(1)).ok());
  for (const char* name : {"outbox.db", "outbox.db-wal"}) std::filesystem::remove(Path(name));
  const auto outbox = Open();
  EXPECT_EQ(outbox->Keep(SampleAnswer(2)).value(), kMarkStride + 1);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("begins empty"));
}

TEST_F(OutboxTest, AnOldCopyRaisesTheAlarmAndNumbersGoOn) {
  ASSERT_TRUE(Open()->Keep(SampleAnswer(1)).ok());
  std::filesystem::copy(Path("outbox.db"), Path("old"));
  {
    const auto outbox = Open();
    for (uint64_t i = 2; i <= 2 * kMarkStride + 5; ++i) {
      ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
    }
  }
  std::filesystem::rename(Path("old"), Path("outbox.db"));
  const auto outbox = Open();
  EXPECT_EQ(outbox->Keep(SampleAnswer(5000)).value(), 3 * kMarkStride + 1);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("old copy"));
}

TEST_F(OutboxTest, AMarkThatIsNoNumberRaisesTheAlarm) {
  ASSERT_TRUE(Open()->Keep(SampleAnswer(1)).ok());
  std::ofstream(Path("sequence-mark")) << "many";
  const auto outbox = Open();
  EXPECT_EQ(outbox->Keep(SampleAnswer(2)).value(), 2u);
  EXPECT_THAT(outbox->ReadState().alarm, HasSubstr("no number"));
}

TEST_F(OutboxTest, ASpoiledAnswerIsSetAsideAndTheRestGoesOn) {
  {
    const auto outbox = Open();
    for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(outbox->Keep(SampleAnswer(i)).ok());
  }
  {
    auto database =
        base::Database::Open(Path("outbox.db"), base::Database::Mode::kReadWrite).value();
    ASSERT_TRUE(
        database.Execute("UPDATE waiting SET response = x'0102' WHERE device_sequence = 2").ok());
  }
  const auto outbox = Open();
  EXPECT_THAT(Numbers(*outbox), ElementsAre(1, 3));
  EXPECT_EQ(outbox->ReadState().set_aside, 1u);
  EXPECT_EQ(outbox->ReadState().newest_set_aside[0].code(), 15);
}

TEST_F(OutboxTest, ASecondProcessAndANewerFileAreRefused) {
  {
    const auto outbox = Open();
    EXPECT_EQ(Outbox::Open(Defaults()).status().code(), absl::StatusCode::kAborted);
  }
  {
    auto database =
        base::Database::Open(Path("outbox.db"), base::Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.Execute("PRAGMA user_version = 2").ok());
  }
  const absl::Status newer = Outbox::Open(Defaults()).status();
  EXPECT_EQ(newer.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(newer.message()), HasSubstr("schema 2"));
}

TEST_F(OutboxTest, SentAnswersLeaveNoTraceInTheDatabase) {
  {
    const auto outbox = Open();
    ASSERT_TRUE(outbox->Keep(SampleAnswer(1)).ok());
    ASSERT_TRUE(outbox->Settle({ReceiptOf(1)}, {}).ok());
  }
  std::ifstream file(Path("outbox.db"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(bytes.find(SampleId(1)), std::string::npos);
  EXPECT_EQ(bytes.find("H09-260101"), std::string::npos);
}

TEST_F(OutboxTest, ThreadsKeepAtOnceAndEachHasItsNumber) {
  const auto outbox = Open();
  std::atomic<int> heard = 0;
  outbox->SetListener([&] { ++heard; });
  std::vector<std::thread> threads;
  std::array<std::vector<uint64_t>, 4> numbers;
  for (size_t t = 0; t < numbers.size(); ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 20; ++i) {
        numbers[t].push_back(outbox->Keep(SampleAnswer(100 * t + i)).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& some : numbers) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 80u);
  EXPECT_EQ(*all.rbegin(), 80u);
  EXPECT_EQ(heard, 80);
}

}  // namespace
}  // namespace hailong::outbox
