#pragma once

// Turns what Zalo told into responses: finds the message that was answered in the send log, the
// question in the round's mapping, and hands over to the intake. A rating of a message that is not
// known is held until it is. One thread calls Step.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hailong/v1/collection_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/response.h"
#include "server/zalo/commits.h"
#include "server/zalo/settings.h"
#include "server/zalo/vault.h"

namespace hailong::zalo {

// A response whose evidence was turned into its key when the message was queued.
struct Delivery {
  v1::Response response;
  model::RespondentKey respondent_key{};
};

// Stores responses exactly once and waits: what became of each, in order. The errors are those of
// intake::Intake.
using Deliver = std::function<std::vector<absl::StatusOr<model::Stored>>(
    const model::Principal& sender, const std::vector<Delivery>& deliveries)>;

class Inbox {
 public:
  Inbox(const Settings& settings, const model::CatalogHolder& catalog, Vault& vault,
        Commits& commits, store::ZaloStore& store, Deliver deliver)
      : settings_(settings),
        catalog_(catalog),
        vault_(vault),
        commits_(commits),
        store_(store),
        deliver_(std::move(deliver)) {}

  // Settles what is open, up to a batch; how many were. Errors: those of the store and of Deliver
  // that say nothing of the rating, NOT_FOUND (no collector): nothing is lost, try later.
  absl::StatusOr<size_t> Step();

 private:
  // Either settled, or on its way as a delivery.
  struct Judged {
    store::ZaloSettled settled;
    bool deliver = false;
    Delivery delivery;
  };
  absl::StatusOr<Judged> Judge(const store::ZaloEvent& event);
  absl::StatusOr<Judged> JudgeRating(const store::ZaloEvent& event);
  absl::Status LearnArrival(const store::ZaloEvent& event, const store::ZaloSend& send);

  const Settings& settings_;
  const model::CatalogHolder& catalog_;
  Vault& vault_;
  Commits& commits_;
  store::ZaloStore& store_;
  const Deliver deliver_;
};

// The collector in whose name ratings are stored, as long as the catalog lives. Errors: NOT_FOUND
// (there is none of channel ZALO that may submit).
absl::StatusOr<const model::CollectorRecord*> FindCollector(const Settings& settings,
                                                            const model::Catalog& catalog);

// The name of a rating's response: the same for every telling of it, sorted by when it was given.
base::Uuid ResponseIdOf(const std::string& app_id, const std::string& oa_id,
                        const store::ZaloEvent& event);

}  // namespace hailong::zalo
