#include "server/zalo/sender.h"

#include <algorithm>
#include <utility>

#include "base/log/log.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/zalo/event.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr size_t kDueMax = 50;
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kTrouble = absl::Seconds(30);
constexpr absl::Duration kRetryMin = absl::Minutes(1);
constexpr absl::Duration kRetryMax = absl::Hours(1);
constexpr absl::Duration kAskAfter = absl::Minutes(1);  // a message is under way
constexpr uint32_t kUnknownCodeAttemptsMax = 3;
constexpr int32_t kAskedInVain = 1;  // in the column of Zalo's errors, which are negative

std::vector<MessageButton> ButtonsOf(const v1::RatingMapping& mapping,
                                     const v1::ZaloRecipient& recipient) {
  std::vector<MessageButton> buttons;
  for (const v1::RatingLabel& label : mapping.labels()) {
    buttons.push_back({.title = label.label(),
                       .text = ButtonText(static_cast<int>(label.stars()), recipient.token()),
                       .link = {}});
  }
  if (!recipient.details_link().empty()) {
    buttons.push_back(
        {.title = mapping.details_label(), .text = {}, .link = recipient.details_link()});
  }
  return buttons;
}

// A message waits as long again as it has waited.
absl::Duration Backoff(const store::ZaloSend& send, absl::Time now) {
  return std::clamp(now - send.queued_at, kRetryMin, kRetryMax);
}

}  // namespace

absl::Status Sender::Recover() {
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(
      commits_.Run([&](store::ZaloStore& store) { return store.RecoverZaloSends(now); }));
  ASSIGN_OR_RETURN(store::ZaloHold hold, store_.ReadZaloHold());
  if (!hold.stopped.empty()) {
    base::LogWarning(Cat("zalo: nothing is sent until somebody has looked: ", hold.stopped));
  }
  base::MutexLock lock(mutex_);
  state_.hold = std::move(hold);
  return absl::OkStatus();
}

Sender::State Sender::Get() const {
  base::MutexLock lock(mutex_);
  return state_;
}

absl::Status Sender::Resume() { return SetHold({}); }

absl::Status Sender::SetHold(const store::ZaloHold& hold) {
  if (!hold.stopped.empty()) {
    base::LogError(Cat("zalo: ALARM: nothing is sent until somebody has looked: ", hold.stopped));
  }
  // Where writes have an order, so that memory says what the disk does.
  return commits_.Run([&](store::ZaloStore& store) -> absl::Status {
    RETURN_IF_ERROR(store.PutZaloHold(hold));
    base::MutexLock lock(mutex_);
    state_.hold = hold;
    return absl::OkStatus();
  });
}

absl::Status Sender::Change(const store::ZaloSendChange& change) {
  return commits_.Run([&](store::ZaloStore& store) { return store.ChangeZaloSend(change); });
}

absl::Status Sender::TellOutcome() {
  if (!untold_.has_value()) return absl::OkStatus();
  // The message first: after a crash in between it is tried once more and held back then.
  RETURN_IF_ERROR(Change(untold_->change));
  if (untold_->hold.has_value()) RETURN_IF_ERROR(SetHold(*untold_->hold));
  untold_.reset();
  return absl::OkStatus();
}

absl::Status Sender::EndRounds() {
  const auto catalog = catalog_.Get();
  for (const auto& [id, round] : catalog->rounds()) {
    if (round->state() != v1::ROUND_STATE_SEALED || ended_.contains(id)) continue;
    const model::RoundNumber number = round->number();
    RETURN_IF_ERROR(
        commits_.Run([&](store::ZaloStore& store) { return store.EndZaloSends(number); }));
    RETURN_IF_ERROR(vault_.DestroyRecipients(id));
    ended_.insert(id);
  }
  return absl::OkStatus();
}

absl::Duration Sender::Step() {
  const auto wait = TryStep();
  if (wait.ok()) return *wait;
  base::LogError(Cat("zalo: sending: ", wait.status().message()));
  return kTrouble;
}

absl::StatusOr<absl::Duration> Sender::TryStep() {
  RETURN_IF_ERROR(TellOutcome());
  RETURN_IF_ERROR(EndRounds());
  const store::ZaloHold hold = Get().hold;
  const absl::Time now = clock_.Now();
  const bool held = !hold.stopped.empty() || now < hold.paused_until ||
                    IsQuiet(now, settings_.file.quiet_hours());
  ASSIGN_OR_RETURN(const std::vector<store::ZaloSend> due, store_.ReadDueZaloSends(now, kDueMax));
  for (const store::ZaloSend& send : due) {
    if (send.state == v1::ZALO_SEND_STATE_UNKNOWN) {
      RETURN_IF_ERROR(AskAbout(send));
      return absl::ZeroDuration();
    }
    if (held) continue;
    RETURN_IF_ERROR(SendOne(send));
    return absl::Minutes(1) / settings_.file.sends_per_minute_max();
  }
  return kIdle;
}

absl::Status Sender::SendOne(const store::ZaloSend& send) {
  store::ZaloSendChange change{.number = send.number,
                               .state = v1::ZALO_SEND_STATE_CANCELLED,
                               .msg_id = {},
                               .error = send.error,
                               .attempts = send.attempts,
                               .due_at = send.due_at,
                               .erase = true};
  const auto round = catalog_.Get()->FindRound(send.round);
  if (round == nullptr || round->state() != v1::ROUND_STATE_OPEN ||
      clock_.Now() >= round->closes_at()) {
    return Change(change);
  }
  const auto recipient = vault_.OpenRecipient(send.recipient, round->id(), send.tracking_id);
  if (absl::IsUnavailable(recipient.status())) return recipient.status();
  if (!recipient.ok()) {
    base::LogError(Cat("zalo: message ", static_cast<int64_t>(send.number),
                       " cannot be sent: ", recipient.status().message()));
    change.state = v1::ZALO_SEND_STATE_FAILED;
    return Change(change);
  }
  const std::vector<MessageButton> buttons =
      ButtonsOf(round->definition().zalo_rating(), *recipient);
  change.state = v1::ZALO_SEND_STATE_SENDING;
  change.erase = false;
  RETURN_IF_ERROR(Change(change));
  untold_ = After(send, api_.SendMessage(*recipient, send.tracking_id, buttons));
  return TellOutcome();
}

Sender::Outcome Sender::After(const store::ZaloSend& send,
                              const absl::StatusOr<ApiAnswer>& answer) {
  const absl::Time now = clock_.Now();
  store::ZaloSendChange change{.number = send.number,
                               .state = v1::ZALO_SEND_STATE_QUEUED,
                               .msg_id = {},
                               .error = answer.ok() ? answer->code : 0,
                               .attempts = send.attempts,
                               .due_at = now + Backoff(send, now),
                               .erase = false};
  std::optional<store::ZaloHold> hold;
  const auto pause_until = [&](absl::Time until) {
    hold = store::ZaloHold{.stopped = {}, .paused_until = until};
  };
  const auto fail = [&] {
    change.state = v1::ZALO_SEND_STATE_FAILED;
    change.erase = true;
  };
  if (!answer.ok()) {
    switch (answer.status().code()) {
      case absl::StatusCode::kUnknown:
        change.state = v1::ZALO_SEND_STATE_UNKNOWN;
        change.due_at = now + kAskAfter;
        break;
      case absl::StatusCode::kInvalidArgument:
        fail();
        break;
      default:
        change.due_at = now;  // nothing was said about this message
        pause_until(now + kTrouble);
    }
    return {.change = change, .hold = hold};
  }
  switch (answer->verdict) {
    case Verdict::kDone: {
      const SendReceipt receipt = ReceiptOf(answer->body);
      change.state = v1::ZALO_SEND_STATE_SENT;
      change.msg_id = receipt.msg_id;
      change.erase = true;
      if (receipt.quota_left.has_value()) {
        if (*receipt.quota_left <= 0) {
          pause_until(QuietEnds(NextDay(now), settings_.file.quiet_hours()));
        }
        base::MutexLock lock(mutex_);
        state_.quota_left = receipt.quota_left;
      }
      break;
    }
    case Verdict::kPerson:
    case Verdict::kMethod:
    case Verdict::kRefreshToken:  // a second time: the new token is no better
      change.due_at = now;
      hold = store::ZaloHold{.stopped = Cat("Zalo answers error ", answer->code)};
      break;
    case Verdict::kLater:
      pause_until(now + kRetryMin);
      break;
    case Verdict::kQuota:
      change.due_at = now;
      pause_until(QuietEnds(NextDay(now), settings_.file.quiet_hours()));
      break;
    case Verdict::kCitizen:
    case Verdict::kPayload:
      fail();
      break;
    case Verdict::kUnknown:
      base::LogWarning(Cat("zalo: error ", answer->code, " is in no table, message ",
                           static_cast<int64_t>(send.number)));
      if (++change.attempts >= kUnknownCodeAttemptsMax) fail();
      break;
  }
  return {.change = change, .hold = hold};
}

bool Sender::IsByPhone(const store::ZaloSend& send) {
  const auto round = catalog_.Get()->FindRound(send.round);
  if (round == nullptr) return false;
  const auto recipient = vault_.OpenRecipient(send.recipient, round->id(), send.tracking_id);
  return recipient.ok() && !recipient->phone().empty();
}

absl::Status Sender::AskAbout(const store::ZaloSend& send) {
  const absl::Time now = clock_.Now();
  store::ZaloSendChange change{.number = send.number,
                               .state = v1::ZALO_SEND_STATE_FAILED,
                               .msg_id = {},
                               .error = 0,
                               .attempts = send.attempts,
                               .due_at = now,
                               .erase = true};
  if (!send.msg_id.empty()) {
    change.state = v1::ZALO_SEND_STATE_SENT;
    return Change(change);
  }
  std::string status;
  if (settings_.file.status_by_tracking_id() && IsByPhone(send)) {
    const auto answer = api_.AskStatus(send.tracking_id);
    const base::Json* const data =
        answer.ok() && answer->verdict == Verdict::kDone ? answer->body.Find("data") : nullptr;
    if (data != nullptr) status = data->TextOf("status");
  }
  if (status == "0" || status == "1") {
    change.state = v1::ZALO_SEND_STATE_SENT;
  } else if (status == "-1") {
    // Zalo's word that it has no such message.
    change.state = v1::ZALO_SEND_STATE_QUEUED;
    change.erase = false;
  } else if (send.error != kAskedInVain) {
    // A receipt or a rating may still tell.
    change.state = v1::ZALO_SEND_STATE_UNKNOWN;
    change.error = kAskedInVain;
    change.due_at = now + settings_.unknown_wait;
    change.erase = false;
  }
  return Change(change);
}

}  // namespace hailong::zalo
