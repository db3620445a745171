#pragma once

// What a person's own browser asks: what is there to answer, and take this answer. The entry says
// who may; one function per call of SurveyService, on plain messages. Both read the store: call
// them on an executor thread. Thread-safe.

#include <functional>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/tries.h"
#include "hailong/v1/survey_service.pb.h"
#include "server/intake/intake.h"
#include "server/model/catalog.h"
#include "server/model/limits.h"
#include "server/store/key_ring.h"
#include "server/store/store.h"
#include "server/survey/entry.h"
#include "server/survey/opened_board.h"

namespace hailong::survey {

class Survey {
 public:
  using Done = std::function<void(absl::StatusOr<v1::SubmitSurveyResponse>)>;

  Survey(const model::CatalogHolder& catalog, store::Store& store, store::KeyRing& keys,
         intake::Intake& intake, OpenedBoard& opened, const base::Clock& clock)
      : catalog_(catalog),
        store_(store),
        keys_(keys),
        intake_(intake),
        opened_(opened),
        clock_(clock),
        tries_(clock, limits::kSurveyTriesMax, limits::kSurveyTryEvery) {}

  // Nobody needs a credential, so who calls does not matter.
  absl::StatusOr<v1::OpenSurveyResponse> OpenSurvey(const model::Principal&,
                                                    const v1::OpenSurveyRequest& request);
  // `done` is called once: at once, or after COMMIT on a thread of the writer.
  void SubmitSurvey(const v1::SubmitSurveyRequest& request, Done done);

 private:
  // Errors besides those of FindArrival: NOT_FOUND, RESOURCE_EXHAUSTED.
  absl::StatusOr<Arrival> Find(const v1::Entry& entry);
  // The response as the entry completes it.
  absl::StatusOr<intake::Entered> Complete(const v1::Response& response, const Arrival& arrival);

  const model::CatalogHolder& catalog_;
  store::Store& store_;
  store::KeyRing& keys_;
  intake::Intake& intake_;
  OpenedBoard& opened_;
  const base::Clock& clock_;
  base::Tries tries_;  // of wrong entries
};

}  // namespace hailong::survey
