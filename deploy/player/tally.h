// Judges what the server said about each response against the plan, and counts it.
// Not thread-safe; the sender guards it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "deploy/player/schedule.h"
#include "hailong/v1/collection_service.pb.h"

namespace hailong::player {

class Tally {
 public:
  // A response was answered. ALREADY_RECORDED is right whenever its receipt's first outcome is what
  // the plan says: the response was stored by an earlier run, or by a call whose answer got lost.
  void Add(const Entry& entry, const v1::SubmitResult& result);

  // `count` responses could not be sent, or the batch was not answered response by response.
  void AddUnanswered(uint64_t count, absl::string_view why);

  // A call or a response was put off by the server and sent again.
  void AddWait() { ++waits_; }

  uint64_t answered() const { return answered_; }

  // Everything was answered and every outcome is what the plan says.
  bool AsPlanned() const { return unplanned_ == 0 && unanswered_ == 0; }

  // A few lines: counts by outcome, waits, and the first surprises in words.
  std::string Summary() const;

 private:
  void AddSurprise(std::string what);

  std::map<v1::Outcome, uint64_t> by_outcome_;
  uint64_t answered_ = 0;
  uint64_t earlier_ = 0;  // stored by an earlier run or a call whose answer got lost
  uint64_t refused_ = 0;
  uint64_t unplanned_ = 0;
  uint64_t unanswered_ = 0;
  uint64_t waits_ = 0;
  std::vector<std::string> surprises_;  // the first few
};

}  // namespace hailong::player
