#pragma once

// One row of `responses`: how it is bound, read back and checked. Only for the files of this
// folder.

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/sqlite/sqlite.h"
#include "server/model/response.h"

namespace hailong::store {

// The columns in the order in which BindRow binds and ReadRow reads them.
inline constexpr std::string_view kRowColumns =
    "sequence, response_id, round, unit_id, receiving_unit_id, collector, channel, "
    "device_sequence, "
    "submitted_at, clock_offset_ms, received_at, duration_ms, form_id, respondent_key, answers, "
    "flags, "
    "outcome, displaced, checksum, counter";

inline constexpr int kKeyColumn = 13;  // respondent_key

// The facts of a row that are not in the response itself.
struct RowFacts {
  model::Sequence sequence{};
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  model::Sequence displaced{};
};

// Binds a response; `scratch` must live until the statement has run.
void BindRow(const model::NewResponse& response, const RowFacts& facts, std::string& scratch,
             base::Statement& insert);

// Reads a row of kRowColumns into `row` (comments are left alone). DATA_LOSS if its checksum is
// wrong.
absl::Status ReadRow(const base::Statement& select, std::string& scratch, model::ResponseRow& row);

}  // namespace hailong::store
