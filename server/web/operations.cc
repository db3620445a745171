#include "server/web/operations.h"

#include <utility>

namespace hailong::web {

Site OperationsSite(const Metrics& metrics, std::function<bool()> ready) {
  Site site;
  site.Add({.name = "healthz",
            .path = "/healthz",
            .methods = {"GET"},
            .serve = [](const Request&, const Done& done) { done(PlainText(200, "ok")); }});
  site.Add({.name = "readyz",
            .path = "/readyz",
            .methods = {"GET"},
            .serve = [ready = std::move(ready)](const Request&, const Done& done) {
              const bool yes = ready();
              done(PlainText(yes ? 200 : 503, yes ? "ready" : "not ready: the store is closed"));
            }});
  site.Add({.name = "metrics",
            .path = "/metrics",
            .methods = {"GET"},
            .serve = [&metrics](const Request&, const Done& done) {
              Answer answer;
              answer.headers.push_back({"Content-Type", "text/plain; version=0.0.4"});
              answer.body = metrics.Text();
              done(std::move(answer));
            }});
  return site;
}

}  // namespace hailong::web
