#pragma once

// What those who run the server ask on its private port: alive, ready, figures.
//
//   GET /healthz   200 while the process answers
//   GET /readyz    200 when it takes responses, else 503
//   GET /metrics   Prometheus text

#include <functional>

#include "server/web/metrics.h"
#include "server/web/site.h"

namespace hailong::web {

// `metrics` outlives the site; `ready` is called on the server's thread.
Site OperationsSite(const Metrics& metrics, std::function<bool()> ready);

}  // namespace hailong::web
