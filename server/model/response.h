#pragma once

// A response on its way to the store, and as the store gives it back.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/ids.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/survey_service.pb.h"
#include "server/model/round.h"

namespace hailong::model {

// Order of commit in the whole store, from 1.
enum class Sequence : int64_t {};
inline constexpr Sequence kNoSequence{0};

// The bit of a flag in `flags` below.
constexpr uint32_t FlagBit(v1::Flag flag) { return 1u << (flag - 1); }
constexpr bool HasFlag(uint32_t flags, v1::Flag flag) { return (flags & FlagBit(flag)) != 0; }

// 128 bits of HMAC-SHA-256 under the key of the round: one citizen and dossier.
using RespondentKey = std::array<uint8_t, 16>;

// Free text, kept apart from the answers.
struct Comment {
  uint32_t question = 0;  // its position in the questionnaire
  std::string text;
  bool operator==(const Comment&) const = default;
};

// What the sender said; two sendings of one response_id are one response if all of this is equal.
struct Content {
  base::Uuid response_id;
  std::string unit_id;
  std::string receiving_unit_id;  // empty: unit_id
  int64_t submitted_at_us = 0;    // by the device clock as it stood
  uint32_t duration_ms = 0;
  uint64_t device_sequence = 0;
  std::string form_id;
  std::string answers;  // packed, see Questionnaire
  std::vector<Comment> comments;
  bool partial = false;  // the person left before the end; FLAG_PARTIAL in the flags too
  std::string counter;   // that served; empty: not known
  bool operator==(const Content&) const = default;
};

// SHA-256 of an invitation's token.
using TokenHash = std::array<uint8_t, 32>;

// At most so many stored responses of a collector and round; see v1.Quota.
struct QuotaLimit {
  std::string unit_id;  // empty: of all units together
  uint32_t group = 0;   // 0: of all groups together
  uint32_t size_max = 0;
};

// What the entry knows by which a person came to a survey, and the response does not say.
struct Entrance {
  std::optional<TokenHash> invitation;  // it is good for one response
  uint32_t group = 0;                   // the person's; 0: none
  std::optional<QuotaLimit> quota;      // the one that holds for this person
  bool over = false;                    // it lets nobody in any more
};

// A checked response; the writer stores it.
struct NewResponse {
  std::shared_ptr<const Round> round;
  Content content;
  CollectorNumber collector{};
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  int64_t clock_offset_ms = 0;
  absl::Time received_at;
  std::optional<RespondentKey> respondent_key;
  uint32_t flags = 0;                // bit (Flag - 1)
  bool late = false;                 // stored, never counted
  std::optional<Entrance> entrance;  // absent: sent by a collector with its credential

  absl::Time submitted_at() const {
    return absl::FromUnixMicros(content.submitted_at_us) + absl::Milliseconds(clock_offset_ms);
  }
};

// What became of it.
struct Stored {
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;        // of this sending
  v1::Outcome first_outcome = v1::OUTCOME_UNSPECIFIED;  // of the sending that stored it
  absl::Time received_at;
  bool content_differs = false;  // the response_id is taken by other content; nothing was stored
  // Its entrance is spent: the invitation was answered or revoked, the quota is full, or it lets
  // nobody in any more; nothing was stored. UNSPECIFIED: it is not.
  v1::SurveyState turned_away = v1::SURVEY_STATE_UNSPECIFIED;
};

// A stored response. Whether it counts now follows from first_outcome and from later responses that
// name it as displaced; see results::RoundFrame.
struct ResponseRow {
  Sequence sequence{};
  Content content;
  CollectorNumber collector{};
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  int64_t clock_offset_ms = 0;
  absl::Time received_at;
  bool identified = false;
  uint32_t flags = 0;
  v1::Outcome first_outcome = v1::OUTCOME_UNSPECIFIED;
  Sequence displaced{};  // the response that stopped counting because of this one
};

}  // namespace hailong::model
