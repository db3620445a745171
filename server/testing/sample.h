#pragma once

// One small registry for the tests of the server's folders: two provinces around the reform of July
// 2025, a questionnaire with every kind of question, a round, collectors, and responses to it. All
// made up. Thread-safe.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/questionnaire.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/zalo.pb.h"
#include "server/model/catalog.h"
#include "server/model/response.h"

namespace hailong::sample {

// RFC 3339: "2025-03-05T09:00:00+07:00".
absl::Time At(std::string_view text);

// `parent`, `valid_to` may be empty.
v1::Unit Unit(const std::string& unit_id, const std::string& level, const std::string& parent,
              const std::string& valid_from, const std::string& valid_to);
// 74 (province) with 74.SNV, 74.STC (departments), 718 (district) and its communes 25747, 25750,
// all until 2025-07-01; from then 25747 names a ward of 79, whose department 79.SNV was always
// there.
std::vector<v1::Unit> Units();

// sample version 1:
//   q1 rating 1..5, required      q2 rating 1..5, may be not applicable
//   q3 one of 3, the third takes a text    q4 any of 4, the fourth takes a text
//   q5 text    q6 q7 q8 rating 1..5    q9 rating 1..4
// Form "counter" asks q1, q2 and q5.
v1::Questionnaire Questionnaire();

// march: root 74, all of March 2025, a week of grace, a month for appeals, LATEST; press interval
// 10 s, 1 s an answer, straight line from 5, more than 3 in a minute, clock skew 2 min. Open.
v1::Round Round();
inline constexpr model::RoundNumber kRoundNumber{1};

// What stars say in the form "counter": as many to q1, notes to q5; the button "Hài lòng" stands
// for four. No round has it by itself.
v1::RatingMapping RatingMapping();

// kiosk-1 (KIOSK, 74.SNV), web (WEB), zalo (ZALO), all active.
v1::Collector Collector(const std::string& collector_id, v1::Channel channel,
                        const std::string& unit_id);
model::Principal Kiosk();
model::Principal Web();
model::Principal Zalo();

// All of the above as records, in an order in which Catalog::With takes them.
std::vector<model::Record> Records();
std::shared_ptr<const model::Catalog> Catalog();
// The round of Records(), as it was changed by `change`.
template <typename Change>
std::shared_ptr<const model::Catalog> CatalogWithRound(Change change) {
  v1::Round round = Round();
  change(round);
  return *Catalog()->With({model::RoundRecord{.number = kRoundNumber, .round = round}});
}

// The n-th UUID.
std::string ResponseId(uint64_t n);
// A good anonymous response to the round, for 74.SNV, given on 2025-03-05 at 09:00 and n minutes,
// with q1 = 4.
v1::Response Response(uint64_t n);
v1::Answer& AddChoice(v1::Response& response, const std::string& question_id, uint32_t choice);

// The same as a checked response, received a second after it was given, from kiosk-1.
model::NewResponse Checked(const std::shared_ptr<const model::Round>& round, uint64_t n);
model::RespondentKey Key(uint8_t citizen);

// The bad fields of a refusal as "field: description" lines.
std::vector<std::string> ViolationLines(const absl::Status& status);

}  // namespace hailong::sample
