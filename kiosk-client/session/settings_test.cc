#include "kiosk-client/session/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kiosk-client/session/settings_for_test.h"

namespace hailong::session {
namespace {

using ::testing::HasSubstr;

TEST(Settings, WhatDoesNotFitTogetherIsNamed) {
  const auto refusal = [](auto change) {
    Settings settings = SettingsForTest();
    change(settings);
    return std::string(CheckSettings(settings).message());
  };
  EXPECT_EQ(refusal([](Settings&) {}), "");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.set_form_id("counter"); }),
            "configuration.form_id: found 'counter', allowed are 'short' 'long' of questionnaire "
            "small");
  EXPECT_THAT(refusal([](Settings& s) { s.configuration.set_long_form_id("x"); }),
              HasSubstr("configuration.long_form_id: found 'x'"));
  EXPECT_EQ(refusal([](Settings& s) { s.questionnaire.mutable_forms(0)->add_question_ids("z"); }),
            "form 'short' asks question 'z', which the questionnaire does not have");
  EXPECT_EQ(refusal([](Settings& s) { s.questionnaire.set_version(4); }),
            "questionnaire: found 'small' version 4, allowed is the round's 'small' version 3");
  EXPECT_EQ(refusal([](Settings& s) { s.round.set_round_id("r2"); }),
            "round: found 'r2', allowed is the configuration's 'r1'");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.set_idle_seconds(601); }),
            "configuration.idle_seconds: found 601, allowed are 0..600");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.set_countdown_seconds(121); }),
            "configuration.countdown_seconds: found 121, allowed are 0..120");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.set_press_interval_ms(60001); }),
            "configuration.press_interval_ms: found 60001, allowed are 0..60000");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.set_staff_pin_sha256("2580"); }),
            "configuration.staff_pin_sha256: found 4 characters, allowed are 64 of lower-case hex");
  EXPECT_EQ(refusal([](Settings& s) { s.configuration.add_languages("tiếng Việt"); }),
            "configuration.languages: found 'tiếng Việt', allowed are tags such as vi, en, km");
  EXPECT_THAT(refusal([](Settings& s) {
                for (int i = 0; i < 9; ++i) s.configuration.add_languages("vi");
              }),
              HasSubstr("found 9, allowed are at most 8"));
  EXPECT_THAT(refusal([](Settings& s) { s.questionnaire.mutable_questions(0)->clear_options(); }),
              HasSubstr("question a: found 0 options"));
  EXPECT_THAT(refusal([](Settings& s) {
                s.questionnaire.mutable_questions(0)->set_kind(static_cast<v1::QuestionKind>(17));
              }),
              HasSubstr("question a: found kind 17"));
  EXPECT_THAT(refusal([](Settings& s) { s.questionnaire.clear_questions(); }),
              HasSubstr("found no question"));
}

TEST(Settings, DefaultsAreThoseOfTheContract) {
  const v1::KioskConfiguration none;
  EXPECT_EQ(IdleOf(none), absl::Seconds(45));
  EXPECT_EQ(CountdownOf(none), absl::Seconds(15));
  EXPECT_THAT(LanguagesOf(none), testing::ElementsAre("vi", "en"));
}

TEST(Settings, AMissingTranslationIsVietnameseAndSaysSo) {
  v1::LocalizedText text;
  text.set_vi("Hài lòng");
  (*text.mutable_other())["km"] = "ពេញចិត្ត";
  EXPECT_EQ(In("km", text).language, "km");
  EXPECT_EQ(In("en", text).language, "vi");
  EXPECT_EQ(In("en", text).text, "Hài lòng");
  text.set_en("Satisfied");
  EXPECT_EQ(In("en", text).text, "Satisfied");
}

}  // namespace
}  // namespace hailong::session
