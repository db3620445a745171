#pragma once

// What a webhook says, cut down to what is needed. Who the citizen is (phone of a receipt, Zalo
// ids, contact details, chat) is read only to see whether the event is for our account, and goes no
// further than ParseEvent. Pure.

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/json/json.h"
#include "hailong/v1/zalo.pb.h"

namespace hailong::zalo {

enum class EventKind {
  kRating,       // stars of a rating template
  kButton,       // a tap on a quick-reply template
  kButtonText,   // a tap on a button of our own message: comes as chat, carries our token
  kReceipt,      // a message of a template arrived
  kConsoleTest,  // the sample that Zalo's console sends
  kNoted,        // known, and of no use to us
  kUnsupported,
};

// Whose account an event names.
enum class Addressee { kNobody, kOurs, kAnother };

struct Event {
  EventKind kind = EventKind::kUnsupported;
  std::string app_id;
  std::string name;       // "user_feedback"
  std::string timestamp;  // as written in the body
  Addressee addressee = Addressee::kNobody;

  // Of ratings, buttons and receipts; empty where absent or not fit to be one.
  std::string msg_id;
  std::string tracking_id;
  std::string answered_ms;  // when the citizen answered, or the message arrived
  v1::ZaloRating rating;    // of ratings and buttons

  // SHA-256 over what makes this event the same as another telling of it; empty: nothing does.
  std::string business_key;
};

// Errors: INVALID_ARGUMENT (not an object; app_id, event_name or timestamp missing or malformed).
absl::StatusOr<Event> ParseEvent(const base::Json& body, const std::string& our_oa_id);

// A rating as rating/get lists it; its names differ from the webhook's. Nothing if the item is of
// another account or no object.
std::optional<Event> ParseListedRating(const base::Json& item, const std::string& app_id,
                                       const std::string& our_oa_id);

// Of a text "#danhgia STARS TOKEN" that a button sends: what it carries.
std::optional<v1::ZaloRating> ParseButtonText(std::string_view text);
// The text of such a button.
std::string ButtonText(int stars, std::string_view token);

// Milliseconds since 1970 in 10 to 16 digits; nothing for anything else.
std::optional<absl::Time> ParseMs(std::string_view digits);

}  // namespace hailong::zalo
