#include "server/web/http.h"

#include <algorithm>
#include <utility>

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

Answer PlainText(int status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  answer.body = std::move(text);
  answer.body.push_back('\n');
  return answer;
}

}  // namespace hailong::web
