#include "kiosk-client/uplink/settings_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <set>
#include <string>

#include "base/status.h"

namespace hailong::uplink {
namespace {

using base::Cat;

// Maps in a fixed order.
std::string Bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream into(&bytes);
  google::protobuf::io::CodedOutputStream coded(&into);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::Status CheckQuestions(const v1::Questionnaire& questionnaire, std::set<std::string>& ids) {
  for (const v1::Question& question : questionnaire.questions()) {
    const std::string& id = question.question_id();
    if (id.empty() || !ids.insert(id).second) {
      return absl::InvalidArgumentError(Cat("question '", id, "' is there twice or has no id"));
    }
    if (question.kind() == v1::QUESTION_KIND_UNSPECIFIED ||
        !v1::QuestionKind_IsValid(question.kind())) {
      return absl::InvalidArgumentError(
          Cat("question '", id, "' is of a kind that this program does not know: ",
              static_cast<int>(question.kind()), "; a newer program is needed"));
    }
    if (question.kind() != v1::QUESTION_KIND_TEXT && question.options().empty()) {
      return absl::InvalidArgumentError(Cat("question '", id, "' has no options"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const v1::Questionnaire& questionnaire, const std::string& form_id) {
  if (form_id.empty()) return absl::OkStatus();
  for (const v1::Form& form : questionnaire.forms()) {
    if (form.form_id() == form_id) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(Cat("the configuration asks for form '", form_id,
                                        "', which questionnaire '",
                                        questionnaire.questionnaire_id(), "' does not have"));
}

}  // namespace

absl::Status CheckSettings(const outbox::LastGood& settings) {
  if (!settings.round.has_value()) return absl::OkStatus();
  const v1::Round& round = *settings.round;
  const v1::Questionnaire& questionnaire = settings.questionnaire;
  if (round.round_id() != settings.configuration.round_id()) {
    return absl::InvalidArgumentError(Cat("the configuration names round '",
                                          settings.configuration.round_id(), "', sent was round '",
                                          round.round_id(), "'"));
  }
  if (questionnaire.questionnaire_id() != round.questionnaire_id() ||
      questionnaire.version() != round.questionnaire_version()) {
    return absl::InvalidArgumentError(
        Cat("round '", round.round_id(), "' asks for questionnaire '", round.questionnaire_id(),
            "' version ", round.questionnaire_version(), ", sent was '",
            questionnaire.questionnaire_id(), "' version ", questionnaire.version()));
  }
  if (questionnaire.questions().empty()) {
    return absl::InvalidArgumentError(
        Cat("questionnaire '", questionnaire.questionnaire_id(), "' has no questions"));
  }
  std::set<std::string> ids;
  RETURN_IF_ERROR(CheckQuestions(questionnaire, ids));
  for (const v1::Form& form : questionnaire.forms()) {
    for (const std::string& id : form.question_ids()) {
      if (!ids.contains(id)) {
        return absl::InvalidArgumentError(
            Cat("form '", form.form_id(), "' names question '", id, "', which is not there"));
      }
    }
  }
  RETURN_IF_ERROR(CheckForm(questionnaire, settings.configuration.form_id()));
  return CheckForm(questionnaire, settings.configuration.long_form_id());
}

bool IsSame(const outbox::LastGood& a, const outbox::LastGood& b) {
  return Bytes(a.configuration) == Bytes(b.configuration) &&
         a.round.has_value() == b.round.has_value() &&
         (!a.round.has_value() || Bytes(*a.round) == Bytes(*b.round)) &&
         a.questionnaire_digest == b.questionnaire_digest && a.unit_name == b.unit_name &&
         Bytes(a.questionnaire) == Bytes(b.questionnaire);
}

}  // namespace hailong::uplink
