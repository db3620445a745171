#include "tests/zalo/standin_page.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/status.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kText[] = "text/plain; charset=utf-8";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped.push_back(c);
    }
  }
  return escaped;
}

std::string Form(const Standin::Message& message) {
  std::string form =
      Cat("<form method=post action=/rate><h2>",
          Escaped(message.phone.empty() ? message.user_id : message.phone),
          "</h2><input type=hidden name=message value=\"", Escaped(message.msg_id), "\"><p>");
  for (int stars = 1; stars <= 5; ++stars) {
    form += Cat("<button name=stars value=", stars, ">", stars, " ★</button> ");
  }
  form += "</p><p><input name=note placeholder=\"Góp ý\"></p>";
  for (const std::string& link : message.button_links) {
    form += Cat("<p><a href=\"", Escaped(link), "\">Đánh giá chi tiết</a></p>");
  }
  return form + "</form>";
}

}  // namespace

std::string StandinPage::Page() const {
  std::string page =
      "<!doctype html><html lang=vi><meta charset=utf-8>"
      "<meta name=viewport content=\"width=device-width\"><title>Zalo (stand-in)</title>"
      "<h1>Zalo (stand-in)</h1>";
  for (const Standin::Message& message : standin_.messages()) page += Form(message);
  return page + "</html>";
}

StandinResponse StandinPage::Rate(const std::string& form) {
  const auto fields = Pairs(form);
  const auto field = [&](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  };
  const std::vector<Standin::Message> messages = standin_.messages();
  const std::string wanted = field("message");
  const auto found = std::find_if(messages.rbegin(), messages.rend(), [&](const auto& one) {
    return wanted.empty() || one.msg_id == wanted;
  });
  const std::string stars = field("stars");
  if (found == messages.rend() || stars.size() != 1 || stars[0] < '1' || stars[0] > '5') {
    return {.status = 400,
            .body = Cat("found message '", wanted, "' among ", messages.size(), " and stars '",
                        stars, "'; allowed are a message that was sent and 1..5\n"),
            .content_type = kText};
  }
  const int64_t now_ms = absl::ToUnixMillis(clock_.Now());
  const zalo::WebhookRequest told =
      standin_.Rate(*found, stars[0] - '0', field("note"), now_ms, now_ms);
  const auto answer = http_.Send({.method = told.method,
                                  .url = webhook_url_,
                                  .headers = {told.headers.begin(), told.headers.end()},
                                  .body = told.body});
  const bool taken = answer.ok() && answer->status == 200;
  return {.status = taken ? 200 : 502,
          .body = answer.ok() ? Cat(stars, "/5, webhook answered ", answer->status, "\n")
                              : Cat("webhook: ",
                                    std::string_view(answer.status().message().data(),
                                                     answer.status().message().size()),
                                    "\n"),
          .content_type = kText};
}

std::optional<StandinResponse> StandinPage::Answer(const StandinRequest& request) {
  if (request.target == "/" && request.method == "GET") {
    return StandinResponse{.status = 200, .body = Page(), .content_type = kHtml};
  }
  if (request.target == "/rate" && request.method == "POST") return Rate(request.body);
  return standin_.Answer(request);
}

}  // namespace hailong::tests
