#include "server/model/rating_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> Bad(const v1::RatingMapping& mapping) {
  v1::Round round = sample::Round();
  *round.mutable_zalo_rating() = mapping;
  const auto made =
      sample::Catalog()->With({RoundRecord{.number = sample::kRoundNumber, .round = round}});
  return sample::ViolationLines(made.status());
}

TEST(RatingMapping, StarsNotesAndButtonsMaySpeakToAForm) {
  EXPECT_THAT(Bad(sample::RatingMapping()), IsEmpty());
}

TEST(RatingMapping, TwoStarsMaySayTheSame) {
  v1::RatingMapping mapping = sample::RatingMapping();
  mapping.set_choices(1, 1);
  mapping.clear_note_question_id();
  mapping.clear_labels();
  EXPECT_THAT(Bad(mapping), IsEmpty());
}

TEST(RatingMapping, EachRefusalNamesTheField) {
  const auto with = [](auto change) {
    v1::RatingMapping mapping = sample::RatingMapping();
    change(mapping);
    return Bad(mapping);
  };
  EXPECT_THAT(with([](auto& m) { m.set_question_id("q3"); }),
              ElementsAre(StartsWith("round.zalo_rating.question_id: found 'q3'"),
                          HasSubstr("requires question q1")));
  EXPECT_THAT(with([](auto& m) { m.set_question_id("q5"); }),
              ElementsAre(HasSubstr("allowed are ratings and single choice"),
                          HasSubstr("requires question q1")));
  EXPECT_THAT(with([](auto& m) { m.add_choices(5); }),
              ElementsAre("round.zalo_rating.choices: found 6, allowed are 5, one for each number "
                          "of stars"));
  EXPECT_THAT(
      with([](auto& m) { m.set_choices(4, 6); }),
      ElementsAre(HasSubstr("zalo_rating.choices[4]: found 6, allowed are the options 1..5")));
  EXPECT_THAT(with([](auto& m) { m.set_choices(0, 0); }),
              ElementsAre(HasSubstr("zalo_rating.choices[0]: found 0")));
  EXPECT_THAT(with([](auto& m) { m.set_form_id("none"); }),
              ElementsAre(HasSubstr("zalo_rating.form_id: found 'none'")));
  EXPECT_THAT(with([](auto& m) {
                m.clear_form_id();
                m.set_question_id("q2");
              }),
              ElementsAre(HasSubstr("the form requires question q1")));
  EXPECT_THAT(with([](auto& m) { m.set_note_question_id("q2"); }),
              ElementsAre(HasSubstr("zalo_rating.note_question_id: found 'q2', allowed are text")));
  EXPECT_THAT(with([](auto& m) {
                m.add_labels()->set_label("Hài lòng");
                m.mutable_labels(1)->set_stars(6);
              }),
              ElementsAre(HasSubstr("labels[1].label: is there twice"),
                          HasSubstr("labels[1].stars: found 6, allowed are 1..5")));
  EXPECT_THAT(with([](auto& m) { m.set_details_label("Hài lòng"); }),
              ElementsAre(HasSubstr("labels[0].label: is there twice")));
  EXPECT_THAT(with([](auto& m) { m.set_details_label(std::string(101, 'x')); }),
              ElementsAre(HasSubstr("details_label: found 101 bytes, allowed are 0..100")));
  EXPECT_THAT(with([](auto& m) {
                for (int i = 2; i <= 5; ++i) {
                  m.add_labels()->set_label(std::string(1, static_cast<char>('0' + i)));
                  m.mutable_labels(i - 1)->set_stars(1);
                }
              }),
              ElementsAre(HasSubstr("details_label: is button 6 of a message, allowed are 5")));
  EXPECT_THAT(with([](auto& m) {
                for (int i = 0; i < 5; ++i)
                  m.add_labels()->set_label(std::string(1, char('a' + i)));
              }),
              ElementsAre(HasSubstr("zalo_rating.labels: found 6, allowed are 0..5")));
}

}  // namespace
}  // namespace hailong::model
