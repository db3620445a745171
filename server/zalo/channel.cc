#include "server/zalo/channel.h"

#include <utility>

#include "base/log/log.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/zalo/loop.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr absl::Duration kInboxIdle = absl::Seconds(2);  // also how soon a held rating is linked
constexpr absl::Duration kInboxTrouble = absl::Seconds(5);

}  // namespace

// In the order in which they are built; destroyed in reverse.
struct Channel::Parts {
  Parts(Settings settings_in, Below below_in, std::unique_ptr<Vault> vault_in)
      : settings(std::move(settings_in)), below(std::move(below_in)), vault(std::move(vault_in)) {}

  const Settings settings;
  const Below below;
  const std::unique_ptr<Vault> vault;
  base::Mutex waking;
  Loop* to_wake ABSL_GUARDED_BY(waking) = nullptr;

  Commits commits{below.writer, below.store};
  Tokens tokens{settings, below.http, *vault, commits, below.store, below.clock};
  Api api{settings, below.http, tokens};
  Inbox inbox{settings, below.catalog, *vault, commits, below.store, below.deliver};
  Webhook webhook{settings, *vault, commits, below.clock, [this] { Wake(); }};
  Sender sender{settings, below.catalog, *vault, api, commits, below.store, below.clock};
  Reconciler reconciler{settings,          *vault, api, commits, below.store, below.clock,
                        [this] { Wake(); }};
  Invitations invitations{settings, below.catalog, below.round_keys, *vault, commits, below.clock};

  std::unique_ptr<Loop> inbox_loop;
  std::unique_ptr<Loop> sender_loop;
  std::unique_ptr<Loop> reconciler_loop;

  void SetToWake(Loop* loop) {
    base::MutexLock lock(waking);
    to_wake = loop;
  }
  void Wake() {
    base::MutexLock lock(waking);
    if (to_wake != nullptr) to_wake->Wake();
  }
  absl::Duration StepInbox() {
    const auto settled = inbox.Step();
    if (settled.ok()) return *settled > 0 ? absl::ZeroDuration() : kInboxIdle;
    base::LogError(Cat("zalo: inbox: ", settled.status().message()));
    return kInboxTrouble;
  }
};

Channel::Channel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Channel::~Channel() {
  parts_->reconciler_loop.reset();
  parts_->sender_loop.reset();
  parts_->SetToWake(nullptr);
  parts_->inbox_loop.reset();
  parts_->commits.Drain();
}

absl::StatusOr<std::unique_ptr<Channel>> Channel::Open(Settings settings, Below below) {
  ASSIGN_OR_RETURN(auto vault, Vault::Open(below.keys_directory));
  return std::unique_ptr<Channel>(new Channel(
      std::make_unique<Parts>(std::move(settings), std::move(below), std::move(vault))));
}

absl::Status Channel::Start() {
  RETURN_IF_ERROR(parts_->sender.Recover());
  Parts& parts = *parts_;
  parts.inbox_loop = std::make_unique<Loop>([&parts] { return parts.StepInbox(); });
  parts.SetToWake(parts.inbox_loop.get());
  parts.sender_loop = std::make_unique<Loop>([&parts] { return parts.sender.Step(); });
  parts.reconciler_loop = std::make_unique<Loop>([&parts] { return parts.reconciler.Step(); });
  return absl::OkStatus();
}

Webhook& Channel::webhook() { return parts_->webhook; }
Inbox& Channel::inbox() { return parts_->inbox; }
Sender& Channel::sender() { return parts_->sender; }
Reconciler& Channel::reconciler() { return parts_->reconciler; }

absl::StatusOr<v1::QueueInvitationsResponse> Channel::QueueInvitations(
    const model::Principal& caller, const v1::QueueInvitationsRequest& request) {
  return parts_->invitations.QueueInvitations(caller, request);
}

absl::StatusOr<v1::ListSendsResponse> Channel::ListSends(const model::Principal& caller,
                                                         const v1::ListSendsRequest& request) {
  const auto catalog = parts_->below.catalog.Get();
  const auto round = catalog->FindRound(request.round_id());
  if (round == nullptr) return refusal::NotFound("round", request.round_id());
  ASSIGN_OR_RETURN(const auto counts, parts_->below.store.CountZaloSends(round->number()));
  const std::string day = base::DayInVietnam(round->opens_at());
  v1::ListSendsResponse response;
  for (const store::ZaloSendCount& one : counts) {
    // Who is bound to a subtree hears of no other.
    if (!caller.unit_id.empty() && !catalog->units().IsWithin(one.unit_id, caller.unit_id, day)) {
      continue;
    }
    v1::SendCount& count = *response.add_counts();
    count.set_unit_id(one.unit_id);
    count.set_state(one.state);
    count.set_error(one.error);
    count.set_count(one.count);
  }
  return response;
}

absl::StatusOr<v1::GetZaloStateResponse> Channel::GetZaloState(const model::Principal&,
                                                               const v1::GetZaloStateRequest&) {
  v1::GetZaloStateResponse response;
  if (const auto expires_at = parts_->tokens.ExpiresAt(); expires_at.has_value()) {
    *response.mutable_token_expires_at() = model::ToProto(*expires_at);
  }
  response.set_token_trouble(parts_->tokens.Trouble());
  const Sender::State state = parts_->sender.Get();
  response.set_stopped(state.hold.stopped);
  if (state.hold.paused_until > parts_->below.clock.Now()) {
    *response.mutable_paused_until() = model::ToProto(state.hold.paused_until);
  }
  response.set_quota_left(state.quota_left.value_or(-1));
  for (const auto& [status, number] : parts_->webhook.Counts()) {
    v1::AnswerCount& count = *response.add_webhooks();
    count.set_status(static_cast<uint32_t>(status));
    count.set_count(number);
  }
  ASSIGN_OR_RETURN(const auto events, parts_->below.store.CountZaloEvents());
  for (const store::ZaloEventCount& one : events) {
    v1::EventCount& count = *response.add_events();
    count.set_state(one.state);
    count.set_count(one.count);
  }
  ASSIGN_OR_RETURN(const absl::Time reconciled_to, parts_->reconciler.ReconciledTo());
  if (reconciled_to != absl::InfinitePast()) {
    *response.mutable_reconciled_to() = model::ToProto(reconciled_to);
  }
  response.set_reconcile_trouble(parts_->reconciler.Trouble());
  return response;
}

absl::StatusOr<v1::ResumeSendingResponse> Channel::ResumeSending(const model::Principal&,
                                                                 const v1::ResumeSendingRequest&) {
  RETURN_IF_ERROR(parts_->sender.Resume());
  return v1::ResumeSendingResponse();
}

absl::StatusOr<v1::ReconcileRatingsResponse> Channel::ReconcileRatings(
    const model::Principal&, const v1::ReconcileRatingsRequest&) {
  parts_->reconciler.LookNow();
  if (parts_->reconciler_loop != nullptr) parts_->reconciler_loop->Wake();
  return v1::ReconcileRatingsResponse();
}

}  // namespace hailong::zalo
