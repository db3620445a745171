// What kiosks tell of themselves, and who is silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/registry/kiosks_for_test.h"

namespace hailong::registry {
namespace {

using absl::StatusCode;
using base::Cat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(KiosksTest, AHeartbeatIsShownAtOnceAndTellsWhoIsSilent) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  Enrolled("kiosk-2", 'b');
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1", "kiosk-2"));
  v1::KioskStatus status;
  status.set_version("1.2.0");
  status.set_waiting(7);
  status.set_screen(v1::SCREEN_STATE_PAUSED);
  ASSERT_TRUE(Beat(kiosk, status).ok());
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-2"));
  const v1::Collector listed = Listed("kiosk-1");
  EXPECT_EQ(listed.status().waiting(), 7u);
  EXPECT_EQ(listed.status().screen(), v1::SCREEN_STATE_PAUSED);
  EXPECT_EQ(model::FromProto(listed.status_at()), clock_.Now());
  EXPECT_FALSE(listed.has_last_seen_at());
  EXPECT_FALSE(Listed("kiosk-2").has_status());
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-2"));
  clock_.Advance(absl::Microseconds(1));
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1", "kiosk-2"));
  // Responses are heard too; who was revoked is not missed.
  model::NewResponse response = sample::Checked(sample::Catalog()->FindRound("march"), 1);
  response.collector = Find(Credential('b'))->collector;
  response.received_at = clock_.Now();
  // By the writer, whose thread may still be saving the heartbeats.
  ASSERT_TRUE(writer_->OfferResponses({response}, [](const auto&) {}).ok());
  Saved();
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1"));
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-1");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  EXPECT_THAT(Silent(absl::Hours(2)), IsEmpty());
  v1::ListCollectorsRequest bad;
  bad.mutable_silent_for()->set_seconds(-1);
  EXPECT_EQ(registry_->ListCollectors(admin_, bad).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(KiosksTest, HeartbeatsAreSavedTogetherOnceAMinute) {
  std::vector<model::Principal> kiosks;
  for (char c = 'a'; c < 'a' + 5; ++c) kiosks.push_back(Enrolled(Cat("kiosk-", int{c}), c));
  v1::KioskStatus status;
  status.set_waiting(1);
  ASSERT_TRUE(Beat(kiosks[0], status).ok());
  ASSERT_EQ(Saved().size(), 1u);  // the first at once
  for (uint64_t beat = 2; beat < 10; ++beat) {
    status.set_waiting(beat);
    for (const model::Principal& kiosk : kiosks) ASSERT_TRUE(Beat(kiosk, status).ok());
  }
  EXPECT_EQ(Saved().size(), 1u);  // then nothing for a minute
  clock_.Advance(limits::kStatusSaveInterval);
  ASSERT_TRUE(Beat(kiosks[0], status).ok());
  const auto saved = Saved();  // and then all of them
  ASSERT_EQ(saved.size(), 5u);
  for (const store::CollectorStatus& one : saved) EXPECT_EQ(one.status.waiting(), 9u);
  // What is younger than that is saved on the way out, and taken up again.
  status.set_waiting(10);
  ASSERT_TRUE(Beat(kiosks[4], status).ok());
  statuses_->Save();
  Saved();
  StatusBoard next(*store_, *writer_, clock_);
  ASSERT_TRUE(next.Recover().ok());
  EXPECT_EQ(next.Find(kiosks[4].collector)->status.waiting(), 10u);
  EXPECT_EQ(next.Find(kiosks[3].collector)->status.waiting(), 9u);
  EXPECT_EQ(next.Find(model::CollectorNumber{99}), std::nullopt);
}

TEST_F(KiosksTest, AKioskInTroubleIsHeardAndNonsenseIsNot) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  v1::KioskStatus status;
  for (int i = 0; i < 333; ++i) status.mutable_alarm()->append("Đĩa hỏng. ");
  status.mutable_oldest_waiting_at()->set_seconds(5);  // a device without a clock
  status.set_waiting(3);
  ASSERT_TRUE(Beat(kiosk, status).ok());
  EXPECT_FALSE(Listed("kiosk-1").status().has_oldest_waiting_at());
  EXPECT_LE(Listed("kiosk-1").status().alarm().size(), limits::kKioskStatusTextBytesMax);
  EXPECT_THAT(Listed("kiosk-1").status().alarm(), HasSubstr("Đĩa hỏng"));

  const auto refused = [&](auto change) {
    v1::KioskStatus bad;
    change(bad);
    return sample::ViolationLines(Beat(kiosk, bad).status());
  };
  EXPECT_THAT(refused([](auto& s) { s.set_counter("Quầy 3"); }),
              ElementsAre(HasSubstr("status.counter: found 'Quầy 3'")));
  EXPECT_THAT(refused([](auto& s) { s.set_screen(static_cast<v1::ScreenState>(9)); }),
              ElementsAre("status.screen: found 9, allowed are 0..4"));
  EXPECT_THAT(refused([](auto& s) {
                for (int i = 0; i < 21; ++i) s.add_newest_set_aside();
              }),
              ElementsAre("status.newest_set_aside: found 21, allowed are 0..20"));
  EXPECT_EQ(Listed("kiosk-1").status().waiting(), 3u);
}

}  // namespace
}  // namespace hailong::registry
