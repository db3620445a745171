#include "server/intake/validate.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/intake/identity.h"
#include "server/model/counter.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::intake {
namespace {

using base::Cat;
using model::Question;

// Where an answer stands in the response; put into words only for a refusal.
struct Path {
  size_t answer;
  std::string Of(std::string_view field) const { return Cat("answers[", answer, "]", field); }
};

void CheckText(const std::string& text, const std::string& at, refusal::Violations& bad) {
  if (text.size() > limits::kTextBytesMax) {
    bad.Add(at, Cat("found ", text.size(), " bytes, allowed are ", limits::kTextBytesMax));
  } else if (!base::IsUtf8(text)) {
    bad.Add(at, Cat("found ", text.size(), " bytes that are not UTF-8, allowed is UTF-8"));
  }
}

// The code of one choice, or nothing with a violation.
uint32_t CheckChoice(uint32_t choice, const Question& question, const Path& at,
                     std::string_view field, refusal::Violations& bad) {
  if (choice >= 1 && choice <= question.options) return choice;
  bad.Add(at.Of(field),
          Cat("question ", question.id, ": choice ", choice, " is not in 1..", question.options));
  return 0;
}

// Packs answers by question position.
class AnswerPacker {
 public:
  AnswerPacker(const model::Questionnaire& questionnaire, const std::vector<bool>& asked,
               refusal::Violations& bad)
      : questionnaire_(questionnaire), asked_(asked), bad_(bad) {
    packed_.assign(questionnaire.packed_size(), '\0');
    answered_.assign(questionnaire.questions().size(), false);
  }

  void Add(const v1::Answer& answer, size_t index);
  // Required questions, unless the person left before the end; and that there is an answer at all.
  void Finish(bool partial);

  std::string TakePacked() { return std::move(packed_); }
  std::vector<model::Comment> TakeComments();

 private:
  void PackByte(const v1::Answer& answer, const Question& question, const Path& at);
  void PackSet(const v1::Answer& answer, const Question& question, const Path& at);
  void TakeText(const v1::Answer& answer, const Question& question, size_t position,
                bool text_allowed, const Path& at);

  const model::Questionnaire& questionnaire_;
  const std::vector<bool>& asked_;
  refusal::Violations& bad_;
  std::string packed_;
  std::vector<bool> answered_;
  std::vector<model::Comment> comments_;
};

void AnswerPacker::Add(const v1::Answer& answer, size_t index) {
  const Path at{index};
  const int found = questionnaire_.Find(answer.question_id(), index);
  if (found < 0 || !asked_[static_cast<size_t>(found)]) {
    bad_.Add(at.Of(".question_id"),
             Cat("found '", base::Utf8Prefix(answer.question_id(), limits::kQuestionIdBytesMax),
                 "', which is not a question of ",
                 found < 0 ? "the questionnaire" : "the form that was shown"));
    return;
  }
  const size_t position = static_cast<size_t>(found);
  const Question& question = questionnaire_.questions()[position];
  if (answered_[position]) {
    bad_.Add(at.Of(".question_id"), Cat("question ", question.id, " is answered twice"));
    return;
  }
  answered_[position] = true;
  if (answer.value_case() == v1::Answer::kNotApplicable) {
    if (!answer.not_applicable() || !question.allows_not_applicable) {
      bad_.Add(at.Of(".not_applicable"),
               Cat("question ", question.id, ": found ",
                   answer.not_applicable() ? "true, which it does not allow"
                                           : "false, which is no answer; leave the answer out"));
      return;
    }
    std::memset(packed_.data() + question.offset, 0xFF, question.size);
    TakeText(answer, question, position, /*text_allowed=*/false, at);
    return;
  }
  switch (question.kind) {
    case v1::QUESTION_KIND_TEXT:
      if (answer.value_case() != v1::Answer::VALUE_NOT_SET) {
        bad_.Add(at.Of(""), Cat("question ", question.id, ": found a choice, allowed is text"));
      } else if (answer.text().empty()) {
        bad_.Add(at.Of(".text"), Cat("question ", question.id, ": is empty; leave it out"));
      }
      return TakeText(answer, question, position, /*text_allowed=*/true, at);
    case v1::QUESTION_KIND_MULTIPLE_CHOICE:
      PackSet(answer, question, at);
      return TakeText(answer, question, position, /*text_allowed=*/true, at);
    default:
      PackByte(answer, question, at);
      return TakeText(answer, question, position, /*text_allowed=*/true, at);
  }
}

void AnswerPacker::PackByte(const v1::Answer& answer, const Question& question, const Path& at) {
  if (answer.value_case() != v1::Answer::kChoice) {
    bad_.Add(at.Of(""), Cat("question ", question.id, ": found no choice, allowed is one of 1..",
                            question.options));
    return;
  }
  packed_[question.offset] = static_cast<char>(
      static_cast<uint8_t>(CheckChoice(answer.choice(), question, at, ".choice", bad_)));
}

void AnswerPacker::PackSet(const v1::Answer& answer, const Question& question, const Path& at) {
  if (answer.value_case() != v1::Answer::kChoices) {
    bad_.Add(at.Of(""), Cat("question ", question.id, ": found no choices, allowed are some of 1..",
                            question.options));
    return;
  }
  uint32_t set = 0;
  const auto& choices = answer.choices().choices();
  if (static_cast<uint32_t>(choices.size()) > question.options) {
    bad_.Add(at.Of(".choices"), Cat("question ", question.id, ": found ", choices.size(),
                                    " choices, allowed are 0..", question.options));
    return;
  }
  for (const uint32_t choice : choices) {
    const uint32_t checked = CheckChoice(choice, question, at, ".choices", bad_);
    if (checked == 0) continue;
    const uint32_t bit = 1u << (checked - 1);
    if ((set & bit) != 0) {
      bad_.Add(at.Of(".choices"),
               Cat("question ", question.id, ": choice ", choice, " is there twice"));
    }
    set |= bit;
  }
  if (set == 0) set = model::kMultipleNoneChosen;
  for (size_t i = 0; i < 4; ++i) {
    packed_[question.offset + i] = static_cast<char>((set >> (8 * i)) & 0xFF);
  }
}

void AnswerPacker::TakeText(const v1::Answer& answer, const Question& question, size_t position,
                            bool text_allowed, const Path& at) {
  if (answer.text().empty()) return;
  const std::string field = at.Of(".text");
  bool allowed = text_allowed;
  if (allowed && question.kind != v1::QUESTION_KIND_TEXT) {
    // Only the options that say so take a text, and one of them must be chosen.
    uint32_t chosen = 0;
    if (answer.value_case() == v1::Answer::kChoice && answer.choice() >= 1 &&
        answer.choice() <= 31) {
      chosen = 1u << (answer.choice() - 1);
    }
    for (const uint32_t choice : answer.choices().choices()) {
      if (choice >= 1 && choice <= 31) chosen |= 1u << (choice - 1);
    }
    allowed = (chosen & question.text_options) != 0;
  }
  if (!allowed) {
    bad_.Add(field, Cat("question ", question.id, ": found a text, but no option that takes one"));
    return;
  }
  CheckText(answer.text(), field, bad_);
  if (comments_.size() >= limits::kTextsMax) {
    bad_.Add(field, Cat("found more than ", limits::kTextsMax, " texts in one response"));
    return;
  }
  comments_.push_back({static_cast<uint32_t>(position), answer.text()});
}

void AnswerPacker::Finish(bool partial) {
  bool any = false;
  for (size_t i = 0; i < answered_.size(); ++i) {
    any = any || answered_[i];
    const Question& question = questionnaire_.questions()[i];
    if (question.required && asked_[i] && !answered_[i] && !partial) {
      bad_.Add("answers", Cat("question ", question.id, ": found no answer, but it is required"));
    }
  }
  if (!any) bad_.Add("answers", "found no answer, allowed are 1 or more");
}

std::vector<model::Comment> AnswerPacker::TakeComments() {
  std::sort(
      comments_.begin(), comments_.end(),
      [](const model::Comment& a, const model::Comment& b) { return a.question < b.question; });
  return std::move(comments_);
}

bool CheckUnit(const std::string& unit_id, const char* field, const std::string& day,
               const model::Catalog& catalog, refusal::Violations& bad) {
  if (catalog.units().Find(unit_id, day) != nullptr) return true;
  bad.Add(field, Cat("no unit '", base::Utf8Prefix(unit_id, limits::kUnitIdBytesMax), "' on ", day,
                     "; allowed are the registry's units of that day"));
  return false;
}

// Unit and receiving unit: there on that day, in the round, and within reach of the collector.
absl::Status CheckUnits(const v1::Response& response, const model::Principal& sender,
                        const model::Round& round, const model::Catalog& catalog,
                        absl::Time submitted_at, refusal::Violations& bad) {
  const std::string day = base::DayInVietnam(submitted_at);
  bool known = CheckUnit(response.unit_id(), "unit_id", day, catalog, bad);
  if (!response.receiving_unit_id().empty()) {
    known =
        CheckUnit(response.receiving_unit_id(), "receiving_unit_id", day, catalog, bad) && known;
  }
  if (!known) return absl::OkStatus();
  if (!round.FindUnit(response.unit_id()).has_value()) {
    bad.Add("unit_id",
            Cat("unit '", response.unit_id(), "' is not '", round.definition().root_unit_id(),
                "' or below it, which the round rates"));
    return absl::OkStatus();
  }
  // A counter may take dossiers of another unit, so either of the two may be the collector's.
  if (!sender.unit_id.empty() &&
      !catalog.units().IsWithin(response.unit_id(), sender.unit_id, day) &&
      (response.receiving_unit_id().empty() ||
       !catalog.units().IsWithin(response.receiving_unit_id(), sender.unit_id, day))) {
    return refusal::OutsideSubtree(response.unit_id(), sender.unit_id);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<model::NewResponse> Validate(const v1::Response& response,
                                            const model::Principal& sender,
                                            const model::Catalog& catalog, absl::Time now) {
  const std::shared_ptr<const model::Round> round = catalog.FindRound(response.round_id());
  if (round == nullptr) return refusal::NotFound("round", response.round_id());
  if (now < round->opens_at()) return refusal::RoundNotOpenYet(round->id(), round->opens_at());

  refusal::Violations bad("response.");
  model::NewResponse made;
  made.round = round;
  made.collector = sender.collector;
  made.channel = sender.channel;
  made.received_at = now;
  model::Content& content = made.content;

  if (auto id = base::Uuid::Parse(response.response_id()); id.ok()) {
    content.response_id = *id;
  } else {
    bad.Add("response_id", std::string(id.status().message()));
  }
  const uint32_t version = round->definition().questionnaire_version();
  if (response.questionnaire_version() != version) {
    bad.Add("questionnaire_version",
            Cat("found ", response.questionnaire_version(), ", allowed is the round's ", version));
  }
  if (response.device_sequence() > limits::kDeviceSequenceMax) {
    bad.Add("device_sequence", Cat("found ", response.device_sequence(), ", allowed are 0..",
                                   limits::kDeviceSequenceMax));
  }
  content.device_sequence = response.device_sequence();
  content.duration_ms = response.duration_ms();
  content.partial = response.partial();
  if (content.partial && round->definition().partial_rule() != v1::PARTIAL_RULE_KEEP) {
    bad.Add("partial", "found true, allowed is false: the round does not keep unfinished answers");
  }
  content.counter = response.counter();
  if (!content.counter.empty() && !model::IsCounter(content.counter)) {
    bad.Add("counter", model::CounterRule(content.counter));
  }

  bool time_known = false;
  const absl::Duration offset = absl::Milliseconds(response.clock_offset_ms());
  if (!model::IsValid(response.submitted_at())) {
    bad.Add("submitted_at", response.has_submitted_at()
                                ? Cat("found second ", response.submitted_at().seconds(),
                                      ", allowed are the years 2000..2099")
                                : std::string("is missing"));
  } else if (absl::AbsDuration(offset) > limits::kClockOffsetMax) {
    bad.Add("clock_offset_ms",
            Cat("found ", response.clock_offset_ms(), ", allowed are at most ",
                absl::ToInt64Milliseconds(limits::kClockOffsetMax), " either way"));
  } else {
    content.submitted_at_us = absl::ToUnixMicros(model::FromProto(response.submitted_at()));
    made.clock_offset_ms = response.clock_offset_ms();
    time_known = true;
    if (made.submitted_at() > now + limits::kFutureMax) {
      bad.Add(
          "submitted_at",
          Cat("is ", absl::FormatDuration(absl::Trunc(made.submitted_at() - now, absl::Seconds(1))),
              " in the future, allowed are ", absl::FormatDuration(limits::kFutureMax)));
    } else if (made.submitted_at() < round->opens_at()) {
      bad.Add("submitted_at",
              Cat("found ", model::ToText(made.submitted_at()), ", allowed is from ",
                  model::ToText(round->opens_at()), ", when the round opened"));
    }
  }
  if (time_known) {
    RETURN_IF_ERROR(CheckUnits(response, sender, *round, catalog, made.submitted_at(), bad));
  }
  content.unit_id = response.unit_id();
  if (response.receiving_unit_id() != response.unit_id()) {
    content.receiving_unit_id = response.receiving_unit_id();
  }

  // Made into a key later; here so that a sender hears of it together with the rest.
  if (const auto evidence = NormalizeEvidence(response.evidence()); !evidence.ok()) {
    for (refusal::FieldViolation& field : refusal::FieldViolationsOf(evidence.status())) {
      bad.Add(field.field, std::move(field.description));
    }
  }

  const model::Questionnaire& questionnaire = round->questionnaire();
  const std::vector<bool>* asked = questionnaire.FindForm(response.form_id());
  if (asked == nullptr) {
    bad.Add("form_id",
            Cat("found '", base::Utf8Prefix(response.form_id(), limits::kQuestionIdBytesMax),
                "', allowed are the questionnaire's forms, or none for all questions"));
  } else if (static_cast<size_t>(response.answers_size()) > questionnaire.questions().size()) {
    bad.Add("answers", Cat("found ", response.answers_size(), ", the questionnaire has ",
                           questionnaire.questions().size(), " questions"));
  } else {
    content.form_id = response.form_id();
    AnswerPacker packer(questionnaire, *asked, bad);
    for (int i = 0; i < response.answers_size(); ++i) {
      packer.Add(response.answers(i), static_cast<size_t>(i));
    }
    packer.Finish(content.partial);
    content.answers = packer.TakePacked();
    content.comments = packer.TakeComments();
  }
  RETURN_IF_ERROR(bad.ToStatus());
  if (made.submitted_at() >= round->closes_at()) {
    return refusal::SubmittedAfterClose(round->id(), made.submitted_at(), round->closes_at());
  }
  return made;
}

}  // namespace hailong::intake
