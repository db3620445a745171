#pragma once

// Answers for an outbox.

#include <cstdint>
#include <cstdio>
#include <string>

#include "hailong/v1/collection_service.pb.h"

namespace hailong::outbox {

inline std::string SampleId(uint64_t i) {
  char id[48];
  std::snprintf(id, sizeof id, "0190f3c2-7a5e-7c3b-9d2f-%012llx",
                static_cast<unsigned long long>(i));
  return id;
}

// The i-th answer, given `seconds` after 1970.
inline v1::Response SampleAnswer(uint64_t i, int64_t seconds = 1'790'000'000) {
  v1::Response response;
  response.set_response_id(SampleId(i));
  response.set_round_id("round");
  response.set_questionnaire_version(1);
  response.set_unit_id("74.SNV");
  response.mutable_submitted_at()->set_seconds(seconds);
  response.mutable_evidence()->set_dossier_code("000.00.10.H09-260101-0001");
  v1::Answer& answer = *response.add_answers();
  answer.set_question_id("rating");
  answer.set_choice(static_cast<uint32_t>(1 + i % 5));
  return response;
}

}  // namespace hailong::outbox
