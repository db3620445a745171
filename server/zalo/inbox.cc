#include "server/zalo/inbox.h"

#include <algorithm>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/times.h"
#include "server/zalo/event.h"
#include "server/zalo/scale.h"
#include "server/zalo/webhook.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr size_t kStepEvents = 200;
constexpr size_t kReasonBytesMax = 300;
constexpr std::string_view kReceiptName = "user_received_message";
static_assert(kStepEvents <= limits::kBatchResponsesMax);

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

store::ZaloSettled Settle(const store::ZaloEvent& event, v1::ZaloEventState state,
                          std::string_view reason = "", bool erase = false) {
  return {.number = event.number,
          .state = state,
          .reason = std::string(base::Utf8Prefix(reason, kReasonBytesMax)),
          .erase = erase};
}

// What an outcome of the intake makes of the event; UNSPECIFIED: try again. Zalo was told that we
// have it, so only what the round itself refuses is erased.
v1::ZaloEventState StateAfter(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return v1::ZALO_EVENT_STATE_RECORDED;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
      return v1::ZALO_EVENT_STATE_REFUSED;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
      return v1::ZALO_EVENT_STATE_QUARANTINED;
    default:
      return v1::ZALO_EVENT_STATE_UNSPECIFIED;
  }
}

}  // namespace

base::Uuid ResponseIdOf(const std::string& app_id, const std::string& oa_id,
                        const store::ZaloEvent& event) {
  // The token's message has no id of its own that both tellings share but the event's number.
  const std::string name =
      event.msg_id.empty() ? Cat("#", static_cast<int64_t>(event.number)) : event.msg_id;
  const base::Digest256 digest =
      base::Sha256(Cat("zalo rating\n", app_id, "\n", oa_id, "\n", event.name, "\n", name, "\n",
                       absl::ToUnixMicros(event.answered_at)));
  std::array<uint8_t, 10> chance;
  std::copy_n(digest.begin(), chance.size(), chance.begin());
  return base::Uuid::MakeV7(event.answered_at, chance);
}

absl::StatusOr<const model::CollectorRecord*> FindCollector(const Settings& settings,
                                                            const model::Catalog& catalog) {
  const auto found = catalog.collectors().find(settings.file.collector_id());
  if (found == catalog.collectors().end() ||
      found->second.collector.channel() != v1::CHANNEL_ZALO || found->second.collector.revoked()) {
    return absl::NotFoundError(Cat("zalo: collector_id '", settings.file.collector_id(),
                                   "' names no collector of channel ZALO that may submit"));
  }
  return &found->second;
}

absl::Status Inbox::LearnArrival(const store::ZaloEvent& event, const store::ZaloSend& send) {
  if (send.state == v1::ZALO_SEND_STATE_DELIVERED) return absl::OkStatus();
  return commits_.Run([&](store::ZaloStore& store) {
    return store.NoteZaloReceipt(send.tracking_id, event.msg_id).status();
  });
}

absl::StatusOr<Inbox::Judged> Inbox::JudgeRating(const store::ZaloEvent& event) {
  const auto settled = [&](v1::ZaloEventState state, std::string_view reason, bool erase = false) {
    return Judged{.settled = Settle(event, state, reason, erase), .deliver = false, .delivery = {}};
  };
  const auto rating = vault_.OpenRating(event.content, RatingContext(event));
  if (absl::IsUnavailable(rating.status())) return rating.status();
  if (!rating.ok()) {
    return settled(v1::ZALO_EVENT_STATE_QUARANTINED, View(rating.status().message()));
  }
  if (const auto stars = StarsOf(*rating); !stars.ok()) {
    return settled(v1::ZALO_EVENT_STATE_QUARANTINED, View(stars.status().message()));
  }
  const bool by_token = !rating->token_hash().empty();
  if (event.answered_at == absl::InfinitePast() ||
      (!by_token && event.msg_id.empty() && event.tracking_id.empty())) {
    return settled(v1::ZALO_EVENT_STATE_QUARANTINED, "has no time of answer or no message");
  }
  ASSIGN_OR_RETURN(const std::optional<store::ZaloSend> send,
                   by_token ? store_.FindZaloSendByToken(rating->token_hash())
                            : store_.FindZaloSend(event.tracking_id, event.msg_id));
  if (!send.has_value()) {
    // A token is in the send log before it goes out, a message's id only after.
    return by_token ? settled(v1::ZALO_EVENT_STATE_REFUSED, "the token is not ours", true)
                    : settled(v1::ZALO_EVENT_STATE_HELD, "its message is not known yet");
  }
  RETURN_IF_ERROR(LearnArrival(event, *send));
  const auto catalog = catalog_.Get();
  const auto round = catalog->FindRound(send->round);
  if (round == nullptr) return settled(v1::ZALO_EVENT_STATE_REFUSED, "its round is gone", true);

  Judged judged{.settled = Settle(event, v1::ZALO_EVENT_STATE_RECORDED, "", true),
                .deliver = true,
                .delivery = {.response = {}, .respondent_key = send->respondent_key}};
  v1::Response& response = judged.delivery.response;
  response.set_response_id(
      ResponseIdOf(settings_.file.app_id(), settings_.file.oa_id(), event).ToString());
  response.set_round_id(round->id());
  response.set_questionnaire_version(round->definition().questionnaire_version());
  response.set_unit_id(send->unit_id);
  *response.mutable_submitted_at() = model::ToProto(event.answered_at);
  if (const absl::Status mapped = AddAnswers(*rating, *round, response); !mapped.ok()) {
    return settled(v1::ZALO_EVENT_STATE_QUARANTINED, View(mapped.message()));
  }
  if (by_token) {
    bool ours = false;
    RETURN_IF_ERROR(commits_.Run([&](store::ZaloStore& store) -> absl::Status {
      ASSIGN_OR_RETURN(ours, store.UseZaloToken(send->number, event.number));
      return absl::OkStatus();
    }));
    if (!ours) return settled(v1::ZALO_EVENT_STATE_REFUSED, "the token was used", true);
  }
  return judged;
}

absl::StatusOr<Inbox::Judged> Inbox::Judge(const store::ZaloEvent& event) {
  if (event.name != kReceiptName) return JudgeRating(event);
  // Of a message that is not ours there is nothing to learn.
  RETURN_IF_ERROR(commits_.Run([&](store::ZaloStore& store) {
    return store.NoteZaloReceipt(event.tracking_id, event.msg_id).status();
  }));
  return Judged{
      .settled = Settle(event, v1::ZALO_EVENT_STATE_NOTED), .deliver = false, .delivery = {}};
}

absl::StatusOr<size_t> Inbox::Step() {
  ASSIGN_OR_RETURN(const std::vector<store::ZaloEvent> events,
                   store_.ReadOpenZaloEvents(kStepEvents));
  if (events.empty()) return size_t{0};
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(settings_, *catalog));
  const model::Principal sender{.role = v1::ROLE_COLLECTOR,
                                .id = collector->collector.collector_id(),
                                .unit_id = collector->collector.unit_id(),
                                .collector = collector->number,
                                .channel = v1::CHANNEL_ZALO};
  std::vector<store::ZaloSettled> settled;
  std::vector<store::ZaloSettled> delivered;
  std::vector<Delivery> deliveries;
  for (const store::ZaloEvent& event : events) {
    ASSIGN_OR_RETURN(Judged judged, Judge(event));
    if (judged.deliver) {
      delivered.push_back(std::move(judged.settled));
      deliveries.push_back(std::move(judged.delivery));
    } else {
      settled.push_back(std::move(judged.settled));
    }
  }
  absl::Status again;
  if (!deliveries.empty()) {
    const auto outcomes = deliver_(sender, deliveries);
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const absl::Status& status = outcomes[i].status();
      delivered[i].state = StateAfter(status);
      if (delivered[i].state == v1::ZALO_EVENT_STATE_UNSPECIFIED) {
        again = status;
        continue;
      }
      delivered[i].reason = base::Utf8Prefix(View(status.message()), kReasonBytesMax);
      delivered[i].erase = delivered[i].state != v1::ZALO_EVENT_STATE_QUARANTINED;
      settled.push_back(std::move(delivered[i]));
    }
  }
  if (!settled.empty()) {
    RETURN_IF_ERROR(
        commits_.Run([&](store::ZaloStore& store) { return store.SettleZaloEvents(settled); }));
  }
  RETURN_IF_ERROR(again);
  return settled.size();
}

}  // namespace hailong::zalo
