#include "server/intake/intake.h"

#include <memory>

#include "base/status.h"
#include "server/intake/flags.h"
#include "server/intake/identity.h"
#include "server/intake/validate.h"
#include "server/model/refusal.h"

namespace hailong::intake {

absl::StatusOr<model::NewResponse> Intake::Check(const v1::Response* response,
                                                 const model::Principal& sender,
                                                 const model::Catalog& catalog, absl::Time now) {
  if (response == nullptr) {
    return refusal::Field("response", "is no Response: it is cut, or a text in it is not UTF-8");
  }
  ASSIGN_OR_RETURN(model::NewResponse made, Validate(*response, sender, catalog, now));
  made.flags = FlagAlone(made);
  if (response->evidence().kind_case() == v1::Evidence::KIND_NOT_SET) return made;
  const auto key = keys_.Find(made.round->id());
  if (!key.ok()) return refusal::RoundKeyMissing(made.round->id(), key.status().message());
  if (key->has_value()) {
    ASSIGN_OR_RETURN(made.respondent_key, IdentifyRespondent(response->evidence(), **key));
  } else if (made.round->state() != v1::ROUND_STATE_SEALED) {
    // Without the key one citizen would count twice. After the seal nothing counts any more.
    return refusal::RoundKeyMissing(made.round->id(), "there is no such file");
  }
  return made;
}

absl::StatusOr<model::NewResponse> Intake::Admit(const v1::Response* response,
                                                 const model::Principal& sender,
                                                 const model::Catalog& catalog, absl::Time now) {
  auto checked = Check(response, sender, catalog, now);
  if (!checked.ok()) refused_[Place(checked.status().code())].fetch_add(1);
  return checked;
}

void Intake::Offer(const model::Principal& sender, std::span<const v1::Response* const> responses,
                   Done done) {
  const std::shared_ptr<const model::Catalog> catalog = catalog_.Get();
  const absl::Time now = clock_.Now();
  std::vector<absl::StatusOr<model::Stored>> outcomes;
  std::vector<size_t> places;
  std::vector<model::NewResponse> accepted;
  outcomes.reserve(responses.size());
  accepted.reserve(responses.size());
  for (size_t i = 0; i < responses.size(); ++i) {
    auto checked = Admit(responses[i], sender, *catalog, now);
    if (checked.ok()) {
      outcomes.emplace_back(model::Stored{});
      places.push_back(i);
      accepted.push_back(*std::move(checked));
    } else {
      outcomes.emplace_back(checked.status());
    }
  }
  if (accepted.empty()) return done(std::move(outcomes));
  Store(std::move(accepted), std::move(places), std::move(outcomes), std::move(done));
}

void Intake::Offer(const model::Principal& sender, Entered entered,
                   std::function<void(absl::StatusOr<model::Stored>)> done) {
  auto checked = Admit(&entered.response, sender, *catalog_.Get(), clock_.Now());
  if (!checked.ok()) return done(checked.status());
  if (entered.respondent_key.has_value()) checked->respondent_key = entered.respondent_key;
  checked->entrance = std::move(entered.entrance);
  std::vector<model::NewResponse> accepted;
  accepted.push_back(*std::move(checked));
  std::vector<absl::StatusOr<model::Stored>> outcomes(1, model::Stored{});
  Store(std::move(accepted), {0}, std::move(outcomes),
        [done = std::move(done)](std::vector<absl::StatusOr<model::Stored>> stored) {
          done(std::move(stored[0]));
        });
}

void Intake::Store(std::vector<model::NewResponse> accepted, std::vector<size_t> places,
                   std::vector<absl::StatusOr<model::Stored>> outcomes, Done done) {
  struct Pending {
    std::vector<absl::StatusOr<model::Stored>> outcomes;
    std::vector<std::pair<size_t, std::string>> accepted;  // place in the call, response_id
    Done done;
  };
  auto pending = std::make_shared<Pending>();
  pending->outcomes = std::move(outcomes);
  pending->done = std::move(done);
  for (size_t k = 0; k < accepted.size(); ++k) {
    pending->accepted.emplace_back(places[k], accepted[k].content.response_id.ToString());
  }
  const absl::Status offered = writer_.OfferResponses(
      std::move(accepted), [pending](absl::StatusOr<std::span<const model::Stored>> stored) {
        for (size_t k = 0; k < pending->accepted.size(); ++k) {
          const auto& [place, response_id] = pending->accepted[k];
          if (!stored.ok()) {
            pending->outcomes[place] = stored.status();
          } else if ((*stored)[k].content_differs) {
            pending->outcomes[place] = refusal::ResponseContentDiffers(response_id);
          } else if ((*stored)[k].turned_away != v1::SURVEY_STATE_UNSPECIFIED) {
            pending->outcomes[place] = refusal::SurveyTurnsAway((*stored)[k].turned_away);
          } else {
            pending->outcomes[place] = (*stored)[k];
          }
        }
        pending->done(std::move(pending->outcomes));
      });
  if (offered.ok()) return;
  refused_[Place(offered.code())].fetch_add(pending->accepted.size());
  for (const auto& [place, response_id] : pending->accepted) pending->outcomes[place] = offered;
  pending->done(std::move(pending->outcomes));
}

}  // namespace hailong::intake
