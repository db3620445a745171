#pragma once

// The last look at a response, on the writer thread: only there is it known what was stored before
// it, whether the round has been sealed meanwhile, and how fast the collector's answers come.

#include "server/intake/flags.h"
#include "server/model/catalog.h"
#include "server/store/store.h"

namespace hailong::intake {

class Admission {
 public:
  explicit Admission(const model::CatalogHolder& catalog) : catalog_(catalog) {}

  // Takes up the pace of collectors where the last process left it. Before the writer starts.
  absl::Status Recover(store::Store& store);
  // Sets `late` and adds the flags of pace. Writer thread.
  void Admit(model::NewResponse& response);

 private:
  const model::CatalogHolder& catalog_;
  PaceFlags pace_;
};

}  // namespace hailong::intake
