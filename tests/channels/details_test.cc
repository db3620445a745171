// From the stars of a message to the whole form, by the commands that deploy/zalo/README.md names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status.h"
#include "tests/channels/town.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kRound[] = "details";
constexpr char kLink[] = "https://khaosat.example.vn/s/#i=";

v1::Round WithButtons(absl::Time now) {
  v1::Round round = MakeRound(kRound, now);
  v1::RatingLabel& good = *round.mutable_zalo_rating()->add_labels();
  good.set_label("Hài lòng");
  good.set_stars(4);
  round.mutable_zalo_rating()->set_details_label("Đánh giá chi tiết");
  return round;
}

TEST(Details, TheButtonOfAMessageLeadsToTheFormOfItsDossierWhichCountsInsteadOfTheStars) {
  Town town(HAILONG_HAILONGD);
  town.standin.SetRatingVerb("NONE");  // so that nothing but webhooks brings ratings
  ASSERT_NO_FATAL_FAILURE(town.Start());
  const absl::Time now = absl::Now();
  ASSERT_NO_FATAL_FAILURE(town.SetUp({WithButtons(now)}));
  ASSERT_TRUE(base::WritePrivateFile(town.File("dossiers.csv"),
                                     Cat("dossier_code,unit_id,user_id\n", Town::Dossier(1), ",",
                                         Town::kUnit, ",3456789012345678901\n"))
                  .ok());
  ASSERT_TRUE(base::WritePrivateFile(town.File("text.txt"), "Mời ông/bà đánh giá\n").ok());
  const std::string links = town.File("links.csv");
  town.Hailong(Cat("collector configure-web zalo --round ", kRound));
  town.Hailong(Cat("invite create zalo ", town.File("dossiers.csv"),
                   " --url https://khaosat.example.vn --out ", links));
  town.Hailong(Cat("zalo invite ", kRound, " ", links, " --message ", town.File("text.txt"),
                   " --details link"));
  ASSERT_TRUE(Town::Wait([&] { return town.Sends(kRound, v1::ZALO_SEND_STATE_SENT) == 1; }));
  const std::vector<Standin::Message> messages = town.standin.messages();
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].button_texts.size(), 1u);
  ASSERT_EQ(messages[0].button_links.size(), 1u);
  ASSERT_THAT(messages[0].button_links[0], StartsWith(kLink));

  web::RawClient zalo(town.web_port());
  EXPECT_EQ(Town::Post(zalo, town.standin.Tap(messages[0].button_texts[0], "tap-1",
                                              absl::ToUnixMillis(absl::Now()))),
            200);
  ASSERT_TRUE(Town::Wait([&] { return town.Events(v1::ZALO_EVENT_STATE_RECORDED) == 1; }));
  const std::string token = messages[0].button_links[0].substr(sizeof kLink - 1);
  EXPECT_EQ(town.AnswerOnTheWeb(Town::Token(token), 2, absl::Now()), v1::OUTCOME_RECORDED_COUNTS);
  EXPECT_THAT(town.Hailong(Cat("sipas ", kRound)), HasSubstr("stored 2, counted 1, superseded 1"));
  // A link is good once; the dossier is asked once.
  web::RawClient again(town.web_port());
  EXPECT_EQ(Town::Open(again, Town::Token(token)).response.state(), v1::SURVEY_STATE_ANSWERED);
  EXPECT_THAT(town.Hailong(Cat("zalo invite ", kRound, " ", links, " --message ",
                               town.File("text.txt"), " --details link --format csv")),
              HasSubstr(Cat(kRound, ",0,1\n")));
}

}  // namespace
}  // namespace hailong::tests
