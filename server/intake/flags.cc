#include "server/intake/flags.h"

#include <algorithm>
#include <array>

#include "server/model/limits.h"

namespace hailong::intake {
namespace {

struct Ratings {
  uint32_t answered = 0;
  uint8_t first = 0;
  bool alike = true;
};

// A straight line is drawn within one scale: 39 fives are one, five fives and five fours of a
// 4-step scale are not compared.
bool IsStraightLine(const model::NewResponse& response, uint32_t answers_min) {
  std::map<uint32_t, Ratings> by_scale;
  for (const model::Question& question : response.round->questionnaire().questions()) {
    if (question.kind != v1::QUESTION_KIND_RATING) continue;
    const auto answer = static_cast<uint8_t>(response.content.answers[question.offset]);
    if (answer == model::kNoAnswer || answer == model::kNotApplicable) continue;
    Ratings& ratings = by_scale[question.options];
    if (ratings.answered == 0) ratings.first = answer;
    ratings.alike = ratings.alike && answer == ratings.first;
    ++ratings.answered;
  }
  return std::any_of(by_scale.begin(), by_scale.end(), [&](const auto& scale) {
    return scale.second.alike && scale.second.answered >= answers_min;
  });
}

uint64_t CountAnswers(const model::NewResponse& response) {
  const auto questions = response.round->questionnaire().questions();
  // A text question has no packed answer; the text of an option belongs to an answer counted below.
  uint64_t answered = static_cast<uint64_t>(
      std::count_if(response.content.comments.begin(), response.content.comments.end(),
                    [&](const auto& comment) { return questions[comment.question].size == 0; }));
  for (const model::Question& question : questions) {
    for (uint32_t i = 0; i < question.size; ++i) {
      if (response.content.answers[question.offset + i] != '\0') {
        ++answered;
        break;
      }
    }
  }
  return answered;
}

}  // namespace

uint32_t FlagAlone(const model::NewResponse& response) {
  const v1::FlagThresholds& thresholds = response.round->definition().flag_thresholds();
  uint32_t flags = 0;
  if (thresholds.answer_duration_ms_min() > 0 && response.content.duration_ms > 0 &&
      response.content.duration_ms < CountAnswers(response) * thresholds.answer_duration_ms_min()) {
    flags |= FlagBit(v1::FLAG_SPEEDER);
  }
  if (thresholds.straight_line_answers_min() > 0 &&
      IsStraightLine(response, thresholds.straight_line_answers_min())) {
    flags |= FlagBit(v1::FLAG_STRAIGHT_LINER);
  }
  if (thresholds.clock_skew_ms_max() > 0) {
    const absl::Duration allowed = absl::Milliseconds(thresholds.clock_skew_ms_max());
    if (absl::AbsDuration(absl::Milliseconds(response.clock_offset_ms)) > allowed ||
        response.submitted_at() - response.received_at > allowed) {
      flags |= FlagBit(v1::FLAG_CLOCK_SKEW);
    }
  }
  if (response.content.partial) flags |= FlagBit(v1::FLAG_PARTIAL);
  return flags;
}

std::deque<PaceFlags::Press>::iterator PaceFlags::FirstAfter(std::deque<Press>& presses,
                                                             absl::Time at) {
  return std::upper_bound(
      presses.begin(), presses.end(), at,
      [](absl::Time time, const Press& press) { return time < press.submitted_at; });
}

uint32_t PaceFlags::Judge(const model::NewResponse& response) {
  if (!HasPace(response.channel, response.respondent_key.has_value())) return 0;
  const v1::FlagThresholds& thresholds = response.round->definition().flag_thresholds();
  const absl::Time at = response.submitted_at();
  const absl::Time window = at - absl::Milliseconds(thresholds.burst_window_ms());
  const absl::Time interval = at - absl::Milliseconds(thresholds.press_interval_ms());
  uint32_t in_window = 1;
  bool too_soon = false;
  std::deque<Press>& presses = presses_[response.collector];
  // A retry may come with a clock measured anew, so its time does not tell it.
  const auto is_this = [&](const Press& press) {
    return press.response_id == response.content.response_id;
  };
  if (std::any_of(presses.begin(), presses.end(), is_this)) return 0;
  // Backwards in time from this press, no further than the thresholds look.
  for (auto press = FirstAfter(presses, at); press != presses.begin();) {
    --press;
    const bool in_interval = press->submitted_at > interval;
    if (!in_interval && press->submitted_at <= window) break;
    if (press->submitted_at > window) ++in_window;
    too_soon = too_soon || in_interval;
  }
  Remember(response.collector, response.content.response_id, at);
  uint32_t flags = 0;
  if (thresholds.press_interval_ms() > 0 && too_soon) flags |= FlagBit(v1::FLAG_PRESS_INTERVAL);
  if (thresholds.burst_count_max() > 0 && in_window > thresholds.burst_count_max()) {
    flags |= FlagBit(v1::FLAG_BURST);
  }
  return flags;
}

void PaceFlags::Remember(model::CollectorNumber collector, const base::Uuid& response_id,
                         absl::Time submitted_at) {
  std::deque<Press>& presses = presses_[collector];
  presses.insert(FirstAfter(presses, submitted_at), {submitted_at, response_id});
  if (presses.size() > limits::kBurstCountMax + 1) presses.pop_front();
}

}  // namespace hailong::intake
