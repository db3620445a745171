#pragma once

// An invitation to a survey, as it is kept. Its token lets one person in once; only the token's
// hash is known here. Nothing in it says which response came of it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/ids.h"
#include "server/model/response.h"

namespace hailong::model {

// Order of making in the whole store, from 1.
enum class InvitationNumber : int64_t {};

struct Invitation {
  InvitationNumber number{};
  base::Uuid invitation_id;
  TokenHash token_hash{};
  CollectorNumber collector{};
  RoundNumber round{};
  std::string unit_id;
  uint32_t group = 0;             // 0: none
  std::string group_question_id;  // which it answers beforehand; empty: none
  std::string form_id;            // empty: the collector's
  // Of the dossier that it asks about; gone once it was answered.
  std::optional<RespondentKey> respondent_key;
  absl::Time created_at;
  std::optional<absl::Time> opened_on;  // midnight of that day in Vietnam
  bool answered = false;
  bool revoked = false;
};

// How many of the invited of a unit and group have opened the survey and answered. Revoked
// invitations count only if they were answered.
struct InvitationCount {
  std::string unit_id;
  uint32_t group = 0;
  uint32_t invited = 0;
  uint32_t opened = 0;
  uint32_t answered = 0;
  bool operator==(const InvitationCount&) const = default;
};

}  // namespace hailong::model
