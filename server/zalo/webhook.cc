#include "server/zalo/webhook.h"

#include <optional>

#include "absl/strings/match.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/zalo/signature.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr absl::string_view kSignatureHeader = "X-ZEvent-Signature";

// Nothing if the header is missing or there twice.
std::optional<std::string> SignatureHeader(const WebhookRequest& request) {
  std::optional<std::string> found;
  for (const auto& [name, value] : request.headers) {
    if (!absl::EqualsIgnoreCase(name, kSignatureHeader)) continue;
    if (found.has_value()) return std::nullopt;
    found = value;
  }
  return found;
}

bool IsAnswer(EventKind kind) {
  return kind == EventKind::kRating || kind == EventKind::kButton || kind == EventKind::kButtonText;
}

v1::ZaloEventState FirstState(EventKind kind) {
  switch (kind) {
    case EventKind::kRating:
    case EventKind::kButton:
    case EventKind::kButtonText:
    case EventKind::kReceipt:
      return v1::ZALO_EVENT_STATE_NEW;
    case EventKind::kUnsupported:
      return v1::ZALO_EVENT_STATE_UNSUPPORTED;
    default:
      return v1::ZALO_EVENT_STATE_NOTED;
  }
}

}  // namespace

std::string RatingContext(const store::ZaloEvent& event) {
  return Cat(event.name, " ", event.msg_id, " ", absl::ToUnixMicros(event.told_at));
}

absl::StatusOr<store::ZaloEvent> RowOf(const Event& event, std::string_view raw, absl::Time now,
                                       Vault& vault) {
  store::ZaloEvent row;
  if (!raw.empty()) {
    ASSIGN_OR_RETURN(row.body_hash, vault.HashBody(raw));
  }
  row.business_key = event.business_key;
  row.name = event.name;
  row.told_at = ParseMs(event.timestamp).value_or(now);
  row.received_at = now;
  row.msg_id = event.msg_id;
  row.tracking_id = event.tracking_id;
  row.answered_at = ParseMs(event.answered_ms).value_or(absl::InfinitePast());
  row.state = FirstState(event.kind);
  if (IsAnswer(event.kind)) {
    ASSIGN_OR_RETURN(row.content, vault.SealRating(event.rating, RatingContext(row)));
  }
  return row;
}

bool Webhook::IsSignedByZalo(const WebhookRequest& request, const Event& told) const {
  const std::optional<std::string> header = SignatureHeader(request);
  if (!header.has_value()) return false;
  SignedBody body{.first_id = told.app_id, .raw = request.body, .timestamp = told.timestamp};
  if (IsSigned(*header, body, settings_.oa_secrets)) return true;
  if (!settings_.file.allow_oa_id_first()) return false;
  body.first_id = settings_.file.oa_id();
  return IsSigned(*header, body, settings_.oa_secrets);
}

int Webhook::Judge(const WebhookRequest& request, store::ZaloEvent& event) {
  if (request.method == "GET" || request.method == "HEAD") return 200;
  if (request.method != "POST") return 405;
  if (request.body.size() > limits::kZaloBodyBytesMax) return 413;
  if (settings_.oa_secrets.empty()) return 503;
  const auto json = base::Json::Parse(request.body, limits::kZaloDepthMax);
  if (!json.ok()) return 400;
  const auto told = ParseEvent(*json, settings_.file.oa_id());
  if (!told.ok()) return 400;
  if (told->app_id != settings_.file.app_id()) return 401;
  if (!IsSignedByZalo(request, *told)) {
    Alarm();
    return 401;
  }
  {
    base::MutexLock lock(mutex_);
    alarmed_ = false;
  }
  if (told->kind == EventKind::kConsoleTest) return 200;
  if (told->addressee == Addressee::kAnother) return 401;
  const absl::Time now = clock_.Now();
  auto row = RowOf(*told, request.body, now, vault_);
  if (!row.ok()) {
    base::LogError(Cat("zalo: an event was not stored: ", row.status().message()));
    return 503;
  }
  if (row->told_at < now - limits::kZaloPastMax || row->told_at > now + limits::kZaloFutureMax) {
    row->state = v1::ZALO_EVENT_STATE_QUARANTINED;
    row->reason = "told outside the window of replay";
    row->business_key.clear();  // must not stand in the way of the same told in time
  }
  event = *std::move(row);
  return 0;
}

void Webhook::Receive(const WebhookRequest& request, Done done) {
  store::ZaloEvent event;
  if (const int status = Judge(request, event); status != 0) {
    Count(status);
    return done(status);
  }
  commits_.Append(std::move(event), [this, done = std::move(done)](const absl::Status& status) {
    const int answer = status.ok() ? 200 : 503;
    Count(answer);
    done(answer);
    if (status.ok() && stored_) stored_();
  });
}

void Webhook::Alarm() {
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(alarmed_, true)) return;
  }
  base::LogError(
      "zalo: ALARM: a webhook for our own app has a wrong signature; if the OA secret key was "
      "reset, "
      "set oa_secret_file now: Zalo gives up after a few tries and turns the webhook off");
}

void Webhook::Count(int status) {
  base::MutexLock lock(mutex_);
  ++counts_[status];
}

std::map<int, uint64_t> Webhook::Counts() const {
  base::MutexLock lock(mutex_);
  return counts_;
}

}  // namespace hailong::zalo
