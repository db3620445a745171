#include "deploy/player/tally.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hailong::player {
namespace {

constexpr std::size_t kSurprisesMax = 10;

// Whether the outcome a response had when it was stored is the planned one.
bool FirstOutcomeFits(Expectation expectation, v1::Outcome outcome) {
  switch (expectation) {
    case Expectation::kRecorded:
    case Expectation::kAlreadyRecorded:  // a retry repeats a first response
      return outcome == v1::OUTCOME_RECORDED;
    case Expectation::kDuplicate:
      return outcome == v1::OUTCOME_RECORDED_COUNTS || outcome == v1::OUTCOME_RECORDED_NOT_COUNTED;
    case Expectation::kRecordedLate:
      return outcome == v1::OUTCOME_RECORDED_LATE;
  }
  return false;
}

const char* ExpectationName(Expectation expectation) {
  switch (expectation) {
    case Expectation::kRecorded:
      return "OUTCOME_RECORDED";
    case Expectation::kAlreadyRecorded:
      return "OUTCOME_ALREADY_RECORDED";
    case Expectation::kDuplicate:
      return "OUTCOME_RECORDED_COUNTS or OUTCOME_RECORDED_NOT_COUNTED";
    case Expectation::kRecordedLate:
      return "OUTCOME_RECORDED_LATE";
  }
  return "";
}

}  // namespace

void Tally::Add(const Entry& entry, const v1::SubmitResult& result) {
  ++answered_;
  if (!result.has_stored()) {
    ++refused_;
    ++unplanned_;
    std::string what = absl::StrCat("refused with code ", result.refusal().code(), ": ",
                                    result.refusal().message());
    for (const v1::FieldViolation& violation : result.refusal().field_violations()) {
      absl::StrAppend(&what, "; ", violation.field(), ": ", violation.description());
    }
    AddSurprise(std::move(what));
    return;
  }
  const v1::SubmitResponseResponse& stored = result.stored();
  ++by_outcome_[stored.outcome()];
  const bool already = stored.outcome() == v1::OUTCOME_ALREADY_RECORDED;
  const bool is_retry = entry.expectation == Expectation::kAlreadyRecorded;
  if (already && !is_retry) ++earlier_;
  const v1::Outcome first = already ? stored.receipt().first_outcome() : stored.outcome();
  if (FirstOutcomeFits(entry.expectation, first) && (already || !is_retry)) return;
  ++unplanned_;
  AddSurprise(absl::StrCat(v1::Outcome_Name(stored.outcome()), " (first ",
                           v1::Outcome_Name(stored.receipt().first_outcome()), ") where ",
                           ExpectationName(entry.expectation), " was planned, response ",
                           stored.receipt().response_id()));
}

void Tally::AddUnanswered(uint64_t count, absl::string_view why) {
  unanswered_ += count;
  AddSurprise(absl::StrCat(count, " responses without an answer: ", why));
}

void Tally::AddSurprise(std::string what) {
  if (surprises_.size() < kSurprisesMax) surprises_.push_back(std::move(what));
}

std::string Tally::Summary() const {
  std::string text;
  for (const auto& [outcome, count] : by_outcome_) {
    absl::StrAppendFormat(&text, "  %-30s %8d\n", v1::Outcome_Name(outcome), count);
  }
  if (refused_ > 0) absl::StrAppendFormat(&text, "  %-30s %8d\n", "refused", refused_);
  if (unanswered_ > 0)
    absl::StrAppendFormat(&text, "  %-30s %8d\n", "without an answer", unanswered_);
  if (earlier_ > 0)
    absl::StrAppendFormat(&text, "  %d were stored before this run sent them\n", earlier_);
  if (waits_ > 0)
    absl::StrAppendFormat(&text, "  %d batches were put off and sent again\n", waits_);
  for (const std::string& surprise : surprises_)
    absl::StrAppend(&text, "  NOT AS PLANNED: ", surprise, "\n");
  if (unplanned_ > surprises_.size()) {
    absl::StrAppend(&text, "  NOT AS PLANNED: ", unplanned_, " in all\n");
  }
  return text;
}

}  // namespace hailong::player
