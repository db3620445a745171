#pragma once

// What looks odd about a response is flagged, never refused: each result can be had with and
// without. What a response says by itself is judged alone; pace is judged against the collector's
// earlier anonymous answers, where these tell of one hand.

#include <cstdint>
#include <deque>
#include <map>

#include "base/ids.h"
#include "server/model/response.h"

namespace hailong::intake {

using model::FlagBit;

// SPEEDER, STRAIGHT_LINER, CLOCK_SKEW and PARTIAL.
uint32_t FlagAlone(const model::NewResponse& response);

// Who has a respondent key has no pace, since duplicates are found by the key; neither has the web,
// where a hall full of people answers one link at once, each on a phone of their own.
inline bool HasPace(v1::Channel channel, bool identified) {
  return !identified && channel != v1::CHANNEL_WEB;
}

// PRESS_INTERVAL and BURST. Belongs to one thread.
class PaceFlags {
 public:
  // Judges a response that has a pace against those before it and remembers it; a retry changes
  // nothing.
  uint32_t Judge(const model::NewResponse& response);
  // Remembers a response stored before this process started.
  void Remember(model::CollectorNumber collector, const base::Uuid& response_id,
                absl::Time submitted_at);

 private:
  struct Press {
    absl::Time submitted_at;
    base::Uuid response_id;
  };
  static std::deque<Press>::iterator FirstAfter(std::deque<Press>& presses, absl::Time at);
  // The newest presses of each collector by device time, oldest first.
  std::map<model::CollectorNumber, std::deque<Press>> presses_;
};

}  // namespace hailong::intake
