#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/tries.h"

namespace hailong::base {
namespace {

TEST(Uuid, TextComesBackLowerCase) {
  const auto id = Uuid::Parse("0190F3C2-7a5e-7c3b-9d2f-3f1f5a6b7c8d");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->ToString(), "0190f3c2-7a5e-7c3b-9d2f-3f1f5a6b7c8d");
}

TEST(Uuid, AnythingElseIsRefused) {
  for (const char* text :
       {"", "0190f3c27a5e7c3b9d2f3f1f5a6b7c8d", "0190f3c2-7a5e-7c3b-9d2f-3f1f5a6b7c8",
        "0190f3c2-7a5e-7c3b-9d2f-3f1f5a6b7c8g", "0190f3c2_7a5e-7c3b-9d2f-3f1f5a6b7c8d"}) {
    EXPECT_FALSE(Uuid::Parse(text).ok()) << text;
  }
}

TEST(Uuid, Version7BeginsWithTheTimeAndKeepsTheChance) {
  // The example of RFC 9562, appendix A.6.
  const absl::Time time = absl::FromUnixMillis(0x017F22E279B0);
  const std::array<uint8_t, 10> chance = {0x0C, 0xC3, 0x18, 0xC4, 0xDC,
                                          0x0C, 0x0C, 0x07, 0x39, 0x8F};
  EXPECT_EQ(Uuid::MakeV7(time, chance).ToString(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  const std::array<uint8_t, 10> ones = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  EXPECT_EQ(Uuid::MakeV7(time, ones).ToString(), "017f22e2-79b0-7fff-bfff-ffffffffffff");
  EXPECT_LT(Uuid::MakeV7(time, ones), Uuid::MakeV7(time + absl::Milliseconds(1), {}));
}

TEST(Utf8, KnowsWhatIsWellFormed) {
  EXPECT_TRUE(IsUtf8("Rất hài lòng \xF0\x9F\x98\x80"));
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xE1\xBA"));          // cut
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xFF"));
}

TEST(Utf8, APrefixNeverCutsACharacter) {
  const std::string text = "Rất";  // R, three bytes, t
  EXPECT_EQ(Utf8Prefix(text, 5), "Rất");
  EXPECT_EQ(Utf8Prefix(text, 4), "Rấ");
  EXPECT_EQ(Utf8Prefix(text, 3), "R");
  EXPECT_EQ(Utf8Prefix(text, 2), "R");
  EXPECT_EQ(Utf8Prefix(text, 0), "");
}

TEST(Day, IsADateInVietnam) {
  EXPECT_TRUE(CheckDay("2024-02-29").ok());
  for (const char* day :
       {"2023-02-29", "2025-7-1", "2025-07-01 ", "01-07-2025", "", "9999999-01-01"}) {
    EXPECT_FALSE(CheckDay(day).ok()) << day;
  }
  // Half past midnight in Hà Nội is still the evening before in UTC.
  absl::Time time;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2025-06-30T17:30:00Z", &time, nullptr));
  EXPECT_EQ(DayInVietnam(time), "2025-07-01");
  EXPECT_EQ(StartOfDayInVietnam("2025-07-01").value(), time - absl::Minutes(30));
}

TEST(SteadyClock, NeverGoesBack) {
  const SteadyClock clock;
  absl::Time before = clock.Now();
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = clock.Now();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(DiskFreeBytes, KnowsADiskAndNamesWhatIsNone) {
  EXPECT_GT(DiskFreeBytes("/").value(), 0u);
  const absl::Status none = DiskFreeBytes("/no/such/place").status();
  EXPECT_EQ(none.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(none.message().find("/no/such/place"), std::string::npos);
}

TEST(Slug, AllowsWhatItSays) {
  EXPECT_TRUE(IsSlug("bd-2024", 8, "-"));
  EXPECT_FALSE(IsSlug("bd-2024", 6, "-"));
  EXPECT_FALSE(IsSlug("-bd", 8, "-"));
  EXPECT_FALSE(IsSlug("BD", 8, "-"));
  EXPECT_FALSE(IsSlug("", 8, "-"));
}

TEST(BoundedQueue, RefusesWhenFullAndWhenClosed) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.Offer(1));
  EXPECT_TRUE(queue.Offer(2));
  EXPECT_FALSE(queue.Offer(3));
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.Take(), 1);
  EXPECT_EQ(queue.size(), 1u);
  queue.Close();
  EXPECT_FALSE(queue.Offer(4));
  EXPECT_EQ(queue.Take(), 2);
  EXPECT_EQ(queue.Take(), std::nullopt);
}

TEST(Executor, RunsEverythingItAccepted) {
  std::atomic<int> ran = 0;
  {
    Executor executor(2, 1000);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(executor.Offer([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 1000);
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError(Cat(std::string_view("odd: "), n));
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  return Half(half);
}

TEST(Status, ReturnsEarly) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd: 3");
  EXPECT_EQ(Quarter(7).status().message(), "odd: 7");
}

TEST(Tries, SomeAtOnceThenOneMoreNowAndThen) {
  FakeClock clock(absl::FromUnixSeconds(1'000'000));
  constexpr int kAtOnce = 30;
  constexpr absl::Duration kEvery = absl::Seconds(2);
  Tries tries(clock, kAtOnce, kEvery);
  for (int i = 0; i < kAtOnce; ++i) {
    ASSERT_EQ(tries.Take(), absl::ZeroDuration()) << i;
  }
  EXPECT_EQ(tries.Take(), kEvery);
  clock.Advance(kEvery / 2);
  EXPECT_EQ(tries.Take(), kEvery / 2);
  clock.Advance(kEvery / 2);
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
  EXPECT_GT(tries.Take(), absl::ZeroDuration());
  tries.GiveBack();
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
  // Time that passes gives no more than all of them.
  clock.Advance(absl::Hours(1000));
  int taken = 0;
  while (tries.Take() == absl::ZeroDuration()) ++taken;
  EXPECT_EQ(taken, kAtOnce);
  // A clock that is put back locks nobody out for longer.
  clock.Advance(-absl::Hours(1000));
  EXPECT_EQ(tries.Take(), kEvery);
  clock.Advance(kEvery);
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
}

}  // namespace
}  // namespace hailong::base
