#include "deploy/player/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hailong::player {
namespace {

using ::testing::HasSubstr;

v1::SubmitResult Stored(v1::Outcome outcome, v1::Outcome first) {
  v1::SubmitResult result;
  result.mutable_stored()->set_outcome(outcome);
  result.mutable_stored()->mutable_receipt()->set_first_outcome(first);
  return result;
}

bool IsPlanned(Expectation expectation, v1::Outcome outcome, v1::Outcome first) {
  Entry entry;
  entry.expectation = expectation;
  Tally tally;
  tally.Add(entry, Stored(outcome, first));
  return tally.AsPlanned();
}

TEST(Tally, TakesTheOutcomesOfThePlan) {
  EXPECT_TRUE(IsPlanned(Expectation::kRecorded, v1::OUTCOME_RECORDED, v1::OUTCOME_RECORDED));
  EXPECT_TRUE(
      IsPlanned(Expectation::kAlreadyRecorded, v1::OUTCOME_ALREADY_RECORDED, v1::OUTCOME_RECORDED));
  for (v1::Outcome outcome : {v1::OUTCOME_RECORDED_COUNTS, v1::OUTCOME_RECORDED_NOT_COUNTED}) {
    EXPECT_TRUE(IsPlanned(Expectation::kDuplicate, outcome, outcome));
  }
  EXPECT_TRUE(
      IsPlanned(Expectation::kRecordedLate, v1::OUTCOME_RECORDED_LATE, v1::OUTCOME_RECORDED_LATE));
}

TEST(Tally, RefusesEveryOtherOutcome) {
  EXPECT_FALSE(
      IsPlanned(Expectation::kRecorded, v1::OUTCOME_RECORDED_COUNTS, v1::OUTCOME_RECORDED_COUNTS));
  EXPECT_FALSE(
      IsPlanned(Expectation::kAlreadyRecorded, v1::OUTCOME_RECORDED, v1::OUTCOME_RECORDED));
  EXPECT_FALSE(IsPlanned(Expectation::kDuplicate, v1::OUTCOME_RECORDED, v1::OUTCOME_RECORDED));
  EXPECT_FALSE(IsPlanned(Expectation::kRecordedLate, v1::OUTCOME_RECORDED, v1::OUTCOME_RECORDED));
  EXPECT_FALSE(IsPlanned(Expectation::kRecorded, v1::OUTCOME_UNSPECIFIED, v1::OUTCOME_UNSPECIFIED));
}

TEST(Tally, ASecondRunIsJudgedByTheFirstOutcomeOfTheReceipt) {
  EXPECT_TRUE(
      IsPlanned(Expectation::kRecorded, v1::OUTCOME_ALREADY_RECORDED, v1::OUTCOME_RECORDED));
  EXPECT_TRUE(IsPlanned(Expectation::kDuplicate, v1::OUTCOME_ALREADY_RECORDED,
                        v1::OUTCOME_RECORDED_COUNTS));
  EXPECT_FALSE(
      IsPlanned(Expectation::kDuplicate, v1::OUTCOME_ALREADY_RECORDED, v1::OUTCOME_RECORDED));
}

TEST(Tally, ARefusalIsNotAsPlannedAndSaysWhy) {
  v1::SubmitResult result;
  result.mutable_refusal()->set_code(3);
  result.mutable_refusal()->set_message("choice 9 is not in 1..5");
  Tally tally;
  tally.Add(Entry(), result);
  EXPECT_FALSE(tally.AsPlanned());
  EXPECT_THAT(tally.Summary(), HasSubstr("choice 9 is not in 1..5"));
}

TEST(Tally, AnEmptyResultAndAMissingAnswerAreNotAsPlanned) {
  Tally empty;
  empty.Add(Entry(), v1::SubmitResult());
  EXPECT_FALSE(empty.AsPlanned());
  Tally missing;
  missing.AddUnanswered(64, "the server went away");
  EXPECT_FALSE(missing.AsPlanned());
  EXPECT_THAT(missing.Summary(), HasSubstr("the server went away"));
}

}  // namespace
}  // namespace hailong::player
