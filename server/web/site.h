#pragma once

// Which path goes where. A part of the server adds its routes before the server starts and never
// sees a connection. Filled by one thread, then immutable and read by any.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/web/http.h"

namespace hailong::web {

struct Route {
  std::string name;     // in log and metrics, in place of the path: "pages", "zalo-webhook"
  std::string path;     // begins with "/"
  bool prefix = false;  // also everything that begins so
  std::vector<std::string> methods;  // "GET" brings HEAD with it
  // What a body may have, in bytes. Zero: no body.
  size_t body_bytes_max = 0;
  // Called on the server's network thread: hands over, never works or waits. HEAD comes as GET.
  std::function<void(Request, Done)> serve;
  // Instead of body_bytes_max, for a route that decides by the head: the body is not there yet.
  std::function<size_t(const Request&)> body_limit = nullptr;

  bool Allows(std::string_view method) const;
  std::string Allow() const;  // "GET, HEAD"
};

class Site {
 public:
  // A second route of one path, or a path of another form, is a mistake of ours.
  void Add(Route route);
  // The route of exactly this path, else that of its longest prefix, else null.
  const Route* Find(std::string_view path) const;

 private:
  std::map<std::string, Route, std::less<>> exact_;
  std::vector<Route> prefixes_;  // longest first
};

}  // namespace hailong::web
