// Anything posted to the webhook as if Zalo had signed it: an event holds no more than it may, what
// is stored of it is limited and UTF-8, and what becomes of a rating is a response the intake takes
// or a reason.

#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/ids.h"
#include "server/intake/validate.h"
#include "server/model/limits.h"
#include "server/testing/sample.h"
#include "server/zalo/event.h"
#include "server/zalo/scale.h"
#include "server/zalo/signature.h"
#include "server/zalo/webhook.h"

namespace {

namespace limits = hailong::limits;
namespace v1 = hailong::v1;
using hailong::base::IsUtf8;

constexpr char kAccount[] = "2345678901234567890";

std::shared_ptr<const hailong::model::Catalog> MakeCatalog() {
  return hailong::sample::CatalogWithRound(
      [](v1::Round& round) { *round.mutable_zalo_rating() = hailong::sample::RatingMapping(); });
}

void JudgeRating(const v1::ZaloRating& rating) {
  static const auto* const catalog = new auto(MakeCatalog());
  const auto round = (*catalog)->FindRound("march");
  v1::Response response = hailong::sample::Response(1);
  response.clear_answers();
  const absl::Status mapped = hailong::zalo::AddAnswers(rating, *round, response);
  if (!mapped.ok()) {
    const std::string message(mapped.message());
    HAILONG_CHECK(IsUtf8(message));
    return;
  }
  const auto made = hailong::intake::Validate(response, hailong::sample::Zalo(), **catalog,
                                              hailong::sample::At("2025-03-06T00:00:00+07:00"));
  HAILONG_CHECK(made.ok());
  HAILONG_CHECK(made->content.answers[0] >= 1 && made->content.answers[0] <= 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  if (size > limits::kZaloBodyBytesMax) return 0;
  const auto json = hailong::base::Json::Parse(body, limits::kZaloDepthMax);
  if (!json.ok()) {
    const std::string message(json.status().message());
    HAILONG_CHECK(absl::IsInvalidArgument(json.status()) && IsUtf8(message));
    return 0;
  }
  const auto event = hailong::zalo::ParseEvent(*json, kAccount);
  const auto listed = hailong::zalo::ParseListedRating(*json, "1", kAccount);
  if (listed.has_value()) JudgeRating(listed->rating);
  if (!event.ok()) {
    HAILONG_CHECK(absl::IsInvalidArgument(event.status()));
    return 0;
  }
  const hailong::zalo::SignedBody signed_body{
      .first_id = event->app_id, .raw = body, .timestamp = event->timestamp};
  HAILONG_CHECK(
      hailong::zalo::IsSigned(hailong::zalo::Sign(signed_body, "s"), signed_body, {"t", "s"}));
  HAILONG_CHECK(!hailong::zalo::IsSigned(body.substr(0, 100), signed_body, {"s"}));
  HAILONG_CHECK(hailong::zalo::ParseMs(event->timestamp).has_value());
  HAILONG_CHECK(event->name.size() <= limits::kZaloIdBytesMax && !event->name.empty());
  HAILONG_CHECK(event->msg_id.size() <= limits::kZaloIdBytesMax);
  HAILONG_CHECK(event->tracking_id.size() <= limits::kZaloIdBytesMax);
  HAILONG_CHECK(event->business_key.empty() || event->business_key.size() == 32);
  HAILONG_CHECK(IsUtf8(event->rating.note()));
  HAILONG_CHECK(event->rating.note().size() <= limits::kTextBytesMax);
  const bool answer = event->kind == hailong::zalo::EventKind::kRating ||
                      event->kind == hailong::zalo::EventKind::kButton ||
                      event->kind == hailong::zalo::EventKind::kButtonText;
  HAILONG_CHECK(answer || event->rating.ByteSizeLong() == 0);
  if (answer) JudgeRating(event->rating);
  return 0;
}
