#pragma once

// Where responses enter: check, identify, hand to the writer. Nothing here waits; callers hear the
// outcome after COMMIT. Thread-safe.

#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/catalog.h"
#include "server/store/key_ring.h"
#include "server/store/writer.h"

namespace hailong::intake {

class Intake {
 public:
  // One outcome for each response, in the order given; called once, on a thread of the writer or, if
  // nothing was left to store, at once. Errors: those of Validate and IdentifyRespondent,
  // ALREADY_EXISTS (same response_id, other content), RESOURCE_EXHAUSTED and UNAVAILABLE (the
  // store is closed, or the key of the round is missing) with a retry delay.
  using Done = std::function<void(std::vector<absl::StatusOr<model::Stored>>)>;

  Intake(const model::CatalogHolder& catalog, store::KeyRing& keys, store::Writer& writer,
         const base::Clock& clock)
      : catalog_(catalog), keys_(keys), writer_(writer), clock_(clock) {}

  // A null response was no message at all and is refused as such.
  void Offer(const model::Principal& sender, std::span<const v1::Response* const> responses,
             Done done);

 private:
  absl::StatusOr<model::NewResponse> Check(const v1::Response* response,
                                           const model::Principal& sender,
                                           const model::Catalog& catalog, absl::Time now);

  const model::CatalogHolder& catalog_;
  store::KeyRing& keys_;
  store::Writer& writer_;
  const base::Clock& clock_;
};

}  // namespace hailong::intake
