// Invitations out, ratings back: over real HTTP to the stand-in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

int64_t Ms(const World& world) { return absl::ToUnixMillis(world.clock.Now()); }

TEST(Flow, AnInvitationGoesOutAndItsStarsBecomeAResponse) {
  World world;
  const auto messages = world.Invite(1, 1);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].phone, "84900010001");
  EXPECT_EQ(messages[0].template_id, Standin::kTemplate);
  EXPECT_EQ(messages[0].tracking_id.size(), 32u);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_SENT), 1u);

  EXPECT_EQ(world.Post(world.standin.Deliver(messages[0], Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 2, "Chờ lâu", Ms(world), Ms(world))), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].content.answers[0], 2);
  EXPECT_EQ(rows[0].content.comments[0].text, "Chờ lâu");
  EXPECT_EQ(rows[0].channel, v1::CHANNEL_ZALO);
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_DELIVERED), 1u);
  EXPECT_EQ(world.State().quota_left(), 19999);
}

TEST(Flow, OneDossierAtTheKioskAndByZaloCountsOnce) {
  World world;
  const auto messages = world.Invite(1, 1);
  EXPECT_EQ(world.AnswerAtKiosk(1, 77, world.clock.Now() - absl::Hours(1)), v1::OUTCOME_RECORDED);
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 5, "", Ms(world), Ms(world))), 200);
  world.Settle();
  const auto rows = world.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].first_outcome, v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_EQ(rows[1].displaced, rows[0].sequence);
}

TEST(Flow, OneInvitationForADossierAndRound) {
  World world;
  EXPECT_EQ(world.Queue({world.Invitation(1), world.Invitation(2)})->queued(), 2u);
  v1::ZaloInvitation again = world.Invitation(1);
  again.set_phone("0911111111");
  again.set_dossier_code(" g12.18 - 260901 - 10000001");
  const auto queued = world.Queue({again, world.Invitation(3), world.Invitation(3)});
  ASSERT_TRUE(queued.ok()) << queued.status();
  EXPECT_EQ(queued->queued(), 1u);
  EXPECT_EQ(queued->already_there(), 2u);
  world.Send(6);
  EXPECT_EQ(world.standin.messages().size(), 3u);
}

TEST(Flow, WhatCannotBeQueuedIsRefusedWholeAndWithoutRepeatingIt) {
  World world;
  v1::ZaloInvitation bad = world.Invitation(2);
  bad.set_dossier_code("12 345 678 secret");
  bad.set_phone("secret-phone");
  bad.set_unit_id("74.SNV");
  bad.set_template_id("1");
  bad.set_message_text("x");
  const auto refused = world.Queue({world.Invitation(1), bad});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  const auto lines = sample::ViolationLines(refused.status());
  EXPECT_THAT(
      lines,
      ElementsAre(HasSubstr("invitations[1].dossier_code"), HasSubstr("invitations[1].unit_id"),
                  HasSubstr("invitations[1].phone"), HasSubstr("invitations[1].template_id"),
                  HasSubstr("invitations[1].message_text")));
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("secret")));
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 0u);
  EXPECT_EQ(world.Queue({}).status().code(), absl::StatusCode::kInvalidArgument);

  v1::QueueInvitationsRequest request;
  request.set_round_id(World::kRound);
  *request.add_invitations() = world.Invitation(1);
  EXPECT_TRUE(absl::IsPermissionDenied(
      world.channel
          ->QueueInvitations({.role = v1::ROLE_OPERATOR, .id = "o", .unit_id = "25747"}, request)
          .status()));
  request.set_round_id("none");
  EXPECT_TRUE(absl::IsNotFound(world.channel->QueueInvitations({}, request).status()));
  request.set_round_id("march");
  EXPECT_TRUE(absl::IsFailedPrecondition(world.channel->QueueInvitations({}, request).status()));
}

TEST(Flow, NobodyIsAskedAboutAUnitWhoseRatingTheCollectorMayNotStore) {
  World world;
  world.BindCollector("25747");
  EXPECT_THAT(
      sample::ViolationLines(world.Queue({world.Invitation(1)}).status()),
      ElementsAre("invitations[0].unit_id: found '79.SNV', allowed are the collector's unit "
                  "'25747' and those below it"));
  world.BindCollector("79");
  EXPECT_TRUE(world.Queue({world.Invitation(1)}).ok());
  world.RevokeCollector();
  const auto refused = world.Queue({world.Invitation(2)}).status();
  EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("collector_id 'zalo'"));
  EXPECT_EQ(world.Sends(v1::ZALO_SEND_STATE_QUEUED), 1u);
}

TEST(Flow, PhonesAreWrittenInManyWays) {
  for (const char* phone : {"84900000001", "+84900000001", "0900000001", "090 000 00.01"}) {
    EXPECT_EQ(zalo::NormalizePhone(phone), "84900000001") << phone;
  }
  for (const char* phone :
       {"", "900000001", "8490000", "84 9000 000 0011 1", "09000+00001", "O9"}) {
    EXPECT_EQ(zalo::NormalizePhone(phone), "") << phone;
  }
}

TEST(Flow, ByAccountThereIsNoTrackingIdAndTheMessageIdJoins) {
  World world;
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id("3456789012345678901");
  ASSERT_TRUE(world.Queue({invitation}).ok());
  world.Send(1);
  const auto messages = world.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].user_id, "3456789012345678901");
  EXPECT_EQ(messages[0].tracking_id, "");
  EXPECT_EQ(world.Post(world.standin.Rate(messages[0], 3, "", Ms(world), Ms(world))), 200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
}

TEST(Flow, AButtonsTokenIsGoodOnce) {
  World world;
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id("3456789012345678901");
  invitation.set_message_text("Mời ông/bà đánh giá");
  ASSERT_TRUE(world.Queue({invitation}).ok());
  world.Send(1);
  const auto messages = world.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].button_texts.size(), 2u);
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-1", Ms(world))), 200);
  world.Settle();
  ASSERT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Rows()[0].content.answers[0], 4);
  // Another button, the same text typed by hand, a token that was never given.
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[1], "tap-2", Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-3", Ms(world))), 200);
  EXPECT_EQ(world.Post(world.standin.Tap("#danhgia 5 guessed", "tap-4", Ms(world))), 200);
  // The first tap told again with a new time.
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-1", Ms(world) + 9)),
            200);
  world.Settle();
  EXPECT_EQ(world.Rows().size(), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_REFUSED), 3u);
}

TEST(Flow, AButtonLeadsToTheWholeFormOfTheSameDossierWhichCountsOnce) {
  World world;
  const std::string link = "https://khaosat.example.vn/s/#i=7K3QX0M9TB";
  v1::ZaloInvitation invitation = world.Invitation(1);
  invitation.set_user_id("3456789012345678901");
  invitation.set_message_text("Mời ông/bà đánh giá");
  invitation.set_details_link(link);
  ASSERT_TRUE(world.Queue({invitation}).ok());
  world.Send(1);
  const auto messages = world.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].button_texts.size(), 2u);
  EXPECT_THAT(messages[0].button_links, ElementsAre(link));
  EXPECT_EQ(world.Post(world.standin.Tap(messages[0].button_texts[0], "tap-1", Ms(world))), 200);
  world.Settle();
  // The form names the dossier, as a kiosk does.
  EXPECT_EQ(world.AnswerAtKiosk(1, 77, world.clock.Now() + absl::Minutes(2)),
            v1::OUTCOME_RECORDED_COUNTS);
  ASSERT_EQ(world.Rows().size(), 2u);
  EXPECT_EQ(world.Rows()[1].displaced, world.Rows()[0].sequence);
}

TEST(Flow, ALinkThatIsNoneOrHasNoButtonIsRefusedWithoutRepeatingIt) {
  World world;
  v1::ZaloInvitation good = world.Invitation(1);
  good.set_user_id("3456789012345678901");
  good.set_message_text("Mời ông/bà đánh giá");
  for (const std::string& link :
       {std::string("http://khaosat.example.vn/s/#i=secret"),
        std::string("http://127.0.0.1/secret"), std::string("javascript:secret"),
        std::string("https:///secret"), std::string("https://a b/secret"),
        "https://khaosat.example.vn/" + std::string(1000, 'x')}) {
    v1::ZaloInvitation bad = good;
    bad.set_details_link(link);
    const auto lines = sample::ViolationLines(world.Queue({bad}).status());
    EXPECT_THAT(lines, ElementsAre(HasSubstr("invitations[0].details_link: found"))) << link;
    for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("secret")));
  }
  v1::ZaloInvitation by_template = world.Invitation(1);
  by_template.set_details_link("https://khaosat.example.vn/s/#i=7K3QX0M9TB");
  EXPECT_THAT(sample::ViolationLines(world.Queue({by_template}).status()),
              ElementsAre(HasSubstr("goes with message_text only")));
}

}  // namespace
}  // namespace hailong::tests
