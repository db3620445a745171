#include "deploy/player/schedule.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "deploy/player/random.h"

namespace hailong::player {
namespace {

absl::TimeZone HoChiMinh() { return absl::FixedTimeZone(7 * 60 * 60); }

// How much of the traffic each channel carries where it is present.
double ChannelShare(v1::Channel channel) {
  switch (channel) {
    case v1::CHANNEL_KIOSK:
      return 0.45;
    case v1::CHANNEL_ZALO:
      return 0.25;
    case v1::CHANNEL_WEB:
      return 0.20;
    default:
      return 0.10;
  }
}

// A moment in [from, to), in office hours of its day where the window allows it; whole
// milliseconds.
absl::Time MomentIn(absl::Time from, absl::Time to, Random& random) {
  const int64_t span_ms = absl::ToInt64Milliseconds(to - from);
  const absl::Time any =
      from + absl::Milliseconds(static_cast<int64_t>(random.Below(static_cast<uint64_t>(span_ms))));
  const absl::Time midnight = absl::FromCivil(absl::ToCivilDay(any, HoChiMinh()), HoChiMinh());
  constexpr int64_t kOpenMs = 7 * 3600000 + 30 * 60000;
  constexpr uint64_t kOfficeDayMs = 10 * 3600000;
  const absl::Time office =
      midnight + absl::Milliseconds(kOpenMs + static_cast<int64_t>(random.Below(kOfficeDayMs)));
  return office >= from && office < to ? office : any;
}

// Makes a Schedule step by step; lives for one MakeSchedule.
class Planner {
 public:
  Planner(const ScheduleSettings& settings, const std::vector<RatedUnit>& units,
          const std::vector<CollectorAccess>& collectors)
      : settings_(settings), units_(units), collectors_(collectors), last_(collectors.size(), 0) {
    for (const RatedUnit& unit : units) {
      std::vector<std::size_t>& serving = serving_.emplace_back();
      for (std::size_t c = 0; c < collectors.size(); ++c) {
        if (Serves(collectors[c], unit)) serving.push_back(c);
      }
    }
  }

  absl::Status Check() const {
    if (settings_.to - settings_.from < absl::Seconds(1)) {
      return absl::InvalidArgumentError("the window is shorter than a second");
    }
    for (std::size_t u = 0; u < units_.size(); ++u) {
      if (serving_[u].empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("no collector serves unit ", units_[u].unit_id));
      }
    }
    if (settings_.officials > 0 && WebCollectors().empty()) {
      return absl::InvalidArgumentError(
          "officials answer on the web, but no web collector serves every unit");
    }
    return absl::OkStatus();
  }

  Schedule Make() {
    Schedule schedule;
    MakeCitizens(schedule.citizens);
    MoveQuickTaps(schedule.citizens);
    std::vector<Entry> duplicates = MakeDuplicates(schedule.citizens);
    NumberByTime(schedule.citizens, duplicates, schedule.gap);
    schedule.again = MakeRetries(schedule.citizens);
    schedule.again.insert(schedule.again.end(), duplicates.begin(), duplicates.end());
    SortByTime(schedule.again);
    MakeOfficials(schedule.officials);
    MakeLate(schedule.late);
    return schedule;
  }

 private:
  std::vector<std::size_t> WebCollectors() const {
    std::vector<std::size_t> web;
    for (std::size_t c = 0; c < collectors_.size(); ++c) {
      if (collectors_[c].channel == v1::CHANNEL_WEB && collectors_[c].unit_id.empty()) {
        web.push_back(c);
      }
    }
    return web;
  }

  static void SortByTime(std::vector<Entry>& entries) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.submitted_at, a.person, a.attempt) <
             std::tie(b.submitted_at, b.person, b.attempt);
    });
  }

  // A collector that serves the unit, by the shares of the channels; not of channel `other_than`,
  // unless there is no other.
  std::size_t PickCollector(std::size_t unit, v1::Channel other_than, Random& random) const {
    std::map<v1::Channel, std::vector<std::size_t>> by_channel;
    double total = 0;
    for (std::size_t c : serving_[unit]) {
      if (collectors_[c].channel != other_than) by_channel[collectors_[c].channel].push_back(c);
    }
    if (by_channel.empty()) return serving_[unit][random.Below(serving_[unit].size())];
    for (const auto& [channel, members] : by_channel) total += ChannelShare(channel);
    double left = random.Uniform() * total;
    const std::vector<std::size_t>* chosen = nullptr;
    for (const auto& [channel, members] : by_channel) {
      chosen = &members;
      left -= ChannelShare(channel);
      if (left < 0) break;
    }
    return (*chosen)[random.Below(chosen->size())];
  }

  EvidenceKind PickEvidence(v1::Channel channel, Random& random) const {
    if (channel == v1::CHANNEL_ZALO && random.Chance(0.4)) return EvidenceKind::kZaloMessage;
    if (channel == v1::CHANNEL_PAPER && random.Chance(0.5)) return EvidenceKind::kPaperSerial;
    return EvidenceKind::kDossier;
  }

  Entry MakePerson(Cast cast, uint64_t person, std::size_t unit, Random& random) const {
    Entry entry;
    entry.cast = cast;
    entry.person = person;
    entry.unit = unit;
    entry.collector = PickCollector(unit, v1::CHANNEL_UNSPECIFIED, random);
    entry.evidence = PickEvidence(collectors_[entry.collector].channel, random);
    entry.submitted_at = MomentIn(settings_.from, settings_.to, random);
    entry.filed_on = absl::ToCivilDay(entry.submitted_at, HoChiMinh()) -
                     static_cast<absl::civil_diff_t>(1 + random.Below(20));
    return entry;
  }

  void MakeCitizens(std::vector<Entry>& citizens) const {
    const std::vector<uint64_t> sizes = Allocate(settings_.citizens, units_);
    for (std::size_t unit = 0; unit < units_.size(); ++unit) {
      for (uint64_t i = 0; i < sizes[unit]; ++i) {
        const uint64_t person = citizens.size();
        Random random(settings_.seed, "citizen", person);
        Entry entry = MakePerson(Cast::kCitizen, person, unit, random);
        const double behaviour = random.Uniform();
        if (collectors_[entry.collector].channel == v1::CHANNEL_KIOSK && random.Chance(kTapShare)) {
          entry.behaviour = Behaviour::kTap;
          entry.evidence = EvidenceKind::kNone;
        } else if (behaviour < kStraightLinerShare) {
          entry.behaviour = Behaviour::kStraightLiner;
        } else if (behaviour < kStraightLinerShare + kSpeederShare) {
          entry.behaviour = Behaviour::kSpeeder;
        }
        citizens.push_back(entry);
      }
    }
  }

  // Puts some taps right behind another tap on the same kiosk: somebody presses twice.
  void MoveQuickTaps(std::vector<Entry>& citizens) const {
    std::map<std::size_t, const Entry*> tap_before;
    for (Entry& entry : citizens) {
      if (entry.behaviour != Behaviour::kTap) continue;
      const Entry*& before = tap_before[entry.collector];
      if (before != nullptr && before->submitted_at + kQuickTapInterval < settings_.to &&
          Random(settings_.seed, "quick tap", entry.person).Chance(kQuickTapShare)) {
        entry.submitted_at = before->submitted_at + kQuickTapInterval;
      }
      before = &entry;
    }
    SortByTime(citizens);
  }

  std::vector<Entry> MakeDuplicates(const std::vector<Entry>& citizens) const {
    std::vector<Entry> duplicates;
    for (const Entry& first : citizens) {
      Random random(settings_.seed, "duplicate", first.person);
      // Only dossiers can meet, and there must be time left for the second response.
      if (first.evidence != EvidenceKind::kDossier || !random.Chance(kDuplicateShare) ||
          settings_.to - first.submitted_at < absl::Minutes(2)) {
        continue;
      }
      Entry second = first;
      second.expectation = Expectation::kDuplicate;
      second.behaviour = Behaviour::kOrdinary;
      second.attempt = 1;
      second.collector = PickCollector(first.unit, collectors_[first.collector].channel, random);
      second.submitted_at = MomentIn(first.submitted_at + absl::Minutes(1), settings_.to, random);
      duplicates.push_back(second);
    }
    return duplicates;
  }

  // Gives every collector's responses running numbers by time, but for one gap.
  void NumberByTime(std::vector<Entry>& citizens, std::vector<Entry>& duplicates,
                    DeliberateGap& gap) {
    std::vector<Entry*> all;
    std::vector<uint64_t> counts(collectors_.size(), 0);
    for (std::vector<Entry>* entries : {&citizens, &duplicates}) {
      for (Entry& entry : *entries) {
        all.push_back(&entry);
        ++counts[entry.collector];
      }
    }
    std::sort(all.begin(), all.end(), [](const Entry* a, const Entry* b) {
      return std::tie(a->submitted_at, a->person, a->attempt) <
             std::tie(b->submitted_at, b->person, b->attempt);
    });
    for (std::size_t c = 0; c < collectors_.size() && gap.first == 0; ++c) {
      if (collectors_[c].channel == v1::CHANNEL_KIOSK && counts[c] >= 2) {
        gap = {c, counts[c] / 2 + 1, counts[c] / 2 + kGapLength};
      }
    }
    for (Entry* entry : all) {
      uint64_t& last = last_[entry->collector];
      if (gap.first != 0 && entry->collector == gap.collector && last + 1 == gap.first) {
        last = gap.last;
      }
      entry->device_sequence = ++last;
    }
  }

  std::vector<Entry> MakeRetries(const std::vector<Entry>& citizens) const {
    std::vector<Entry> retries;
    for (const Entry& entry : citizens) {
      if (!Random(settings_.seed, "retry", entry.person).Chance(kRetryShare)) continue;
      retries.push_back(entry);
      retries.back().expectation = Expectation::kAlreadyRecorded;
    }
    return retries;
  }

  // Forms 01, 03 and 06 rate districts, the others departments; where the registry has none, any
  // unit.
  std::vector<std::size_t> UnitsRatedBy(uint32_t group) const {
    const std::string level = group == 1 || group == 3 || group == 6 ? "district" : "department";
    std::vector<std::size_t> rated;
    for (std::size_t u = 0; u < units_.size(); ++u) {
      if (units_[u].level == level) rated.push_back(u);
    }
    if (rated.empty()) {
      rated.resize(units_.size());
      std::iota(rated.begin(), rated.end(), std::size_t{0});
    }
    return rated;
  }

  void MakeOfficials(std::vector<Entry>& officials) {
    const std::vector<std::size_t> web = WebCollectors();
    constexpr double kGroupShares[] = {0.10, 0.10, 0.10, 0.10, 0.25, 0.35};
    std::vector<std::vector<std::size_t>> rated;
    for (uint32_t group = 1; group <= std::size(kGroupShares); ++group) {
      rated.push_back(UnitsRatedBy(group));
    }
    for (uint64_t person = 0; person < settings_.officials; ++person) {
      Random random(settings_.seed, "official", person);
      Entry entry;
      entry.cast = Cast::kOfficial;
      entry.person = person;
      double left = random.Uniform();
      for (double share : kGroupShares) {
        ++entry.group;
        left -= share;
        if (left < 0) break;
      }
      const std::vector<std::size_t>& choice = rated[entry.group - 1];
      entry.unit = choice[random.Below(choice.size())];
      entry.collector = web[random.Below(web.size())];
      entry.evidence = EvidenceKind::kInvitation;
      entry.submitted_at = MomentIn(settings_.from, settings_.to, random);
      officials.push_back(entry);
    }
    SortByTime(officials);
    for (Entry& entry : officials) entry.device_sequence = ++last_[entry.collector];
  }

  // Devices that were off the network until the round was sealed.
  void MakeLate(std::vector<Entry>& late) {
    for (uint64_t person = 0; person < settings_.late; ++person) {
      Random random(settings_.seed, "late", person);
      const std::size_t unit = random.Below(units_.size());
      late.push_back(MakePerson(Cast::kLate, person, unit, random));
      late.back().expectation = Expectation::kRecordedLate;
    }
    // Numbered in the order of persons, not of time: a longer list then only adds to a shorter one.
    for (Entry& entry : late) entry.device_sequence = ++last_[entry.collector];
  }

  const ScheduleSettings& settings_;
  const std::vector<RatedUnit>& units_;
  const std::vector<CollectorAccess>& collectors_;
  std::vector<std::vector<std::size_t>> serving_;  // by unit
  std::vector<uint64_t> last_;                     // highest device sequence, by collector
};

}  // namespace

std::vector<uint64_t> Allocate(uint64_t total, const std::vector<RatedUnit>& units) {
  std::vector<uint64_t> sizes(units.size(), 0);
  uint64_t population = 0;
  for (const RatedUnit& unit : units) population += unit.size;
  uint64_t left = std::min(total, population);
  // Units that are full leave the division; the rest share what is left until it fits.
  while (left > 0) {
    double roots = 0;
    for (std::size_t u = 0; u < units.size(); ++u) {
      if (sizes[u] < units[u].size) roots += std::sqrt(static_cast<double>(units[u].size));
    }
    uint64_t given = 0;
    for (std::size_t u = 0; u < units.size(); ++u) {
      if (sizes[u] == units[u].size) continue;
      const double share =
          static_cast<double>(left) * std::sqrt(static_cast<double>(units[u].size)) / roots;
      const uint64_t more = std::min(static_cast<uint64_t>(share), units[u].size - sizes[u]);
      sizes[u] += more;
      given += more;
    }
    if (given == 0) {  // less than one for each: the first units take them
      for (std::size_t u = 0; u < units.size() && given < left; ++u) {
        if (sizes[u] == units[u].size) continue;
        ++sizes[u];
        ++given;
      }
    }
    left -= given;
  }
  return sizes;
}

absl::StatusOr<Schedule> MakeSchedule(const ScheduleSettings& settings,
                                      const std::vector<RatedUnit>& units,
                                      const std::vector<CollectorAccess>& collectors) {
  Planner planner(settings, units, collectors);
  const absl::Status status = planner.Check();
  if (!status.ok()) return status;
  return planner.Make();
}

}  // namespace hailong::player
