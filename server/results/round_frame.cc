#include "server/results/round_frame.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/status.h"

namespace hailong::results {
namespace {

std::vector<frame::Column> ColumnsOf(const model::Round& round,
                                     const std::vector<std::string>& question_ids) {
  std::vector<frame::Column> columns;
  for (const std::string& id : question_ids) {
    const int position = round.questionnaire().Find(id, 0);
    HAILONG_CHECK(position >= 0);
    const model::Question& question =
        round.questionnaire().questions()[static_cast<size_t>(position)];
    HAILONG_CHECK(question.size == 1);
    columns.push_back({.question_id = id, .options = static_cast<uint8_t>(question.options)});
  }
  return columns;
}

}  // namespace

RoundFrame::RoundFrame(std::shared_ptr<const model::Round> round,
                       std::vector<std::string> question_ids, std::optional<uint64_t> sealed_stored)
    : round_(std::move(round)),
      question_ids_(std::move(question_ids)),
      sealed_stored_(sealed_stored),
      frame_(ColumnsOf(*round_, question_ids_), round_->units().size()),
      tallies_(round_->units().size()),
      answers_(question_ids_.size()) {
  for (const std::string& id : question_ids_) {
    const auto position = static_cast<size_t>(round_->questionnaire().Find(id, 0));
    offsets_.push_back(round_->questionnaire().questions()[position].offset);
  }
}

absl::Status RoundFrame::Refresh(store::Store& store) {
  absl::Status bad;
  RETURN_IF_ERROR(store.ReadResponses(
      round_->number(), last_sequence_, std::numeric_limits<int64_t>::max(),
      /*with_comments=*/false, [&](const model::ResponseRow& row) {
        if (row.content.answers.size() != round_->questionnaire().packed_size()) {
          bad = absl::DataLossError(base::Cat("responses: sequence ",
                                              static_cast<int64_t>(row.sequence), " has ",
                                              row.content.answers.size(), " bytes of answers"));
          return false;
        }
        Add(row);
        return true;
      }));
  return bad;
}

void RoundFrame::Add(const model::ResponseRow& row) {
  last_sequence_ = row.sequence;
  if (sealed_stored_.has_value() && sequences_.size() >= *sealed_stored_) {
    ++late_after_seal_;
    return;
  }
  const std::optional<uint16_t> unit = round_->FindUnit(row.content.unit_id);
  if (!unit.has_value()) return;  // the registry took the unit out of the round's window
  for (size_t i = 0; i < offsets_.size(); ++i) {
    answers_[i] = static_cast<uint8_t>(row.content.answers[offsets_[i]]);
  }
  const size_t at = frame_.Append({.unit = *unit,
                                   .counted = false,
                                   .flags = static_cast<uint8_t>(row.flags),
                                   .answers = answers_});
  sequences_.push_back(static_cast<int64_t>(row.sequence));
  Tally& tally = tallies_[*unit];
  ++tally.stored;
  if (row.channel >= 0 && static_cast<size_t>(row.channel) < kChannels) {
    ++tally.by_channel[static_cast<size_t>(row.channel)];
  }
  if (row.first_outcome == v1::OUTCOME_RECORDED_LATE) ++tally.late;
  if (row.first_outcome == v1::OUTCOME_RECORDED ||
      row.first_outcome == v1::OUTCOME_RECORDED_COUNTS) {
    SetCounted(at, true);
  }
  if (row.displaced != model::kNoSequence) {
    if (const auto displaced = FindRow(row.displaced)) SetCounted(*displaced, false);
  }
}

void RoundFrame::SetCounted(size_t row, bool counted) {
  if (frame_.counted(row) == counted) return;
  frame_.SetCounted(row, counted);
  Tally& tally = tallies_[frame_.unit(row)];
  for (size_t flag = 0; flag < kFlags; ++flag) {
    if ((frame_.flags(row) >> flag & 1) == 0) continue;
    if (counted) {
      ++tally.by_flag[flag];
    } else {
      --tally.by_flag[flag];
    }
  }
}

std::optional<size_t> RoundFrame::FindRow(model::Sequence sequence) const {
  const auto found =
      std::lower_bound(sequences_.begin(), sequences_.end(), static_cast<int64_t>(sequence));
  if (found == sequences_.end() || *found != static_cast<int64_t>(sequence)) return std::nullopt;
  return static_cast<size_t>(found - sequences_.begin());
}

bool RoundFrame::Counts(model::Sequence sequence) const {
  const std::optional<size_t> row = FindRow(sequence);
  return row.has_value() && frame_.counted(*row);
}

v1::RoundCounts RoundFrame::CountsOf(const std::vector<bool>& included) const {
  v1::RoundCounts counts;
  Tally sum;
  uint64_t counted = 0;
  uint64_t unflagged = 0;
  for (size_t unit = 0; unit < tallies_.size(); ++unit) {
    if (!included[unit]) continue;
    const Tally& tally = tallies_[unit];
    sum.stored += tally.stored;
    sum.late += tally.late;
    for (size_t i = 0; i < kFlags; ++i) sum.by_flag[i] += tally.by_flag[i];
    for (size_t i = 0; i < kChannels; ++i) sum.by_channel[i] += tally.by_channel[i];
    counted += frame_.Responses(unit, /*without_flagged=*/false);
    unflagged += frame_.Responses(unit, /*without_flagged=*/true);
  }
  counts.set_stored(sum.stored);
  counts.set_counted(counted);
  counts.set_late(sum.late);
  counts.set_superseded(sum.stored - sum.late - counted);
  counts.set_flagged(counted - unflagged);
  for (size_t i = 0; i < kFlags; ++i) {
    if (sum.by_flag[i] > 0)
      (*counts.mutable_by_flag())[static_cast<uint32_t>(i + 1)] = sum.by_flag[i];
  }
  for (size_t i = 0; i < kChannels; ++i) {
    if (sum.by_channel[i] > 0) {
      (*counts.mutable_by_channel())[static_cast<uint32_t>(i)] = sum.by_channel[i];
    }
  }
  return counts;
}

size_t RoundFrame::bytes() const {
  return frame_.bytes() + sequences_.capacity() * sizeof(int64_t) +
         tallies_.capacity() * sizeof(Tally);
}

}  // namespace hailong::results
