#pragma once

// Stands in for Zalo: tokens, sends by phone and by account, status, ratings, and the webhooks that
// follow. Answers as the documentation says, errors with HTTP status 200 included, and misbehaves
// on request. Thread-safe.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "base/mutex.h"
#include "server/zalo/webhook.h"

namespace hailong::tests {

struct StandinRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct StandinResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

// A form as it is sent, or a query: "a=1&b=x+y%20z".
std::map<std::string, std::string> Pairs(std::string_view form);

class Standin {
 public:
  static constexpr char kAppId[] = "1234567890123456789";
  static constexpr char kOaId[] = "2345678901234567890";
  static constexpr char kAppSecret[] = "fixture-app-secret-not-real";
  static constexpr char kOaSecret[] = "fixture-oa-secret-not-real";
  static constexpr char kConsentToken[] = "fixture-refresh-0";
  static constexpr char kTemplate[] = "600001";

  struct Message {
    std::string phone;
    std::string user_id;
    std::string template_id;
    std::string tracking_id;
    std::string msg_id;
    std::string body;
    std::vector<std::string> button_texts;
    std::vector<std::string> button_links;
  };

  // Nothing: the connection breaks.
  std::optional<StandinResponse> Answer(const StandinRequest& request);

  // What the next calls of a path get, one each: an error code, or a break before or after the call
  // took effect.
  void FailNext(const std::string& path, int code);
  void BreakNext(const std::string& path, bool after_taking);
  void AnswerNext(const std::string& path, StandinResponse response);
  // Does this before the next call of a path is answered as ever; it must not call the stand-in.
  void DoNext(const std::string& path, std::function<void()> deed);
  // The access token ends now.
  void ExpireToken();
  // The refresh token is refused, as after three months.
  void RefuseRefresh(bool refuse);
  void SetQuota(int left);
  // rating/get by this verb only.
  void SetRatingVerb(const std::string& verb);

  std::vector<Message> messages() const;
  // How often a path was called.
  int Calls(const std::string& path) const;
  std::vector<std::string> refresh_tokens_spent() const;
  std::string access_token() const;

  // A citizen answers; listed by rating/get from now on. The webhook that tells of it, signed.
  zalo::WebhookRequest Rate(const Message& message, int stars, const std::string& note,
                            int64_t submit_ms, int64_t told_ms);
  // The phone has the message; its webhook.
  zalo::WebhookRequest Deliver(const Message& message, int64_t told_ms) const;
  // A tap on a button of our own message.
  zalo::WebhookRequest Tap(const std::string& text, const std::string& msg_id,
                           int64_t told_ms) const;
  static zalo::WebhookRequest Signed(const std::string& body, const std::string& timestamp,
                                     const std::string& secret = kOaSecret);

 private:
  struct Fault {
    enum class Kind { kError, kBreakBefore, kBreakAfter, kResponse, kDeed } kind;
    int code = 0;
    StandinResponse response;
    std::function<void()> deed = {};
  };
  struct Rated {
    std::string template_id;
    int64_t submit_ms;
    std::string item;
  };
  StandinResponse Act(const std::string& path, const StandinRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StandinResponse Token(const StandinRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StandinResponse Send(const std::string& path, const base::Json& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StandinResponse Status(const std::map<std::string, std::string>& query)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StandinResponse Ratings(const std::map<std::string, std::string>& query)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, std::deque<Fault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
  std::vector<Rated> rated_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> spent_ ABSL_GUARDED_BY(mutex_);
  std::string refresh_ ABSL_GUARDED_BY(mutex_) = kConsentToken;
  std::string access_ ABSL_GUARDED_BY(mutex_);  // empty: none is valid
  int pairs_ ABSL_GUARDED_BY(mutex_) = 0;
  bool refuse_refresh_ ABSL_GUARDED_BY(mutex_) = false;
  int quota_ ABSL_GUARDED_BY(mutex_) = 20000;
  std::string rating_verb_ ABSL_GUARDED_BY(mutex_) = "GET";
};

}  // namespace hailong::tests
