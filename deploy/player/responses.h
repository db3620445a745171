// From an entry of the schedule to the response that is sent: identity, evidence and made-up
// answers that fit the questionnaire. Pure: the same entry gives the same bytes, whenever and in
// whatever order.
//
// An opinion is a sum of effects: the unit's, the question's, the person's and a rest. Unit and
// question effects make scores differ in a plausible way, about 75 to 95% of answers being 4 or 5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "deploy/player/inputs.h"
#include "deploy/player/random.h"
#include "deploy/player/schedule.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/questionnaire.pb.h"

namespace hailong::player {

// The dossier code of a person, written as the attempt writes it: as printed the first time; the
// second time as people type it (lower case, spaces, another dash). Agency, date and number are
// made up.
std::string DossierCode(const Entry& entry);

// Builds the responses of one round. const calls from any thread.
class ResponseBuilder {
 public:
  // Keeps references to `units`. Forms: "full" and "counter" where the questionnaire has them, else
  // the whole questionnaire.
  ResponseBuilder(uint64_t seed, absl::string_view round_id, v1::Questionnaire questionnaire,
                  const std::vector<RatedUnit>& units);

  // The response of an entry. A retry gives the same bytes as the first sending.
  v1::Response Build(const Entry& entry) const;

 private:
  // How a person sees things.
  struct Opinion {
    double level = 0;              // unit and person
    uint32_t straight_choice = 0;  // 0: answers each question by itself
  };

  std::vector<std::size_t> QuestionsOf(absl::string_view form_id) const;
  Opinion MakeOpinion(const Entry& entry) const;
  // Fills `answer`; false: the person leaves the question out.
  bool MakeAnswer(const Entry& entry, const Opinion& opinion, const v1::Question& question,
                  Random& random, v1::Answer& answer) const;
  uint32_t Choose(const Entry& entry, const Opinion& opinion, const v1::Question& question,
                  Random& random) const;
  void AddAnswers(const Entry& entry, v1::Response& response) const;
  void AddEvidence(const Entry& entry, v1::Response& response) const;
  std::string ResponseId(const Entry& entry) const;

  const uint64_t seed_;
  const std::string round_id_;
  const v1::Questionnaire questionnaire_;
  const std::vector<RatedUnit>& units_;
  std::vector<std::size_t> full_;     // positions in questionnaire_
  std::vector<std::size_t> counter_;  // empty: there is no such form
  bool has_full_form_ = false;
};

}  // namespace hailong::player
