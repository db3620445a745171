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
  HAILONG_CHECK(!route.prefix || route.path.ends_with('/'));
  std::string path = route.path;
  HAILONG_CHECK(routes_.try_emplace(std::move(path), std::move(route)).second);
}

const Route* Site::Find(std::string_view path) const {
  const auto exact = routes_.find(path);
  if (exact != routes_.end()) return &exact->second;
  while (!path.empty()) {
    const size_t slash = path.rfind('/', path.size() - 1);
    if (slash == std::string_view::npos) return nullptr;
    const auto below = routes_.find(path.substr(0, slash + 1));
    if (below != routes_.end() && below->second.prefix) return &below->second;
    path = path.substr(0, slash);
  }
  return nullptr;
}

}  // namespace hailong::web
