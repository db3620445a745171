#pragma once

// The stored responses of one round as columns, kept up to date in time proportional to what is
// new. Here, and nowhere else, is decided which stored response counts; scores, live counts,
// exports and reports all ask this.
//
// Not thread-safe: the owner locks.

#include <array>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "analysis/frame/frame.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/response.h"
#include "server/model/round.h"
#include "server/store/store.h"

namespace hailong::results {

class RoundFrame {
 public:
  // Holds `question_ids`, each a RATING or SINGLE_CHOICE of the round's questionnaire. Of a sealed
  // round only the first `sealed_stored` responses are in the frame; what came later is late and
  // merely counted.
  RoundFrame(std::shared_ptr<const model::Round> round, std::vector<std::string> question_ids,
             std::optional<uint64_t> sealed_stored);

  // Takes in what was stored since the last call. O(what is new). Errors: those of
  // Store::ReadResponses.
  absl::Status Refresh(store::Store& store);

  const model::Round& round() const { return *round_; }
  const std::vector<std::string>& question_ids() const { return question_ids_; }
  std::optional<uint64_t> sealed_stored() const { return sealed_stored_; }
  const frame::Frame& frame() const { return frame_; }
  model::Sequence last_sequence() const { return last_sequence_; }
  // Responses that came after the seal.
  uint64_t late_after_seal() const { return late_after_seal_; }
  uint64_t stored() const { return sequences_.size(); }

  // THE definition: a response counts if it was stored in time and no other response for its
  // citizen and dossier counts instead. It was so, or not, when it was stored (first_outcome), and
  // stops being so when a later response displaces it.
  bool Counts(model::Sequence sequence) const;

  // Counts over the units with included[unit]. O(units).
  v1::RoundCounts CountsOf(const std::vector<bool>& included) const;
  uint64_t StoredOf(uint16_t unit) const { return tallies_[unit].stored; }
  uint64_t CountedOf(uint16_t unit) const { return frame_.Responses(unit, false); }

  // Memory held, in bytes.
  size_t bytes() const;

 private:
  static constexpr size_t kFlags = v1::Flag_MAX;
  static_assert(kFlags <= 8);  // a frame holds them in a byte
  static constexpr size_t kChannels = 6;
  struct Tally {
    uint64_t stored = 0;
    uint64_t late = 0;
    std::array<uint64_t, kFlags> by_flag{};        // of the counted
    std::array<uint64_t, kChannels> by_channel{};  // of the stored
  };

  void Add(const model::ResponseRow& row);
  void SetCounted(size_t row, bool counted);
  // The row of a response; nothing if it is not in the frame.
  std::optional<size_t> FindRow(model::Sequence sequence) const;

  const std::shared_ptr<const model::Round> round_;
  const std::vector<std::string> question_ids_;
  const std::optional<uint64_t> sealed_stored_;
  std::vector<uint32_t> offsets_;  // of the questions in the packed answers
  frame::Frame frame_;
  std::vector<int64_t> sequences_;  // of the rows, rising
  std::vector<Tally> tallies_;      // by unit
  std::vector<uint8_t> answers_;    // of the row at hand
  model::Sequence last_sequence_ = model::kNoSequence;
  uint64_t late_after_seal_ = 0;
};

}  // namespace hailong::results
