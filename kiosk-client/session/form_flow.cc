#include "kiosk-client/session/form_flow.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/ids.h"
#include "base/status.h"

namespace hailong::session {
namespace {

using base::Cat;

absl::Status Refuse(const v1::Question& question, std::string_view what) {
  return absl::InvalidArgumentError(Cat("question ", question.question_id(), ": ", what));
}

absl::Status CheckChoice(const v1::Question& question, uint32_t choice) {
  if (choice >= 1 && choice <= static_cast<uint32_t>(question.options_size())) {
    return absl::OkStatus();
  }
  return Refuse(question, Cat("choice ", choice, " is not in 1..", question.options_size()));
}

absl::Status CheckChoices(const v1::Question& question, const v1::ChoiceSet& set) {
  std::set<uint32_t> seen;
  for (const uint32_t choice : set.choices()) {
    RETURN_IF_ERROR(CheckChoice(question, choice));
    if (!seen.insert(choice).second) {
      return Refuse(question, Cat("choice ", choice, " is there twice"));
    }
  }
  return absl::OkStatus();
}

// A text belongs to a TEXT question or to a chosen option that takes one.
bool TakesText(const v1::Question& question, const v1::Answer& answer) {
  if (question.kind() == v1::QUESTION_KIND_TEXT) return true;
  const auto takes = [&](uint32_t choice) {
    return question.options(static_cast<int>(choice) - 1).allows_text();
  };
  if (answer.has_choice()) return takes(answer.choice());
  return std::any_of(answer.choices().choices().begin(), answer.choices().choices().end(), takes);
}

absl::Status CheckText(const v1::Question& question, const v1::Answer& answer) {
  const std::string& text = answer.text();
  if (text.empty()) {
    if (question.kind() != v1::QUESTION_KIND_TEXT) return absl::OkStatus();
    return Refuse(question, "found an empty text; go on without an answer instead");
  }
  if (!TakesText(question, answer)) return Refuse(question, "found a text, but it takes none");
  if (text.size() > kTextBytesMax || !base::IsUtf8(text)) {
    return Refuse(question, Cat("found a text of ", text.size(), " bytes, allowed are ",
                                kTextBytesMax, " of UTF-8"));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const v1::Question& question, const v1::Answer& answer) {
  const v1::QuestionKind kind = question.kind();
  switch (answer.value_case()) {
    case v1::Answer::kChoice:
      if (kind != v1::QUESTION_KIND_RATING && kind != v1::QUESTION_KIND_SINGLE_CHOICE) {
        return Refuse(question, "found one choice, but it does not ask for one");
      }
      return CheckChoice(question, answer.choice());
    case v1::Answer::kChoices:
      if (kind != v1::QUESTION_KIND_MULTIPLE_CHOICE) {
        return Refuse(question, "found a set of choices, but it does not ask for one");
      }
      return CheckChoices(question, answer.choices());
    case v1::Answer::kNotApplicable:
      if (answer.not_applicable() && question.allows_not_applicable()) return absl::OkStatus();
      return Refuse(question, "found 'not applicable', which it does not allow");
    case v1::Answer::VALUE_NOT_SET:
      if (kind == v1::QUESTION_KIND_TEXT) return absl::OkStatus();
      return Refuse(question, "found no choice");
  }
  return Refuse(question, "found an answer of a kind not known here");
}

}  // namespace

FormFlow::FormFlow(std::shared_ptr<const Settings> settings)
    : settings_(std::move(settings)),
      asked_(QuestionsOf(settings_->questionnaire, settings_->configuration.form_id())) {}

const v1::Question* FormFlow::current() const {
  return at_ < asked_.size() ? &questionnaire().questions(asked_[at_]) : nullptr;
}

const v1::Answer* FormFlow::given() const {
  if (at_ >= asked_.size()) return nullptr;
  const auto found = answers_.find(asked_[at_]);
  return found == answers_.end() ? nullptr : &found->second;
}

absl::Status FormFlow::CheckCurrent(std::string_view question_id) const {
  const v1::Question* question = current();
  if (question != nullptr && question->question_id() == question_id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Cat("found an answer to '", base::Utf8Prefix(question_id, 64), "', on the screen is ",
          question == nullptr ? "no question" : question->question_id()));
}

absl::Status FormFlow::Give(const v1::Answer& answer) {
  RETURN_IF_ERROR(CheckCurrent(answer.question_id()));
  const v1::Question& question = *current();
  RETURN_IF_ERROR(CheckValue(question, answer));
  RETURN_IF_ERROR(CheckText(question, answer));
  const auto has_text = [](const auto& one) { return !one.second.text().empty(); };
  if (!answer.text().empty() &&
      std::count_if(answers_.begin(), answers_.end(), has_text) >= int{kTextsMax}) {
    return Refuse(question, Cat("found more than ", kTextsMax, " texts in one response"));
  }
  answers_[asked_[at_]] = answer;
  ++at_;
  return absl::OkStatus();
}

absl::Status FormFlow::GoOn(std::string_view question_id) {
  RETURN_IF_ERROR(CheckCurrent(question_id));
  if (current()->required() && given() == nullptr) {
    return Refuse(*current(), "found no answer, but it is required");
  }
  ++at_;
  return absl::OkStatus();
}

bool FormFlow::GoBack() {
  if (at_ == 0) return false;
  --at_;
  return true;
}

size_t FormFlow::LongerBy() const {
  const v1::KioskConfiguration& configuration = settings_->configuration;
  if (longer_ || configuration.long_form_id().empty() || configuration.form_id().empty() ||
      configuration.long_form_id() == configuration.form_id()) {
    return 0;
  }
  // What AskLonger will ask: a question of both forms that was passed over comes again.
  size_t more = 0;
  bool has_new = false;
  for (const int position : QuestionsOf(questionnaire(), configuration.long_form_id())) {
    more += answers_.contains(position) ? 0 : 1;
    has_new = has_new || std::find(asked_.begin(), asked_.end(), position) == asked_.end();
  }
  return has_new ? more : 0;
}

void FormFlow::AskLonger() {
  if (LongerBy() == 0) return;
  std::vector<int> asked;
  for (const int position : asked_) {
    if (answers_.contains(position)) asked.push_back(position);
  }
  at_ = asked.size();
  for (const int position : QuestionsOf(questionnaire(), settings_->configuration.long_form_id())) {
    if (!answers_.contains(position)) asked.push_back(position);
  }
  asked_ = std::move(asked);
  longer_ = true;
}

std::string FormFlow::SettledForm(bool partial) const {
  const v1::KioskConfiguration& configuration = settings_->configuration;
  if (!longer_) return configuration.form_id();
  // Answers may be of both forms. "" is all questions, and holds them both, unless it requires one
  // that was never asked.
  std::string best = configuration.long_form_id();
  size_t best_taken = 0;
  for (const std::string& form_id :
       {configuration.long_form_id(), configuration.form_id(), std::string()}) {
    size_t taken = 0;
    bool complete = true;
    for (const int position : QuestionsOf(questionnaire(), form_id)) {
      const bool answered = answers_.contains(position);
      taken += answered ? 1 : 0;
      complete = complete && (answered || !questionnaire().questions(position).required());
    }
    if ((complete || partial) && taken > best_taken) {
      best = form_id;
      best_taken = taken;
    }
  }
  return best;
}

void FormFlow::MoveInto(v1::Response& response, bool partial) {
  const std::string form_id = SettledForm(partial);
  const std::vector<int> form = QuestionsOf(questionnaire(), form_id);
  response.set_round_id(settings_->configuration.round_id());
  response.set_questionnaire_version(questionnaire().version());
  response.set_form_id(form_id);
  for (auto& [position, answer] : answers_) {
    if (std::find(form.begin(), form.end(), position) == form.end()) continue;
    *response.add_answers() = std::move(answer);
  }
  answers_.clear();
}

}  // namespace hailong::session
