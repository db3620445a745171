#include "tests/zalo/standin.h"

#include <algorithm>
#include <cstdlib>

#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/zalo/signature.h"

namespace hailong::tests {
namespace {

using base::Cat;
using base::Json;
using base::JsonQuote;

constexpr char kBusinessSend[] = "/message/template";
constexpr char kUserSend[] = "/v3.0/oa/message/template";
constexpr char kUserMessage[] = "/v3.0/oa/message/cs";
constexpr char kStatus[] = "/message/status";
constexpr char kRatings[] = "/rating/get";
constexpr char kToken[] = "/v4/oa/access_token";

StandinResponse Error(int code) {
  return {.status = 200, .body = Cat("{\"error\":", code, ",\"message\":\"refused\"}")};
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded.push_back(
          static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16)));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

int64_t Number(const std::map<std::string, std::string>& pairs, const std::string& name) {
  const auto found = pairs.find(name);
  return found == pairs.end() ? -1 : std::strtoll(found->second.c_str(), nullptr, 10);
}

}  // namespace

std::map<std::string, std::string> Pairs(std::string_view form) {
  std::map<std::string, std::string> pairs;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    pairs.emplace(Decoded(pair.substr(0, equals)), Decoded(pair.substr(equals + 1)));
  }
  return pairs;
}

std::optional<StandinResponse> Standin::Answer(const StandinRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  base::MutexLock lock(mutex_);
  ++calls_[path];
  std::optional<Fault> fault;
  if (auto& waiting = faults_[path]; !waiting.empty()) {
    fault = waiting.front();
    waiting.pop_front();
  }
  if (fault.has_value() && fault->kind == Fault::Kind::kError) return Error(fault->code);
  if (fault.has_value() && fault->kind == Fault::Kind::kResponse) return fault->response;
  if (fault.has_value() && fault->kind == Fault::Kind::kBreakBefore) return std::nullopt;
  if (fault.has_value() && fault->kind == Fault::Kind::kDeed) fault->deed();
  StandinResponse response = Act(path, request);
  if (fault.has_value() && fault->kind == Fault::Kind::kBreakAfter) return std::nullopt;
  return response;
}

StandinResponse Standin::Act(const std::string& path, const StandinRequest& request) {
  const auto header = [&](const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
  };
  if (path == kToken) return Token(request);
  const bool business = path == kBusinessSend || path == kStatus || path == kRatings;
  const std::string token = header("access_token");
  if (access_.empty() || token != access_) return Error(business ? -124 : -216);
  if (header("appsecret_proof") != zalo::AppSecretProof(kAppSecret, token)) {
    return Error(business ? -1241 : -242);
  }
  const size_t question = request.target.find('?');
  const auto query = Pairs(
      question == std::string::npos ? "" : std::string_view(request.target).substr(question + 1));
  if (path == kStatus) return Status(query);
  if (path == kRatings) {
    return request.method == rating_verb_ ? Ratings(query) : Error(-106);
  }
  const auto body = Json::Parse(request.body, 16);
  if (!body.ok() || request.method != "POST" || header("content-type") != "application/json") {
    return {.status = 400, .body = "bad"};
  }
  return Send(path, *body);
}

StandinResponse Standin::Token(const StandinRequest& request) {
  const auto form = Pairs(request.body);
  const auto field = [&](const std::string& name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string() : found->second;
  };
  const auto secret = request.headers.find("secret_key");
  const bool known = secret != request.headers.end() && secret->second == kAppSecret &&
                     field("app_id") == kAppId && field("grant_type") == "refresh_token";
  spent_.push_back(field("refresh_token"));
  if (!known || refuse_refresh_ || field("refresh_token") != refresh_) {
    return {.status = 200,
            .body = R"({"error":-14014,"error_name":"Invalid refresh token",)"
                    R"("error_description":"","ref_doc":""})"};
  }
  ++pairs_;
  refresh_ = Cat("fixture-refresh-", pairs_);  // the one before is spent
  access_ = Cat("fixture-access-", pairs_);
  return {.status = 200,
          .body = Cat("{\"access_token\":", JsonQuote(access_),
                      ",\"refresh_token\":", JsonQuote(refresh_), ",\"expires_in\":\"90000\"}")};
}

StandinResponse Standin::Send(const std::string& path, const Json& body) {
  Message message;
  message.msg_id = base::Sha256Hex(Cat("message ", messages_.size())).substr(0, 20);
  message.phone = body.TextOf("phone");
  message.template_id = body.TextOf("template_id");
  message.tracking_id = body.TextOf("tracking_id");
  message.user_id = body.TextOf("user_id");
  // As if the template had a button whose address is this parameter.
  if (const Json* const data = body.Find("template_data"); data != nullptr) {
    if (const std::string_view link = data->TextOf("link"); !link.empty()) {
      message.button_links.emplace_back(link);
    }
  }
  if (path == kBusinessSend) {
    if (message.phone.empty() || message.tracking_id.empty()) return Error(-111);
    if (quota_ <= 0) return Error(-144);
    --quota_;
    messages_.push_back(message);
    return {.status = 200,
            .body = Cat("{\"error\":0,\"message\":\"Success\",\"data\":{\"msg_id\":",
                        JsonQuote(message.msg_id), ",\"sent_time\":\"1790000000000\",",
                        "\"sending_mode\":\"1\",\"quota\":{\"dailyQuota\":\"20000\",",
                        "\"remainingQuota\":\"", quota_, "\"}}}")};
  }
  if (path == kUserMessage) {
    const Json* const recipient = body.Find("recipient");
    if (recipient != nullptr) message.user_id = recipient->TextOf("user_id");
    const Json* part = body.Find("message");
    for (const char* key : {"attachment", "payload", "buttons"}) {
      if (part != nullptr) part = part->Find(key);
    }
    if (part != nullptr) {
      for (const Json& button : part->items()) {
        const Json* const payload = button.Find("payload");
        if (button.TextOf("type") == "oa.open.url" && payload != nullptr) {
          message.button_links.emplace_back(payload->TextOf("url"));
        } else {
          message.button_texts.emplace_back(button.TextOf("payload"));
        }
      }
    }
  } else if (path != kUserSend) {
    return {.status = 404, .body = "no such path"};
  }
  if (message.user_id.empty()) return Error(-201);
  messages_.push_back(message);
  return {.status = 200,
          .body = Cat("{\"error\":0,\"message\":\"Success\",\"data\":{\"message_id\":",
                      JsonQuote(message.msg_id), ",\"user_id\":", JsonQuote(message.user_id),
                      ",\"sent_time\":\"1790000000000\"}}")};
}

StandinResponse Standin::Status(const std::map<std::string, std::string>& query) {
  int status = -1;
  for (const Message& message : messages_) {
    const auto tracking = query.find("tracking_id");
    if (tracking != query.end() && message.tracking_id == tracking->second) status = 1;
  }
  return {.status = 200,
          .body = Cat("{\"error\":0,\"message\":\"Success\",\"data\":{\"status\":", status, "}}")};
}

StandinResponse Standin::Ratings(const std::map<std::string, std::string>& query) {
  std::vector<std::string> items;
  for (const Rated& rated : rated_) {
    if (query.at("template_id") == rated.template_id &&
        rated.submit_ms >= Number(query, "from_time") &&
        rated.submit_ms < Number(query, "to_time")) {
      items.push_back(rated.item);
    }
  }
  const size_t offset = static_cast<size_t>(Number(query, "offset"));
  // Pages are small here, whatever is asked for, so that there are some.
  const size_t limit = std::min<size_t>(static_cast<size_t>(Number(query, "limit")), 3);
  std::string page;
  for (size_t i = offset; i < std::min(items.size(), offset + limit); ++i) {
    page += Cat(page.empty() ? "" : ",", items[i]);
  }
  return {.status = 200,
          .body = Cat("{\"error\":0,\"message\":\"Success\",\"data\":{\"total\":", items.size(),
                      ",\"data\":[", page, "]}}")};
}

void Standin::FailNext(const std::string& path, int code) {
  base::MutexLock lock(mutex_);
  faults_[path].push_back({.kind = Fault::Kind::kError, .code = code, .response = {}});
}

void Standin::BreakNext(const std::string& path, bool after_taking) {
  base::MutexLock lock(mutex_);
  faults_[path].push_back(
      {.kind = after_taking ? Fault::Kind::kBreakAfter : Fault::Kind::kBreakBefore,
       .code = 0,
       .response = {}});
}

void Standin::AnswerNext(const std::string& path, StandinResponse response) {
  base::MutexLock lock(mutex_);
  faults_[path].push_back(
      {.kind = Fault::Kind::kResponse, .code = 0, .response = std::move(response)});
}

void Standin::DoNext(const std::string& path, std::function<void()> deed) {
  base::MutexLock lock(mutex_);
  faults_[path].push_back(
      {.kind = Fault::Kind::kDeed, .code = 0, .response = {}, .deed = std::move(deed)});
}

void Standin::ExpireToken() {
  base::MutexLock lock(mutex_);
  access_.clear();
}

void Standin::RefuseRefresh(bool refuse) {
  base::MutexLock lock(mutex_);
  refuse_refresh_ = refuse;
}

void Standin::SetQuota(int left) {
  base::MutexLock lock(mutex_);
  quota_ = left;
}

void Standin::SetRatingVerb(const std::string& verb) {
  base::MutexLock lock(mutex_);
  rating_verb_ = verb;
}

std::vector<Standin::Message> Standin::messages() const {
  base::MutexLock lock(mutex_);
  return messages_;
}

int Standin::Calls(const std::string& path) const {
  base::MutexLock lock(mutex_);
  const auto found = calls_.find(path);
  return found == calls_.end() ? 0 : found->second;
}

std::vector<std::string> Standin::refresh_tokens_spent() const {
  base::MutexLock lock(mutex_);
  return spent_;
}

std::string Standin::access_token() const {
  base::MutexLock lock(mutex_);
  return access_;
}

zalo::WebhookRequest Standin::Signed(const std::string& body, const std::string& timestamp,
                                     const std::string& secret) {
  return {
      .method = "POST",
      .headers = {{"Content-Type", "application/json"},
                  {"X-ZEvent-Signature",
                   zalo::Sign({.first_id = kAppId, .raw = body, .timestamp = timestamp}, secret)}},
      .body = body};
}

zalo::WebhookRequest Standin::Rate(const Message& message, int stars, const std::string& note,
                                   int64_t submit_ms, int64_t told_ms) {
  const std::string shared =
      Cat("\"rating_type\":\"csat\",\"option\":\"five_emotions\",\"note\":", JsonQuote(note),
          ",\"rate\":", stars, ",\"feedbacks\":[]");
  {
    base::MutexLock lock(mutex_);
    rated_.push_back({.template_id = message.template_id,
                      .submit_ms = submit_ms,
                      .item = Cat("{", shared, ",\"submitDate\":\"", submit_ms,
                                  "\",\"msgId\":", JsonQuote(message.msg_id), ",\"trackingId\":",
                                  JsonQuote(message.tracking_id), ",\"oaId\":\"", kOaId, "\"}")});
  }
  const std::string tracking =
      message.tracking_id.empty() ? "" : Cat(",\"tracking_id\":", JsonQuote(message.tracking_id));
  return Signed(
      Cat("{\"event_name\":\"user_feedback\",\"message\":{", shared, ",\"submit_time\":\"",
          submit_ms, "\",\"msg_id\":", JsonQuote(message.msg_id), tracking, "},\"app_id\":\"",
          kAppId, "\",\"oa_id\":\"", kOaId, "\",\"timestamp\":\"", told_ms, "\"}"),
      Cat(told_ms));
}

zalo::WebhookRequest Standin::Deliver(const Message& message, int64_t told_ms) const {
  return Signed(
      Cat("{\"sender\":{\"id\":\"", kOaId, "\"},\"recipient\":{\"id\":", JsonQuote(message.phone),
          "},\"event_name\":\"user_received_message\",\"message\":{\"delivery_time\":\"", told_ms,
          "\",\"msg_id\":", JsonQuote(message.msg_id),
          ",\"tracking_id\":", JsonQuote(message.tracking_id), "},\"app_id\":\"", kAppId,
          "\",\"timestamp\":\"", told_ms, "\"}"),
      Cat(told_ms));
}

zalo::WebhookRequest Standin::Tap(const std::string& text, const std::string& msg_id,
                                  int64_t told_ms) const {
  return Signed(
      Cat("{\"app_id\":\"", kAppId,
          "\",\"sender\":{\"id\":\"3456789012345678901\"},\"recipient\":{\"id\":\"", kOaId,
          "\"},\"event_name\":\"user_send_text\",\"message\":{\"text\":", JsonQuote(text),
          ",\"msg_id\":", JsonQuote(msg_id), "},\"timestamp\":\"", told_ms, "\"}"),
      Cat(told_ms));
}

}  // namespace hailong::tests
