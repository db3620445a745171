// Who answers, about which unit, through which collector and when: the plan of a run, without the
// answers. A pure function of its settings: the same settings give the same plan on every machine,
// so a second run repeats the first. Everything in it is made up.
//
//   settings -> Schedule{citizens, again, officials, late} -> ResponseBuilder (responses.h) ->
//   sender
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "deploy/player/inputs.h"

namespace hailong::player {

struct ScheduleSettings {
  uint64_t seed = 1;
  uint64_t citizens = 36525;
  uint64_t officials = 1000;
  uint64_t late = 0;
  absl::Time from;  // every response is given in [from, to)
  absl::Time to;
};

// What the server must say about a response.
enum class Expectation {
  kRecorded,         // the first of its citizen and dossier, or anonymous
  kAlreadyRecorded,  // a retry
  kDuplicate,        // the same dossier through another channel: one of the two counts
  kRecordedLate,     // after the seal
};

enum class Behaviour { kOrdinary, kStraightLiner, kSpeeder, kTap };
enum class EvidenceKind { kNone, kDossier, kInvitation, kPaperSerial, kZaloMessage };
enum class Cast { kCitizen, kOfficial, kLate };

// One response to be sent.
struct Entry {
  Cast cast = Cast::kCitizen;
  Expectation expectation = Expectation::kRecorded;
  uint64_t person = 0;   // running number within the cast; seeds dossier and opinion
  uint32_t attempt = 0;  // 0: the person's first response; 1: the one through another channel
  std::size_t unit = 0;
  std::size_t collector = 0;
  uint32_t group = 0;  // of an official: form 1..6
  Behaviour behaviour = Behaviour::kOrdinary;
  EvidenceKind evidence = EvidenceKind::kNone;
  absl::CivilDay filed_on;  // of the dossier
  absl::Time submitted_at;
  uint64_t device_sequence = 0;
};

// Numbers one device left out on purpose, so that the gap report has something to show.
struct DeliberateGap {
  std::size_t collector = 0;
  uint64_t first = 0;  // 0: none, the collector sends too little
  uint64_t last = 0;
};

struct Schedule {
  std::vector<Entry> citizens;   // by time
  std::vector<Entry> again;      // retries and duplicates; send when `citizens` is through
  std::vector<Entry> officials;  // by time
  std::vector<Entry> late;       // send when the round is sealed
  DeliberateGap gap;
};

// Shares of the plan.
inline constexpr double kRetryShare = 0.03;
inline constexpr double kDuplicateShare = 0.02;
inline constexpr double kStraightLinerShare = 0.015;
inline constexpr double kSpeederShare = 0.01;
inline constexpr double kTapShare = 0.06;  // of kiosk responses: anonymous, short form
inline constexpr double kQuickTapShare =
    0.2;  // of those: a second press right after the one before
inline constexpr uint64_t kGapLength = 5;
inline constexpr absl::Duration kQuickTapInterval = absl::Milliseconds(700);

// Responses per unit: proportional to the square root of its size (power allocation, Bankier 1988),
// so that small units are not lost; the sum is `total` unless the units together are smaller. Never
// more than the unit's size.
std::vector<uint64_t> Allocate(uint64_t total, const std::vector<RatedUnit>& units);

// INVALID_ARGUMENT: an empty window, a unit that no collector serves, no web collector for
// officials.
absl::StatusOr<Schedule> MakeSchedule(const ScheduleSettings& settings,
                                      const std::vector<RatedUnit>& units,
                                      const std::vector<CollectorAccess>& collectors);

}  // namespace hailong::player
