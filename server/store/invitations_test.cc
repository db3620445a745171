#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/temp_directory_for_test.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr model::CollectorNumber kWeb{2};

class InvitationsTest : public ::testing::Test {
 protected:
  InvitationsTest() { Open(); }

  void Open() {
    store_.reset();
    auto opened = SqliteStore::Open({.path = path_, .vfs = ""});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  static base::Uuid Id(uint64_t n) { return *base::Uuid::Parse(sample::ResponseId(n)); }
  static model::TokenHash Token(uint8_t n) { return {n}; }
  static model::Invitation Invitation(uint8_t n, const std::string& unit_id = "74.SNV",
                                      uint32_t group = 0) {
    model::Invitation invitation;
    invitation.invitation_id = Id(n);
    invitation.token_hash = Token(n);
    invitation.collector = kWeb;
    invitation.round = sample::kRoundNumber;
    invitation.unit_id = unit_id;
    invitation.group = group;
    invitation.created_at = sample::At("2025-03-01T08:00:00+07:00");
    return invitation;
  }
  absl::StatusOr<std::vector<base::Uuid>> Put(const std::vector<model::Invitation>& invitations,
                                              uint64_t request = 1000, uint8_t content = 1) {
    return store_->PutInvitations({.request_id = Id(request), .content = {content}}, invitations,
                                  Entry("CreateInvitations"));
  }
  static AuditEntry Entry(const std::string& action) {
    return {.at = absl::FromUnixSeconds(1), .actor = "ops", .action = action, .object = "web"};
  }
  // The n-th response, by the invitation of a token.
  model::NewResponse By(uint8_t token, uint64_t n) {
    model::NewResponse response = sample::Checked(round_, n);
    response.collector = kWeb;
    response.channel = v1::CHANNEL_WEB;
    response.entrance.emplace().invitation = Token(token);
    return response;
  }
  // The n-th response of a person of a group, held by a quota.
  model::NewResponse Held(uint64_t n, const std::string& unit_id, uint32_t group,
                          const model::QuotaLimit& quota) {
    model::NewResponse response = sample::Checked(round_, n);
    response.collector = kWeb;
    response.content.unit_id = unit_id;
    response.entrance.emplace().group = group;
    response.entrance->quota = quota;
    return response;
  }
  model::Stored Append(const model::NewResponse& response) {
    const auto stored = store_->AppendResponses({&response, 1});
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->front() : model::Stored();
  }
  uint64_t Places(const std::string& unit_id, uint32_t group) {
    return store_->CountPlaces(kWeb, sample::kRoundNumber, unit_id, group).value();
  }
  size_t Rows() {
    size_t rows = 0;
    EXPECT_TRUE(store_
                    ->ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, false,
                                    [&](const model::ResponseRow&) { return ++rows > 0; })
                    .ok());
    return rows;
  }

  base::TempDirectory directory_;
  const std::string path_ = directory_.File("hailong.db");
  std::unique_ptr<SqliteStore> store_;
  std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
};

TEST_F(InvitationsTest, AnInvitationComesBackAsItWentInAlsoAfterReopening) {
  model::Invitation made = Invitation(1, "718", 3);
  made.group_question_id = "q3";
  made.form_id = "counter";
  made.respondent_key = sample::Key(9);
  EXPECT_THAT(*Put({made, Invitation(2)}), IsEmpty());
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    const auto found = store_->FindInvitation(Token(1));
    ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
    EXPECT_EQ((*found)->number, model::InvitationNumber{1});
    EXPECT_EQ((*found)->invitation_id, Id(1));
    EXPECT_EQ((*found)->collector, kWeb);
    EXPECT_EQ((*found)->round, sample::kRoundNumber);
    EXPECT_EQ((*found)->unit_id, "718");
    EXPECT_EQ((*found)->group, 3u);
    EXPECT_EQ((*found)->group_question_id, "q3");
    EXPECT_EQ((*found)->form_id, "counter");
    EXPECT_EQ((*found)->respondent_key, sample::Key(9));
    EXPECT_EQ((*found)->created_at, made.created_at);
    EXPECT_FALSE((*found)->opened_on.has_value() || (*found)->answered || (*found)->revoked);
    EXPECT_FALSE(store_->FindInvitation(Token(2))->value().respondent_key.has_value());
    EXPECT_FALSE(store_->FindInvitation(Token(3))->has_value());
  }
  EXPECT_TRUE(store_->VerifyAudit().ok());
}

TEST_F(InvitationsTest, ARequestMadeTwiceAddsNothingAndGivesTheFirstIds) {
  ASSERT_TRUE(Put({Invitation(1), Invitation(2)}).ok());
  EXPECT_THAT(*Put({Invitation(3), Invitation(4)}), ElementsAre(Id(1), Id(2)));
  EXPECT_FALSE(store_->FindInvitation(Token(3))->has_value());
  const auto other = Put({Invitation(5)}, 1000, 2);
  EXPECT_TRUE(absl::IsAlreadyExists(other.status())) << other.status();
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("with other content"));
  EXPECT_THAT(*Put({Invitation(5)}, 1001), IsEmpty());
  EXPECT_EQ(store_->ReadInvitations(kWeb, {}, 100)->size(), 3u);
  // The store goes on after a refusal.
  EXPECT_THAT(*Put({Invitation(6)}, 1002), IsEmpty());
}

TEST_F(InvitationsTest, AnInvitationIsGoodForOneResponseAndForgetsWhose) {
  model::Invitation made = Invitation(1);
  made.respondent_key = sample::Key(9);
  ASSERT_TRUE(Put({made}).ok());
  EXPECT_EQ(Append(By(1, 1)).outcome, v1::OUTCOME_RECORDED);
  const model::Stored second = Append(By(1, 2));
  EXPECT_EQ(second.turned_away, v1::SURVEY_STATE_ANSWERED);
  EXPECT_EQ(second.outcome, v1::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(Rows(), 1u);
  const model::Invitation after = store_->FindInvitation(Token(1))->value();
  EXPECT_TRUE(after.answered);
  EXPECT_FALSE(after.respondent_key.has_value());
  EXPECT_EQ(after.opened_on, sample::At("2025-03-05T00:00:00+07:00"));
}

TEST_F(InvitationsTest, ARetryIsToldItsReceiptThoughTheInvitationIsSpent) {
  model::Invitation made = Invitation(1);
  made.respondent_key = sample::Key(9);
  ASSERT_TRUE(Put({made}).ok());
  model::NewResponse first = By(1, 1);
  first.respondent_key = sample::Key(9);
  Append(first);
  for (const bool with_key : {true, false}) {
    model::NewResponse retry = first;
    if (!with_key) retry.respondent_key.reset();
    const model::Stored told = Append(retry);
    EXPECT_EQ(told.outcome, v1::OUTCOME_ALREADY_RECORDED);
    EXPECT_FALSE(told.content_differs);
    EXPECT_EQ(told.turned_away, v1::SURVEY_STATE_UNSPECIFIED);
  }
  model::NewResponse changed = first;
  changed.content.duration_ms = 5;
  EXPECT_TRUE(Append(changed).content_differs);
  EXPECT_EQ(Rows(), 1u);
  EXPECT_EQ(Places("", 0), 1u);
}

TEST_F(InvitationsTest, OfManyResponsesByOneInvitationInOneCommitTheFirstIsStored) {
  ASSERT_TRUE(Put({Invitation(1), Invitation(2)}).ok());
  std::vector<model::NewResponse> responses;
  for (uint64_t n = 1; n <= 64; ++n) responses.push_back(By(1, n));
  responses.push_back(By(2, 65));
  responses.push_back(By(3, 66));  // nobody was invited so
  const auto stored = store_->AppendResponses(responses);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ((*stored)[0].outcome, v1::OUTCOME_RECORDED);
  for (size_t i = 1; i < 64; ++i) {
    EXPECT_EQ((*stored)[i].turned_away, v1::SURVEY_STATE_ANSWERED) << i;
  }
  EXPECT_EQ((*stored)[64].outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ((*stored)[65].turned_away, v1::SURVEY_STATE_OVER);
  EXPECT_EQ(Rows(), 2u);
}

TEST_F(InvitationsTest, ARevokedInvitationLetsNobodyInAndRevokingIsAllOrNone) {
  ASSERT_TRUE(Put({Invitation(1), Invitation(2)}).ok());
  const std::vector<base::Uuid> with_stranger = {Id(1), Id(7)};
  const absl::Status none = store_->RevokeInvitations(kWeb, with_stranger, Entry("Revoke"));
  EXPECT_TRUE(absl::IsNotFound(none)) << none;
  EXPECT_FALSE(store_->FindInvitation(Token(1))->value().revoked);
  const std::vector<base::Uuid> one = {Id(1)};
  EXPECT_TRUE(
      absl::IsNotFound(store_->RevokeInvitations(model::CollectorNumber{3}, one, Entry("Revoke"))));
  for (int again = 0; again < 2; ++again) {
    EXPECT_TRUE(store_->RevokeInvitations(kWeb, one, Entry("Revoke")).ok());
  }
  EXPECT_EQ(Append(By(1, 1)).turned_away, v1::SURVEY_STATE_OVER);
  EXPECT_EQ(Append(By(2, 2)).outcome, v1::OUTCOME_RECORDED);
}

TEST_F(InvitationsTest, AFullQuotaTurnsAwayButNotARetry) {
  const model::QuotaLimit quota{.unit_id = "74.SNV", .group = 2, .size_max = 2};
  EXPECT_EQ(Append(Held(1, "74.SNV", 2, quota)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Held(2, "74.SNV", 2, quota)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(Held(2, "74.SNV", 2, quota)).outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(Append(Held(3, "74.SNV", 2, quota)).turned_away, v1::SURVEY_STATE_FULL);
  EXPECT_EQ(Places("74.SNV", 2), 2u);
  Open();
  EXPECT_EQ(Append(Held(4, "74.SNV", 2, quota)).turned_away, v1::SURVEY_STATE_FULL);
  // An invitation that met a full quota is not spent.
  ASSERT_TRUE(Put({Invitation(1)}).ok());
  model::NewResponse invited = By(1, 5);
  invited.entrance->group = 2;
  invited.entrance->quota = quota;
  EXPECT_EQ(Append(invited).turned_away, v1::SURVEY_STATE_FULL);
  EXPECT_FALSE(store_->FindInvitation(Token(1))->value().answered);
}

TEST_F(InvitationsTest, WhatIsOverTurnsAwayButNotARetry) {
  ASSERT_TRUE(Put({Invitation(1), Invitation(2)}).ok());
  EXPECT_EQ(Append(By(1, 1)).outcome, v1::OUTCOME_RECORDED);
  const auto over = [](model::NewResponse response) {
    response.entrance->over = true;
    return response;
  };
  EXPECT_EQ(Append(over(By(1, 1))).outcome, v1::OUTCOME_ALREADY_RECORDED);
  EXPECT_EQ(Append(over(By(1, 2))).turned_away, v1::SURVEY_STATE_ANSWERED);
  EXPECT_EQ(Append(over(By(2, 2))).turned_away, v1::SURVEY_STATE_OVER);
  EXPECT_FALSE(store_->FindInvitation(Token(2))->value().answered);
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(InvitationsTest, APersonTakesOnePlaceHoweverOftenTheyAnswer) {
  const model::QuotaLimit quota{.unit_id = "74.SNV", .group = 0, .size_max = 3};
  const auto of = [&](uint64_t n, uint8_t person) {
    model::NewResponse response = Held(n, "74.SNV", 0, quota);
    response.respondent_key = sample::Key(person);
    return response;
  };
  EXPECT_EQ(Append(of(1, 1)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(of(2, 1)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  model::NewResponse older = of(3, 1);
  older.content.submitted_at_us -= 3'600'000'000;
  EXPECT_EQ(Append(older).outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
  EXPECT_EQ(Places("74.SNV", 0), 1u);
  // Who answered at a counter before has no place yet.
  model::NewResponse tapped = of(4, 2);
  tapped.collector = sample::Kiosk().collector;
  tapped.entrance.reset();
  EXPECT_EQ(Append(tapped).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Places("74.SNV", 0), 1u);
  EXPECT_EQ(Append(of(5, 2)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Places("74.SNV", 0), 2u);
  // Neither has who answered here before the counter.
  model::NewResponse tapped_after = of(9, 1);
  tapped_after.collector = tapped.collector;
  tapped_after.entrance.reset();
  EXPECT_EQ(Append(tapped_after).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Append(of(10, 1)).outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(Places("74.SNV", 0), 2u);
  // What is late counts for nothing.
  model::NewResponse late = of(6, 3);
  late.late = true;
  EXPECT_EQ(Append(late).outcome, v1::OUTCOME_RECORDED_LATE);
  // The same id with other content is stored by nobody.
  model::NewResponse other = of(5, 2);
  other.content.duration_ms += 1;
  EXPECT_TRUE(Append(other).content_differs);
  EXPECT_EQ(Places("74.SNV", 0), 2u);
  EXPECT_EQ(Places("", 0), 2u);
  EXPECT_EQ(Append(of(7, 4)).outcome, v1::OUTCOME_RECORDED);
  EXPECT_EQ(Append(of(8, 5)).turned_away, v1::SURVEY_STATE_FULL);
}

TEST_F(InvitationsTest, EveryResponseCountsForAllQuotasThatCouldBeSetLater) {
  const model::QuotaLimit wide{.unit_id = "", .group = 0, .size_max = 100};
  Append(Held(1, "74.SNV", 1, wide));
  Append(Held(2, "74.SNV", 2, wide));
  Append(Held(3, "718", 2, wide));
  Append(Held(4, "718", 0, wide));
  EXPECT_EQ(Places("", 0), 4u);
  EXPECT_EQ(Places("", 2), 2u);
  EXPECT_EQ(Places("74.SNV", 0), 2u);
  EXPECT_EQ(Places("74.SNV", 1), 1u);
  EXPECT_EQ(Places("718", 0), 2u);
  EXPECT_EQ(Places("718", 2), 1u);
  EXPECT_EQ(Places("718", 1), 0u);
  // Another round, another count.
  EXPECT_EQ(store_->CountPlaces(kWeb, model::RoundNumber{9}, "", 0).value(), 0u);
  const model::QuotaLimit later{.unit_id = "718", .group = 0, .size_max = 2};
  EXPECT_EQ(Append(Held(5, "718", 1, later)).turned_away, v1::SURVEY_STATE_FULL);
}

TEST_F(InvitationsTest, RatesAreByUnitAndGroupAndLeaveOutRevokedOnesThatNobodyAnswered) {
  ASSERT_TRUE(Put({Invitation(1, "74.SNV", 1), Invitation(2, "74.SNV", 1),
                   Invitation(3, "74.SNV", 2), Invitation(4, "718"), Invitation(5, "718")})
                  .ok());
  const absl::Time day = sample::At("2025-03-04T00:00:00+07:00");
  const std::vector<InvitationOpened> opened = {{.number = model::InvitationNumber{2}, .on = day},
                                                {.number = model::InvitationNumber{4}, .on = day}};
  ASSERT_TRUE(store_->PutOpened(opened).ok());
  const std::vector<InvitationOpened> later = {
      {.number = model::InvitationNumber{2}, .on = day + absl::Hours(48)}};
  ASSERT_TRUE(store_->PutOpened(later).ok());
  EXPECT_EQ(store_->FindInvitation(Token(2))->value().opened_on, day);
  Append(By(1, 1));
  Append(By(2, 2));
  const std::vector<base::Uuid> revoked = {Id(1), Id(3), Id(5)};
  ASSERT_TRUE(store_->RevokeInvitations(kWeb, revoked, Entry("Revoke")).ok());
  using Count = model::InvitationCount;
  EXPECT_THAT(
      *store_->CountInvitations(sample::kRoundNumber),
      ElementsAre(
          Count{.unit_id = "718", .group = 0, .invited = 1, .opened = 1, .answered = 0},
          Count{.unit_id = "74.SNV", .group = 1, .invited = 2, .opened = 2, .answered = 2}));
  EXPECT_THAT(*store_->CountInvitations(model::RoundNumber{9}), IsEmpty());
}

TEST_F(InvitationsTest, AListIsInTheOrderOfMakingAndOfOneCollector) {
  model::Invitation stranger = Invitation(3);
  stranger.collector = model::CollectorNumber{3};
  ASSERT_TRUE(Put({Invitation(2), stranger, Invitation(1), Invitation(4)}).ok());
  const auto page = store_->ReadInvitations(kWeb, {}, 2);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].invitation_id, Id(2));
  EXPECT_EQ((*page)[1].invitation_id, Id(1));
  const auto rest = store_->ReadInvitations(kWeb, (*page)[1].number, 2);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].invitation_id, Id(4));
  const std::vector<base::Uuid> named = {Id(4), Id(3), Id(77), Id(2)};
  const auto found = store_->FindInvitations(kWeb, named);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].invitation_id, Id(4));
  EXPECT_EQ((*found)[1].invitation_id, Id(2));
}

TEST_F(InvitationsTest, TheKeyOfAnAnsweredInvitationIsNotLeftInTheFile) {
  model::RespondentKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(0xA1 + i);
  model::Invitation made = Invitation(1);
  made.respondent_key = key;
  ASSERT_TRUE(Put({made}).ok());
  const std::string bytes(reinterpret_cast<const char*>(key.data()), key.size());
  const auto is_in_file = [&] {
    store_.reset();  // closing empties the log into the file
    std::ifstream file(path_, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    const bool found = all.str().find(bytes) != std::string::npos;
    Open();
    return found;
  };
  EXPECT_TRUE(is_in_file());
  Append(By(1, 1));  // without the key, so that it is in no response
  EXPECT_FALSE(is_in_file());
}

}  // namespace
}  // namespace hailong::store
