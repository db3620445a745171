#include "server/model/questionnaire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::model {
namespace {

using base::Cat;

bool IsQuestionId(std::string_view id) {
  return base::IsSlug(id, limits::kQuestionIdBytesMax, ".-_");
}

size_t OptionsMax(v1::QuestionKind kind) {
  return kind == v1::QUESTION_KIND_MULTIPLE_CHOICE ? limits::kMultipleChoiceOptionsMax
                                                   : limits::kSingleChoiceOptionsMax;
}

void CheckHead(const v1::Questionnaire& definition, refusal::Violations& bad) {
  if (!base::IsSlug(definition.questionnaire_id(), limits::kIdBytesMax, "-")) {
    bad.Add("questionnaire_id",
            Cat("found '", base::Utf8Prefix(definition.questionnaire_id(), 80),
                "', allowed are 1..", limits::kIdBytesMax, " of a-z, 0-9 and '-'"));
  }
  if (definition.version() == 0) bad.Add("version", "found 0, allowed is 1 or more");
  if (definition.legal_basis().source().empty()) {
    bad.Add("legal_basis.source", "is empty; name the decision or form it comes from");
  }
  if (definition.title().vi().empty()) bad.Add("title.vi", "is empty");
  if (definition.audience() == v1::AUDIENCE_UNSPECIFIED ||
      !v1::Audience_IsValid(definition.audience())) {
    bad.Add("audience", "is not set; allowed are CITIZENS and OFFICIALS");
  }
  if (definition.questions().empty() ||
      static_cast<size_t>(definition.questions_size()) > limits::kQuestionsMax) {
    bad.Add("questions",
            Cat("found ", definition.questions_size(), ", allowed are 1..", limits::kQuestionsMax));
  }
  if (static_cast<size_t>(definition.forms_size()) > limits::kFormsMax) {
    bad.Add("forms",
            Cat("found ", definition.forms_size(), ", allowed are at most ", limits::kFormsMax));
  }
}

void CheckQuestion(const v1::Question& question, const std::string& at, refusal::Violations& bad) {
  if (!IsQuestionId(question.question_id())) {
    bad.Add(Cat(at, ".question_id"),
            Cat("found '", base::Utf8Prefix(question.question_id(), 40), "', allowed are 1..",
                limits::kQuestionIdBytesMax, " of a-z, 0-9, '.', '-' and '_'"));
  }
  if (question.text().vi().empty()) bad.Add(Cat(at, ".text.vi"), "is empty");
  if (question.kind() == v1::QUESTION_KIND_UNSPECIFIED ||
      !v1::QuestionKind_IsValid(question.kind())) {
    bad.Add(Cat(at, ".kind"), "is not set");
    return;
  }
  const size_t options = static_cast<size_t>(question.options_size());
  if (question.kind() == v1::QUESTION_KIND_TEXT) {
    if (options > 0) bad.Add(Cat(at, ".options"), Cat("found ", options, ", a text has none"));
    return;
  }
  if (options < 2 || options > OptionsMax(question.kind())) {
    bad.Add(Cat(at, ".options"),
            Cat("found ", options, ", allowed are 2..", OptionsMax(question.kind())));
  }
  for (size_t i = 0; i < options; ++i) {
    const v1::Option& option = question.options(static_cast<int>(i));
    if (option.text().vi().empty()) bad.Add(Cat(at, ".options[", i, "].text.vi"), "is empty");
    if (option.allows_text() && i >= 31) {
      bad.Add(Cat(at, ".options[", i, "].allows_text"),
              "only the first 31 options may take a text");
    }
  }
}

}  // namespace

std::string DeterministicBytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::StatusOr<std::shared_ptr<const Questionnaire>> Questionnaire::Create(
    const v1::Questionnaire& definition) {
  refusal::Violations bad("questionnaire.");
  if (definition.ByteSizeLong() > limits::kQuestionnaireBytesMax) {
    bad.Add("questions", Cat("the questionnaire has ", definition.ByteSizeLong(),
                             " bytes, allowed are ", limits::kQuestionnaireBytesMax));
    return bad.ToStatus();
  }
  CheckHead(definition, bad);

  auto made = std::shared_ptr<Questionnaire>(new Questionnaire());
  for (int i = 0; i < definition.questions_size() && i < 2 * int{limits::kQuestionsMax}; ++i) {
    const v1::Question& from = definition.questions(i);
    CheckQuestion(from, Cat("questions[", i, "]"), bad);
    Question question{.id = from.question_id(),
                      .kind = from.kind(),
                      .options = static_cast<uint32_t>(from.options_size()),
                      .offset = static_cast<uint32_t>(made->packed_size_),
                      .size = from.kind() == v1::QUESTION_KIND_TEXT              ? 0u
                              : from.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE ? 4u
                                                                                 : 1u,
                      .required = from.required(),
                      .allows_not_applicable = from.allows_not_applicable()};
    for (int k = 0; k < from.options_size() && k < 31; ++k) {
      if (from.options(k).allows_text()) question.text_options |= 1u << k;
    }
    made->packed_size_ += question.size;
    if (!made->positions_.emplace(question.id, static_cast<uint32_t>(i)).second) {
      bad.Add(Cat("questions[", i, "].question_id"), Cat("'", question.id, "' is there twice"));
    }
    made->questions_.push_back(std::move(question));
  }
  made->forms_[""] = std::vector<bool>(made->questions_.size(), true);
  for (int i = 0; i < definition.forms_size() && i < int{limits::kFormsMax}; ++i) {
    const v1::Form& form = definition.forms(i);
    std::vector<bool> asked(made->questions_.size(), false);
    for (const std::string& id : form.question_ids()) {
      const int position = made->Find(id, 0);
      if (position < 0) {
        bad.Add(Cat("forms[", i, "].question_ids"),
                Cat("'", base::Utf8Prefix(id, 40), "' is not a question"));
      } else {
        asked[static_cast<size_t>(position)] = true;
      }
    }
    if (!IsQuestionId(form.form_id()) ||
        !made->forms_.emplace(form.form_id(), std::move(asked)).second) {
      bad.Add(Cat("forms[", i, "].form_id"), "is empty, not a plain id, or there twice");
    }
  }
  RETURN_IF_ERROR(bad.ToStatus());
  made->definition_ = definition;
  made->digest_ = base::Sha256Hex(DeterministicBytes(definition));
  return std::shared_ptr<const Questionnaire>(std::move(made));
}

int Questionnaire::Find(std::string_view question_id, size_t hint) const {
  if (hint < questions_.size() && questions_[hint].id == question_id) {
    return static_cast<int>(hint);
  }
  const auto found = positions_.find(absl::string_view(question_id.data(), question_id.size()));
  return found == positions_.end() ? -1 : static_cast<int>(found->second);
}

const std::vector<bool>* Questionnaire::FindForm(std::string_view form_id) const {
  const auto found = forms_.find(absl::string_view(form_id.data(), form_id.size()));
  return found == forms_.end() ? nullptr : &found->second;
}

}  // namespace hailong::model
