#include "analysis/cli/mailer.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/loopback.h"

namespace hailong::cli {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What is left of a message to send.
std::size_t GiveBytes(char* into, std::size_t size, std::size_t count, void* message) {
  auto* const rest = static_cast<std::string_view*>(message);
  const std::size_t given = std::min(size * count, rest->size());
  std::memcpy(into, rest->data(), given);
  rest->remove_prefix(given);
  return given;
}

// Whether an error is of the one mail, not of the connection.
bool IsOfOneMail(CURLcode code, long response) {
  return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
          code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_REMOTE_ACCESS_DENIED ||
          code == CURLE_QUOTE_ERROR) &&
         response >= 400 && response != 421;
}

class CurlMailer final : public Mailer {
 public:
  CurlMailer(Easy easy, Options options, bool loopback)
      : easy_(std::move(easy)), options_(std::move(options)), loopback_(loopback) {}

  absl::Status Send(const std::string& from, const std::string& to,
                    const std::string& message) override {
    CURL* const easy = easy_.get();
    curl_easy_reset(easy);  // the connection stays
    std::string_view rest(message);
    List recipients(curl_slist_append(nullptr, absl::StrCat("<", to, ">").c_str()),
                    &curl_slist_free_all);
    const std::string sender = absl::StrCat("<", from, ">");
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, options_.timeout_s);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    // STARTTLS or nothing, but to this machine.
    curl_easy_setopt(easy, CURLOPT_USE_SSL, loopback_ ? CURLUSESSL_TRY : CURLUSESSL_ALL);
    if (loopback_) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    }
    if (!options_.user.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, options_.user.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &GiveBytes);
    curl_easy_setopt(easy, CURLOPT_READDATA, &rest);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    const CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OK) return absl::OkStatus();
    long response = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response);
    const std::string sentence =
        absl::StrCat(reason[0] != '\0' ? reason : curl_easy_strerror(code));
    return IsOfOneMail(code, response) ? absl::FailedPreconditionError(sentence)
                                       : absl::UnavailableError(sentence);
  }

 private:
  const Easy easy_;
  const Options options_;
  const bool loopback_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Mailer>> Mailer::Create(Options options) {
  const std::string_view url = options.url;
  const bool tls = url.starts_with("smtps://");
  if (!tls && !url.starts_with("smtp://")) {
    return absl::InvalidArgumentError(absl::StrCat("--smtp: found '", options.url.substr(0, 200),
                                                   "', allowed are smtps://HOST[:PORT] and smtp://"
                                                   "HOST[:PORT]"));
  }
  std::string_view host = url.substr(tls ? 8 : 7);
  if (host.empty() || host.find_first_of("@/? #") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "--smtp: allowed is a host, and a port if it is not the usual one; a name and a password "
        "go into --user and --password-file");
  }
  // Once, before any thread of the transfer.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Easy easy(ready == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (easy == nullptr) return absl::UnavailableError("the SMTP client cannot start");
  return std::make_unique<CurlMailer>(std::move(easy), std::move(options), base::IsLoopback(host));
}

}  // namespace hailong::cli
