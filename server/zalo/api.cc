#include "server/zalo/api.h"

#include <cstdlib>
#include <map>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/zalo/signature.h"

namespace hailong::zalo {
namespace {

using base::Cat;
using base::Json;
using base::JsonQuote;
using base::UrlEncode;

constexpr int kHttpTooMany = 429;
constexpr int kHttpWrongMethod = 405;
constexpr int kCodeTooMany = -32;

std::string TemplateData(const v1::ZaloRecipient& recipient) {
  // In a fixed order, so that a message is written alike every time.
  const std::map<std::string, std::string> sorted(recipient.template_data().begin(),
                                                  recipient.template_data().end());
  std::string text;
  for (const auto& [name, value] : sorted) {
    text += Cat(text.empty() ? "" : ",", JsonQuote(name), ":", JsonQuote(value));
  }
  return Cat("{", text, "}");
}

std::string MessageBody(const v1::ZaloRecipient& recipient,
                        const std::vector<MessageButton>& buttons) {
  std::string list;
  for (const MessageButton& button : buttons) {
    const std::string action =
        button.text.empty()
            ? Cat("\"oa.open.url\",\"payload\":{\"url\":", JsonQuote(button.link), "}")
            : Cat("\"oa.query.hide\",\"payload\":", JsonQuote(button.text));
    list += Cat(list.empty() ? "" : ",", "{\"title\":", JsonQuote(button.title),
                ",\"type\":", action, "}");
  }
  return Cat("{\"recipient\":{\"user_id\":", JsonQuote(recipient.user_id()),
             "},\"message\":{\"text\":", JsonQuote(recipient.message_text()),
             ",\"attachment\":{\"type\":\"template\",\"payload\":{\"buttons\":[", list, "]}}}}");
}

std::optional<int64_t> Number(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  const long long value = std::strtoll(copy.c_str(), &end, 10);
  if (*end != '\0') return std::nullopt;
  return value;
}

// What an HTTP answer says; the errors of Api.
absl::StatusOr<ApiAnswer> Read(Host host, const base::HttpResponse& response) {
  if (response.status == kHttpTooMany) {
    return ApiAnswer{.verdict = Verdict::kLater, .code = kCodeTooMany, .body = {}};
  }
  if (response.status == kHttpWrongMethod) {
    return ApiAnswer{.verdict = Verdict::kMethod, .code = 0, .body = {}};
  }
  const std::string what =
      Cat("HTTP status ", response.status, " and ", response.body.size(), " bytes");
  auto json = Json::Parse(response.body, limits::kZaloDepthMax);
  const std::optional<int> code = json.ok() ? CodeOf(*json) : std::nullopt;
  if (code.has_value() && response.status < 500) {
    return ApiAnswer{.verdict = VerdictOf(host, *code), .code = *code, .body = *std::move(json)};
  }
  const bool refused = response.status >= 400 && response.status < 500;
  return refused ? absl::UnavailableError(what) : absl::UnknownError(what);
}

}  // namespace

std::optional<int> CodeOf(const Json& body) {
  const std::optional<int64_t> code = Number(body.TextOf("error"));
  if (!code.has_value() || *code < INT32_MIN || *code > INT32_MAX) return std::nullopt;
  return static_cast<int>(*code);
}

SendReceipt ReceiptOf(const Json& body) {
  SendReceipt receipt;
  const Json* const data = body.Find("data");
  if (data == nullptr) return receipt;
  std::string_view id = data->TextOf("msg_id");
  if (id.empty()) id = data->TextOf("message_id");
  if (id.size() <= limits::kZaloIdBytesMax) receipt.msg_id = id;
  if (const Json* const quota = data->Find("quota"); quota != nullptr) {
    receipt.quota_left = Number(quota->TextOf("remainingQuota"));
    if (!receipt.quota_left.has_value()) receipt.quota_left = Number(quota->TextOf("remain"));
  }
  return receipt;
}

absl::StatusOr<ApiAnswer> Api::Ask(Host host, base::HttpRequest request) {
  const auto headers = request.headers;
  const auto ask = [&](const std::string& token) -> absl::StatusOr<ApiAnswer> {
    request.headers = headers;
    request.headers.emplace_back("access_token", token);
    request.headers.emplace_back("appsecret_proof", AppSecretProof(settings_.app_secret, token));
    ASSIGN_OR_RETURN(const base::HttpResponse response, http_.Send(request));
    return Read(host, response);
  };
  ASSIGN_OR_RETURN(const std::string token, tokens_.Get());
  auto answer = ask(token);
  if (!answer.ok() || answer->verdict != Verdict::kRefreshToken) return answer;
  ASSIGN_OR_RETURN(const std::string other, tokens_.Replace(token));
  return ask(other);
}

absl::StatusOr<ApiAnswer> Api::SendMessage(const v1::ZaloRecipient& recipient,
                                           const std::string& tracking_id,
                                           const std::vector<MessageButton>& buttons) {
  const v1::ZaloEndpoints& hosts = settings_.file.endpoints();
  base::HttpRequest request{
      .method = "POST", .url = {}, .headers = {{"Content-Type", "application/json"}}, .body = {}};
  if (!recipient.phone().empty()) {
    request.url = hosts.business() + "/message/template";
    request.body = Cat("{\"phone\":", JsonQuote(recipient.phone()),
                       ",\"template_id\":", JsonQuote(recipient.template_id()),
                       ",\"template_data\":", TemplateData(recipient),
                       ",\"tracking_id\":", JsonQuote(tracking_id),
                       settings_.file.development_mode() ? ",\"mode\":\"development\"" : "",
                       ",\"sending_mode\":\"1\"}");
    return Ask(Host::kBusiness, std::move(request));
  }
  if (!recipient.message_text().empty()) {
    request.url = hosts.openapi() + "/v3.0/oa/message/cs";
    request.body = MessageBody(recipient, buttons);
    return Ask(Host::kOpenApi, std::move(request));
  }
  request.url = hosts.openapi() + "/v3.0/oa/message/template";
  request.body = Cat("{\"user_id\":", JsonQuote(recipient.user_id()),
                     ",\"template_id\":", JsonQuote(recipient.template_id()),
                     ",\"template_data\":", TemplateData(recipient), "}");
  return Ask(Host::kOpenApi, std::move(request));
}

absl::StatusOr<ApiAnswer> Api::AskStatus(const std::string& tracking_id) {
  return Ask(Host::kBusiness, {.method = "GET",
                               .url = Cat(settings_.file.endpoints().business(),
                                          "/message/status?tracking_id=", UrlEncode(tracking_id)),
                               .headers = {},
                               .body = {}});
}

absl::StatusOr<ApiAnswer> Api::ListRatings(const std::string& template_id, absl::Time from,
                                           absl::Time to, size_t offset, size_t limit,
                                           bool by_post) {
  return Ask(Host::kBusiness,
             {.method = by_post ? "POST" : "GET",
              .url = Cat(settings_.file.endpoints().business(), "/rating/get?template_id=",
                         UrlEncode(template_id), "&from_time=", absl::ToUnixMillis(from),
                         "&to_time=", absl::ToUnixMillis(to), "&offset=", offset, "&limit=", limit),
              .headers = {},
              .body = {}});
}

}  // namespace hailong::zalo
