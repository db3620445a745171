#pragma once

// Where responses enter: check, identify, hand to the writer. Nothing here waits; callers hear the
// outcome after COMMIT. Thread-safe.

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/catalog.h"
#include "server/store/key_ring.h"
#include "server/store/writer.h"

namespace hailong::intake {

// A response that came by an entry (a link, an invitation, a message), which says more than the
// response itself.
struct Entered {
  // With round, unit and form as the entry says.
  v1::Response response;
  // Who answers, as the entry knows; absent: as the response's own evidence says.
  std::optional<model::RespondentKey> respondent_key;
  // Spent by this response, in the transaction that stores it.
  model::Entrance entrance;
};

class Intake {
 public:
  // One outcome for each response, in the order given; called once, on a thread of the writer or,
  // if nothing was left to store, at once. Errors: those of Validate and IdentifyRespondent,
  // ALREADY_EXISTS (same response_id, other content), RESOURCE_EXHAUSTED and UNAVAILABLE (the
  // store is closed, or the key of the round is missing) with a retry delay.
  using Done = std::function<void(std::vector<absl::StatusOr<model::Stored>>)>;

  Intake(const model::CatalogHolder& catalog, store::KeyRing& keys, store::Writer& writer,
         const base::Clock& clock)
      : catalog_(catalog), keys_(keys), writer_(writer), clock_(clock) {}

  // A null response was no message at all and is refused as such.
  void Offer(const model::Principal& sender, std::span<const v1::Response* const> responses,
             Done done);

  // The same for one that came by an entry. Errors besides: FAILED_PRECONDITION whose
  // ErrorInfo.reason is the name of the SurveyState (the entrance is spent; nothing was stored).
  void Offer(const model::Principal& sender, Entered entered,
             std::function<void(absl::StatusOr<model::Stored>)> done);

  // How many tries were refused with this code, by Validate and the like or since the writer's
  // queue is full, since the start.
  uint64_t refused(absl::StatusCode code) const { return refused_[Place(code)].load(); }

 private:
  static constexpr size_t kCodes = static_cast<size_t>(absl::StatusCode::kUnauthenticated) + 1;
  static constexpr size_t Place(absl::StatusCode code) { return static_cast<size_t>(code); }

  // Hands checked responses to the writer; `outcomes` has a place for each and for the refused.
  void Store(std::vector<model::NewResponse> accepted, std::vector<size_t> places,
             std::vector<absl::StatusOr<model::Stored>> outcomes, Done done);
  // Check, and count what is refused.
  absl::StatusOr<model::NewResponse> Admit(const v1::Response* response,
                                           const model::Principal& sender,
                                           const model::Catalog& catalog, absl::Time now);
  absl::StatusOr<model::NewResponse> Check(const v1::Response* response,
                                           const model::Principal& sender,
                                           const model::Catalog& catalog, absl::Time now);

  const model::CatalogHolder& catalog_;
  store::KeyRing& keys_;
  store::Writer& writer_;
  const base::Clock& clock_;
  std::array<std::atomic<uint64_t>, kCodes> refused_{};
};

}  // namespace hailong::intake
