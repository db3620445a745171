#include "server/survey/survey.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::survey {
namespace {

using base::Cat;

model::Principal PrincipalOf(const model::CollectorRecord& record) {
  return {.role = v1::ROLE_COLLECTOR,
          .id = record.collector.collector_id(),
          .unit_id = record.collector.unit_id(),
          .collector = record.number,
          .channel = record.collector.channel()};
}

// Who answers by an invitation without a dossier is known, and a person of their own. Made of the
// response alone, so that it does not lead back to the invitation.
std::optional<model::RespondentKey> KeyOf(const std::string& response_id) {
  const auto id = base::Uuid::Parse(response_id);
  if (!id.ok()) return std::nullopt;
  std::string text("invited");
  text.push_back('\0');
  text.append(reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size());
  const base::Digest256 digest = base::Sha256(text);
  model::RespondentKey key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

// What the entry says is not for the response to say.
absl::Status CheckLeftOut(const v1::Response& response, const Arrival& arrival) {
  refusal::Violations bad("response.");
  const auto left_out = [&](bool is_set, std::string_view field) {
    if (is_set) bad.Add(field, "is set; leave it out: the link says it");
  };
  left_out(!response.round_id().empty(), "round_id");
  left_out(!response.unit_id().empty(), "unit_id");
  left_out(!response.form_id().empty(), "form_id");
  left_out(!response.receiving_unit_id().empty(), "receiving_unit_id");
  left_out(!response.counter().empty(), "counter");
  left_out(response.device_sequence() != 0, "device_sequence");
  const auto evidence = response.evidence().kind_case();
  if (evidence != v1::Evidence::KIND_NOT_SET &&
      (!arrival.asks_dossier_code || evidence != v1::Evidence::kDossierCode)) {
    bad.Add("evidence", arrival.asks_dossier_code
                            ? "found another kind, allowed are none and a dossier code"
                            : "is set; leave it out: the link says it");
  }
  for (int i = 0; !arrival.known_question_id.empty() && i < response.answers_size(); ++i) {
    left_out(response.answers(i).question_id() == arrival.known_question_id,
             Cat("answers[", i, "].question_id"));
  }
  return bad.ToStatus();
}

}  // namespace

absl::StatusOr<Arrival> Survey::Find(const v1::Entry& entry) {
  ASSIGN_OR_RETURN(std::optional<Arrival> found, FindArrival(entry, catalog_.Get(), store_, keys_));
  if (found.has_value()) return *std::move(found);
  const absl::Duration wait = tries_.Take();
  return wait > absl::ZeroDuration() ? refusal::TooManyWrongEntries(wait) : refusal::NoSuchEntry();
}

absl::StatusOr<v1::OpenSurveyResponse> Survey::OpenSurvey(const model::Principal&,
                                                          const v1::OpenSurveyRequest& request) {
  ASSIGN_OR_RETURN(const Arrival arrival, Find(request.entry()));
  const absl::Time now = clock_.Now();
  v1::OpenSurveyResponse response;
  v1::SurveyState state = arrival.StateAt(now);
  if (state == v1::SURVEY_STATE_OPEN) {
    if (arrival.invitation.has_value() && !arrival.invitation->opened_on.has_value()) {
      opened_.Put(arrival.invitation->number);
    }
    if (const auto quota = arrival.FindQuota(); quota.has_value()) {
      ASSIGN_OR_RETURN(const uint64_t taken,
                       store_.CountPlaces(arrival.collector->number, arrival.round->number(),
                                          quota->unit_id, quota->group));
      if (taken >= quota->size_max) state = v1::SURVEY_STATE_FULL;
    }
  }
  response.set_state(state);
  if (arrival.round == nullptr) return response;

  const v1::Round& round = arrival.round->definition();
  *response.mutable_title() = round.title();
  const std::string day = base::DayInVietnam(now);
  const model::UnitTree& units = arrival.catalog->units();
  response.set_unit_name(units.NameOf(arrival.unit_id, day));
  const std::string top = units.TopOf(arrival.unit_id, day);
  if (top != arrival.unit_id) response.set_province_name(units.NameOf(top, day));
  *response.mutable_opens_at() = round.opens_at();
  *response.mutable_closes_at() = round.closes_at();
  if (state != v1::SURVEY_STATE_OPEN) return response;

  *response.mutable_questionnaire() = arrival.round->questionnaire().definition();
  response.set_form_id(arrival.form_id);
  *response.mutable_languages() = arrival.collector->collector.web().languages();
  if (response.languages().empty()) {
    response.add_languages("vi");
    response.add_languages("en");
  }
  response.set_known_question_id(arrival.known_question_id);
  response.set_asks_dossier_code(arrival.asks_dossier_code);
  response.set_keeps_partial(round.partial_rule() == v1::PARTIAL_RULE_KEEP);
  response.set_synthetic(round.synthetic());
  *response.mutable_server_time() = model::ToProto(now);
  return response;
}

absl::StatusOr<intake::Entered> Survey::Complete(const v1::Response& response,
                                                 const Arrival& arrival) {
  if (arrival.round == nullptr) return refusal::SurveyTurnsAway(v1::SURVEY_STATE_OVER);
  RETURN_IF_ERROR(CheckLeftOut(response, arrival));
  intake::Entered entered{.response = response, .respondent_key = {}, .entrance = {}};
  entered.response.set_round_id(arrival.round->id());
  entered.response.set_unit_id(arrival.unit_id);
  entered.response.set_form_id(arrival.form_id);
  if (!arrival.known_question_id.empty()) {
    // An unfinished answer still needs one of the person's own.
    if (response.answers().empty()) {
      return refusal::Field("response.answers", "found no answer, allowed are 1 or more");
    }
    v1::Answer& known = *entered.response.add_answers();
    known.set_question_id(arrival.known_question_id);
    known.set_choice(arrival.group);
  }
  entered.respondent_key = arrival.dossier_key;
  // Whether it lets the person in, the writer judges: a retry must get its receipt.
  entered.entrance = {.invitation = {},
                      .group = arrival.group,
                      .quota = arrival.FindQuota(),
                      .over = arrival.ended || arrival.collector->collector.revoked()};
  if (arrival.invitation.has_value()) {
    entered.entrance.invitation = arrival.invitation->token_hash;
    if (!entered.respondent_key.has_value()) {
      entered.respondent_key = KeyOf(response.response_id());
    }
  }
  return entered;
}

void Survey::SubmitSurvey(const v1::SubmitSurveyRequest& request, Done done) {
  const absl::StatusOr<Arrival> arrival = Find(request.entry());
  if (!arrival.ok()) return done(arrival.status());
  absl::StatusOr<intake::Entered> entered = Complete(request.response(), *arrival);
  if (!entered.ok()) return done(entered.status());
  intake_.Offer(PrincipalOf(*arrival->collector), *std::move(entered),
                [response_id = request.response().response_id(),
                 done = std::move(done)](absl::StatusOr<model::Stored> stored) {
                  if (!stored.ok()) return done(stored.status());
                  v1::SubmitSurveyResponse response;
                  response.set_outcome(stored->outcome);
                  v1::Receipt& receipt = *response.mutable_receipt();
                  receipt.set_response_id(response_id);
                  *receipt.mutable_received_at() = model::ToProto(stored->received_at);
                  receipt.set_first_outcome(stored->first_outcome);
                  done(std::move(response));
                });
}

}  // namespace hailong::survey
