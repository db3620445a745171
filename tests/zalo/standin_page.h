#pragma once

// The telephones of those whom the stand-in's messages reached, as a page for a browser: shows each
// message with its stars, and tells of those that were given as Zalo does, by a signed webhook.

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/http/http_client.h"
#include "tests/zalo/standin.h"

namespace hailong::tests {

class StandinPage {
 public:
  // Webhooks are posted to this URL.
  StandinPage(Standin& standin, base::HttpClient& http, const base::Clock& clock,
              std::string webhook_url)
      : standin_(standin), http_(http), clock_(clock), webhook_url_(std::move(webhook_url)) {}

  // GET / is the page. POST /rate with the fields message (a msg_id; empty: the latest), stars and
  // note gives stars; answered by text. All else is for the stand-in.
  std::optional<StandinResponse> Answer(const StandinRequest& request);

 private:
  std::string Page() const;
  StandinResponse Rate(const std::string& form);

  Standin& standin_;
  base::HttpClient& http_;
  const base::Clock& clock_;
  const std::string webhook_url_;
};

}  // namespace hailong::tests
