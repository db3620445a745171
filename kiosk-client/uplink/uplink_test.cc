#include "kiosk-client/uplink/uplink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/sqlite/fault_vfs.h"
#include "base/status.h"
#include "kiosk-client/uplink/kiosk_for_test.h"

namespace hailong::uplink {
namespace {

using outbox::SampleId;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UplinkTest : public ::testing::Test {
 protected:
  void KeepUpTo(uint64_t last) {
    for (uint64_t i = 1; i <= last; ++i) kiosk_.Keep(i);
  }
  uint64_t waiting() { return kiosk_.outbox->ReadState().waiting; }
  std::string alarm() { return kiosk_.uplink->facts().alarm; }

  Kiosk kiosk_{1};
  FakeServer& server_ = kiosk_.server;
};

TEST_F(UplinkTest, EnrolsAndSendsWhatWaited) {
  KeepUpTo(3);
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.enrolments, 1);
  EXPECT_EQ(kiosk_.uplink->facts().collector_id, "kiosk-1");
  EXPECT_EQ(server_.stored.size(), 3u);
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(alarm(), "");

  kiosk_.Restart();
  kiosk_.Keep(4);
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.enrolments, 1);
  EXPECT_EQ(server_.stored.size(), 4u);
}

TEST_F(UplinkTest, ALostEnrolmentAnswerIsMadeGoodAlsoAfterARestart) {
  server_.line.lost_answer = 100;
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_GE(server_.enrolments, 1);
  EXPECT_EQ(kiosk_.uplink->facts().collector_id, "");
  const std::string credential = server_.credential;
  kiosk_.Restart();
  server_.line = {};
  kiosk_.RunFor(absl::Minutes(2));
  EXPECT_EQ(kiosk_.identity->credential(), credential);
  EXPECT_GE(server_.heartbeats, 1);
  EXPECT_EQ(server_.wrong_codes, 0);
}

TEST_F(UplinkTest, AKioskThatLostItsDiskGoesOnAfterTheNumbersThatTheServerHas) {
  server_.device_sequence_max = 4711;
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(kiosk_.Keep(1), 4712u);
  kiosk_.RunFor(absl::Minutes(1));
  ASSERT_EQ(server_.stored.size(), 1u);
  kiosk_.Restart();
  EXPECT_EQ(kiosk_.Keep(2), 4713u);
  EXPECT_EQ(alarm(), "");
}

TEST_F(UplinkTest, AKioskThatEnrolsAgainKeepsItsOwnHigherNumbers) {
  for (uint64_t i = 1; i <= 5; ++i) kiosk_.Keep(i);
  server_.device_sequence_max = 3;
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.stored.size(), 5u);
  EXPECT_EQ(kiosk_.Keep(6), 6u);
}

TEST_F(UplinkTest, ANumberBeyondTheContractIsNotTakenUp) {
  server_.device_sequence_max = outbox::kSequenceMax + 1;
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_THAT(alarm(), HasSubstr("found 9007199254740993, allowed are 0..9007199254740992"));
  server_.device_sequence_max = 7;
  kiosk_.RunFor(absl::Minutes(5));
  EXPECT_EQ(alarm(), "");
  EXPECT_EQ(kiosk_.Keep(1), 8u);
}

TEST_F(UplinkTest, AWrongCodeIsTriedOnceAndTheNextOneTaken) {
  kiosk_.code = "AAAA-AAAA";
  kiosk_.Keep(1);
  kiosk_.RunFor(absl::Hours(1));
  EXPECT_EQ(server_.wrong_codes, 1);
  EXPECT_THAT(alarm(), HasSubstr("put a new one in its place"));
  kiosk_.code = "";
  kiosk_.RunFor(absl::Hours(1));
  kiosk_.code = "K7QF-3MNP";
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.stored.size(), 1u);
  EXPECT_EQ(alarm(), "");
}

TEST_F(UplinkTest, WithoutACodeItSaysSoAndWaits) {
  kiosk_.code = "";
  kiosk_.RunFor(absl::Hours(1));
  EXPECT_THAT(alarm(), HasSubstr("no code to enrol with"));
  EXPECT_EQ(server_.calls, 0);
}

TEST_F(UplinkTest, ANewAnswerGoesAtOnceAfterASuccess) {
  kiosk_.Keep(1);
  kiosk_.RunFor(absl::Seconds(10));
  ASSERT_EQ(server_.stored.size(), 1u);
  for (uint64_t i = 2; i < 20; ++i) {
    kiosk_.Keep(i);
    for (int step = 0; step < 3; ++step) kiosk_.uplink->Step();
    EXPECT_EQ(server_.stored.size(), i);
  }
}

TEST_F(UplinkTest, DaysWithoutNetworkAreEnduredQuietlyAndItResumesByItself) {
  kiosk_.RunFor(absl::Minutes(5));
  server_.line.cut = true;
  const int before = server_.calls;
  for (uint64_t i = 1; i <= 700; ++i) {
    kiosk_.Keep(i);
    kiosk_.RunFor(absl::Minutes(5));
  }
  EXPECT_EQ(waiting(), 700u);
  // Every 30 s on average.
  EXPECT_LT(server_.calls - before, 700 * 5 * 2.5);
  EXPECT_GT(server_.calls - before, 700 * 5 * 1.5);
  server_.line.cut = false;
  kiosk_.RunFor(absl::Minutes(2));
  EXPECT_EQ(server_.stored.size(), 700u);
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(UplinkTest, TheWaitIsDrawnBelowABoundThatDoubles) {
  Backoff backoff(absl::Seconds(1), absl::Minutes(1));
  std::vector<double> chances = {0.5, 0.5, 0.999, 0, 0.5, 0.5, 0.5, 0.5, 0.5};
  size_t drawn = 0;
  const auto chance = [&] { return chances[drawn++]; };
  const auto next = [&](absl::Duration asked = absl::ZeroDuration()) {
    return absl::ToDoubleSeconds(backoff.Next(chance, asked));
  };
  EXPECT_DOUBLE_EQ(next(), 0.5);
  EXPECT_DOUBLE_EQ(next(), 1);
  EXPECT_DOUBLE_EQ(next(), 3.996);
  EXPECT_DOUBLE_EQ(next(), 0);
  EXPECT_DOUBLE_EQ(next(absl::Seconds(100)), 108);
  EXPECT_DOUBLE_EQ(next(), 16);
  EXPECT_DOUBLE_EQ(next(), 30);
  EXPECT_DOUBLE_EQ(next(), 30);
  backoff.Reset();
  EXPECT_DOUBLE_EQ(next(), 0.5);
}

TEST_F(UplinkTest, WhatIsRefusedForGoodIsSetAsideWithItsReasonAndReported) {
  server_.judge = [](const v1::Response& response) {
    return response.device_sequence() == 2 ? absl::FailedPreconditionError("the round is closed")
                                           : absl::OkStatus();
  };
  KeepUpTo(4);
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(server_.stored.size(), 3u);
  EXPECT_EQ(server_.status.waiting(), 0u);
  EXPECT_EQ(server_.status.set_aside(), 1u);
  ASSERT_EQ(server_.status.newest_set_aside_size(), 1);
  EXPECT_EQ(server_.status.newest_set_aside(0).response_id(), SampleId(2));
  EXPECT_EQ(server_.status.newest_set_aside(0).device_sequence(), 2u);
  EXPECT_EQ(server_.status.newest_set_aside(0).code(), 9);
  EXPECT_EQ(server_.status.newest_set_aside(0).message(), "the round is closed");
}

TEST_F(UplinkTest, WhatIsPutOffComesLaterAndKeepsNothingElse) {
  int refusals = 0;
  const absl::Time from = kiosk_.clock.Now() + absl::Hours(2);
  server_.judge = [&](const v1::Response& response) {
    if (response.device_sequence() > 600 || kiosk_.clock.Now() > from) return absl::OkStatus();
    ++refusals;
    return WithRetryDelay(absl::UnavailableError("no key"), absl::Seconds(60));
  };
  KeepUpTo(1200);
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.stored.size(), 600u) << "those behind the 600 that were put off";
  kiosk_.Keep(1201);
  kiosk_.RunFor(absl::Seconds(5));
  EXPECT_EQ(server_.stored.size(), 601u);
  kiosk_.RunFor(absl::Hours(2) + absl::Minutes(4));
  EXPECT_EQ(server_.stored.size(), 1201u);
  EXPECT_LT(refusals, 600 * 121) << "not more often than it asked";
  EXPECT_GT(refusals, 600 * 50);
}

TEST_F(UplinkTest, AnAnswerThatSpoilsItsBatchIsFoundByHalving) {
  KeepUpTo(600);
  server_.poison = {SampleId(137), SampleId(138), SampleId(600)};
  kiosk_.RunFor(absl::Minutes(5));
  EXPECT_EQ(server_.stored.size(), 597u);
  EXPECT_EQ(kiosk_.outbox->ReadState().set_aside, 3u);
  EXPECT_EQ(kiosk_.outbox->ReadState().newest_set_aside[0].message(), "poison");
  EXPECT_EQ(waiting(), 0u);
  EXPECT_LT(server_.calls, 120);
}

TEST_F(UplinkTest, AnAnswerOnWhichTheServerFailsStaysAndHoldsUpNothing) {
  KeepUpTo(20);
  server_.choke = {SampleId(7)};
  kiosk_.RunFor(absl::Hours(3));
  EXPECT_EQ(server_.stored.size(), 19u);
  EXPECT_EQ(waiting(), 1u);
  EXPECT_EQ(kiosk_.outbox->ReadState().set_aside, 0u) << "it may be the server's fault";
  server_.choke.clear();
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(server_.stored.size(), 20u);
}

TEST_F(UplinkTest, AServerThatTakesSmallerBatchesGetsThem) {
  server_.count_max = 60;
  KeepUpTo(300);
  kiosk_.RunFor(absl::Minutes(2));
  EXPECT_EQ(server_.stored.size(), 300u);
  EXPECT_EQ(kiosk_.outbox->ReadState().set_aside, 0u);
}

TEST_F(UplinkTest, BatchesAreLimitedInNumber) {
  KeepUpTo(1100);
  kiosk_.RunFor(absl::Minutes(2));
  EXPECT_THAT(server_.batches, ::testing::ElementsAre(500, 500, 100));
}

TEST_F(UplinkTest, ABusyServerIsAskedWhenItSaid) {
  kiosk_.RunFor(absl::Minutes(2));
  server_.busy = true;
  kiosk_.Keep(1);
  const int before = server_.calls;
  kiosk_.RunFor(absl::Minutes(10));
  EXPECT_LT(server_.calls - before, 2 * 200 / 3) << "3 s, and a share of a growing wait";
  EXPECT_EQ(waiting(), 1u);
  server_.busy = false;
  kiosk_.RunFor(absl::Minutes(2));
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(UplinkTest, ARevokedKioskKeepsItsAnswersSaysWhatToDoAndAsksRarely) {
  kiosk_.RunFor(absl::Minutes(2));
  server_.revoked = true;
  KeepUpTo(5);
  kiosk_.RunFor(absl::Minutes(2));
  const int before = server_.calls;
  kiosk_.RunFor(absl::Hours(5));
  EXPECT_LE(server_.calls - before, 5 * 12 + 1);
  EXPECT_GE(server_.calls - before, 5 * 6);
  EXPECT_EQ(waiting(), 5u);
  EXPECT_THAT(alarm(), HasSubstr("ask the administrator"));
  kiosk_.Restart();
  kiosk_.RunFor(absl::Hours(1));
  EXPECT_EQ(waiting(), 5u);
  server_.revoked = false;
  kiosk_.RunFor(absl::Minutes(11));
  EXPECT_EQ(server_.stored.size(), 5u);
  EXPECT_EQ(alarm(), "");
}

TEST_F(UplinkTest, AKioskThatLostItsStandingEnrolsAgainWithANewCode) {
  kiosk_.RunFor(absl::Minutes(2));
  server_.credential = "another";
  KeepUpTo(2);
  kiosk_.RunFor(absl::Hours(1));
  EXPECT_EQ(waiting(), 2u);
  EXPECT_EQ(server_.wrong_codes, 0) << "the used one is not tried again";
  server_.enrolment_code = kiosk_.code = "BBBB-BBBB";
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.stored.size(), 2u);
  EXPECT_EQ(alarm(), "");
}

TEST_F(UplinkTest, RenewsItsCredentialWhenAsked) {
  kiosk_.RunFor(absl::Minutes(2));
  const std::string old = server_.credential;
  server_.heartbeat.set_renew_credential(true);
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(server_.renewals, 1);
  EXPECT_NE(server_.credential, old);
  EXPECT_EQ(kiosk_.identity->credential(), server_.credential);
  kiosk_.Restart();
  kiosk_.Keep(1);
  kiosk_.RunFor(absl::Minutes(1));
  EXPECT_EQ(server_.stored.size(), 1u);
}

TEST_F(UplinkTest, ARenewalWhoseAnswerIsLostIsFoundOutByAsking) {
  for (const bool restarts : {false, true}) {
    kiosk_.RunFor(absl::Minutes(3));
    const std::string old = server_.credential;
    server_.heartbeat.set_renew_credential(true);
    server_.loses_next_renewal = true;
    while (server_.loses_next_renewal) kiosk_.RunFor(absl::Seconds(1));
    ASSERT_NE(server_.credential, old);
    ASSERT_EQ(kiosk_.identity->credential(), old) << "it has not heard of it";
    if (restarts) kiosk_.Restart();
    kiosk_.RunFor(absl::Minutes(3));
    EXPECT_EQ(kiosk_.identity->credential(), server_.credential);
    EXPECT_EQ(kiosk_.uplink->facts().alarm, "");
  }
}

TEST_F(UplinkTest, AnAnswerStaysWithoutAReceiptOfItsOwn) {
  int spoilt = 0;
  server_.spoil = [&](v1::SubmitResponsesResponse& answer) {
    switch (spoilt++ % 4) {
      case 0:
        answer.mutable_results()->RemoveLast();
        break;
      case 1:
        answer.mutable_results(0)->mutable_stored()->mutable_receipt()->set_response_id(
            SampleId(99));
        break;
      case 2:
        answer.mutable_results(0)->clear_result();
        break;
      case 3:
        answer.mutable_results(0)->mutable_stored()->clear_receipt();
        break;
    }
  };
  kiosk_.Keep(1);
  kiosk_.RunFor(absl::Minutes(30));
  EXPECT_GE(spoilt, 8);
  EXPECT_EQ(waiting(), 1u);
  server_.spoil = nullptr;
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(server_.stored.size(), 1u);
  EXPECT_THAT(server_.contradictions, IsEmpty());
}

TEST_F(UplinkTest, TheClockOffsetIsMeasuredStampedAndOutlivesAClockThatIsSet) {
  server_.ahead = absl::Seconds(90);
  kiosk_.Keep(1);  // before the first contact
  kiosk_.RunFor(absl::Minutes(2));
  kiosk_.Keep(2);
  kiosk_.wall.shift = -absl::Hours(1);  // somebody sets the clock; nobody has measured since
  kiosk_.Keep(3);
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(server_.stored.at(SampleId(1)).response.clock_offset_ms(), 0);
  EXPECT_NEAR(static_cast<double>(server_.stored.at(SampleId(2)).response.clock_offset_ms()),
              90'000, 50);
  EXPECT_NEAR(static_cast<double>(server_.stored.at(SampleId(3)).response.clock_offset_ms()),
              90'000 + 3'600'000, 50);
  EXPECT_NEAR(static_cast<double>(server_.status.clock_offset_ms()), 3'690'000, 50);
}

TEST_F(UplinkTest, ALongWayThereAndBackMeasuresNothing) {
  const absl::Time start = kiosk_.clock.Now();
  kiosk_.offset->Learn(start + absl::Hours(1), start, start + absl::Seconds(6));
  EXPECT_EQ(kiosk_.offset->Milliseconds(), 0);
  kiosk_.offset->Learn(start + absl::Seconds(12), start, start + absl::Seconds(4));
  EXPECT_EQ(kiosk_.offset->Milliseconds(), 10'000);
}

TEST_F(UplinkTest, SaysHowItIsAsOftenAsTheServerWants) {
  server_.heartbeat.set_next_heartbeat_seconds(10);
  kiosk_.RunFor(absl::Minutes(10));
  EXPECT_GE(server_.heartbeats, 59);
  EXPECT_LE(server_.heartbeats, 68);
  EXPECT_EQ(server_.status.version(), "1.2.3");
  kiosk_.Keep(1);
  server_.judge = [](const v1::Response&) {
    return WithRetryDelay(absl::UnavailableError("later"), absl::Seconds(60));
  };
  const int64_t kept_at = absl::ToUnixSeconds(kiosk_.wall.Now());
  kiosk_.RunFor(absl::Seconds(30));
  EXPECT_EQ(server_.status.waiting(), 1u);
  EXPECT_EQ(server_.status.oldest_waiting_at().seconds(), kept_at);
  EXPECT_EQ(server_.status.device_sequence(), 1u);

  server_.heartbeat.set_next_heartbeat_seconds(1);
  kiosk_.RunFor(absl::Minutes(1));
  const int before = server_.heartbeats;
  kiosk_.RunFor(absl::Minutes(10));
  EXPECT_LE(server_.heartbeats - before, 135) << "not more often than every five seconds";
}

TEST_F(UplinkTest, AFailingDiskLosesNothingThatTheServerHas) {
  base::FaultVfs& disk = base::FaultVfs::Register("uplink_test");
  Kiosk kiosk(5, disk.name());
  kiosk.RunFor(absl::Minutes(1));
  for (uint64_t i = 1; i <= 10; ++i) kiosk.Keep(i);
  disk.FailAt(base::FaultVfs::Kind::kAny, 1, /*for_good=*/true);
  const int before = kiosk.server.calls;
  kiosk.RunFor(absl::Minutes(10));
  EXPECT_LT(kiosk.server.calls - before, 100);
  EXPECT_THAT(kiosk.server.status.alarm(), HasSubstr("the outbox cannot write"));
  disk.Heal();
  kiosk.RunFor(absl::Minutes(2));
  EXPECT_EQ(kiosk.outbox->ReadState().waiting, 0u);
  EXPECT_EQ(kiosk.server.stored.size(), 10u);
  EXPECT_THAT(kiosk.server.contradictions, IsEmpty());
}

class SettingsTest : public UplinkTest {
 protected:
  SettingsTest() { Publish(1); }

  void Publish(uint32_t version) {
    server_.heartbeat.mutable_configuration()->set_round_id("round");
    server_.heartbeat.mutable_configuration()->set_form_id("counter");
    v1::Round& round = *server_.heartbeat.mutable_round();
    round.set_round_id("round");
    round.set_questionnaire_id("sipas");
    round.set_questionnaire_version(version);
    server_.heartbeat.set_unit_name("Sở Nội vụ");
    server_.heartbeat.set_questionnaire_digest(base::Cat("digest-", version));
    server_.questionnaire.set_digest(base::Cat("digest-", version));
    v1::Questionnaire& questionnaire = *server_.questionnaire.mutable_questionnaire();
    questionnaire.Clear();
    questionnaire.set_questionnaire_id("sipas");
    questionnaire.set_version(version);
    v1::Question& question = *questionnaire.add_questions();
    question.set_question_id("q1");
    question.set_kind(v1::QUESTION_KIND_RATING);
    question.add_options()->mutable_text()->set_vi("Rất hài lòng");
    v1::Form& form = *questionnaire.add_forms();
    form.set_form_id("counter");
    form.add_question_ids("q1");
  }
  v1::Questionnaire& questionnaire() { return *server_.questionnaire.mutable_questionnaire(); }
};

TEST_F(SettingsTest, AreFetchedOnceKeptAndThereWithoutNetwork) {
  kiosk_.RunFor(absl::Minutes(10));
  ASSERT_EQ(kiosk_.told.size(), 1u);
  EXPECT_EQ(server_.fetches, 1);
  EXPECT_EQ(kiosk_.told[0].questionnaire.version(), 1u);
  EXPECT_EQ(kiosk_.told[0].unit_name, "Sở Nội vụ");
  EXPECT_EQ(server_.status.questionnaire_digest(), "digest-1");

  kiosk_.told.clear();
  server_.line.cut = true;
  kiosk_.Restart();
  kiosk_.RunFor(absl::Minutes(10));
  ASSERT_EQ(kiosk_.told.size(), 1u);
  EXPECT_EQ(kiosk_.told[0].configuration.form_id(), "counter");
  EXPECT_EQ(kiosk_.told[0].round->round_id(), "round");
  EXPECT_EQ(kiosk_.told[0].questionnaire.version(), 1u);
}

TEST_F(SettingsTest, AChangeIsToldOnceAndOnlyANewQuestionnaireIsFetched) {
  kiosk_.RunFor(absl::Minutes(3));
  server_.heartbeat.mutable_configuration()->mutable_message_of_the_day()->set_vi("Nghỉ lễ");
  kiosk_.RunFor(absl::Minutes(3));
  ASSERT_EQ(kiosk_.told.size(), 2u);
  EXPECT_EQ(kiosk_.told[1].configuration.message_of_the_day().vi(), "Nghỉ lễ");
  EXPECT_EQ(kiosk_.told[1].questionnaire.version(), 1u);
  EXPECT_EQ(server_.fetches, 1);
  Publish(2);
  kiosk_.RunFor(absl::Minutes(3));
  ASSERT_EQ(kiosk_.told.size(), 3u);
  EXPECT_EQ(kiosk_.told[2].questionnaire.version(), 2u);
  EXPECT_EQ(server_.fetches, 2);
}

TEST_F(SettingsTest, ARoundThatIsGoneIsToldToo) {
  kiosk_.RunFor(absl::Minutes(3));
  server_.heartbeat.clear_round();
  server_.heartbeat.clear_questionnaire_digest();
  kiosk_.RunFor(absl::Minutes(3));
  ASSERT_EQ(kiosk_.told.size(), 2u);
  EXPECT_FALSE(kiosk_.told[1].round.has_value());
}

TEST_F(SettingsTest, WhatCannotBeShownLeavesTheLastGoodOnes) {
  kiosk_.RunFor(absl::Minutes(3));
  const std::vector<std::pair<std::string, std::function<void()>>> mistakes = {
      {"found no question,", [&] { questionnaire().clear_questions(); }},
      {"there twice", [&] { *questionnaire().add_questions() = questionnaire().questions(0); }},
      {"found kind 17",
       [&] { questionnaire().mutable_questions(0)->set_kind(static_cast<v1::QuestionKind>(17)); }},
      {"found 0 options", [&] { questionnaire().mutable_questions(0)->clear_options(); }},
      {"asks question 'q9'", [&] { questionnaire().mutable_forms(0)->add_question_ids("q9"); }},
      {"found 'counter', allowed are 'x'",
       [&] { questionnaire().mutable_forms(0)->set_form_id("x"); }},
      {"version 99", [&] { questionnaire().set_version(99); }},
      {"round: found 'other'", [&] { server_.heartbeat.mutable_round()->set_round_id("other"); }},
  };
  uint32_t version = 2;
  for (const auto& [what, mistake] : mistakes) {
    Publish(version++);
    mistake();
    const int fetches = server_.fetches;
    kiosk_.RunFor(absl::Minutes(10));
    EXPECT_THAT(alarm(), HasSubstr(what));
    EXPECT_THAT(server_.status.alarm(), HasSubstr(what));
    EXPECT_EQ(kiosk_.told.size(), 1u) << what;
    EXPECT_EQ(server_.fetches - fetches, 1) << "the same mistake is not fetched again";
  }
  Publish(version);
  kiosk_.RunFor(absl::Minutes(3));
  EXPECT_EQ(alarm(), "");
  ASSERT_EQ(kiosk_.told.size(), 2u);
  EXPECT_EQ(kiosk_.told[1].questionnaire.version(), version);
}

TEST_F(SettingsTest, AQuestionnaireThatIsNotTheOneAnnouncedIsNotTaken) {
  server_.questionnaire.set_digest("another");
  kiosk_.RunFor(absl::Minutes(5));
  EXPECT_THAT(kiosk_.told, IsEmpty());
  server_.questionnaire.set_digest("digest-1");
  kiosk_.RunFor(absl::Minutes(5));
  EXPECT_EQ(kiosk_.told.size(), 1u);
}

}  // namespace
}  // namespace hailong::uplink
