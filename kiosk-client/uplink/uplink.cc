#include "kiosk-client/uplink/uplink.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/ids.h"
#include "base/log/log.h"
#include "base/status.h"
#include "kiosk-client/uplink/sent_settings.h"

namespace hailong::uplink {
namespace {

using base::Cat;

constexpr size_t kReasonBytesMax = 300;  // of what the server says, in an alarm

std::string Reason(const absl::Status& status) {
  return Cat(absl::StatusCodeToString(status.code()), ": ",
             base::Utf8Prefix(std::string(status.message()), kReasonBytesMax));
}

bool IsRefusedCredential(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

// The server was not there to judge what was sent.
bool IsUnreachable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsCancelled(status);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const int64_t seconds = absl::ToUnixSeconds(time);
  proto.set_seconds(seconds);
  proto.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

void Join(std::string& into, const std::string& text) {
  if (!text.empty()) into = into.empty() ? text : Cat(into, "; ", text);
}

}  // namespace

Uplink::Uplink(Parts parts) : parts_(std::move(parts)) {
  if (parts_.identity.enrolled()) standing_ = Standing::kGood;
  collector_id_ = parts_.identity.collector_id();
}

Uplink::Facts Uplink::facts() const {
  base::MutexLock lock(mutex_);
  Facts facts{.collector_id = collector_id_, .last_contact = last_contact_, .alarm = ""};
  for (const std::string& alarm : alarms_) Join(facts.alarm, alarm);
  return facts;
}

void Uplink::SetAlarm(AlarmOf what, const std::string& text) {
  {
    base::MutexLock lock(mutex_);
    std::string& alarm = alarms_[static_cast<size_t>(what)];
    if (alarm == text) return;
    alarm = text;
  }
  if (text.empty()) {
    base::LogInfo(what == AlarmOf::kStanding ? "the server knows this kiosk"
                                             : "the server's settings can be used");
  } else {
    base::LogWarning(text);
  }
}

const std::string& Uplink::credential() const {
  return uses_next_ ? parts_.identity.next() : parts_.identity.credential();
}

absl::Time Uplink::Step() {
  LoadLastGood();
  const absl::Time now = parts_.steady.Now();
  if (standing_ != Standing::kGood && now >= enrol_at_) {
    Enroll(now);
  } else if (standing_ == Standing::kNotEnrolled) {
    // Nothing can be asked before.
  } else if (now >= heartbeat_at_) {
    Heartbeat(now);
  } else if (standing_ == Standing::kRefused) {
    // It asks again with its next heartbeat.
  } else if (now >= renew_at_) {
    RenewCredential(now);
  } else if (now >= fetch_at_) {
    FetchQuestionnaire(now);
  } else if (now >= send_at_) {
    SendBatch(now);
  }
  return NextStep();
}

absl::Time Uplink::NextStep() const {
  // The disk failed when the settings were to be read.
  const absl::Time load_at = loaded_ ? absl::InfiniteFuture() : parts_.steady.Now() + kCodePoll;
  if (standing_ == Standing::kNotEnrolled) return std::min(enrol_at_, load_at);
  if (standing_ == Standing::kRefused) return std::min({enrol_at_, heartbeat_at_, load_at});
  const absl::Time send_at = has_more_ ? send_at_ : std::max(send_at_, pass_again_at_);
  return std::min({heartbeat_at_, renew_at_, fetch_at_, send_at, load_at});
}

// ---- Who it is.

void Uplink::Enroll(absl::Time now) {
  enrol_at_ = now + kCodePoll;
  const auto code = parts_.read_enrolment_code();
  const bool is_new = standing_ == Standing::kNotEnrolled;
  if (!code.ok()) {
    if (is_new) {
      SetAlarm(AlarmOf::kStanding, Cat("not enrolled, and no code to enrol with: ",
                                       std::string(code.status().message())));
    }
    return;
  }
  const std::string stripped(absl::StripAsciiWhitespace(*code));
  if (stripped == tried_code_) return;  // until somebody puts another one there
  if (const absl::Status prepared = parts_.identity.PrepareNext(); !prepared.ok()) {
    SetAlarm(AlarmOf::kStanding, Cat("cannot write a credential: ", Reason(prepared)));
    return;
  }
  v1::EnrollRequest request;
  request.set_enrolment_code(stripped);
  request.set_credential(parts_.identity.next());
  const auto response = parts_.link.Enroll(request);
  const absl::Time after = parts_.steady.Now();
  absl::Status status = response.status();
  if (status.ok()) status = TakeUp(*response);
  if (status.ok()) {
    base::LogInfo(Cat("enrolled as ", parts_.identity.collector_id()));
    standing_ = Standing::kGood;
    uses_next_ = false;
    tried_code_ = stripped;
    enrol_backoff_.Reset();
    heartbeat_at_ = send_at_ = after;
    {
      base::MutexLock lock(mutex_);
      collector_id_ = parts_.identity.collector_id();
    }
    SetAlarm(AlarmOf::kStanding, "");
    return;
  }
  if (absl::IsUnauthenticated(status) || absl::IsInvalidArgument(status)) {
    tried_code_ = stripped;
    if (is_new) {
      SetAlarm(AlarmOf::kStanding,
               "not enrolled: the server does not know the enrolment code, or it was used or is "
               "too old; put a new one in its place");
    }
    return;
  }
  if (is_new) SetAlarm(AlarmOf::kStanding, Cat("not enrolled yet: ", Reason(status)));
  enrol_at_ = after + enrol_backoff_.Next(parts_.chance, RetryDelayOf(status));
}

// The numbers first: what fails here is asked again, and the server answers the same again.
absl::Status Uplink::TakeUp(const v1::EnrollResponse& enrolled) {
  if (enrolled.collector_id().empty()) return absl::UnavailableError("the server gave no id");
  const uint64_t own = parts_.outbox.ReadState().device_sequence;
  if (const absl::Status numbered = parts_.outbox.GoOnAfter(enrolled.device_sequence_max());
      !numbered.ok()) {
    return absl::UnavailableError(Cat("cannot take up its numbers: ", numbered.message()));
  }
  if (enrolled.device_sequence_max() > own) {
    base::LogWarning(
        Cat("the server has numbers up to ", enrolled.device_sequence_max(), " of ",
            enrolled.collector_id(), ", the disk up to ", own,
            ": numbers go on after the server's; what waited on the old disk is lost"));
  }
  return parts_.identity.TakeNext(enrolled.collector_id());
}

bool Uplink::NoteAnswer(const absl::Status& status, absl::Time now) {
  if (IsRefusedCredential(status)) {
    if (!uses_next_ && !parts_.identity.next().empty()) {
      // The server may have taken the new one while its answer was lost.
      uses_next_ = true;
      heartbeat_at_ = now;
      return true;
    }
    uses_next_ = false;
    standing_ = Standing::kRefused;
    // Spread, so that many kiosks of one mistake do not come together.
    heartbeat_at_ = now + kRefusedRetry * (0.5 + 0.5 * parts_.chance());
    enrol_at_ = now;
    SetAlarm(AlarmOf::kStanding,
             Cat("the server refuses this kiosk (", Reason(status),
                 "); answers stay here; put a new enrolment code in place, or ask the "
                 "administrator"));
    return true;
  }
  if (IsUnreachable(status)) {
    if (std::exchange(is_reached_, false)) {
      base::LogWarning(Cat("the server cannot be reached: ", Reason(status)));
    }
  } else if (!std::exchange(is_reached_, true)) {
    base::LogInfo("the server is reached");
    send_at_ = now;
  }
  if (!status.ok()) return false;
  {
    base::MutexLock lock(mutex_);
    last_contact_ = parts_.wall.Now();
  }
  if (uses_next_) {
    // If it cannot be written now, it is tried at the next answer.
    if (parts_.identity.TakeNext(parts_.identity.collector_id()).ok()) uses_next_ = false;
  }
  if (standing_ == Standing::kRefused) send_at_ = now;
  standing_ = Standing::kGood;
  SetAlarm(AlarmOf::kStanding, "");
  return false;
}

void Uplink::RenewCredential(absl::Time now) {
  absl::Status status = parts_.identity.PrepareNext();
  if (status.ok()) {
    v1::RenewCredentialRequest request;
    request.set_credential(parts_.identity.next());
    status = parts_.link.RenewCredential(credential(), request).status();
    now = parts_.steady.Now();
    if (NoteAnswer(status, now)) return;
    if (status.ok() && !parts_.identity.next().empty()) {
      // Before anything else is asked: the old one does not work any more.
      status = parts_.identity.TakeNext(parts_.identity.collector_id());
      uses_next_ = !status.ok();
    }
  }
  if (status.ok()) {
    renew_at_ = absl::InfiniteFuture();
    renew_backoff_.Reset();
    base::LogInfo("renewed the credential");
  } else {
    renew_at_ = now + renew_backoff_.Next(parts_.chance, RetryDelayOf(status));
  }
}

// ---- How it is, and what it is to show.

v1::KioskStatus Uplink::Status() {
  v1::KioskStatus status = parts_.describe();
  const outbox::State state = parts_.outbox.ReadState();
  status.set_waiting(state.waiting);
  if (state.oldest_waiting_at.has_value()) {
    *status.mutable_oldest_waiting_at() = ToProto(*state.oldest_waiting_at);
  }
  status.set_set_aside(state.set_aside);
  for (const v1::SetAsideResponse& one : state.newest_set_aside) {
    *status.add_newest_set_aside() = one;
  }
  status.set_device_sequence(state.device_sequence);
  status.set_clock_offset_ms(parts_.clock_offset.Milliseconds());
  if (settings_.has_value()) status.set_questionnaire_digest(settings_->questionnaire_digest);
  std::string alarm = state.alarm;
  Join(alarm, facts().alarm);
  status.set_alarm(alarm);
  return status;
}

void Uplink::Heartbeat(absl::Time now) {
  v1::HeartbeatRequest request;
  *request.mutable_status() = Status();
  const absl::Time sent_at = parts_.steady.Now();
  const auto response = parts_.link.Heartbeat(credential(), request);
  now = parts_.steady.Now();
  if (NoteAnswer(response.status(), now)) return;
  if (!response.ok()) {
    heartbeat_at_ = now + heartbeat_backoff_.Next(parts_.chance, RetryDelayOf(response.status()));
    return;
  }
  heartbeat_backoff_.Reset();
  if (response->has_server_time()) {
    parts_.clock_offset.Learn(absl::FromUnixSeconds(response->server_time().seconds()) +
                                  absl::Nanoseconds(response->server_time().nanos()),
                              sent_at, now);
  }
  const absl::Duration asked = response->next_heartbeat_seconds() == 0
                                   ? kHeartbeatDefault
                                   : absl::Seconds(response->next_heartbeat_seconds());
  // A little early by chance, so that kiosks started together drift apart.
  heartbeat_at_ =
      now + std::clamp(asked, kHeartbeatMin, kHeartbeatMax) * (1 - 0.1 * parts_.chance());
  renew_at_ = response->renew_credential() ? now : absl::InfiniteFuture();
  TakeSettings(*response, now);
}

void Uplink::LoadLastGood() {
  if (loaded_) return;
  auto last_good = parts_.outbox.ReadLastGood();
  if (!last_good.ok()) return;
  loaded_ = true;
  settings_ = *std::move(last_good);
  if (settings_.has_value()) parts_.changed(*settings_);
}

void Uplink::TakeSettings(const v1::HeartbeatResponse& response, absl::Time now) {
  outbox::LastGood sent;
  sent.configuration = response.configuration();
  sent.unit_name = response.unit_name();
  sent.province_name = response.province_name();
  if (response.has_round()) {
    sent.round = response.round();
    sent.questionnaire_digest = response.questionnaire_digest();
  }
  const bool needs_questionnaire =
      sent.round.has_value() && (!settings_.has_value() || !settings_->round.has_value() ||
                                 settings_->questionnaire_digest != sent.questionnaire_digest);
  if (needs_questionnaire) {
    if (unusable_.has_value() && IsSame(*unusable_, sent)) return;
    if (!wanted_.has_value() || !IsSame(*wanted_, sent)) {
      wanted_ = std::move(sent);
      fetch_at_ = now;
    }
    return;
  }
  if (sent.round.has_value()) sent.questionnaire = settings_->questionnaire;
  wanted_.reset();
  fetch_at_ = absl::InfiniteFuture();
  Adopt(std::move(sent));
}

void Uplink::FetchQuestionnaire(absl::Time now) {
  v1::GetQuestionnaireRequest request;
  request.set_round_id(wanted_->round->round_id());
  auto response = parts_.link.GetQuestionnaire(credential(), request);
  now = parts_.steady.Now();
  if (NoteAnswer(response.status(), now)) return;
  if (!response.ok()) {
    fetch_at_ = now + fetch_backoff_.Next(parts_.chance, RetryDelayOf(response.status()));
    return;
  }
  if (response->digest() != wanted_->questionnaire_digest) {
    // Another one since the heartbeat; the next one says which.
    fetch_at_ = now + fetch_backoff_.Next(parts_.chance, kHeartbeatMin);
    return;
  }
  fetch_backoff_.Reset();
  fetch_at_ = absl::InfiniteFuture();
  outbox::LastGood settings = *std::exchange(wanted_, std::nullopt);
  settings.questionnaire = std::move(*response->mutable_questionnaire());
  Adopt(std::move(settings));
}

void Uplink::Adopt(outbox::LastGood settings) {
  if (settings_.has_value() && IsSame(*settings_, settings)) {
    SetAlarm(AlarmOf::kSettings, "");
    return;
  }
  if (const absl::Status fits = session::CheckSettings(SettingsOf(settings, "")); !fits.ok()) {
    SetAlarm(AlarmOf::kSettings,
             Cat("the server's settings cannot be used, the last good ones stay: ",
                 std::string(fits.message())));
    settings.questionnaire.Clear();
    unusable_ = std::move(settings);
    return;
  }
  if (const absl::Status stored = parts_.outbox.StoreLastGood(settings); !stored.ok()) {
    // The outbox raises the alarm; the next heartbeat brings them again.
    return;
  }
  unusable_.reset();
  settings_ = std::move(settings);
  SetAlarm(AlarmOf::kSettings, "");
  base::LogInfo(Cat("settings: round '", settings_->configuration.round_id(), "', questionnaire ",
                    settings_->questionnaire_digest));
  parts_.changed(*settings_);
}

// ---- Answers.

void Uplink::SendBatch(absl::Time now) {
  if (now >= pass_again_at_) {
    pass_again_at_ = absl::InfiniteFuture();
    cursor_ = 0;
  }
  const auto batch = parts_.outbox.ReadBatch(cursor_, batch_count_max_, kBatchBytesMax);
  if (!batch.ok()) {
    send_at_ = now + send_backoff_.Next(parts_.chance, absl::ZeroDuration());
    has_more_ = true;
    return;
  }
  has_more_ = !batch->empty();
  if (batch->empty()) {
    if (pass_again_at_ == absl::InfiniteFuture()) pass_backoff_.Reset();
    return;
  }
  v1::SubmitResponsesRequest request;
  for (const v1::Response& response : *batch) *request.add_responses() = response;
  const auto response = parts_.link.SubmitResponses(credential(), request);
  now = parts_.steady.Now();
  if (NoteAnswer(response.status(), now)) return;
  if (!response.ok()) {
    TakeBatchError(*batch, response.status(), now);
  } else if (static_cast<size_t>(response->results_size()) != batch->size()) {
    TakeBatchError(*batch,
                   absl::UnknownError(
                       Cat(response->results_size(), " results for ", batch->size(), " answers")),
                   now);
  } else {
    TakeResults(*batch, *response, now);
  }
}

void Uplink::TakeResults(const std::vector<v1::Response>& batch,
                         const v1::SubmitResponsesResponse& response, absl::Time now) {
  std::vector<v1::Receipt> receipts;
  std::vector<v1::SetAsideResponse> refused;
  bool puts_off = false;
  absl::Duration asked = absl::ZeroDuration();
  for (size_t i = 0; i < batch.size(); ++i) {
    const v1::SubmitResult& result = response.results(static_cast<int>(i));
    const v1::Refusal& refusal = result.refusal();
    if (result.has_stored() && result.stored().receipt().has_received_at() &&
        result.stored().receipt().response_id() == batch[i].response_id()) {
      receipts.push_back(result.stored().receipt());
    } else if (result.has_refusal() && refusal.retry_after_ms() == 0 && refusal.code() != 0) {
      v1::SetAsideResponse& one = refused.emplace_back();
      one.set_response_id(batch[i].response_id());
      one.set_device_sequence(batch[i].device_sequence());
      one.set_code(refusal.code());
      one.set_message(refusal.message());
      base::LogWarning(Cat("answer ", batch[i].device_sequence(), " (", batch[i].response_id(),
                           ") was refused for good, code ", refusal.code(), "; set aside"));
    } else {
      puts_off = true;
      asked = std::max(asked, absl::Milliseconds(refusal.retry_after_ms()));
    }
  }
  if (!parts_.outbox.Settle(receipts, refused).ok()) {
    // They are sent again, and the server knows them.
    send_at_ = now + send_backoff_.Next(parts_.chance, absl::ZeroDuration());
    return;
  }
  if (puts_off) PutOff(asked, now);
  cursor_ = batch.back().device_sequence();
  batch_count_max_ = std::min(kBatchCountMax, 2 * batch_count_max_);
  send_backoff_.Reset();
  send_at_ = now;
}

void Uplink::PutOff(absl::Duration asked, absl::Time now) {
  pass_again_at_ = std::min(pass_again_at_, now + pass_backoff_.Next(parts_.chance, asked));
}

void Uplink::TakeBatchError(const std::vector<v1::Response>& batch, const absl::Status& status,
                            absl::Time now) {
  const absl::Duration asked = RetryDelayOf(status);
  send_at_ = now + send_backoff_.Next(parts_.chance, asked);
  // It says when it can take them: there is nothing wrong with what was sent.
  if (asked > absl::ZeroDuration()) return;
  if (IsUnreachable(status)) {
    // A heartbeat finds out whether it is there again, at a hundredth of the cost.
    heartbeat_at_ = std::min(heartbeat_at_, std::exchange(send_at_, absl::InfiniteFuture()));
  }
  if (absl::IsUnavailable(status)) return;
  if (batch.size() > 1) {
    // Too large for the server, or too slow for the line, or one of them spoils the rest: half of
    // them finds out.
    batch_count_max_ = batch.size() / 2;
    if (absl::IsInvalidArgument(status)) send_at_ = now;
    return;
  }
  if (IsUnreachable(status)) return;
  const v1::Response& culprit = batch.front();
  if (absl::IsInvalidArgument(status)) {
    v1::SetAsideResponse one;
    one.set_response_id(culprit.response_id());
    one.set_device_sequence(culprit.device_sequence());
    one.set_code(static_cast<int32_t>(status.code()));
    one.set_message(std::string(status.message()));
    base::LogWarning(Cat("answer ", culprit.device_sequence(), " (", culprit.response_id(),
                         ") fails every batch; set aside"));
    if (!parts_.outbox.Settle({}, {one}).ok()) return;
  } else {
    // Perhaps it is the server's fault: it is tried again, but behind the others.
    PutOff(absl::ZeroDuration(), now);
  }
  cursor_ = culprit.device_sequence();
}

}  // namespace hailong::uplink
