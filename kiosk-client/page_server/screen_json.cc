#include "kiosk-client/page_server/screen_json.h"

#include <google/protobuf/util/json_util.h>

#include "base/check.h"
#include "base/status.h"

namespace hailong::page_server {
namespace {

namespace event = session::event;
using session::State;

Text TextOf(const std::string& language, const v1::LocalizedText& text) {
  session::Wording wording = session::In(language, text);
  Text made;
  made.set_text(std::move(wording.text));
  made.set_language(std::move(wording.language));
  return made;
}

Screen::State StateOf(State state) {
  switch (state) {
    case State::kOutOfService:
      return Screen::OUT_OF_SERVICE;
    case State::kStart:
      return Screen::START;
    case State::kQuestion:
      return Screen::QUESTION;
    case State::kFinish:
      return Screen::FINISH;
    case State::kDossier:
      return Screen::DOSSIER;
    case State::kSending:
      return Screen::SENDING;
    case State::kThanks:
      return Screen::THANKS;
    case State::kFailure:
      return Screen::FAILURE;
    case State::kPaused:
      return Screen::PAUSED;
    case State::kStaffPin:
      return Screen::STAFF_PIN;
    case State::kStaffCard:
      return Screen::STAFF_CARD;
    case State::kIdleWarning:
      break;  // shown as the screen that it hides
  }
  return Screen::STATE_UNSPECIFIED;
}

Screen::Reason ReasonOf(session::OutOfService reason) {
  switch (reason) {
    case session::OutOfService::kNoSettings:
      return Screen::NO_SETTINGS;
    case session::OutOfService::kNoRound:
      return Screen::NO_ROUND;
    case session::OutOfService::kStorage:
      return Screen::STORAGE;
  }
  return Screen::REASON_UNSPECIFIED;
}

Dossier::Verdict VerdictOf(session::DossierVerdict verdict) {
  switch (verdict) {
    case session::DossierVerdict::kNone:
      return Dossier::NONE;
    case session::DossierVerdict::kUnfinished:
      return Dossier::UNFINISHED;
    case session::DossierVerdict::kWrong:
      return Dossier::WRONG;
    case session::DossierVerdict::kGood:
      return Dossier::GOOD;
  }
  return Dossier::NONE;
}

void SetFlow(const session::FormFlow& flow, const session::Settings& settings,
             const std::string& language, Screen& screen) {
  screen.set_can_send(flow.answers() > 0);
  if (const size_t more = flow.LongerBy(); more > 0) {
    screen.mutable_longer()->set_questions(static_cast<uint32_t>(more));
    for (const v1::Form& form : settings.questionnaire.forms()) {
      if (form.form_id() != settings.configuration.long_form_id()) continue;
      *screen.mutable_longer()->mutable_title() = TextOf(language, form.title());
    }
  }
  const v1::Question* asked = flow.current();
  if (asked == nullptr) return;
  Question& question = *screen.mutable_question();
  question.set_question_id(asked->question_id());
  question.set_kind(asked->kind());
  *question.mutable_text() = TextOf(language, asked->text());
  for (const v1::Option& option : asked->options()) {
    Option& made = *question.add_options();
    *made.mutable_text() = TextOf(language, option.text());
    made.set_allows_text(option.allows_text());
  }
  question.set_required(asked->required());
  question.set_allows_not_applicable(asked->allows_not_applicable());
  question.set_number(static_cast<uint32_t>(flow.number()));
  question.set_count(static_cast<uint32_t>(flow.count()));
  if (const v1::Answer* given = flow.given()) *question.mutable_given() = *given;
}

void SetStaff(const session::Session& session, const std::string& version, Screen& screen) {
  const session::StaffFacts& facts = session.facts();
  Staff& staff = *screen.mutable_staff();
  staff.set_waiting(facts.waiting);
  staff.set_set_aside(facts.set_aside);
  if (facts.last_contact.has_value()) {
    staff.set_last_contact_ms(absl::ToUnixMillis(*facts.last_contact));
  }
  staff.set_alarm(facts.alarm);
  staff.set_version(version);
  staff.set_collector_id(session.settings()->collector_id);
  staff.set_counter(session.counter());
}

}  // namespace

Screen ScreenOf(const session::Session& session, const std::string& version, absl::Time now) {
  Screen screen;
  const std::string language = session.language();
  screen.set_language(language);
  screen.set_high_contrast(session.presentation().high_contrast);
  screen.set_large_text(session.presentation().large_text);
  screen.set_countdown_seconds(static_cast<uint32_t>(session.countdown_seconds(now)));
  screen.set_paused(session.paused());
  screen.set_warning(session.state() == State::kIdleWarning);
  screen.set_state(StateOf(screen.warning() ? session.warned_from() : session.state()));

  const session::Settings* settings = session.settings();
  for (const std::string& tag : session::LanguagesOf(
           settings == nullptr ? v1::KioskConfiguration() : settings->configuration)) {
    screen.add_languages(tag);
  }
  if (settings != nullptr) {
    screen.set_province_name(settings->province_name);
    screen.set_unit_name(settings->unit_name);
  }
  if (session.state() == State::kStart) {
    if (settings->configuration.has_message_of_the_day()) {
      *screen.mutable_notice() = TextOf(language, settings->configuration.message_of_the_day());
    }
    SetFlow(*session.PreviewFlow(), *settings, language, screen);
  }
  if (session.flow() != nullptr) {
    SetFlow(*session.flow(), *settings, language, screen);
    screen.mutable_dossier()->set_verdict(VerdictOf(session.dossier_verdict()));
    screen.mutable_dossier()->set_end(session.dossier_end());
  }
  screen.set_receipt(session.receipt());
  screen.set_can_leave(session.may_leave(now));
  if (session.state() == State::kOutOfService) {
    screen.set_reason(ReasonOf(session.out_of_service()));
  }
  if (session.state() == State::kStaffPin) screen.set_pin_wrong(session.pin_was_wrong());
  if (session.state() == State::kStaffCard) SetStaff(session, version, screen);
  return screen;
}

std::string ToJson(const Screen& screen) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(screen, &json, options);
  HAILONG_CHECK(status.ok());  // a message without Any always has a JSON form
  return json;
}

absl::StatusOr<session::Event> EventFromJson(std::string_view json) {
  Event parsed;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &parsed);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        base::Cat("event: ", std::string(status.message()), "; allowed is one event as JSON"));
  }
  switch (parsed.event_case()) {
    case Event::kTouch:
      return event::Touch{};
    case Event::kBegin:
      return event::Begin{};
    case Event::kAnswer:
      return event::Answer{parsed.answer()};
    case Event::kGoOn:
      return event::GoOn{parsed.go_on().question_id()};
    case Event::kBack:
      return event::Back{};
    case Event::kAskLonger:
      return event::AskLonger{};
    case Event::kOpenDossier:
      return event::OpenDossier{};
    case Event::kTypeDossier:
      return event::TypeDossier{parsed.type_dossier().text()};
    case Event::kEnterDossier:
      return event::EnterDossier{parsed.enter_dossier().text()};
    case Event::kScan:
      return event::Scan{parsed.scan().text()};
    case Event::kSend:
      return event::Send{};
    case Event::kLeave:
      return event::Leave{};
    case Event::kDone:
      return event::Done{};
    case Event::kSetLanguage:
      return event::SetLanguage{parsed.set_language().tag()};
    case Event::kSetContrast:
      return event::SetContrast{parsed.set_contrast().on()};
    case Event::kSetTextSize:
      return event::SetTextSize{parsed.set_text_size().on()};
    case Event::kOpenStaff:
      return event::OpenStaff{};
    case Event::kEnterPin:
      return event::EnterPin{parsed.enter_pin().text()};
    case Event::kCloseStaff:
      return event::CloseStaff{};
    case Event::kSetCounter:
      return event::SetCounter{parsed.set_counter().text()};
    case Event::kPause:
      return event::Pause{};
    case Event::kResume:
      return event::Resume{};
    case Event::EVENT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("event: found none, allowed is one, such as {\"touch\":{}}");
}

}  // namespace hailong::page_server
