#include "server/zalo/event.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/rating_mapping.h"

namespace hailong::zalo {
namespace {

using base::Cat;
using base::Json;

constexpr std::string_view kRatingName = "user_feedback";
constexpr std::string_view kButtonName = "user_click_response_button";
constexpr std::string_view kReceiptName = "user_received_message";
constexpr std::string_view kTextName = "user_send_text";
constexpr std::string_view kConsoleMessageId = "This is message id";
constexpr std::string_view kButtonPrefix = "#danhgia ";

// Known by name; nothing of them is kept but that they came.
constexpr std::array<std::string_view, 12> kNotedNames = {"follow",
                                                          "unfollow",
                                                          "user_seen_message",
                                                          "user_submit_info",
                                                          "change_template_status",
                                                          "change_template_quality",
                                                          "change_oa_daily_quota",
                                                          "user_send_text",
                                                          "user_received_message",
                                                          "user_reacted_message",
                                                          "oa_reacted_message",
                                                          "user_asking_product"};

bool IsDigits(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Ids are printable ASCII without spaces; what is none is as good as absent.
std::string IdOrEmpty(std::string_view text) {
  const bool fits =
      text.size() <= limits::kZaloIdBytesMax &&
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  return fits ? std::string(text) : std::string();
}

// Text of the public: control characters become spaces, what is too long is cut.
std::string CleanText(std::string_view text, size_t bytes_max = limits::kTextBytesMax) {
  std::string clean(base::Utf8Prefix(text, bytes_max));
  for (char& c : clean) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7F') c = ' ';
  }
  return clean;
}

std::string BusinessKey(const std::string& app_id, const std::string& oa_id,
                        std::string_view event_name, const std::string& msg_id,
                        const std::string& answered_ms) {
  std::string text;
  for (const std::string_view part : {std::string_view(app_id), std::string_view(oa_id), event_name,
                                      std::string_view(msg_id), std::string_view(answered_ms)}) {
    text += Cat(part.size(), ":", part);
  }
  const base::Digest256 digest = base::Sha256(text);
  return std::string(digest.begin(), digest.end());
}

Addressee AddresseeOf(const Json& body, const std::string& ours) {
  // change_oa_daily_quota alone spells it in camelCase.
  for (const std::string_view key : {"oa_id", "oaId"}) {
    const std::string_view named = body.TextOf(key);
    if (!named.empty()) return named == ours ? Addressee::kOurs : Addressee::kAnother;
  }
  Addressee addressee = Addressee::kNobody;
  for (const std::string_view key : {"sender", "recipient"}) {
    const Json* const side = body.Find(key);
    if (side == nullptr) continue;
    if (side->TextOf("id") == ours) return Addressee::kOurs;
    addressee = Addressee::kAnother;
  }
  return addressee;
}

void ReadRating(const Json& from, v1::ZaloRating& rating) {
  rating.set_rate(CleanText(from.TextOf("rate"), limits::kZaloIdBytesMax));
  rating.set_rating_type(CleanText(from.TextOf("rating_type"), limits::kZaloIdBytesMax));
  rating.set_option(CleanText(from.TextOf("option"), limits::kZaloIdBytesMax));
  rating.set_note(CleanText(from.TextOf("note")));
  const Json* const feedbacks = from.Find("feedbacks");
  if (feedbacks == nullptr) return;
  for (const Json& one : feedbacks->items()) {
    if (static_cast<size_t>(rating.feedbacks_size()) == limits::kZaloFeedbacksMax) break;
    if (one.is_string()) rating.add_feedbacks(CleanText(one.text()));
  }
}

EventKind KindOf(const std::string& name, const Json& message) {
  if (name == kRatingName) return EventKind::kRating;
  if (name == kButtonName) return EventKind::kButton;
  if (name == kTextName) {
    if (message.TextOf("msg_id") == kConsoleMessageId) return EventKind::kConsoleTest;
    if (ParseButtonText(message.TextOf("text")).has_value()) return EventKind::kButtonText;
  }
  // The same name for two things; a chat message's receipt has no time of delivery.
  if (name == kReceiptName && message.Find("delivery_time") != nullptr) return EventKind::kReceipt;
  const bool noted = std::find(kNotedNames.begin(), kNotedNames.end(), name) != kNotedNames.end() ||
                     name.starts_with("user_send_") || name.starts_with("oa_send_");
  return noted ? EventKind::kNoted : EventKind::kUnsupported;
}

}  // namespace

std::optional<absl::Time> ParseMs(std::string_view digits) {
  if (!IsDigits(digits, 10, 16)) return std::nullopt;
  return absl::FromUnixMillis(std::strtoll(std::string(digits).c_str(), nullptr, 10));
}

std::optional<v1::ZaloRating> ParseButtonText(std::string_view text) {
  if (!text.starts_with(kButtonPrefix)) return std::nullopt;
  text.remove_prefix(kButtonPrefix.size());
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view token = text.substr(space + 1);
  if (token.empty() || IdOrEmpty(token).empty()) return std::nullopt;
  v1::ZaloRating rating;
  rating.set_rate(CleanText(text.substr(0, space), limits::kZaloIdBytesMax));
  const base::Digest256 hash = base::Sha256(token);
  rating.set_token_hash(std::string(hash.begin(), hash.end()));
  return rating;
}

std::string ButtonText(int stars, std::string_view token) {
  return Cat(kButtonPrefix, stars, " ", token);
}

absl::StatusOr<Event> ParseEvent(const Json& body, const std::string& our_oa_id) {
  Event event;
  event.app_id = body.TextOf("app_id");
  event.name = IdOrEmpty(body.TextOf("event_name"));
  event.timestamp = body.TextOf("timestamp");
  if (!IsDigits(event.app_id, 1, limits::kZaloIdBytesMax) || event.name.empty() ||
      !ParseMs(event.timestamp).has_value()) {
    return absl::InvalidArgumentError(Cat(
        "event: found app_id of ", event.app_id.size(), " bytes, event_name of ", event.name.size(),
        ", timestamp of ", event.timestamp.size(), "; allowed are digits, 1..",
        limits::kZaloIdBytesMax, " printable characters, and 10..16 digits"));
  }
  event.addressee = AddresseeOf(body, our_oa_id);
  static const Json* const nothing = new Json();
  const Json* const found = body.Find("message");
  const Json& message = found != nullptr ? *found : *nothing;
  event.kind = KindOf(event.name, message);
  switch (event.kind) {
    case EventKind::kRating:
      ReadRating(message, event.rating);
      event.answered_ms = message.TextOf("submit_time");
      break;
    case EventKind::kButton:
      event.rating.set_label(CleanText(message.TextOf("data"), limits::kZaloLabelBytesMax));
      event.answered_ms = message.TextOf("submit_time");
      break;
    case EventKind::kButtonText:
      event.rating = *ParseButtonText(message.TextOf("text"));
      event.answered_ms = event.timestamp;
      break;
    case EventKind::kReceipt:
      event.answered_ms = message.TextOf("delivery_time");
      break;
    default:
      return event;
  }
  event.tracking_id = IdOrEmpty(message.TextOf("tracking_id"));
  event.msg_id = IdOrEmpty(message.TextOf("msg_id"));
  if (event.msg_id.empty()) event.msg_id = IdOrEmpty(body.TextOf("msg_id"));  // of a button
  if (!ParseMs(event.answered_ms).has_value()) event.answered_ms.clear();
  if (!event.msg_id.empty()) {
    // The time of a chat message is that of its telling, which a retry may change.
    const bool chat = event.kind == EventKind::kButtonText;
    event.business_key = BusinessKey(event.app_id, our_oa_id, event.name, event.msg_id,
                                     chat ? std::string() : event.answered_ms);
  }
  // A chat message's id joins nothing.
  if (event.kind == EventKind::kButtonText) event.msg_id.clear();
  return event;
}

std::optional<Event> ParseListedRating(const Json& item, const std::string& app_id,
                                       const std::string& our_oa_id) {
  const std::string_view oa_id = item.TextOf("oaId");
  if (!item.is_object() || (!oa_id.empty() && oa_id != our_oa_id)) return std::nullopt;
  Event event;
  event.kind = EventKind::kRating;
  event.app_id = app_id;
  event.name = kRatingName;
  event.addressee = Addressee::kOurs;
  event.msg_id = IdOrEmpty(item.TextOf("msgId"));
  event.tracking_id = IdOrEmpty(item.TextOf("trackingId"));
  event.answered_ms = item.TextOf("submitDate");
  if (!ParseMs(event.answered_ms).has_value()) event.answered_ms.clear();
  event.timestamp = event.answered_ms;
  ReadRating(item, event.rating);
  // Without an id it would be found anew by every look.
  if (event.msg_id.empty()) return std::nullopt;
  event.business_key =
      BusinessKey(event.app_id, our_oa_id, event.name, event.msg_id, event.answered_ms);
  return event;
}

}  // namespace hailong::zalo
