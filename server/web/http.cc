#include "server/web/http.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hailong::web {

std::string_view Request::Get(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

size_t Request::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const Header& header) { return header.name == name; }));
}

bool TakesGzip(const Request& request) {
  const std::string_view accept = request.Get("accept-encoding");
  bool named = false;
  bool taken = false;
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(accept.data(), accept.size()), ',')) {
    const std::pair<absl::string_view, absl::string_view> coding =
        absl::StrSplit(part, absl::MaxSplits(';', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(coding.first);
    const bool exact = absl::AsciiStrToLower(name) == "gzip";
    if (!exact && (named || name != "*")) continue;
    absl::string_view weight = absl::StripAsciiWhitespace(coding.second);
    double value = 1;
    if (!weight.empty() &&
        (!absl::ConsumePrefix(&weight, "q=") || !absl::SimpleAtod(weight, &value))) {
      value = 0;
    }
    named = exact;
    taken = value > 0;
  }
  return taken;
}

Answer PlainText(int status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  answer.body = std::move(text);
  answer.body.push_back('\n');
  return answer;
}

}  // namespace hailong::web
