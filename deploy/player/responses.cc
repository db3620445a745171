#include "deploy/player/responses.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace hailong::player {
namespace {

constexpr char kFullForm[] = "full";
constexpr char kCounterForm[] = "counter";

// Deviations of the effects, in units of the latent opinion; an opinion above 0 is "satisfied".
constexpr double kMeanOpinion = 1.15;
constexpr double kUnitDeviation = 0.22;
constexpr double kQuestionDeviation = 0.20;
constexpr double kPersonDeviation = 0.80;
constexpr double kRestDeviation = 0.70;

constexpr double kMissingShare = 0.03;
constexpr double kBreakOffShare = 0.02;
constexpr double kCommentShare = 0.02;

const char* CastName(Cast cast) {
  switch (cast) {
    case Cast::kCitizen:
      return "citizen";
    case Cast::kOfficial:
      return "official";
    case Cast::kLate:
      return "late";
  }
  return "";
}

// The step 1..steps of an ordered scale, worst first; the two best steps are opinions above 0.
uint32_t StepOf(double opinion, uint32_t steps) {
  uint32_t below_top = 0;
  for (double threshold : {1.3, 0.0, -0.9, -1.8}) below_top += opinion > threshold ? 0 : 1;
  return below_top >= steps ? 1 : steps - below_top;
}

// One of the options, each liked in its own way; an option with a text of its own is rare.
uint32_t PickOption(const v1::Question& question, uint64_t seed, Random& random) {
  std::vector<double> likings;
  double total = 0;
  for (int k = 0; k < question.options_size(); ++k) {
    Random liking(seed, question.question_id(), static_cast<uint64_t>(k));
    likings.push_back(question.options(k).allows_text() ? 0.1 : 0.5 + liking.Uniform());
    total += likings.back();
  }
  double left = random.Uniform() * total;
  uint32_t choice = 0;
  for (double liking : likings) {
    ++choice;
    left -= liking;
    if (left < 0) break;
  }
  return choice;
}

// Options A..D best first, then "no opinion": the items of the officials' survey.
bool IsGrading(const v1::Question& question) {
  return question.kind() == v1::QUESTION_KIND_SINGLE_CHOICE && question.options_size() == 5 &&
         absl::StartsWith(question.question_id(), "o.");
}

}  // namespace

std::string DossierCode(const Entry& entry) {
  const std::string date =
      absl::StrFormat("%02d%02d%02d", static_cast<int>(entry.filed_on.year() % 100),
                      entry.filed_on.month(), entry.filed_on.day());
  // Every seventh code has the old shape. The two casts must not meet by their numbers.
  const uint64_t number = entry.person + (entry.cast == Cast::kLate ? 5000001 : 1);
  std::string code = entry.person % 7 == 6
                         ? absl::StrFormat("000.00.%02d.H09-%s-%06d", entry.unit + 1, date, number)
                         : absl::StrFormat("H09.%02d-%s-%08d", entry.unit + 1, date, number);
  if (entry.attempt == 0) return code;
  switch (entry.person % 4) {
    case 0:
      return absl::AsciiStrToLower(code);
    case 1:
      return absl::StrReplaceAll(code, {{"-", " - "}});
    case 2:
      return absl::StrCat(" ", absl::AsciiStrToLower(code), "  ");
    default:
      return absl::StrReplaceAll(code, {{"-", "\xE2\x80\x93"}});  // U+2013, as phones correct it
  }
}

ResponseBuilder::ResponseBuilder(uint64_t seed, absl::string_view round_id,
                                 v1::Questionnaire questionnaire,
                                 const std::vector<RatedUnit>& units)
    : seed_(seed), round_id_(round_id), questionnaire_(std::move(questionnaire)), units_(units) {
  full_ = QuestionsOf(kFullForm);
  counter_ = QuestionsOf(kCounterForm);
  has_full_form_ = !full_.empty();
  if (!has_full_form_) {
    for (int q = 0; q < questionnaire_.questions_size(); ++q) {
      full_.push_back(static_cast<std::size_t>(q));
    }
  }
}

std::vector<std::size_t> ResponseBuilder::QuestionsOf(absl::string_view form_id) const {
  std::map<std::string, std::size_t> position;
  for (const v1::Question& question : questionnaire_.questions()) {
    position.emplace(question.question_id(), position.size());
  }
  std::vector<std::size_t> positions;
  for (const v1::Form& form : questionnaire_.forms()) {
    if (form.form_id() != form_id) continue;
    for (const std::string& id : form.question_ids()) {
      const auto found = position.find(id);
      if (found != position.end()) positions.push_back(found->second);
    }
  }
  return positions;
}

ResponseBuilder::Opinion ResponseBuilder::MakeOpinion(const Entry& entry) const {
  Random unit(seed_, absl::StrCat("unit ", units_[entry.unit].unit_id), 0);
  Random person(seed_, absl::StrCat("opinion of ", CastName(entry.cast)), entry.person);
  Opinion opinion;
  opinion.level =
      kMeanOpinion + kUnitDeviation * unit.Normal() + kPersonDeviation * person.Normal();
  // 3 or 4: steps that every scale of the form has, so that all ratings can be alike.
  if (entry.behaviour == Behaviour::kStraightLiner) {
    opinion.straight_choice = person.Chance(0.7) ? 4 : 3;
  }
  return opinion;
}

uint32_t ResponseBuilder::Choose(const Entry& entry, const Opinion& opinion,
                                 const v1::Question& question, Random& random) const {
  const uint32_t options = static_cast<uint32_t>(question.options_size());
  Random item(seed_, absl::StrCat("question ", question.question_id()), 0);
  const double latent =
      opinion.level + kQuestionDeviation * item.Normal() + kRestDeviation * random.Normal();
  if (question.kind() == v1::QUESTION_KIND_RATING) {
    if (opinion.straight_choice != 0) return std::min(opinion.straight_choice, options);
    return StepOf(latent, options);
  }
  if (IsGrading(question)) return random.Chance(0.04) ? 5 : 5 - StepOf(latent, 4);
  if (entry.cast == Cast::kOfficial && question.question_id() == "group") {
    return std::min(entry.group, options);
  }
  // Trouble and money outside the rules: nearly all say none, as published for 2024.
  if (question.question_id() == "q5" || question.question_id() == "q6") {
    const double share = random.Uniform();
    return share < 0.90 ? 1 : share < 0.99 ? 2 : 3;
  }
  return PickOption(question, seed_, random);
}

bool ResponseBuilder::MakeAnswer(const Entry& entry, const Opinion& opinion,
                                 const v1::Question& question, Random& random,
                                 v1::Answer& answer) const {
  const bool leaves_out =
      random.Chance(kMissingShare) && opinion.straight_choice == 0 && !question.required();
  answer.set_question_id(question.question_id());
  switch (question.kind()) {
    case v1::QUESTION_KIND_TEXT:
      if (!random.Chance(kCommentShare)) return false;
      answer.set_text("Ý kiến tổng hợp cho bản demo (synthetic comment)");
      return true;
    case v1::QUESTION_KIND_MULTIPLE_CHOICE:
      answer.mutable_choices();
      for (int k = 1; k <= question.options_size(); ++k) {
        const bool has_text = question.options(k - 1).allows_text();
        if (random.Chance(has_text ? 0.05 : 0.35)) {
          answer.mutable_choices()->add_choices(static_cast<uint32_t>(k));
        }
      }
      return !leaves_out;
    default:
      answer.set_choice(Choose(entry, opinion, question, random));
      return !leaves_out;
  }
}

void ResponseBuilder::AddAnswers(const Entry& entry, v1::Response& response) const {
  const bool counter = entry.behaviour == Behaviour::kTap && !counter_.empty();
  const std::vector<std::size_t>& questions = counter ? counter_ : full_;
  if (counter) {
    response.set_form_id(kCounterForm);
  } else if (has_full_form_) {
    response.set_form_id(kFullForm);
  }

  const Opinion opinion = MakeOpinion(entry);
  Random random(seed_, absl::StrCat("answers of ", CastName(entry.cast)),
                entry.person * 2 + entry.attempt);
  std::size_t asked = questions.size();
  if (opinion.straight_choice == 0 && random.Chance(kBreakOffShare)) {
    asked = asked / 2 + random.Below(asked / 2 + 1);  // the person went away
  }
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const v1::Question& question = questionnaire_.questions(static_cast<int>(questions[i]));
    v1::Answer answer;
    const bool answered = MakeAnswer(entry, opinion, question, random, answer);
    // A response without any answer would be refused: the first question is always answered.
    if ((answered && i < asked) || i == 0 || question.required()) {
      *response.add_answers() = std::move(answer);
    }
  }

  const uint64_t pace_ms =
      entry.behaviour == Behaviour::kSpeeder ? 60 + random.Below(120) : 2500 + random.Below(4000);
  response.set_duration_ms(
      static_cast<uint32_t>(pace_ms * static_cast<uint64_t>(response.answers_size())));
}

void ResponseBuilder::AddEvidence(const Entry& entry, v1::Response& response) const {
  Random random(seed_, absl::StrCat("evidence of ", CastName(entry.cast)), entry.person);
  switch (entry.evidence) {
    case EvidenceKind::kNone:
      return;
    case EvidenceKind::kDossier:
      response.mutable_evidence()->set_dossier_code(DossierCode(entry));
      return;
    case EvidenceKind::kInvitation:
      response.mutable_evidence()->set_invitation_token(
          absl::StrFormat("syn%016x%016x", random.Next(), random.Next()));
      return;
    case EvidenceKind::kPaperSerial:
      response.mutable_evidence()->set_paper_serial(
          absl::StrFormat("SYN-%s-%08d", entry.cast == Cast::kLate ? "L" : "P", entry.person + 1));
      return;
    case EvidenceKind::kZaloMessage:
      response.mutable_evidence()->set_zalo_message_id(absl::StrFormat("%016x", random.Next()));
      return;
  }
}

std::string ResponseBuilder::ResponseId(const Entry& entry) const {
  Random random(seed_, absl::StrCat("response of ", CastName(entry.cast), " in ", round_id_),
                entry.person * 2 + entry.attempt);
  const uint64_t high = (random.Next() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (random.Next() >> 2) | (uint64_t{1} << 63);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

v1::Response ResponseBuilder::Build(const Entry& entry) const {
  v1::Response response;
  response.set_response_id(ResponseId(entry));
  response.set_round_id(round_id_);
  response.set_questionnaire_version(questionnaire_.version());
  response.set_unit_id(units_[entry.unit].unit_id);
  const int64_t submitted_ms = absl::ToUnixMillis(entry.submitted_at);
  response.mutable_submitted_at()->set_seconds(submitted_ms / 1000);
  response.mutable_submitted_at()->set_nanos(static_cast<int32_t>(submitted_ms % 1000 * 1000000));
  response.set_device_sequence(entry.device_sequence);
  AddAnswers(entry, response);
  AddEvidence(entry, response);
  return response;
}

}  // namespace hailong::player
