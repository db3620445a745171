#include "server/survey/invitations.h"

#include <gmock/gmock.h>

#include <future>
#include <set>

#include "base/crypto/base32.h"
#include "base/status.h"
#include "server/model/times.h"
#include "server/survey/survey_for_test.h"

namespace hailong::survey {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InvitationsTest : public SurveyTest {
 protected:
  absl::Status Refused(const v1::CreateInvitationsRequest& ask) {
    return invitations_->CreateInvitations(admin_, ask).status();
  }
  v1::ListInvitationsResponse List(uint32_t page_size = 0, const std::string& token = "") {
    v1::ListInvitationsRequest request;
    request.set_collector_id("web");
    request.set_page_size(page_size);
    request.set_page_token(token);
    const auto listed = invitations_->ListInvitations(admin_, request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.ok() ? *listed : v1::ListInvitationsResponse();
  }
  std::vector<std::string> Rates(const model::Principal& caller) {
    v1::GetResponseRatesRequest request;
    request.set_round_id("march");
    std::vector<std::string> lines;
    const auto rates = invitations_->GetResponseRates(caller, request);
    EXPECT_TRUE(rates.ok()) << rates.status();
    if (!rates.ok()) return lines;
    for (const v1::ResponseRate& rate : rates->rates()) {
      lines.push_back(base::Cat(rate.unit_id(), " ", rate.group(), ": ", rate.invited(), " ",
                                rate.opened(), " ", rate.answered()));
    }
    return lines;
  }
};

TEST_F(InvitationsTest, TokensAre26CharactersThatDifferAndTheListIsInTheirOrder) {
  const auto made = invitations_->CreateInvitations(admin_, Ask(1, 50));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->invitations_size(), 50);
  std::set<std::string> tokens;
  for (const v1::CreatedInvitation& one : made->invitations()) {
    EXPECT_EQ(base::NormalizeBase32(one.token(), 26), one.token());
    tokens.insert(one.token());
  }
  EXPECT_EQ(tokens.size(), 50u);
  const auto listed = List();
  ASSERT_EQ(listed.invitations_size(), 50);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(listed.invitations(i).invitation_id(), made->invitations(i).invitation_id());
  }
  EXPECT_EQ(listed.invitations(0).collector_id(), "web");
  EXPECT_EQ(listed.invitations(0).unit_id(), "74.SNV");
  EXPECT_EQ(model::FromProto(listed.invitations(0).created_at()), clock_.Now());
}

TEST_F(InvitationsTest, TheSameRequestAgainGivesTheSameInvitationsWithoutTheirTokens) {
  v1::CreateInvitationsRequest ask = Ask(1, 2);
  ask.mutable_invitations(1)->set_dossier_code(kDossier);
  const auto first = invitations_->CreateInvitations(admin_, ask);
  const auto again = invitations_->CreateInvitations(admin_, ask);
  ASSERT_TRUE(first.ok() && again.ok()) << first.status() << again.status();
  ASSERT_EQ(again->invitations_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(again->invitations(i).invitation_id(), first->invitations(i).invitation_id());
    EXPECT_EQ(again->invitations(i).token(), "");
  }
  ask.mutable_invitations(0)->set_group(1);
  EXPECT_TRUE(absl::IsAlreadyExists(Refused(ask)));
  EXPECT_EQ(List().invitations_size(), 2);
}

TEST_F(InvitationsTest, EveryBadRowIsNamed) {
  v1::CreateInvitationsRequest ask = Ask(1, 6);
  ask.mutable_invitations(0)->set_unit_id("718");  // not the collector's
  ask.mutable_invitations(1)->set_group(4);
  ask.mutable_invitations(2)->set_form_id("long");
  ask.mutable_invitations(3)->set_dossier_code("no dossier");
  ask.mutable_invitations(4)->set_form_id("counter");  // does not ask q3
  ask.mutable_invitations(4)->set_group(1);
  const absl::Status status = Refused(ask);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(
      sample::ViolationLines(status),
      ElementsAre(HasSubstr("invitations[0].unit_id: found '718', allowed are the collector's"),
                  HasSubstr("invitations[1].group: found 4, allowed are 0..3"),
                  HasSubstr("invitations[2].form_id: found 'long'"),
                  HasSubstr("invitations[3].dossier_code: "),
                  HasSubstr("invitations[4].group: found 1, but the form does not ask")));
  EXPECT_EQ(List().invitations_size(), 0);
  SetWeb([](v1::WebConfiguration& web) { web.clear_group_question_id(); });
  v1::CreateInvitationsRequest grouped = Ask(2, 1);
  grouped.mutable_invitations(0)->set_group(1);
  EXPECT_THAT(std::string(Refused(grouped).message()), HasSubstr("without a group question"));
}

TEST_F(InvitationsTest, WhatIsNotThereOrNotReadyIsRefusedByItsName) {
  v1::CreateInvitationsRequest ask = Ask(1, 1);
  ask.mutable_invitations(0)->set_unit_id("99");
  EXPECT_TRUE(absl::IsNotFound(Refused(ask)));
  ask = Ask(1, 1);
  ask.set_collector_id("nobody");
  EXPECT_TRUE(absl::IsNotFound(Refused(ask)));
  ask.set_collector_id("kiosk-1");
  EXPECT_TRUE(absl::IsInvalidArgument(Refused(ask)));
  EXPECT_TRUE(absl::IsInvalidArgument(Refused(Ask(1, 0))));
  EXPECT_TRUE(absl::IsInvalidArgument(Refused(Ask(1, limits::kInvitationsMax + 1))));
  ask = Ask(1, 1);
  ask.set_request_id("x");
  EXPECT_TRUE(absl::IsInvalidArgument(Refused(ask)));
  SetWeb([](v1::WebConfiguration& web) { web.clear_round_id(); });
  EXPECT_THAT(std::string(Refused(Ask(1, 1)).message()), HasSubstr("collects for no round"));
  SetWeb([](v1::WebConfiguration&) {});
  ChangeRound([](v1::Round& round) { round.set_state(v1::ROUND_STATE_CLOSED); });
  EXPECT_THAT(std::string(Refused(Ask(1, 1)).message()), HasSubstr("is closed"));
  ChangeCollector([](v1::Collector& collector) { collector.set_revoked(true); });
  EXPECT_THAT(std::string(Refused(Ask(1, 1)).message()), HasSubstr("was revoked"));
}

TEST_F(InvitationsTest, AnUnboundCollectorNeedsAUnitInEveryRow) {
  ChangeCollector([](v1::Collector& collector) { collector.clear_unit_id(); });
  SetWeb([](v1::WebConfiguration& web) {
    web.set_open(false);
    web.set_slips(false);
  });
  ChangeCollector([](v1::Collector& collector) { collector.clear_unit_id(); });
  EXPECT_THAT(std::string(Refused(Ask(1, 1)).message()),
              HasSubstr("invitations[0].unit_id: is empty"));
  EXPECT_NE(Invite([](v1::NewInvitation& one) { one.set_unit_id("718"); }).token(), "");
}

TEST_F(InvitationsTest, AListPagesAndNames) {
  const auto made = invitations_->CreateInvitations(admin_, Ask(1, 5));
  ASSERT_TRUE(made.ok()) << made.status();
  std::vector<std::string> ids;
  std::string token;
  do {
    const auto page = List(2, token);
    EXPECT_LE(page.invitations_size(), 2);
    for (const v1::Invitation& one : page.invitations()) ids.push_back(one.invitation_id());
    token = page.next_page_token();
  } while (!token.empty() && ids.size() < 100);
  ASSERT_EQ(ids.size(), 5u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 5u);

  v1::ListInvitationsRequest named;
  named.set_collector_id("web");
  named.add_invitation_ids(ids[3]);
  named.add_invitation_ids(sample::ResponseId(77));
  named.add_invitation_ids(ids[0]);
  const auto found = invitations_->ListInvitations(admin_, named);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->invitations_size(), 2);
  EXPECT_EQ(found->invitations(0).invitation_id(), ids[3]);
  named.set_invitation_ids(0, "x");
  EXPECT_TRUE(absl::IsInvalidArgument(invitations_->ListInvitations(admin_, named).status()));
  v1::ListInvitationsRequest bad;
  bad.set_collector_id("web");
  bad.set_page_token("x");
  EXPECT_TRUE(absl::IsInvalidArgument(invitations_->ListInvitations(admin_, bad).status()));
}

TEST_F(InvitationsTest, OpeningIsKnownByDayAndAnsweringHasNoTime) {
  const std::string opened = Token();
  const std::string answered = Token();
  Token();
  EXPECT_EQ(StateOf(ByToken(opened)), v1::SURVEY_STATE_OPEN);
  EXPECT_EQ(OutcomeOf(ByToken(answered), Answer(1)), v1::OUTCOME_RECORDED);
  clock_.Advance(absl::Hours(48));
  EXPECT_EQ(StateOf(ByToken(opened)), v1::SURVEY_STATE_OPEN);
  const auto listed = List();
  ASSERT_EQ(listed.invitations_size(), 3);
  const absl::Time day = sample::At("2025-03-06T00:00:00+07:00");
  EXPECT_EQ(model::FromProto(listed.invitations(0).opened_at()), day);
  EXPECT_FALSE(listed.invitations(0).answered());
  EXPECT_EQ(model::FromProto(listed.invitations(1).opened_at()), day);
  EXPECT_TRUE(listed.invitations(1).answered());
  EXPECT_FALSE(listed.invitations(2).has_opened_at());
  EXPECT_THAT(Rates(admin_), ElementsAre("74.SNV 0: 3 2 1"));
}

TEST_F(InvitationsTest, OpeningsAreSavedTogetherOnceTheIntervalIsOver) {
  const std::string first = Token();
  const std::string second = Token();
  const auto settle = [&] {
    // Behind what was offered before.
    EXPECT_TRUE(writer_->Run([](store::Store&) { return absl::OkStatus(); }).ok());
  };
  EXPECT_EQ(StateOf(ByToken(first)), v1::SURVEY_STATE_OPEN);
  opened_->Step();
  settle();
  EXPECT_TRUE(IsOpenedOnDisk(first));
  EXPECT_EQ(StateOf(ByToken(second)), v1::SURVEY_STATE_OPEN);
  clock_.Advance(limits::kOpenedSaveInterval - absl::Milliseconds(1));
  opened_->Step();
  settle();
  EXPECT_FALSE(IsOpenedOnDisk(second));
  clock_.Advance(absl::Milliseconds(1));
  opened_->Step();
  settle();
  EXPECT_TRUE(IsOpenedOnDisk(second));
}

TEST_F(InvitationsTest, RatesAreOfTheCallersUnits) {
  ChangeCollector([](v1::Collector& collector) { collector.set_unit_id("74"); });
  for (const char* unit : {"718", "25747", "74.SNV"}) {
    Invite([&](v1::NewInvitation& one) {
      one.set_unit_id(unit);
      one.set_group(1);
    });
  }
  EXPECT_THAT(Rates(admin_), ElementsAre("25747 1: 1 0 0", "718 1: 1 0 0", "74.SNV 1: 1 0 0"));
  const model::Principal district{.role = v1::ROLE_OPERATOR, .id = "ops", .unit_id = "718"};
  EXPECT_THAT(Rates(district), ElementsAre("25747 1: 1 0 0", "718 1: 1 0 0"));
  v1::GetResponseRatesRequest request;
  request.set_round_id("may");
  EXPECT_TRUE(absl::IsNotFound(invitations_->GetResponseRates(admin_, request).status()));
}

TEST_F(InvitationsTest, AnOperatorOfAnotherSubtreeMayDoNothingWithTheCollector) {
  const v1::CreatedInvitation one = Invite([](v1::NewInvitation&) {});
  const model::Principal district{.role = v1::ROLE_OPERATOR, .id = "ops", .unit_id = "718"};
  v1::ListInvitationsRequest list;
  list.set_collector_id("web");
  v1::RevokeInvitationsRequest revoke;
  revoke.set_collector_id("web");
  revoke.add_invitation_ids(one.invitation_id());
  v1::GetSlipKeyRequest slip;
  slip.set_collector_id("web");
  EXPECT_TRUE(
      absl::IsPermissionDenied(invitations_->CreateInvitations(district, Ask(9, 1)).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(invitations_->ListInvitations(district, list).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(invitations_->RevokeInvitations(district, revoke).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(invitations_->GetSlipKey(district, slip).status()));
  EXPECT_EQ(StateOf(ByToken(one.token())), v1::SURVEY_STATE_OPEN);
}

TEST_F(InvitationsTest, TheSlipKeyIsThatOfTheCollectorAndItsRound) {
  v1::GetSlipKeyRequest ask;
  ask.set_collector_id("web");
  const auto key = invitations_->GetSlipKey(admin_, ask);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(invitations_->GetSlipKey(admin_, ask)->key(), key->key());
  EXPECT_NE(key->key(), **keys_->Find("march"));
  SetWeb([](v1::WebConfiguration& web) { web.set_slips(false); });
  EXPECT_THAT(std::string(invitations_->GetSlipKey(admin_, ask).status().message()),
              HasSubstr("takes no slips"));
  SetWeb([](v1::WebConfiguration& web) { web.clear_round_id(); });
  EXPECT_TRUE(absl::IsFailedPrecondition(invitations_->GetSlipKey(admin_, ask).status()));
}

TEST_F(InvitationsTest, RevokingNamesWhatIsNotThere) {
  v1::RevokeInvitationsRequest revoke;
  revoke.set_collector_id("web");
  EXPECT_TRUE(absl::IsInvalidArgument(invitations_->RevokeInvitations(admin_, revoke).status()));
  revoke.add_invitation_ids(sample::ResponseId(77));
  const absl::Status status = invitations_->RevokeInvitations(admin_, revoke).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(sample::ResponseId(77)));
}

}  // namespace
}  // namespace hailong::survey
