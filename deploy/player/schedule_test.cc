#include "deploy/player/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "deploy/player/demo_data_for_test.h"

namespace hailong::player {
namespace {

using ::testing::HasSubstr;

class ScheduleTest : public ::testing::Test {
 protected:
  Schedule Make(const ScheduleSettings& settings) const {
    auto schedule = MakeSchedule(settings, units_, collectors_);
    EXPECT_TRUE(schedule.ok()) << schedule.status();
    return *std::move(schedule);
  }

  static std::vector<const Entry*> All(const Schedule& schedule) {
    std::vector<const Entry*> all;
    for (const auto* part :
         {&schedule.citizens, &schedule.again, &schedule.officials, &schedule.late}) {
      for (const Entry& entry : *part) all.push_back(&entry);
    }
    return all;
  }

  static bool Same(const Entry& a, const Entry& b) {
    return a.cast == b.cast && a.expectation == b.expectation && a.person == b.person &&
           a.attempt == b.attempt && a.unit == b.unit && a.collector == b.collector &&
           a.group == b.group && a.behaviour == b.behaviour && a.evidence == b.evidence &&
           a.filed_on == b.filed_on && a.submitted_at == b.submitted_at &&
           a.device_sequence == b.device_sequence;
  }

  static bool Same(const std::vector<Entry>& a, const std::vector<Entry>& b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(),
                      [](const Entry& x, const Entry& y) { return Same(x, y); });
  }

  const std::vector<RatedUnit> units_ = DemoUnits();
  const std::vector<CollectorAccess> collectors_ = DemoCollectors();
};

TEST_F(ScheduleTest, TheSameSettingsGiveTheSamePlan) {
  const Schedule a = Make(DemoSettings());
  const Schedule b = Make(DemoSettings());
  EXPECT_TRUE(Same(a.citizens, b.citizens) && Same(a.again, b.again) &&
              Same(a.officials, b.officials) && Same(a.late, b.late));
  ScheduleSettings other = DemoSettings();
  ++other.seed;
  EXPECT_FALSE(Same(a.citizens, Make(other).citizens));
}

TEST_F(ScheduleTest, CitizensAreSpreadOverAllUnitsWithinTheirSizes) {
  ASSERT_EQ(units_.size(), 119U);
  const Schedule schedule = Make(DemoSettings());
  EXPECT_EQ(schedule.citizens.size(), 36525U);
  EXPECT_EQ(schedule.officials.size(), 1000U);
  std::vector<uint64_t> counts(units_.size(), 0);
  for (const Entry& entry : schedule.citizens) ++counts[entry.unit];
  for (std::size_t u = 0; u < units_.size(); ++u) {
    EXPECT_GE(counts[u], 30U) << units_[u].unit_id;
    EXPECT_LE(counts[u], units_[u].size) << units_[u].unit_id;
  }
}

TEST_F(ScheduleTest, EverythingIsGivenInTheWindowThroughACollectorThatServesTheUnit) {
  const ScheduleSettings settings = DemoSettings();
  const Schedule schedule = Make(settings);
  for (const Entry* entry : All(schedule)) {
    EXPECT_GE(entry->submitted_at, settings.from);
    EXPECT_LT(entry->submitted_at, settings.to);
    EXPECT_TRUE(Serves(collectors_[entry->collector], units_[entry->unit]));
  }
}

TEST_F(ScheduleTest, DeviceSequencesHaveNoGapButTheDeliberateOne) {
  const Schedule schedule = Make(DemoSettings());
  std::vector<std::set<uint64_t>> numbers(collectors_.size());
  for (const Entry* entry : All(schedule)) {
    const bool fresh = numbers[entry->collector].insert(entry->device_sequence).second;
    EXPECT_EQ(fresh, entry->expectation != Expectation::kAlreadyRecorded);
  }
  ASSERT_EQ(schedule.gap.last - schedule.gap.first + 1, kGapLength);
  for (std::size_t c = 0; c < collectors_.size(); ++c) {
    if (c == schedule.gap.collector) {
      for (uint64_t n = schedule.gap.first; n <= schedule.gap.last; ++n) {
        EXPECT_TRUE(numbers[c].insert(n).second) << n;
      }
    }
    ASSERT_FALSE(numbers[c].empty());
    EXPECT_EQ(*numbers[c].begin(), 1U);
    EXPECT_EQ(*numbers[c].rbegin(), numbers[c].size()) << collectors_[c].collector_id;
  }
}

TEST_F(ScheduleTest, HoldsRetriesDuplicatesAndFlaggedInThePlannedShares) {
  const Schedule schedule = Make(DemoSettings());
  const double citizens = static_cast<double>(schedule.citizens.size());
  std::map<Expectation, double> again;
  for (const Entry& entry : schedule.again) again[entry.expectation] += 1 / citizens;
  EXPECT_NEAR(again[Expectation::kAlreadyRecorded], kRetryShare, 0.005);
  // Only those with a dossier code can meet again.
  EXPECT_GT(again[Expectation::kDuplicate], 0.012);
  EXPECT_LE(again[Expectation::kDuplicate], kDuplicateShare + 0.002);
  std::map<Behaviour, double> behaviours;
  for (const Entry& entry : schedule.citizens) behaviours[entry.behaviour] += 1 / citizens;
  EXPECT_NEAR(behaviours[Behaviour::kStraightLiner], kStraightLinerShare, 0.003);
  EXPECT_NEAR(behaviours[Behaviour::kSpeeder], kSpeederShare, 0.003);
  EXPECT_GT(behaviours[Behaviour::kTap], 0.002);
}

TEST_F(ScheduleTest, ADuplicateIsTheSameDossierLaterThroughAnotherChannel) {
  const Schedule schedule = Make(DemoSettings());
  std::map<uint64_t, const Entry*> first;
  for (const Entry& entry : schedule.citizens) first[entry.person] = &entry;
  for (const Entry& entry : schedule.again) {
    const Entry& original = *first.at(entry.person);
    if (entry.expectation == Expectation::kAlreadyRecorded) {
      Entry expected = original;
      expected.expectation = Expectation::kAlreadyRecorded;
      EXPECT_TRUE(Same(entry, expected));
      continue;
    }
    EXPECT_EQ(original.evidence, EvidenceKind::kDossier);
    EXPECT_EQ(entry.filed_on, original.filed_on);
    EXPECT_EQ(entry.unit, original.unit);
    EXPECT_GT(entry.submitted_at, original.submitted_at);
    EXPECT_NE(collectors_[entry.collector].channel, collectors_[original.collector].channel);
  }
}

TEST_F(ScheduleTest, SomeAnonymousTapsFollowRightBehindAnother) {
  const Schedule schedule = Make(DemoSettings());
  std::map<std::size_t, absl::Time> before;
  int quick = 0;
  for (const Entry& entry : schedule.citizens) {
    if (entry.behaviour != Behaviour::kTap) continue;
    EXPECT_EQ(collectors_[entry.collector].channel, v1::CHANNEL_KIOSK);
    EXPECT_EQ(entry.evidence, EvidenceKind::kNone);
    const auto found = before.find(entry.collector);
    if (found != before.end() && entry.submitted_at - found->second <= kQuickTapInterval) ++quick;
    before[entry.collector] = entry.submitted_at;
  }
  EXPECT_GE(quick, 10);
}

TEST_F(ScheduleTest, OfficialsRateWhatTheirFormRates) {
  const Schedule schedule = Make(DemoSettings());
  std::map<uint32_t, int> groups;
  for (const Entry& entry : schedule.officials) {
    ++groups[entry.group];
    const bool rates_districts = entry.group == 1 || entry.group == 3 || entry.group == 6;
    EXPECT_EQ(units_[entry.unit].level, rates_districts ? "district" : "department");
  }
  EXPECT_EQ(groups.size(), 6U);
  EXPECT_EQ(groups.begin()->first, 1U);
}

TEST_F(ScheduleTest, MoreLateResponsesOnlyAddToThePlan) {
  ScheduleSettings settings = DemoSettings();
  const Schedule longer = Make(settings);
  settings.late = 50;
  const Schedule shorter = Make(settings);
  EXPECT_TRUE(Same(longer.citizens, shorter.citizens));
  const std::vector<Entry> begin(longer.late.begin(), longer.late.begin() + 50);
  EXPECT_TRUE(Same(begin, shorter.late));
}

TEST_F(ScheduleTest, RefusesAPlanThatCannotBePlayed) {
  ScheduleSettings settings = DemoSettings();
  const std::vector<CollectorAccess> kiosk = {{"kiosk-718-1", "d", v1::CHANNEL_KIOSK, "718"}};
  EXPECT_THAT(MakeSchedule(settings, units_, kiosk).status().ToString(),
              HasSubstr("no collector serves unit 74.BQLKCN"));
  const std::vector<CollectorAccess> paper = {{"paper", "c", v1::CHANNEL_PAPER, ""}};
  EXPECT_THAT(MakeSchedule(settings, units_, paper).status().ToString(),
              HasSubstr("web collector"));
  settings.to = settings.from;
  EXPECT_THAT(MakeSchedule(settings, units_, collectors_).status().ToString(), HasSubstr("window"));
}

TEST(Allocate, GivesTheTotalAndNeverMoreThanAUnitHas) {
  std::vector<RatedUnit> units(3);
  units[0].size = 4;
  units[1].size = 10000;
  units[2].size = 40000;
  for (uint64_t total : {0U, 1U, 2U, 3U, 100U, 999U, 40000U, 50004U, 60000U}) {
    const std::vector<uint64_t> sizes = Allocate(total, units);
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}),
              std::min<uint64_t>(total, 50004U));
    for (std::size_t u = 0; u < units.size(); ++u) EXPECT_LE(sizes[u], units[u].size);
  }
  const std::vector<uint64_t> sizes = Allocate(303, units);
  EXPECT_NEAR(static_cast<double>(sizes[2]) / static_cast<double>(sizes[1]), 2.0, 0.05);
}

}  // namespace
}  // namespace hailong::player
