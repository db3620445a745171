// Refusals, times and pages: the small values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(Refusal, PayloadsAreReadBack) {
  refusal::Violations bad("response.");
  bad.Add("answers[3].choice", "question 7: choice 9 is not in 1..5");
  bad.Add("unit_id", "no unit");
  const absl::Status status = bad.ToStatus();
  EXPECT_EQ(status.message(),
            "response.answers[3].choice: question 7: choice 9 is not in 1..5 (and 1 more)");
  EXPECT_THAT(sample::ViolationLines(status),
              ElementsAre("response.answers[3].choice: question 7: choice 9 is "
                          "not in 1..5",
                          "response.unit_id: no unit"));
  EXPECT_EQ(refusal::RetryDelayOf(status), absl::ZeroDuration());
  EXPECT_EQ(refusal::RetryDelayOf(refusal::QueueFull()), limits::kRetryDelayBusy);
  EXPECT_EQ(refusal::RetryDelayOf(refusal::DiskFull("")), limits::kRetryDelayDiskFull);
  EXPECT_THAT(sample::ViolationLines(refusal::QueueFull()), SizeIs(0));
  EXPECT_TRUE(refusal::Violations().ToStatus().ok());
}

TEST(Refusal, OnlyAClosedStoreIsAClosedStore) {
  EXPECT_TRUE(refusal::IsStoreClosed(refusal::StoreClosed("sync failed")));
  EXPECT_FALSE(refusal::IsStoreClosed(refusal::QueueFull()));
  EXPECT_FALSE(refusal::IsStoreClosed(absl::UnavailableError("a key file")));
  EXPECT_FALSE(refusal::IsStoreClosed(absl::OkStatus()));
}

TEST(Refusal, ViolationsPastTheLimitAreOnlyCounted) {
  refusal::Violations bad;
  for (size_t i = 0; i < limits::kViolationsMax + 5; ++i) bad.Add("x", "wrong");
  EXPECT_EQ(refusal::FieldViolationsOf(bad.ToStatus()).size(), limits::kViolationsMax);
  EXPECT_EQ(bad.ToStatus().message(), "x: wrong (and 24 more)");
}

TEST(Refusal, WhatACallerSentIsShownInWholeCharacters) {
  // 60 bytes of three-byte characters do not end at the limit of 64.
  std::string id;
  while (id.size() < 200) id += "ấ";
  EXPECT_TRUE(base::IsUtf8(std::string(refusal::NotFound("round", id).message())));
  EXPECT_TRUE(base::IsUtf8(std::string(refusal::OutsideSubtree(id, "74").message())));
}

TEST(Times, MicrosecondsSurviveTheWayThere) {
  const absl::Time time = absl::FromUnixMicros(-1);
  EXPECT_EQ(FromProto(ToProto(time)), time);
  EXPECT_EQ(ToProto(time).seconds(), -1);
  EXPECT_EQ(ToProto(time).nanos(), 999999000);
}

TEST(Pager, KeysSortAsTheirPairs) {
  EXPECT_LT(PageKey("74", "2025-01-01"), PageKey("74.SNV", "2023-01-01"));
  EXPECT_LT(PageKey("sipas", PageDigits(7)), PageKey("sipas-2026", PageDigits(1)));
  EXPECT_LT(PageKey("a", PageDigits(9)), PageKey("a", PageDigits(10)));
}

TEST(Pager, TheLastPageHasNoToken) {
  auto pager = *Pager::Create(2, "");
  EXPECT_TRUE(pager.Take("a"));
  EXPECT_TRUE(pager.Take("b"));
  EXPECT_EQ(pager.next_page_token(), "");
  EXPECT_FALSE(pager.Take("c"));
  EXPECT_EQ(pager.next_page_token(), "b");
  EXPECT_FALSE(Pager::Create(2, std::string(limits::kPageTokenBytesMax + 1, 'x')).ok());
}

}  // namespace
}  // namespace hailong::model
