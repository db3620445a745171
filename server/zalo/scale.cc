#include "server/zalo/scale.h"

#include "base/ids.h"
#include "base/status.h"
#include "base/vietnamese/vietnamese.h"
#include "server/model/limits.h"
#include "server/model/rating_mapping.h"

namespace hailong::zalo {
namespace {

using base::Cat;

// The note, then the pre-set answers that were ticked, each on a line of its own.
std::string NoteText(const v1::ZaloRating& rating) {
  std::string text = rating.note();
  for (const std::string& feedback : rating.feedbacks()) {
    if (feedback.empty()) continue;
    if (!text.empty()) text.push_back('\n');
    text += feedback;
  }
  return std::string(base::Utf8Prefix(text, limits::kTextBytesMax));
}

}  // namespace

absl::StatusOr<int> StarsOf(const v1::ZaloRating& rating) {
  if (!rating.label().empty()) return 0;
  const bool emotions = rating.rating_type() == "csat" && rating.option() == "five_emotions";
  const bool older = rating.rating_type().empty() && rating.option().empty();
  if (!emotions && !older) {
    return absl::InvalidArgumentError(
        Cat("scale '", rating.rating_type(), "' with '", rating.option(),
            "' is not known, allowed is 'csat' with 'five_emotions', or neither"));
  }
  if (rating.rate().size() != 1 || rating.rate()[0] < '1' || rating.rate()[0] > '5') {
    return absl::InvalidArgumentError("rate is out of 1..5");
  }
  return rating.rate()[0] - '0';
}

absl::Status AddAnswers(const v1::ZaloRating& rating, const model::Round& round,
                        v1::Response& response) {
  if (!round.definition().has_zalo_rating()) {
    return absl::FailedPreconditionError(Cat("round '", round.id(), "' has no zalo_rating"));
  }
  const v1::RatingMapping& mapping = round.definition().zalo_rating();
  ASSIGN_OR_RETURN(int stars, StarsOf(rating));
  if (stars == 0) {
    for (const v1::RatingLabel& label : mapping.labels()) {
      if (ToNfc(label.label()) == ToNfc(rating.label())) stars = static_cast<int>(label.stars());
    }
    if (stars == 0) return absl::InvalidArgumentError("the label is not one of the round's");
  }
  response.set_form_id(mapping.form_id());
  v1::Answer& answer = *response.add_answers();
  answer.set_question_id(mapping.question_id());
  answer.set_choice(mapping.choices(stars - 1));
  const std::string note = NoteText(rating);
  if (!mapping.note_question_id().empty() && !note.empty()) {
    v1::Answer& text = *response.add_answers();
    text.set_question_id(mapping.note_question_id());
    text.set_text(note);
  }
  return absl::OkStatus();
}

}  // namespace hailong::zalo
