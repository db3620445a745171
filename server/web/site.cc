#include "server/web/site.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/check.h"

namespace hailong::web {

bool Route::Allows(std::string_view method) const {
  const std::string_view meant = method == "HEAD" ? "GET" : method;
  return std::find(methods.begin(), methods.end(), meant) != methods.end();
}

std::string Route::Allow() const {
  std::string allow = absl::StrJoin(methods, ", ");
  if (Allows("GET")) allow += ", HEAD";
  return allow;
}

void Site::Add(Route route) {
  HAILONG_CHECK(route.path.starts_with('/') && !route.name.empty() && !route.methods.empty());
  const auto same = [&](const Route& other) { return other.path == route.path; };
  if (route.prefix) {
    HAILONG_CHECK(std::none_of(prefixes_.begin(), prefixes_.end(), same));
    const auto shorter = std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Route& other) {
      return other.path.size() < route.path.size();
    });
    prefixes_.insert(shorter, std::move(route));
    return;
  }
  std::string path = route.path;
  HAILONG_CHECK(exact_.try_emplace(std::move(path), std::move(route)).second);
}

const Route* Site::Find(std::string_view path) const {
  const auto exact = exact_.find(path);
  if (exact != exact_.end()) return &exact->second;
  const auto longest = std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Route& route) {
    return path.starts_with(route.path);
  });
  return longest == prefixes_.end() ? nullptr : &*longest;
}

}  // namespace hailong::web
