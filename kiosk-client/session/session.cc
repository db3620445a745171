#include "kiosk-client/session/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/dossier_code.h"
#include "base/ids.h"
#include "base/status.h"

namespace hailong::session {
namespace {

constexpr size_t kDossierEndBytes = 4;

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string NewResponseId(absl::Time now, const std::string& bytes) {
  std::array<uint8_t, 10> chance;
  HAILONG_CHECK(bytes.size() == chance.size());
  std::copy(bytes.begin(), bytes.end(), chance.begin());
  return base::Uuid::MakeV7(now, chance).ToString();
}

// A number to quote: the kiosk's own running number, and four characters that tell it from a guess.
std::string ReceiptOf(const std::string& response_id, uint64_t device_sequence) {
  std::string end = response_id.substr(response_id.size() - 4);
  for (char& c : end) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  return base::Cat(device_sequence, "-", end);
}

bool IsRest(State state) {
  return state == State::kStart || state == State::kOutOfService || state == State::kPaused;
}

const v1::KioskConfiguration& ConfigurationOf(const Settings* settings) {
  return settings == nullptr ? v1::KioskConfiguration::default_instance() : settings->configuration;
}

// What came at the wrong moment is passed over, as when a finger taps twice.
absl::Status OnlyInvalid(absl::Status status) {
  return absl::IsFailedPrecondition(status) ? absl::OkStatus() : status;
}

}  // namespace

Session::Session(std::string counter, RandomBytes random_bytes)
    : random_bytes_(std::move(random_bytes)), counter_(std::move(counter)) {
  HAILONG_CHECK(CheckCounter(counter_).ok());
}

Effects Session::Step(const Event& event, absl::Time now) {
  if (now < last_step_) SetClockBack(now - last_step_);
  last_step_ = now;
  Effects effects;
  if (now >= deadline_) PassDeadline(now, effects);
  const bool from_person = FromPerson(event);
  if (state_ == State::kIdleWarning && from_person &&
      !std::holds_alternative<event::Leave>(event)) {
    state_ = warned_from_;
  }
  std::visit([&](const auto& one) { On(one, now, effects); }, event);
  if (from_person) Stir(now);
  if (IsRest(state_)) StandAtRest(now);
  return effects;
}

// A clock that is set back must not leave a warning on the screen for a year.
void Session::SetClockBack(absl::Duration by) {
  deadline_ += by;
  storage_retry_at_ += by;
  leave_from_ += by;
  if (paused_until_.has_value()) *paused_until_ += by;
  if (visit_.has_value()) visit_->begun_at += by;
  pin_guard_.Shift(by);
}

bool Session::FromPerson(const Event& event) const {
  return !std::holds_alternative<event::Tick>(event) &&
         !std::holds_alternative<event::Kept>(event) &&
         !std::holds_alternative<event::NewSettings>(event) &&
         !std::holds_alternative<event::NewFacts>(event);
}

bool Session::Answering() const {
  return state_ == State::kQuestion || state_ == State::kFinish || state_ == State::kDossier;
}

// Somebody touched the screen: whoever waits for them waits anew.
void Session::Stir(absl::Time now) {
  const bool staff = state_ == State::kStaffPin || state_ == State::kStaffCard;
  const bool reading = IsRest(state_) && presentation_ != Presentation();
  if (Answering() || staff || reading) {
    SetDeadline(now + IdleOf(ConfigurationOf(settings())));
  } else if (IsRest(state_)) {
    SetDeadline(absl::InfiniteFuture());
  }
}

void Session::PassDeadline(absl::Time now, Effects& effects) {
  switch (state_) {
    case State::kQuestion:
    case State::kFinish:
    case State::kDossier:
      warned_from_ = state_;
      state_ = State::kIdleWarning;
      return SetDeadline(now + CountdownOf(ConfigurationOf(settings())));
    case State::kIdleWarning:
      return Abandon(now, effects);
    case State::kSending:
      return Fail(now);
    case State::kOutOfService:
    case State::kStart:
    case State::kPaused:
    case State::kThanks:
    case State::kFailure:
    case State::kStaffPin:
    case State::kStaffCard:
      return Rest(now);
  }
}

// The one way back: nothing of the person before is left after it.
void Session::Rest(absl::Time now) {
  visit_.reset();
  sending_id_.clear();
  receipt_.clear();
  leave_from_ = absl::InfinitePast();
  presentation_ = Presentation();
  SetDeadline(absl::InfiniteFuture());
  StandAtRest(now);
}

void Session::StandAtRest(absl::Time now) {
  if (paused_until_.has_value() && now >= *paused_until_) paused_until_.reset();
  const std::optional<OutOfService> why = WhyOutOfService(now);
  if (why.has_value()) out_of_service_ = *why;
  state_ = paused_until_.has_value() ? State::kPaused
           : why.has_value()         ? State::kOutOfService
                                     : State::kStart;
}

std::optional<OutOfService> Session::WhyOutOfService(absl::Time now) const {
  if (settings_ == nullptr) return OutOfService::kNoSettings;
  const v1::Round& round = settings_->round;
  const absl::Time server_now = now + facts_.clock_offset;
  if (settings_->configuration.round_id().empty() || round.state() == v1::ROUND_STATE_CLOSED ||
      round.state() == v1::ROUND_STATE_SEALED ||
      (round.has_opens_at() && server_now < ToTime(round.opens_at())) ||
      (round.has_closes_at() && server_now >= ToTime(round.closes_at()))) {
    return OutOfService::kNoRound;
  }
  if (!facts_.outbox_has_room || now < storage_retry_at_ ||
      (storage_failed_ && keeps_under_way_ > 0)) {
    return OutOfService::kStorage;
  }
  return std::nullopt;
}

absl::Time Session::NextRoundBoundary(absl::Time now) const {
  absl::Time next = absl::InfiniteFuture();
  if (settings_ == nullptr) return next;
  const auto consider = [&](const google::protobuf::Timestamp& time) {
    const absl::Time at = ToTime(time) - facts_.clock_offset;
    if (at > now) next = std::min(next, at);
  };
  if (settings_->round.has_opens_at()) consider(settings_->round.opens_at());
  if (settings_->round.has_closes_at()) consider(settings_->round.closes_at());
  return next;
}

void Session::BeginVisit(absl::Time now) {
  visit_.emplace(Visit{.settings = settings_,
                       .flow = FormFlow(settings_),
                       .response_id = NewResponseId(now, random_bytes_(10)),
                       .begun_at = now});
  state_ = State::kQuestion;
}

void Session::ShowFlow() {
  visit_->verdict = DossierVerdict::kNone;
  state_ = visit_->flow.current() == nullptr ? State::kFinish : State::kQuestion;
}

v1::Response Session::TakeResponse(absl::Time now, bool partial) {
  v1::Response response;
  visit_->flow.MoveInto(response, partial);
  response.set_response_id(visit_->response_id);
  response.set_unit_id(visit_->settings->configuration.unit_id());
  const int64_t us = absl::ToUnixMicros(now);
  response.mutable_submitted_at()->set_seconds(us / 1'000'000);
  response.mutable_submitted_at()->set_nanos(static_cast<int32_t>(us % 1'000'000 * 1000));
  const int64_t took_ms = absl::ToInt64Milliseconds(now - visit_->begun_at);
  response.set_duration_ms(static_cast<uint32_t>(std::clamp<int64_t>(took_ms, 1, UINT32_MAX)));
  if (!visit_->dossier_code.empty()) {
    response.mutable_evidence()->set_dossier_code(visit_->dossier_code);
  }
  response.set_partial(partial);
  response.set_counter(counter_);
  visit_.reset();
  return response;
}

bool Session::KeepsPartial() const {
  return visit_->settings->round.partial_rule() == v1::PARTIAL_RULE_KEEP &&
         visit_->flow.answers() > 0;
}

void Session::Abandon(absl::Time now, Effects& effects) {
  if (KeepsPartial()) {
    effects.keep = TakeResponse(now, /*partial=*/true);
    ++keeps_under_way_;
  }
  Rest(now);
}

void Session::Fail(absl::Time now) {
  sending_id_.clear();
  storage_failed_ = true;
  storage_retry_at_ = now + kStorageRetryDelay;
  leave_from_ = now;
  state_ = State::kFailure;
  SetDeadline(now + CountdownOf(ConfigurationOf(settings())));
}

void Session::On(const event::Begin&, absl::Time now, Effects&) {
  if (state_ == State::kStart) BeginVisit(now);
}

void Session::On(const event::Answer& event, absl::Time now, Effects& effects) {
  if (state_ != State::kStart && state_ != State::kQuestion) return;
  // On the start screen the first question is there to be touched.
  std::optional<FormFlow> first = PreviewFlow();
  FormFlow& flow = first.has_value() ? *first : visit_->flow;
  const absl::Status given = flow.Give(event.answer);
  effects.refusal = OnlyInvalid(given);
  if (!given.ok()) return;
  if (first.has_value()) {
    BeginVisit(now);
    visit_->flow = *std::move(first);
  }
  ShowFlow();
}

void Session::On(const event::GoOn& event, absl::Time, Effects& effects) {
  if (state_ != State::kQuestion) return;
  const absl::Status gone = visit_->flow.GoOn(event.question_id);
  effects.refusal = OnlyInvalid(gone);
  if (gone.ok()) ShowFlow();
}

void Session::On(const event::Back&, absl::Time, Effects&) {
  if (state_ == State::kDossier) return ShowFlow();
  if (state_ != State::kQuestion && state_ != State::kFinish) return;
  if (visit_->flow.GoBack()) ShowFlow();
}

void Session::On(const event::AskLonger&, absl::Time now, Effects&) {
  if (state_ == State::kStart && PreviewFlow()->LongerBy() > 0) BeginVisit(now);
  if (state_ != State::kQuestion && state_ != State::kFinish) return;
  visit_->flow.AskLonger();
  ShowFlow();
}

void Session::On(const event::OpenDossier&, absl::Time, Effects&) {
  if (state_ != State::kFinish) return;
  visit_->verdict = DossierVerdict::kNone;
  state_ = State::kDossier;
}

void Session::On(const event::TypeDossier& event, absl::Time, Effects&) {
  if (state_ != State::kDossier) return;
  visit_->verdict = event.text.empty()                            ? DossierVerdict::kNone
                    : base::NormalizeDossierCode(event.text).ok() ? DossierVerdict::kGood
                                                                  : DossierVerdict::kUnfinished;
}

void Session::On(const event::EnterDossier& event, absl::Time, Effects&) {
  if (state_ != State::kDossier) return;
  if (event.text.empty()) {
    visit_->dossier_code.clear();
    return ShowFlow();
  }
  absl::StatusOr<std::string> code = base::NormalizeDossierCode(event.text);
  if (!code.ok()) {
    visit_->verdict = DossierVerdict::kWrong;
    return;
  }
  visit_->dossier_code = *std::move(code);
  ShowFlow();
}

void Session::On(const event::Scan& event, absl::Time now, Effects&) {
  absl::StatusOr<std::string> code = base::NormalizeDossierCode(event.text);
  if (state_ == State::kStart && code.ok()) BeginVisit(now);
  if (!Answering()) return;
  if (!code.ok()) {
    visit_->verdict = DossierVerdict::kWrong;
    return;
  }
  visit_->dossier_code = *std::move(code);
  ShowFlow();
}

void Session::On(const event::Send&, absl::Time now, Effects& effects) {
  if (state_ != State::kFinish || visit_->flow.answers() == 0) return;
  v1::Response response = TakeResponse(now, /*partial=*/false);
  // Only answers that no form can take along with what it requires: there is nothing to send.
  if (response.answers().empty()) return Rest(now);
  sending_id_ = response.response_id();
  effects.keep = std::move(response);
  ++keeps_under_way_;
  state_ = State::kSending;
  SetDeadline(now + kKeepMax);
}

void Session::On(const event::Leave&, absl::Time now, Effects& effects) {
  if (state_ == State::kIdleWarning) return Abandon(now, effects);
  if (Answering()) Rest(now);
}

void Session::On(const event::Done&, absl::Time now, Effects&) {
  if ((state_ == State::kThanks || state_ == State::kFailure) && may_leave(now)) Rest(now);
}

void Session::On(const event::SetLanguage& event, absl::Time, Effects& effects) {
  const std::vector<std::string> offered = LanguagesOf(ConfigurationOf(settings()));
  if (std::find(offered.begin(), offered.end(), event.tag) == offered.end()) {
    std::string allowed;
    for (const std::string& tag : offered) allowed += " " + tag;
    effects.refusal = absl::InvalidArgumentError(
        base::Cat("language: found '", base::Utf8Prefix(event.tag, 35), "', allowed are", allowed));
    return;
  }
  presentation_.language = event.tag == offered.front() ? "" : event.tag;
}

void Session::On(const event::SetContrast& event, absl::Time, Effects&) {
  presentation_.high_contrast = event.high;
}

void Session::On(const event::SetTextSize& event, absl::Time, Effects&) {
  presentation_.large_text = event.large;
}

void Session::On(const event::OpenStaff&, absl::Time, Effects&) {
  if (IsRest(state_) && !ConfigurationOf(settings()).staff_pin_sha256().empty()) {
    state_ = State::kStaffPin;
  }
}

void Session::On(const event::EnterPin& event, absl::Time now, Effects&) {
  if (state_ != State::kStaffPin || settings() == nullptr) return;
  const std::string& sha256_hex = ConfigurationOf(settings()).staff_pin_sha256();
  if (pin_guard_.Try(settings()->collector_id, event.pin, sha256_hex, now) ==
      PinGuard::Verdict::kRight) {
    state_ = State::kStaffCard;
  }
}

void Session::On(const event::CloseStaff&, absl::Time now, Effects&) {
  if (state_ == State::kStaffPin || state_ == State::kStaffCard) Rest(now);
}

void Session::On(const event::SetCounter& event, absl::Time, Effects& effects) {
  if (state_ != State::kStaffCard) return;
  effects.refusal = CheckCounter(event.counter);
  if (effects.refusal.ok()) counter_ = event.counter;
}

void Session::On(const event::Pause&, absl::Time now, Effects&) {
  if (state_ != State::kStaffCard) return;
  paused_until_ = now + kPauseMax;
  Rest(now);
}

void Session::On(const event::Resume&, absl::Time now, Effects&) {
  if (state_ != State::kStaffCard) return;
  paused_until_.reset();
  Rest(now);
}

void Session::On(const event::Kept& event, absl::Time now, Effects&) {
  HAILONG_CHECK(keeps_under_way_ > 0);
  --keeps_under_way_;
  const bool ok = event.device_sequence.ok();
  storage_failed_ = !ok;
  storage_retry_at_ = ok ? absl::InfinitePast() : now + kStorageRetryDelay;
  if (state_ != State::kSending || event.response_id != sending_id_) return;
  if (!ok) return Fail(now);
  sending_id_.clear();
  receipt_ = ReceiptOf(event.response_id, *event.device_sequence);
  const v1::KioskConfiguration& configuration = ConfigurationOf(settings());
  const absl::Duration pause = absl::Milliseconds(configuration.press_interval_ms());
  leave_from_ = now + pause;
  state_ = State::kThanks;
  SetDeadline(now + std::max(CountdownOf(configuration), pause));
}

void Session::On(const event::NewSettings& event, absl::Time, Effects&) {
  settings_ = event.settings.has_value() ? std::make_shared<const Settings>(*event.settings)
                                         : std::shared_ptr<const Settings>();
}

void Session::On(const event::NewFacts& event, absl::Time, Effects&) { facts_ = event.facts; }

v1::ScreenState Session::screen_state() const {
  switch (state_) {
    case State::kStart:
      return v1::SCREEN_STATE_READY;
    case State::kOutOfService:
      return v1::SCREEN_STATE_OUT_OF_SERVICE;
    case State::kPaused:
    case State::kStaffPin:
    case State::kStaffCard:
      return v1::SCREEN_STATE_PAUSED;
    case State::kQuestion:
    case State::kFinish:
    case State::kDossier:
    case State::kIdleWarning:
    case State::kSending:
    case State::kThanks:
    case State::kFailure:
      return v1::SCREEN_STATE_ANSWERING;
  }
  return v1::SCREEN_STATE_UNSPECIFIED;
}

absl::Time Session::wake_at(absl::Time now) const {
  absl::Time at = deadline_;
  const auto consider = [&](absl::Time next) {
    if (next > now) at = std::min(at, next);
  };
  if (IsRest(state_)) {
    if (paused_until_.has_value()) consider(*paused_until_);
    consider(storage_retry_at_);
    consider(NextRoundBoundary(now));
  }
  consider(leave_from_);
  if (const int seconds = countdown_seconds(now); seconds > 0) {
    const absl::Time end = state_ == State::kStaffPin ? pin_guard_.next_try_at() : deadline_;
    consider(end - absl::Seconds(seconds - 1));
  }
  return at;
}

int Session::countdown_seconds(absl::Time now) const {
  absl::Time end = absl::InfinitePast();
  if (state_ == State::kStaffPin) end = pin_guard_.next_try_at();
  if (state_ == State::kIdleWarning || state_ == State::kThanks || state_ == State::kFailure) {
    end = deadline_;
  }
  if (end <= now) return 0;
  return static_cast<int>(absl::ToInt64Seconds(absl::Ceil(end - now, absl::Seconds(1))));
}

const Settings* Session::settings() const {
  return visit_.has_value() ? visit_->settings.get() : settings_.get();
}

std::string Session::language() const {
  const std::vector<std::string> offered = LanguagesOf(ConfigurationOf(settings()));
  const bool there =
      std::find(offered.begin(), offered.end(), presentation_.language) != offered.end();
  return there ? presentation_.language : offered.front();
}

std::optional<FormFlow> Session::PreviewFlow() const {
  if (state_ != State::kStart) return std::nullopt;
  return FormFlow(settings_);
}

DossierVerdict Session::dossier_verdict() const {
  return visit_.has_value() ? visit_->verdict : DossierVerdict::kNone;
}

std::string Session::dossier_end() const {
  if (!has_dossier()) return "";
  return visit_->dossier_code.substr(visit_->dossier_code.size() - kDossierEndBytes);
}

}  // namespace hailong::session
