#include "server/model/rating_mapping.h"

#include <set>
#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::model {
namespace {

using base::Cat;

// The question of this id if the form asks it; null with a violation.
const Question* FindAsked(const std::string& id, const Questionnaire& questionnaire,
                          const std::vector<bool>& asked, const char* field,
                          refusal::Violations& bad) {
  const int position = questionnaire.Find(id, 0);
  if (position >= 0 && asked[static_cast<size_t>(position)]) {
    return &questionnaire.questions()[static_cast<size_t>(position)];
  }
  bad.Add(field, Cat("found '", base::Utf8Prefix(id, limits::kQuestionIdBytesMax),
                     "', allowed are the questions of the form"));
  return nullptr;
}

void CheckChoices(const v1::RatingMapping& mapping, const Question& question,
                  refusal::Violations& bad) {
  if (mapping.choices_size() != kRatingStars) {
    bad.Add("zalo_rating.choices", Cat("found ", mapping.choices_size(), ", allowed are ",
                                       kRatingStars, ", one for each number of stars"));
  }
  for (int i = 0; i < mapping.choices_size() && i < kRatingStars; ++i) {
    if (mapping.choices(i) >= 1 && mapping.choices(i) <= question.options) continue;
    bad.Add(Cat("zalo_rating.choices[", i, "]"),
            Cat("found ", mapping.choices(i), ", allowed are the options 1..", question.options,
                " of question ", question.id));
  }
}

void CheckLabels(const v1::RatingMapping& mapping, refusal::Violations& bad) {
  if (static_cast<size_t>(mapping.labels_size()) > limits::kZaloLabelsMax) {
    bad.Add("zalo_rating.labels",
            Cat("found ", mapping.labels_size(), ", allowed are 0..", limits::kZaloLabelsMax));
    return;
  }
  const std::string& details = mapping.details_label();
  if (details.size() > limits::kZaloLabelBytesMax) {
    bad.Add("zalo_rating.details_label",
            Cat("found ", details.size(), " bytes, allowed are 0..", limits::kZaloLabelBytesMax));
  }
  const size_t buttons = static_cast<size_t>(mapping.labels_size()) + (details.empty() ? 0 : 1);
  if (buttons > limits::kZaloLabelsMax) {
    bad.Add("zalo_rating.details_label", Cat("is button ", buttons, " of a message, allowed are ",
                                             limits::kZaloLabelsMax, " with the labels"));
  }
  std::set<std::string> seen;
  if (!details.empty()) seen.insert(details);
  for (int i = 0; i < mapping.labels_size(); ++i) {
    const v1::RatingLabel& label = mapping.labels(i);
    const std::string at = Cat("zalo_rating.labels[", i, "]");
    if (label.label().empty() || label.label().size() > limits::kZaloLabelBytesMax) {
      bad.Add(at + ".label", Cat("found ", label.label().size(), " bytes, allowed are 1..",
                                 limits::kZaloLabelBytesMax));
    }
    if (!seen.insert(label.label()).second) bad.Add(at + ".label", "is there twice");
    if (label.stars() < 1 || label.stars() > kRatingStars) {
      bad.Add(at + ".stars", Cat("found ", label.stars(), ", allowed are 1..", kRatingStars));
    }
  }
}

}  // namespace

void CheckRatingMapping(const v1::RatingMapping& mapping, const Questionnaire& questionnaire,
                        refusal::Violations& bad) {
  const std::vector<bool>* const asked = questionnaire.FindForm(mapping.form_id());
  if (asked == nullptr) {
    bad.Add("zalo_rating.form_id",
            Cat("found '", base::Utf8Prefix(mapping.form_id(), limits::kQuestionIdBytesMax),
                "', allowed are the forms of the questionnaire, or none"));
    return;
  }
  const Question* const question =
      FindAsked(mapping.question_id(), questionnaire, *asked, "zalo_rating.question_id", bad);
  if (question != nullptr && question->kind != v1::QUESTION_KIND_RATING &&
      question->kind != v1::QUESTION_KIND_SINGLE_CHOICE) {
    bad.Add("zalo_rating.question_id",
            Cat("found '", question->id, "', allowed are ratings and single choice questions"));
  } else if (question != nullptr) {
    CheckChoices(mapping, *question, bad);
  }
  if (!mapping.note_question_id().empty()) {
    const Question* const note = FindAsked(mapping.note_question_id(), questionnaire, *asked,
                                           "zalo_rating.note_question_id", bad);
    if (note != nullptr && note->kind != v1::QUESTION_KIND_TEXT) {
      bad.Add("zalo_rating.note_question_id",
              Cat("found '", note->id, "', allowed are text questions"));
    }
  }
  for (size_t i = 0; i < questionnaire.questions().size(); ++i) {
    const Question& other = questionnaire.questions()[i];
    if (!(*asked)[i] || !other.required || other.id == mapping.question_id()) continue;
    bad.Add("zalo_rating.form_id",
            Cat("the form requires question ", other.id,
                ", which stars do not answer; use a form in which only question_id is required"));
  }
  CheckLabels(mapping, bad);
}

}  // namespace hailong::model
