#pragma once

// How administration changes: on the writer thread, from the catalog as it stands there, checked as
// a whole, committed with a line of the audit log, then shown to all. One mechanism for every kind
// of record. Thread-safe.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "server/model/catalog.h"
#include "server/store/writer.h"

namespace hailong::store {

class CatalogWriter {
 public:
  // The records to add or replace; none: nothing is to be changed.
  using Make = std::function<absl::StatusOr<std::vector<model::Record>>(const model::Catalog&)>;

  CatalogWriter(Writer& writer, model::CatalogHolder& catalog, const base::Clock& clock)
      : writer_(writer), catalog_(catalog), clock_(clock) {}

  // Waits until the change is durable, so never call it on a gRPC thread or the writer's own.
  // Errors: those of `make`, of Catalog::With, of the store, and RESOURCE_EXHAUSTED.
  absl::Status Apply(std::string actor, std::string action, std::string object, Make make);

 private:
  Writer& writer_;
  model::CatalogHolder& catalog_;
  const base::Clock& clock_;
};

}  // namespace hailong::store
