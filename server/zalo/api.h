#pragma once

// The calls of Zalo's API: how each is written and what its answer says. Thread-safe; calls wait
// for the network.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/http/http_client.h"
#include "base/json/json.h"
#include "hailong/v1/zalo.pb.h"
#include "server/zalo/settings.h"
#include "server/zalo/tokens.h"
#include "server/zalo/verdict.h"

namespace hailong::zalo {

struct ApiAnswer {
  Verdict verdict = Verdict::kUnknown;
  int code = 0;
  base::Json body;
};

// A button of a message of the official account.
struct MessageButton {
  std::string title;
  std::string text;  // what it sends; empty: it opens `link`
  std::string link;
};

class Api {
 public:
  Api(const Settings& settings, base::HttpClient& http, Tokens& tokens)
      : settings_(settings), http_(http), tokens_(tokens) {}

  // A refused access token is replaced once and the call made again. Errors: UNAVAILABLE (Zalo did
  // not take it), UNKNOWN (it may have), FAILED_PRECONDITION (no token), INVALID_ARGUMENT.
  absl::StatusOr<ApiAnswer> SendMessage(const v1::ZaloRecipient& recipient,
                                        const std::string& tracking_id,
                                        const std::vector<MessageButton>& buttons);
  absl::StatusOr<ApiAnswer> AskStatus(const std::string& tracking_id);
  absl::StatusOr<ApiAnswer> ListRatings(const std::string& template_id, absl::Time from,
                                        absl::Time to, size_t offset, size_t limit, bool by_post);

 private:
  absl::StatusOr<ApiAnswer> Ask(Host host, base::HttpRequest request);

  const Settings& settings_;
  base::HttpClient& http_;
  Tokens& tokens_;
};

// What a successful send says of itself.
struct SendReceipt {
  std::string msg_id;                 // empty: none
  std::optional<int64_t> quota_left;  // of today
};
SendReceipt ReceiptOf(const base::Json& body);

// The number under "error"; nothing if there is none or it is no number.
std::optional<int> CodeOf(const base::Json& body);

}  // namespace hailong::zalo
