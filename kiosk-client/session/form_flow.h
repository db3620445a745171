#pragma once

// One person's way through a form: which question stands on the screen, and what was answered.
// Plain value, one thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "hailong/v1/collection_service.pb.h"
#include "kiosk-client/session/settings.h"

namespace hailong::session {

class FormFlow {
 public:
  // `settings` passed CheckSettings and has a round.
  explicit FormFlow(std::shared_ptr<const Settings> settings);

  // The question on the screen; null once all have been shown.
  const v1::Question* current() const;
  // Of `current`, from 1, and of how many; after the last, one more than that.
  size_t number() const { return at_ + 1; }
  size_t count() const { return asked_.size(); }
  // What was answered to the question on the screen; null: nothing.
  const v1::Answer* given() const;
  size_t answers() const { return answers_.size(); }

  // Answers the question on the screen and goes on. INVALID_ARGUMENT if the answer is not one of
  // it; FAILED_PRECONDITION if it is to another question, such as the one shown a moment ago.
  absl::Status Give(const v1::Answer& answer);
  // Goes on and leaves the question as it stands. FAILED_PRECONDITION as Give; INVALID_ARGUMENT if
  // it must be answered and is not.
  absl::Status GoOn(std::string_view question_id);
  // False on the first.
  bool GoBack();

  // Questions that the longer form would add; 0: it is not offered, or asked already.
  size_t LongerBy() const;
  // Goes on with the longer form at its first open question; keeps what was answered.
  void AskLonger();

  // Moves round, version, form and answers into `response`; nothing is left here. `partial`: the
  // required questions may be open.
  void MoveInto(v1::Response& response, bool partial);

 private:
  const v1::Questionnaire& questionnaire() const { return settings_->questionnaire; }
  absl::Status CheckCurrent(std::string_view question_id) const;
  // The form to name so that the server takes as many answers as it can.
  std::string SettledForm(bool partial) const;

  std::shared_ptr<const Settings> settings_;
  std::vector<int> asked_;  // positions in the questionnaire
  size_t at_ = 0;
  bool longer_ = false;
  std::map<int, v1::Answer> answers_;  // by position in the questionnaire
};

}  // namespace hailong::session
