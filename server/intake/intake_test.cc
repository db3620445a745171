#include "server/intake/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "google/rpc/error_details.pb.h"
#include "server/intake/flags.h"
#include "server/intake/identity.h"
#include "server/intake/intake_for_test.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/testing/sample.h"

namespace hailong::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kDossier[] = "G12.18-250301-00430053";

// The writer's steps are taken by hand.
class IntakeTest : public IntakeFixture {
 protected:
  std::vector<absl::StatusOr<model::Stored>> OfferAll(
      const model::Principal& sender, const std::vector<const v1::Response*>& responses) {
    std::vector<absl::StatusOr<model::Stored>> outcomes;
    int called = 0;
    Intake intake(catalog_, *keys_, *writer_, clock_);
    intake.Offer(sender, responses, [&](auto result) {
      outcomes = std::move(result);
      ++called;
    });
    if (called == 0) writer_->Step();
    EXPECT_EQ(called, 1);
    return outcomes;
  }
  absl::StatusOr<model::Stored> Offer(const v1::Response& response,
                                      const model::Principal& sender = sample::Kiosk()) {
    return OfferAll(sender, {&response}).front();
  }
  v1::Outcome OutcomeOf(const v1::Response& response,
                        const model::Principal& sender = sample::Kiosk()) {
    const auto stored = Offer(response, sender);
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->outcome : v1::OUTCOME_UNSPECIFIED;
  }
  static v1::Response Of(const std::string& dossier, uint64_t n) {
    v1::Response response = sample::Response(n);
    response.mutable_evidence()->set_dossier_code(dossier);
    return response;
  }
};

// --- the table of outcomes, row by row ---

TEST_F(IntakeTest, ANewResponseOfANewCitizenIsRecorded) {
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(Of("G12.18-250301-00430054", 2)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(Rows().size(), 2u);
  EXPECT_TRUE(Rows()[0].identified);
}

TEST_F(IntakeTest, ARetryGetsTheFirstReceiptAgain) {
  const absl::Time first = clock_.Now();
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  clock_.Advance(absl::Hours(1));
  v1::Response retry = Of(" g12.18 250301 00430053", 1);
  retry.set_clock_offset_ms(20);
  const auto stored = Offer(retry, sample::Kiosk());
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(stored->first_outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(stored->received_at, first);
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(IntakeTest, TheSameIdWithOtherContentIsAnErrorAndNothingIsStored) {
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  v1::Response other = Of(kDossier, 1);
  other.mutable_answers(0)->set_choice(1);
  for (const v1::Response& response :
       {other, Of("G12.18-250301-00430054", 1), sample::Response(1)}) {
    const absl::Status status = Offer(response).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(std::string(status.message()), HasSubstr(sample::ResponseId(1)));
  }
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(IntakeTest, KioskZaloAndWebForOneDossierMeetInOneKey) {
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1), sample::Kiosk()), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(Of("g12.18-250301-00430053", 3), sample::Zalo()),
            v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(OutcomeOf(Of("G12.18 250301 00430053", 2), sample::Web()),
            v1::OUTCOME_RECORDED_NOT_COUNTED);
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].channel, v1::CHANNEL_KIOSK);
  EXPECT_EQ(rows[1].channel, v1::CHANNEL_ZALO);
  EXPECT_EQ(rows[1].displaced, model::Sequence{1});
  EXPECT_EQ(rows[2].channel, v1::CHANNEL_WEB);
}

TEST_F(IntakeTest, AnonymousTapsAreStoredCountedAndMaybeFlagged) {
  EXPECT_EQ(OutcomeOf(sample::Response(1)), v1::OUTCOME_RECORDED);
  v1::Response soon = sample::Response(2);
  *soon.mutable_submitted_at() = sample::Response(1).submitted_at();
  soon.mutable_submitted_at()->set_seconds(soon.submitted_at().seconds() + 3);
  EXPECT_EQ(OutcomeOf(soon), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(soon), v1::OUTCOME_ALREADY_RECORDED);
  // A restart does not forget the pace.
  Open();
  v1::Response sooner = sample::Response(3);
  *sooner.mutable_submitted_at() = soon.submitted_at();
  EXPECT_EQ(OutcomeOf(sooner), v1::OUTCOME_RECORDED);
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].flags, 0u);
  EXPECT_EQ(rows[1].flags, FlagBit(v1::FLAG_PRESS_INTERVAL));
  EXPECT_EQ(rows[2].flags, FlagBit(v1::FLAG_PRESS_INTERVAL));
  EXPECT_FALSE(rows[0].identified);
}

TEST_F(IntakeTest, AClosedRoundCountsWhatWasGivenInTimeUntilItsGraceEnds) {
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_CLOSED); });
  const absl::Time grace_ends = sample::At("2025-04-08T00:00:00+07:00");
  clock_.Set(grace_ends);
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  clock_.Set(grace_ends + absl::Microseconds(1));
  EXPECT_EQ(OutcomeOf(Of(kDossier, 2)), v1::OUTCOME_RECORDED_LATE);
  EXPECT_EQ(OutcomeOf(sample::Response(3)), v1::OUTCOME_RECORDED_LATE);
  // Given after the end by the device clock: refused at any time.
  v1::Response after = sample::Response(4);
  *after.mutable_submitted_at() = model::ToProto(sample::At("2025-04-01T00:00:00+07:00"));
  EXPECT_EQ(Offer(after).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Rows().size(), 3u);
}

TEST_F(IntakeTest, ASealedRoundStoresAsLateWithOrWithoutItsKey) {
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_SEALED); });
  EXPECT_EQ(OutcomeOf(Of(kDossier, 2)), v1::OUTCOME_RECORDED_LATE);
  ASSERT_TRUE(keys_->Destroy("march").ok());
  EXPECT_EQ(OutcomeOf(Of(kDossier, 3)), v1::OUTCOME_RECORDED_LATE);
  // Retries of before and after are still retries.
  for (uint64_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(OutcomeOf(Of(kDossier, n)), v1::OUTCOME_ALREADY_RECORDED);
  }
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_TRUE(rows[1].identified);
  EXPECT_FALSE(rows[2].identified);
}

TEST_F(IntakeTest, TheSealIsLookedAtWhenTheResponseIsStored) {
  const v1::Response response = sample::Response(1);
  const v1::Response* const responses[] = {&response};
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  Intake(catalog_, *keys_, *writer_, clock_).Offer(sample::Kiosk(), responses, [&](auto result) {
    outcome = result[0]->outcome;
  });
  // Accepted, not stored yet.
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_SEALED); });
  writer_->Step();
  EXPECT_EQ(outcome, v1::OUTCOME_RECORDED_LATE);
}

// --- what came by an entry ---

TEST_F(IntakeTest, WhatCameByAnEntrySpendsItAndMeetsTheKioskInOneKey) {
  model::Invitation invitation;
  invitation.token_hash = {7};
  invitation.collector = sample::Web().collector;
  invitation.round = sample::kRoundNumber;
  ASSERT_TRUE(store_
                  ->PutInvitations({.request_id = {}, .content = {}}, {&invitation, 1},
                                   {.at = clock_.Now(), .actor = "", .action = "", .object = ""})
                  .ok());
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);

  Intake intake(catalog_, *keys_, *writer_, clock_);
  const auto enter = [&](uint64_t n) {
    Entered entered{
        .response = sample::Response(n),
        .respondent_key = *IdentifyRespondent(Of(kDossier, n).evidence(), **keys_->Find("march")),
        .entrance = {.invitation = invitation.token_hash, .group = 0, .quota = {}}};
    absl::StatusOr<model::Stored> told;
    bool called = false;
    intake.Offer(sample::Web(), std::move(entered), [&](absl::StatusOr<model::Stored> stored) {
      told = std::move(stored);
      called = true;
    });
    if (!called) writer_->Step();
    return told;
  };
  EXPECT_EQ(enter(2)->outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(enter(2)->outcome, v1::OUTCOME_ALREADY_RECORDED);
  const absl::Status spent = enter(3).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(spent)) << spent;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(std::string(*spent.GetPayload(refusal::kErrorInfoUrl))));
  EXPECT_EQ(info.reason(), "SURVEY_STATE_ANSWERED");
  EXPECT_EQ(Rows().size(), 2u);
  v1::Response bad = sample::Response(4);
  bad.clear_answers();
  absl::Status refused;
  intake.Offer(sample::Web(), {.response = bad, .respondent_key = {}, .entrance = {}},
               [&](const absl::StatusOr<model::Stored>& stored) { refused = stored.status(); });
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
}

// --- what goes wrong ---

TEST_F(IntakeTest, WithoutTheRoundsKeyEvidenceIsSentBackForLater) {
  ASSERT_TRUE(keys_->Destroy("march").ok());
  const absl::Status status = Offer(Of(kDossier, 1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(refusal::RetryDelayOf(status), limits::kRetryDelayKeyMissing);
  EXPECT_FALSE(refusal::IsStoreClosed(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the key of round 'march'"));
  // Nobody need be told apart for a tap.
  EXPECT_EQ(OutcomeOf(sample::Response(2)), v1::OUTCOME_RECORDED);
}

TEST_F(IntakeTest, AKeyThatOthersMayReadIsNotUsed) {
  keys_ = *store::KeyRing::Open(directory_.File("keys"));
  std::filesystem::permissions(directory_.File("keys/march.key"), std::filesystem::perms{0644});
  const absl::Status status = Offer(Of(kDossier, 1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(refusal::RetryDelayOf(status), absl::ZeroDuration());
}

TEST_F(IntakeTest, OneBadResponseNeverFailsItsNeighbours) {
  const v1::Response good = Of(kDossier, 1);
  v1::Response bad = sample::Response(2);
  bad.mutable_answers(0)->set_choice(9);
  v1::Response bad_evidence = Of("H09", 3);
  const v1::Response same = good;
  v1::Response other = good;
  other.set_duration_ms(7);
  const auto outcomes =
      OfferAll(sample::Kiosk(), {&bad, &good, nullptr, &bad_evidence, &same, &other});
  ASSERT_EQ(outcomes.size(), 6u);
  EXPECT_EQ(outcomes[0].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcomes[1]->outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(outcomes[2].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcomes[3].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcomes[4]->outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(outcomes[5].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(IntakeTest, AFullQueueIsToldToThoseThatWereGood) {
  const v1::Response response = sample::Response(1);
  const v1::Response* const one[] = {&response};
  Intake intake(catalog_, *keys_, *writer_, clock_);
  int done = 0;
  for (int i = 0; i < 4; ++i) intake.Offer(sample::Kiosk(), one, [&](auto) { ++done; });
  v1::Response bad = sample::Response(2);
  bad.clear_answers();
  const v1::Response* const two[] = {&bad, &response};
  std::vector<absl::StatusCode> codes;
  intake.Offer(sample::Kiosk(), two, [&](auto outcomes) {
    for (const auto& outcome : outcomes) codes.push_back(outcome.status().code());
  });
  EXPECT_THAT(
      codes, ElementsAre(absl::StatusCode::kInvalidArgument, absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(done, 0);
  EXPECT_EQ(intake.refused(absl::StatusCode::kInvalidArgument), 1u);
  EXPECT_EQ(intake.refused(absl::StatusCode::kResourceExhausted), 1u);
  EXPECT_EQ(intake.refused(absl::StatusCode::kNotFound), 0u);
  writer_->Step();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(IntakeTest, TheDossierCodeIsNowhereOnDisk) {
  EXPECT_EQ(OutcomeOf(Of(kDossier, 1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(Offer(Of("H09-secret", 2)).ok(), false);
  writer_.reset();
  size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    bytes += text.str().size();
    for (const char* secret : {kDossier, "00430053", "H09-secret", "secret"}) {
      EXPECT_EQ(text.str().find(secret), std::string::npos) << entry.path() << " holds " << secret;
    }
  }
  EXPECT_GT(bytes, 4096u);  // with the write-ahead log
}

}  // namespace
}  // namespace hailong::intake
