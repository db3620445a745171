#include "base/http/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "base/loopback.h"
#include "base/status.h"

namespace hailong::base {
namespace {

constexpr char kUserAgent[] = "hailongd";

// Whether plain http may go there.
bool IsHere(std::string_view url) {
  constexpr std::string_view kHttp = "http://";
  if (!url.starts_with(kHttp)) return false;
  url.remove_prefix(kHttp.size());
  return IsLoopback(url.substr(0, url.find_first_of("/?#")));
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

struct Body {
  std::string text;
  size_t bytes_max;
};

size_t Take(char* data, size_t size, size_t count, void* to) {
  auto* const body = static_cast<Body*>(to);
  const size_t bytes = size * count;
  if (body->text.size() + bytes > body->bytes_max) return 0;  // ends the transfer with an error
  body->text.append(data, bytes);
  return bytes;
}

template <typename Value>
void Set(CURL* curl, CURLoption option, Value value) {
  HAILONG_CHECK(curl_easy_setopt(curl, option, value) == CURLE_OK);
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

absl::StatusOr<List> HeaderList(const HttpRequest& request) {
  List list;
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    HAILONG_CHECK(longer != nullptr);
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || value.empty() || HasControl(name) || HasControl(value) ||
        name.find_first_of(": ") != std::string::npos) {
      return absl::InvalidArgumentError(
          Cat("header of ", name.size(), " and ", value.size(),
              " bytes: is empty or has control characters, allowed is text"));
    }
    add(Cat(name, ": ", value));
  }
  add("Expect:");  // no waiting for 100-continue
  return list;
}

}  // namespace

absl::Status CheckOrigin(const std::string& origin) {
  constexpr std::string_view kHttps = "https://";
  const bool https = std::string_view(origin).starts_with(kHttps) && origin.size() > kHttps.size();
  const size_t path = origin.find('/', origin.find("://") + 3);
  if ((https || IsHere(origin)) && path == std::string::npos && !HasControl(origin) &&
      origin.find_first_of(" ?#@\\") == std::string::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Cat("found '", origin,
          "', allowed is https://HOST or, on loopback, http://HOST:PORT, "
          "without a path"));
}

std::string UrlEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      encoded.push_back(kDigits[c & 15]);
    }
  }
  return encoded;
}

CurlClient::CurlClient(Options options) : options_(std::move(options)) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  HAILONG_CHECK(global == CURLE_OK);
}

absl::StatusOr<HttpResponse> CurlClient::Send(const HttpRequest& request) {
  const bool loopback = IsHere(request.url);
  if (HasControl(request.url) ||
      !(loopback || std::string_view(request.url).starts_with("https://"))) {
    return absl::InvalidArgumentError("URL: allowed is https, or http on loopback");
  }
  ASSIGN_OR_RETURN(const List headers, HeaderList(request));
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owned(curl_easy_init(),
                                                                  &curl_easy_cleanup);
  HAILONG_CHECK(owned != nullptr);
  CURL* const curl = owned.get();
  Body body{.text = {}, .bytes_max = options_.response_bytes_max};
  Set(curl, CURLOPT_URL, request.url.c_str());
  Set(curl, CURLOPT_PROTOCOLS_STR, loopback ? "http" : "https");
  if (loopback) Set(curl, CURLOPT_PROXY, "");
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_path.empty()) Set(curl, CURLOPT_CAINFO, options_.ca_path.c_str());
  Set(curl, CURLOPT_FRESH_CONNECT, 1L);
  Set(curl, CURLOPT_FORBID_REUSE, 1L);
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options_.connect_time_max)));
  Set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(options_.time_max)));
  Set(curl, CURLOPT_USERAGENT, kUserAgent);
  Set(curl, CURLOPT_HTTPHEADER, headers.get());
  Set(curl, CURLOPT_WRITEFUNCTION, &Take);
  Set(curl, CURLOPT_WRITEDATA, static_cast<void*>(&body));
  if (request.method != "GET") {
    Set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode done = curl_easy_perform(curl);
  if (done == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return HttpResponse{.status = static_cast<int>(status), .body = std::move(body.text)};
  }
  // Set once the connection stands, TLS included, and the request is about to go out.
  curl_off_t ready_us = 0;
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  const std::string why = Cat(curl_easy_strerror(done), " (curl ", static_cast<int>(done), ")");
  return ready_us == 0 ? absl::UnavailableError(why) : absl::UnknownError(why);
}

}  // namespace hailong::base
