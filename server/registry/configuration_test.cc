// What a kiosk is told to show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/registry/kiosks_for_test.h"

namespace hailong::registry {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(KiosksTest, AConfigurationReachesTheKioskWithItsNextHeartbeat) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  const auto before = Beat(kiosk);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_FALSE(before->has_configuration());
  EXPECT_FALSE(before->has_round());
  EXPECT_EQ(before->questionnaire_digest(), "");
  EXPECT_THAT(before->unit_name(), HasSubstr("74.SNV"));
  EXPECT_EQ(model::FromProto(before->server_time()), clock_.Now());
  EXPECT_EQ(before->next_heartbeat_seconds(), 60u);

  const v1::KioskConfiguration wanted = GoodConfiguration();
  const auto configured = Configure("kiosk-1", wanted);
  ASSERT_TRUE(configured.ok()) << configured.status();
  EXPECT_EQ(model::DeterministicBytes(configured->collector().kiosk()),
            model::DeterministicBytes(wanted));
  ASSERT_TRUE(Configure("kiosk-1", wanted).ok());
  const auto after = Beat(kiosk);
  // The collector's own unit, since the configuration names no other.
  v1::KioskConfiguration sent = wanted;
  sent.set_unit_id("74.SNV");
  EXPECT_EQ(model::DeterministicBytes(after->configuration()), model::DeterministicBytes(sent));
  EXPECT_EQ(after->province_name(), sample::Catalog()->units().Find("74", "2025-03-01")->name());
  EXPECT_EQ(after->round().round_id(), "march");
  EXPECT_EQ(after->questionnaire_digest(),
            sample::Catalog()->FindQuestionnaire("sample", 1)->digest());
}

TEST_F(KiosksTest, ARoundMayEndWhileAKioskIsSetUpForIt) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  ASSERT_TRUE(Configure("kiosk-1", GoodConfiguration()).ok());
  ASSERT_EQ(Close(admin_, "march"), StatusCode::kOk);
  const auto heard = Beat(kiosk);
  ASSERT_TRUE(heard.ok());
  EXPECT_EQ(heard->round().state(), v1::ROUND_STATE_CLOSED);
  // What hangs on the round stays; another kiosk cannot be set up for it any more.
  v1::KioskConfiguration message = GoodConfiguration();
  message.mutable_message_of_the_day()->set_vi("Đợt đã kết thúc");
  EXPECT_TRUE(Configure("kiosk-1", message).ok());
  Enrolled("kiosk-2", 'b');
  EXPECT_EQ(Configure("kiosk-2", GoodConfiguration()).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(KiosksTest, ARoundThatIsPlannedIsGoodAndOneWhoseWindowIsOverIsNot) {
  AddByEnrolment("kiosk-1");
  clock_.Set(sample::At("2025-02-01T00:00:00+07:00"));
  EXPECT_TRUE(Configure("kiosk-1", GoodConfiguration()).ok());
  AddByEnrolment("kiosk-2");
  clock_.Set(sample::At("2025-04-01T00:00:00+07:00"));
  EXPECT_EQ(Configure("kiosk-2", GoodConfiguration()).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(KiosksTest, EachRefusalOfAConfigurationNamesTheField) {
  AddByEnrolment("kiosk-1");
  const struct {
    void (*change)(v1::KioskConfiguration&);
    const char* line;
  } cases[] = {
      {[](auto& k) { k.set_unit_id("74.STC"); },
       "kiosk.unit_id: found '74.STC', allowed are the collector's unit '74.SNV' and those below"},
      {[](auto& k) { k.set_unit_id("99"); }, "kiosk.unit_id: found '99', which is no unit on 2025"},
      {[](auto& k) { k.set_form_id("none"); },
       "kiosk.form_id: found 'none', allowed are none and the forms of the round's questionnaire: "
       "'counter'"},
      {[](auto& k) { k.set_long_form_id("long"); }, "kiosk.long_form_id: found 'long', allowed"},
      {[](auto& k) { k.clear_round_id(); }, "kiosk.form_id: found 'counter', but no round is set"},
      {[](auto& k) { k.add_languages("vi"); }, "kiosk.languages[2]: 'vi' is there twice"},
      {[](auto& k) { k.set_languages(0, "Vietnamese"); },
       "kiosk.languages[0]: found 'Vietnamese', allowed are BCP 47 tags"},
      {[](auto& k) { k.set_languages(0, ""); }, "kiosk.languages[0]: found ''"},
      {[](auto& k) { k.set_languages(0, "vi-"); }, "kiosk.languages[0]: found 'vi-'"},
      {[](auto& k) { k.set_languages(0, "../vi"); }, "kiosk.languages[0]: found '../vi'"},
      {[](auto& k) {
         for (int i = 0; i < 7; ++i) k.add_languages("km");
       },
       "kiosk.languages: found 9, allowed are 0..8"},
      {[](auto& k) { k.set_idle_seconds(601); },
       "kiosk.idle_seconds: found 601, allowed are 0..600"},
      {[](auto& k) { k.set_countdown_seconds(121); },
       "kiosk.countdown_seconds: found 121, allowed are 0..120"},
      {[](auto& k) { k.set_press_interval_ms(60'001); },
       "kiosk.press_interval_ms: found 60001, allowed are 0..60000"},
      {[](auto& k) { k.mutable_message_of_the_day()->clear_vi(); },
       "kiosk.message_of_the_day.vi: is empty"},
      {[](auto& k) { k.mutable_message_of_the_day()->set_en(std::string(2001, 'x')); },
       "kiosk.message_of_the_day: found "},
      {[](auto& k) { k.set_staff_pin_sha256("2580"); },
       "kiosk.staff_pin_sha256: found 4 bytes, allowed are none or the 64 lower-case"},
      {[](auto& k) { k.set_staff_pin_sha256(std::string(64, 'A')); },
       "kiosk.staff_pin_sha256: found 64 bytes"},
  };
  for (const auto& one : cases) {
    v1::KioskConfiguration kiosk = GoodConfiguration();
    one.change(kiosk);
    const absl::Status status = Configure("kiosk-1", kiosk).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), ElementsAre(HasSubstr(one.line)));
  }
  v1::KioskConfiguration unknown = GoodConfiguration();
  unknown.set_round_id("may");
  EXPECT_EQ(Configure("kiosk-1", unknown).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Configure("nobody", GoodConfiguration()).status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(Listed("kiosk-1").has_kiosk());
  // An unbound kiosk must be told which unit is rated, and it must be one of the round's.
  ASSERT_TRUE(Create(admin_, "anywhere", "").ok());
  EXPECT_THAT(sample::ViolationLines(Configure("anywhere", GoodConfiguration()).status()),
              ElementsAre("kiosk.unit_id: is empty, and the collector has no unit of its own"));
  v1::KioskConfiguration other = GoodConfiguration();
  other.set_unit_id("79.SNV");
  EXPECT_THAT(
      sample::ViolationLines(Configure("anywhere", other).status()),
      ElementsAre(HasSubstr("kiosk.unit_id: found '79.SNV', allowed are the round's unit")));
  // Nothing at all is a configuration too.
  EXPECT_TRUE(Configure("kiosk-1", {}).ok());
}

TEST_F(KiosksTest, AKioskMayBeSetUpWhenItIsRegistered) {
  v1::CreateCollectorRequest request;
  *request.mutable_collector() = sample::Collector("kiosk-1", v1::CHANNEL_KIOSK, "74.SNV");
  *request.mutable_collector()->mutable_kiosk() = GoodConfiguration();
  request.mutable_collector()->mutable_kiosk()->set_form_id("none");
  EXPECT_EQ(registry_->CreateCollector(admin_, request).status().code(),
            StatusCode::kInvalidArgument);
  request.mutable_collector()->mutable_kiosk()->set_form_id("counter");
  ASSERT_TRUE(registry_->CreateCollector(admin_, request).ok());
  EXPECT_EQ(Listed("kiosk-1").kiosk().form_id(), "counter");
}

TEST_F(KiosksTest, ABoundOperatorSetsUpOnlyItsOwnKiosks) {
  AddByEnrolment("kiosk-1");
  v1::ConfigureKioskRequest request;
  request.set_collector_id("kiosk-1");
  EXPECT_EQ(registry_->ConfigureKiosk(district_, request).status().code(),
            StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace hailong::registry
