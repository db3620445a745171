#include "server/survey/survey.h"

#include <gmock/gmock.h>

#include <future>

#include "google/rpc/error_details.pb.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/survey/slip.h"
#include "server/survey/survey_for_test.h"

namespace hailong::survey {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(refusal::kErrorInfoUrl);
  EXPECT_TRUE(payload.has_value()) << status;
  if (payload.has_value()) info.ParseFromString(std::string(*payload));
  return info.reason();
}

// --- opening ---

TEST_F(SurveyTest, TheOpenLinkAsksTheRoundsQuestionsForTheCollectorsUnit) {
  SetWeb([](v1::WebConfiguration& web) {
    web.set_form_id("counter");
    web.clear_group_question_id();
  });
  ChangeRound([](v1::Round& round) {
    round.set_synthetic(true);
    round.set_partial_rule(v1::PARTIAL_RULE_KEEP);
  });
  for (const char* link : {kLink, "000oo00-web"}) {
    const auto opened = Open(ByLink(link));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->state(), v1::SURVEY_STATE_OPEN);
    EXPECT_EQ(opened->title().vi(), sample::Round().title().vi());
    EXPECT_EQ(opened->unit_name(), catalog_.Get()->units().NameOf("74.SNV", "2025-03-06"));
    EXPECT_EQ(opened->province_name(), catalog_.Get()->units().NameOf("74", "2025-03-06"));
    EXPECT_EQ(opened->questionnaire().questionnaire_id(), "sample");
    EXPECT_EQ(opened->form_id(), "counter");
    EXPECT_THAT(opened->languages(), ElementsAre("vi", "en"));
    EXPECT_EQ(opened->known_question_id(), "");
    EXPECT_TRUE(opened->asks_dossier_code());
    EXPECT_TRUE(opened->keeps_partial());
    EXPECT_TRUE(opened->synthetic());
    EXPECT_EQ(model::FromProto(opened->server_time()), clock_.Now());
    EXPECT_EQ(opened->opens_at().seconds(), sample::Round().opens_at().seconds());
    EXPECT_EQ(opened->closes_at().seconds(), sample::Round().closes_at().seconds());
  }
}

TEST_F(SurveyTest, AnInvitationAsksForItsUnitAndFormWithoutItsGroupQuestion) {
  SetWeb([](v1::WebConfiguration& web) {
    web.add_languages("km");
    web.set_open(false);
  });
  ChangeCollector([](v1::Collector& collector) { collector.clear_unit_id(); });
  const std::string token = Invite([](v1::NewInvitation& one) {
                              one.set_unit_id("74");
                              one.set_group(2);
                            }).token();
  const auto opened = Open(ByToken(token));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->state(), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(opened->unit_name(), catalog_.Get()->units().NameOf("74", "2025-03-06"));
  EXPECT_EQ(opened->province_name(), "");
  EXPECT_EQ(opened->known_question_id(), "q3");
  EXPECT_THAT(opened->languages(), ElementsAre("km"));
  EXPECT_FALSE(opened->asks_dossier_code());
  EXPECT_EQ(opened->form_id(), "");
  const std::string counter = Invite([](v1::NewInvitation& one) {
                                one.set_unit_id("718");
                                one.set_form_id("counter");
                              }).token();
  EXPECT_EQ(Open(ByToken(counter))->form_id(), "counter");
  EXPECT_EQ(Open(ByToken(counter))->known_question_id(), "");
}

TEST_F(SurveyTest, WhyAPersonMayNotAnswerIsAStateWithTitleNamesAndTimesOnly) {
  const std::string token = Token();
  const auto expect = [&](v1::SurveyState state) {
    for (const v1::Entry& entry : {ByLink(), ByToken(token)}) {
      const auto opened = Open(entry);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ(opened->state(), state) << entry.DebugString();
      EXPECT_FALSE(opened->has_questionnaire());
      EXPECT_EQ(opened->form_id(), "");
      EXPECT_TRUE(opened->has_opens_at());
      EXPECT_TRUE(opened->has_closes_at());
      EXPECT_NE(opened->title().vi(), "");
      EXPECT_NE(opened->unit_name(), "");
    }
  };
  clock_.Set(sample::At("2025-02-28T23:59:59+07:00"));
  expect(v1::SURVEY_STATE_NOT_YET);
  EXPECT_EQ(ReasonOf(Submit(ByLink(), Answer(1)).status()), "ROUND_NOT_OPEN_YET");
  clock_.Set(sample::At("2025-04-01T00:00:00+07:00"));
  expect(v1::SURVEY_STATE_OVER);
  clock_.Set(sample::At("2025-03-06T10:00:00+07:00"));
  SetWeb([](v1::WebConfiguration& web) { web.add_quotas()->set_size_max(1); });
  EXPECT_EQ(OutcomeOf(ByLink(), Answer(1)), v1::OUTCOME_RECORDED);
  expect(v1::SURVEY_STATE_FULL);
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_CLOSED); });
  expect(v1::SURVEY_STATE_OVER);
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_OPEN); });
  ChangeCollector([](v1::Collector& collector) { collector.set_revoked(true); });
  expect(v1::SURVEY_STATE_OVER);
}

TEST_F(SurveyTest, ALinkThatAsksNothingNowIsOverButAnInvitationKeepsItsRound) {
  const std::string token = Token();
  SetWeb([](v1::WebConfiguration& web) { web.clear_round_id(); });
  EXPECT_EQ(StateOf(ByLink()), v1::SURVEY_STATE_OVER);
  EXPECT_EQ(StateOf(BySlip(kDossier, "0000000000")), v1::SURVEY_STATE_OVER);
  EXPECT_EQ(StateOf(ByToken(token)), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  SetWeb([](v1::WebConfiguration& web) {
    web.set_open(false);
    web.set_slips(false);
  });
  EXPECT_EQ(StateOf(ByLink()), v1::SURVEY_STATE_OVER);
  EXPECT_EQ(StateOf(BySlip(kDossier)), v1::SURVEY_STATE_OVER);
  EXPECT_TRUE(absl::IsNotFound(Open(BySlip(kDossier, "0000000000")).status()));
  EXPECT_EQ(ReasonOf(Submit(ByLink(), Answer(2)).status()), "SURVEY_STATE_OVER");
}

TEST_F(SurveyTest, WhatCannotBeAnEntryIsToldFromOneThatIsWrong) {
  for (const v1::Entry& entry :
       {v1::Entry(), ByToken(""), ByToken("short"), ByToken(std::string(27, 'A')),
        ByToken(std::string(25, 'A') + "\xC3"), ByLink(""), ByLink("ABCDEFGHJ"),
        BySlip("no dossier", "0000000000"), BySlip(kDossier, "")}) {
    const absl::Status status = Open(entry).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status << entry.DebugString();
    EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr(kDossier)));
  }
  std::set<std::string> answers;
  for (const v1::Entry& entry :
       {ByToken(std::string(26, 'A')), ByLink("ABCDEFGHJK"), BySlip(kDossier, "0000000000")}) {
    const absl::Status status = Open(entry).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status << entry.DebugString();
    answers.insert(std::string(status.message()));
    EXPECT_TRUE(absl::IsNotFound(Submit(entry, Answer(1)).status()));
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(SurveyTest, WrongEntriesAreSlowedDownAndRightOnesGetInAllTheSame) {
  const std::string token = Token();
  absl::Status last;
  for (int i = 0; i <= limits::kSurveyTriesMax; ++i) last = Open(ByLink("ABCDEFGHJK")).status();
  EXPECT_TRUE(absl::IsResourceExhausted(last)) << last;
  EXPECT_EQ(refusal::RetryDelayOf(last), limits::kSurveyTryEvery);
  EXPECT_EQ(StateOf(ByLink()), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(StateOf(ByToken(token)), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  clock_.Advance(limits::kSurveyTryEvery);
  EXPECT_TRUE(absl::IsNotFound(Open(ByLink("ABCDEFGHJK")).status()));
}

// --- answering ---

TEST_F(SurveyTest, AnInvitationIsAnsweredOnceAndARetryGetsItsReceipt) {
  const std::string token = Token();
  const auto first = Submit(ByToken(token), Answer(1));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->outcome(), v1::OUTCOME_RECORDED);
  EXPECT_EQ(first->receipt().response_id(), sample::ResponseId(1));
  clock_.Advance(absl::Minutes(5));
  const auto retry = Submit(ByToken(token), Answer(1));
  ASSERT_TRUE(retry.ok()) << retry.status();
  EXPECT_EQ(retry->outcome(), v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(retry->receipt().received_at().seconds(), first->receipt().received_at().seconds());
  const absl::Status other = Submit(ByToken(token), Answer(2)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_EQ(ReasonOf(other), "SURVEY_STATE_ANSWERED");
  EXPECT_EQ(StateOf(ByToken(token)), v1::SURVEY_STATE_ANSWERED);
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].channel, v1::CHANNEL_WEB);
  EXPECT_EQ(rows[0].content.unit_id, "74.SNV");
  // Many people answer at once here; that is no burst of one finger.
  EXPECT_EQ(rows[0].flags, 0u);
  EXPECT_TRUE(rows[0].identified);
}

TEST_F(SurveyTest, ManyInvitedPeopleAtOnceAreNoBurst) {
  for (uint64_t n = 1; n <= 8; ++n) {
    v1::Response response = Answer(n);
    *response.mutable_submitted_at() = Answer(1).submitted_at();
    EXPECT_EQ(OutcomeOf(ByToken(Token()), response), v1::OUTCOME_RECORDED);
  }
  for (const model::ResponseRow& row : Rows()) EXPECT_EQ(row.flags, 0u);
}

TEST_F(SurveyTest, AHallFullOfPhonesOnTheOpenLinkIsNoBurstAndARestartDoesNotMakeItOne) {
  const auto answer_at_once = [&](uint64_t n) {
    v1::Response response = Answer(n);
    *response.mutable_submitted_at() = Answer(1).submitted_at();
    EXPECT_EQ(OutcomeOf(ByLink(), response), v1::OUTCOME_RECORDED);
  };
  for (uint64_t n = 1; n <= 8; ++n) answer_at_once(n);
  ASSERT_TRUE(admission_->Recover(*store_).ok());
  for (uint64_t n = 9; n <= 12; ++n) answer_at_once(n);
  EXPECT_EQ(Rows().size(), 12u);
  for (const model::ResponseRow& row : Rows()) EXPECT_EQ(row.flags, 0u);
}

TEST_F(SurveyTest, TheServerAddsTheKnownAnswerAndTakesItFromNobodyElse) {
  const std::string token = Invite([](v1::NewInvitation& one) { one.set_group(2); }).token();
  v1::Response bringing = Answer(1);
  sample::AddChoice(bringing, "q3", 1);
  EXPECT_THAT(sample::ViolationLines(Submit(ByToken(token), bringing).status()),
              ElementsAre(HasSubstr("response.answers[1].question_id")));
  v1::Response empty = Answer(1);
  empty.clear_answers();
  EXPECT_TRUE(absl::IsInvalidArgument(Submit(ByToken(token), empty).status()));
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 1u);
  const model::Question& group = catalog_.Get()->FindRound("march")->questionnaire().questions()[2];
  EXPECT_EQ(rows[0].content.answers[group.offset], '\2');
}

TEST_F(SurveyTest, AnInvitationKeepsItsRoundItsFormAndItsGroupWhateverTheCollectorAsksLater) {
  const std::string whole = Invite([](v1::NewInvitation& one) { one.set_group(2); }).token();
  const auto counter_only = [](v1::WebConfiguration& web) {
    web.set_form_id("counter");
    web.clear_group_question_id();
    v1::Quota& quota = *web.add_quotas();
    quota.set_group(2);
    quota.set_size_max(1);
  };
  SetWeb(counter_only);
  const std::string counter = Token();
  const auto expect = [&] {
    EXPECT_EQ(Open(ByToken(whole))->form_id(), "");
    EXPECT_EQ(Open(ByToken(whole))->known_question_id(), "q3");
    EXPECT_EQ(Open(ByToken(counter))->form_id(), "counter");
    EXPECT_EQ(Open(ByToken(counter))->known_question_id(), "");
  };
  expect();
  SetWeb([](v1::WebConfiguration&) {});
  expect();
  v1::Round april = sample::Round();
  april.set_round_id("april");
  catalog_.Set(
      *catalog_.Get()->With({model::RoundRecord{.number = model::RoundNumber{2}, .round = april}}));
  SetWeb([](v1::WebConfiguration& web) { web.set_round_id("april"); });
  expect();
  SetWeb(counter_only);
  EXPECT_EQ(OutcomeOf(ByToken(whole), Answer(1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(ByToken(counter), Answer(2)), v1::OUTCOME_RECORDED);
  const auto rows = Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].content.form_id, "");
  EXPECT_EQ(rows[1].content.form_id, "counter");
  EXPECT_EQ(store_->CountPlaces(sample::Web().collector, sample::kRoundNumber, "", 2).value(), 1u);
}

TEST_F(SurveyTest, WhatTheEntrySaysTheResponseLeavesOut) {
  v1::Response response = Answer(1);
  response.set_round_id("march");
  response.set_unit_id("74.SNV");
  response.set_form_id("counter");
  response.set_receiving_unit_id("74");
  response.set_counter("3");
  response.set_device_sequence(7);
  response.mutable_evidence()->set_invitation_token("x");
  const absl::Status status = Submit(ByLink(), response).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(sample::ViolationLines(status).size(), 7u);
  // Only who comes by the open link may type a dossier code.
  v1::Response typed = Answer(1);
  typed.mutable_evidence()->set_dossier_code(kDossier);
  EXPECT_TRUE(absl::IsInvalidArgument(Submit(ByToken(Token()), typed).status()));
  EXPECT_EQ(OutcomeOf(ByLink(), typed), v1::OUTCOME_RECORDED);
  EXPECT_TRUE(Rows()[0].identified);
}

TEST_F(SurveyTest, ADossierByKioskInvitationSlipAndTypedCountsOnceInAnyOrder) {
  v1::GetSlipKeyRequest ask;
  ask.set_collector_id("web");
  const auto key = invitations_->GetSlipKey(admin_, ask);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->link_code(), kLink);
  EXPECT_EQ(key->key().size(), 32u);
  uint64_t n = 0;
  std::vector<int> order = {0, 1, 2, 3};
  int dossiers = 0;
  do {
    const std::string dossier = "G12.18-250301-" + std::to_string(10000 + ++dossiers);
    std::string check = SlipCheck(key->key(), dossier);
    const std::string token =
        Invite([&](v1::NewInvitation& one) { one.set_dossier_code(dossier); }).token();
    int counted = 0;
    for (const int way : order) {
      ++n;
      v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
      if (way == 0) {
        v1::Response tap = sample::Response(n);
        tap.mutable_evidence()->set_dossier_code(dossier);
        const v1::Response* const taps[] = {&tap};
        std::promise<v1::Outcome> told;
        intake_->Offer(sample::Kiosk(), taps,
                       [&](const auto& stored) { told.set_value(stored[0]->outcome); });
        outcome = told.get_future().get();
      } else if (way == 1) {
        outcome = OutcomeOf(ByToken(token), Answer(n));
      } else if (way == 2) {
        std::transform(check.begin(), check.end(), check.begin(), ::tolower);
        outcome = OutcomeOf(BySlip(" " + dossier, check), Answer(n));
      } else {
        v1::Response typed = Answer(n);
        typed.mutable_evidence()->set_dossier_code(dossier);
        outcome = OutcomeOf(ByLink(), typed);
      }
      // The newest counts, so each displaces the one before.
      EXPECT_EQ(outcome, counted++ == 0 ? v1::OUTCOME_RECORDED : v1::OUTCOME_RECORDED_COUNTS);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(dossiers, 24);
}

TEST_F(SurveyTest, ARetryOfADossiersInvitationIsKnownThoughItForgotWhose) {
  const std::string token =
      Invite([](v1::NewInvitation& one) { one.set_dossier_code(kDossier); }).token();
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_ALREADY_RECORDED);
  v1::Response changed = Answer(1);
  changed.mutable_answers(0)->set_choice(1);
  EXPECT_TRUE(absl::IsAlreadyExists(Submit(ByToken(token), changed).status()));
}

TEST_F(SurveyTest, TheNarrowestQuotaThatFitsHolds) {
  SetWeb([](v1::WebConfiguration& web) {
    const auto add = [&](const char* unit, uint32_t group, uint32_t size) {
      v1::Quota& quota = *web.add_quotas();
      quota.set_unit_id(unit);
      quota.set_group(group);
      quota.set_size_max(size);
    };
    add("", 0, 4);
    add("", 2, 1);
    add("74.SNV", 0, 2);
    add("74.SNV", 1, 3);
  });
  ChangeCollector([](v1::Collector& collector) { collector.set_unit_id("74"); });
  uint64_t n = 0;
  const auto answer = [&](const char* unit, uint32_t group) {
    const std::string token = Invite([&](v1::NewInvitation& one) {
                                one.set_unit_id(unit);
                                one.set_group(group);
                              }).token();
    const absl::Status status = Submit(ByToken(token), Answer(++n)).status();
    EXPECT_EQ(StateOf(ByToken(token)),
              status.ok() ? v1::SURVEY_STATE_ANSWERED : v1::SURVEY_STATE_FULL);
    return status.ok() ? "ok" : ReasonOf(status);
  };
  EXPECT_EQ(answer("74.STC", 2), "ok");
  EXPECT_EQ(answer("74.STC", 2), "SURVEY_STATE_FULL");  // group 2 of all units
  EXPECT_EQ(answer("74.SNV", 1), "ok");
  EXPECT_EQ(answer("74.SNV", 1), "ok");
  EXPECT_EQ(answer("74.SNV", 1), "ok");  // 3 of unit and group, though the unit's 2 are there
  EXPECT_EQ(answer("74.SNV", 1), "SURVEY_STATE_FULL");
  EXPECT_EQ(answer("74.SNV", 2), "SURVEY_STATE_FULL");  // the unit's
  EXPECT_EQ(answer("74.STC", 1), "SURVEY_STATE_FULL");  // 4 of all
}

TEST_F(SurveyTest, WhatWasGivenInTimeIsTakenInTheGrace) {
  const std::string token = Token();
  clock_.Set(sample::At("2025-04-02T00:00:00+07:00"));
  EXPECT_EQ(StateOf(ByToken(token)), v1::SURVEY_STATE_OVER);
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(OutcomeOf(ByLink(), Answer(2)), v1::OUTCOME_RECORDED);
  v1::Response after = Answer(3);
  *after.mutable_submitted_at() = model::ToProto(clock_.Now());
  EXPECT_EQ(ReasonOf(Submit(ByLink(), after).status()), "ROUND_CLOSED");
}

TEST_F(SurveyTest, ARevokedInvitationOrCollectorTakesNothingButARetryOfWhatIsStored) {
  const v1::CreatedInvitation answered = Invite([](v1::NewInvitation&) {});
  const v1::CreatedInvitation open = Invite([](v1::NewInvitation&) {});
  EXPECT_EQ(OutcomeOf(ByToken(answered.token()), Answer(1)), v1::OUTCOME_RECORDED);
  v1::RevokeInvitationsRequest revoke;
  revoke.set_collector_id("web");
  revoke.add_invitation_ids(answered.invitation_id());
  revoke.add_invitation_ids(open.invitation_id());
  ASSERT_TRUE(invitations_->RevokeInvitations(admin_, revoke).ok());
  EXPECT_EQ(StateOf(ByToken(open.token())), v1::SURVEY_STATE_OVER);
  EXPECT_EQ(ReasonOf(Submit(ByToken(open.token()), Answer(2)).status()), "SURVEY_STATE_OVER");
  EXPECT_EQ(OutcomeOf(ByToken(answered.token()), Answer(1)), v1::OUTCOME_ALREADY_RECORDED);
  ChangeCollector([](v1::Collector& collector) { collector.set_revoked(true); });
  EXPECT_EQ(ReasonOf(Submit(ByLink(), Answer(3)).status()), "SURVEY_STATE_OVER");
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(SurveyTest, WhatIsStoredGetsItsReceiptWhenTheLinkWasClosedOrTheCollectorRevoked) {
  const std::vector<v1::Entry> entries = {ByLink(), BySlip(kDossier), ByToken(Token())};
  const auto at = clock_.Now();
  uint64_t n = 0;
  for (const v1::Entry& entry : entries) {
    EXPECT_EQ(OutcomeOf(entry, Answer(++n)), v1::OUTCOME_RECORDED);
  }
  const auto expect = [&](const v1::Entry& other_invitation, v1::SurveyState state) {
    clock_.Advance(absl::Minutes(5));
    n = 0;
    for (const v1::Entry& entry : entries) {
      const auto retry = Submit(entry, Answer(++n));
      ASSERT_TRUE(retry.ok()) << retry.status() << entry.DebugString();
      EXPECT_EQ(retry->outcome(), v1::OUTCOME_ALREADY_RECORDED);
      EXPECT_EQ(retry->receipt().first_outcome(), v1::OUTCOME_RECORDED);
      EXPECT_EQ(model::FromProto(retry->receipt().received_at()), at);
    }
    EXPECT_EQ(ReasonOf(Submit(entries[0], Answer(4)).status()), "SURVEY_STATE_OVER");
    EXPECT_EQ(ReasonOf(Submit(entries[1], Answer(4)).status()), "SURVEY_STATE_OVER");
    EXPECT_EQ(ReasonOf(Submit(entries[2], Answer(4)).status()), "SURVEY_STATE_ANSWERED");
    EXPECT_EQ(StateOf(other_invitation), state);
  };
  const v1::Entry unanswered = ByToken(Token());
  SetWeb([](v1::WebConfiguration& web) {
    web.set_open(false);
    web.set_slips(false);
  });
  expect(unanswered, v1::SURVEY_STATE_OPEN);
  ChangeCollector([](v1::Collector& collector) { collector.set_revoked(true); });
  expect(unanswered, v1::SURVEY_STATE_OVER);
  EXPECT_EQ(ReasonOf(Submit(unanswered, Answer(4)).status()), "SURVEY_STATE_OVER");
  // Who has the link still cannot learn by it what another person's response became.
  EXPECT_TRUE(absl::IsAlreadyExists(Submit(ByLink(), Answer(2)).status()));
  EXPECT_EQ(Rows().size(), 3u);
}

TEST_F(SurveyTest, WithoutTheRoundsKeyASlipIsSentBackForLaterAndAnInvitationWorks) {
  const std::string token = Token();
  ASSERT_TRUE(keys_->Destroy("march").ok());
  EXPECT_TRUE(absl::IsUnavailable(Open(BySlip(kDossier, "0000000000")).status()));
  EXPECT_EQ(OutcomeOf(ByToken(token), Answer(1)), v1::OUTCOME_RECORDED);
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_SEALED); });
  EXPECT_EQ(StateOf(BySlip(kDossier, "0000000000")), v1::SURVEY_STATE_OVER);
}

TEST(Slip, TheCheckIsThatOfTheContract) {
  // Computed with Python: HMAC-SHA-256 and the base32 of RFC 4648 written in Crockford's letters.
  const std::string key = SlipKey(std::string(32, 'k'), "web");
  EXPECT_EQ(SlipCheck(key, "G12.18-250301-00430053"), "8PQ574ESD1");
}

}  // namespace
}  // namespace hailong::survey
