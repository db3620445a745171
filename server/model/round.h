#pragma once

// A round, checked once and made quick to judge responses with. Immutable: a change of state makes
// a new one.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/registry_service.pb.h"
#include "server/model/questionnaire.h"
#include "server/model/unit_tree.h"

namespace hailong::model {

// The store's short name of a round, given once when it is opened; never reused.
enum class RoundNumber : uint32_t {};
enum class CollectorNumber : uint32_t {};

// Among the dimensions of a published table, what is no question.
inline constexpr std::string_view kTableByUnit = "unit";

// What decides which of several responses for one citizen and dossier counts.
struct Standing {
  absl::Time submitted_at;  // by the corrected device clock
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
};

class Round {
 public:
  // `definition` carries the state. Errors: INVALID_ARGUMENT with every bad field,
  // NOT_FOUND (no root unit on the day it opens).
  static absl::StatusOr<std::shared_ptr<const Round>> Create(
      RoundNumber number, const v1::Round& definition,
      std::shared_ptr<const Questionnaire> questionnaire, const UnitTree& units);
  // The same round with the units its seal froze, whatever the registry says by now.
  std::shared_ptr<const Round> WithUnits(std::vector<v1::Unit> units) const;

  RoundNumber number() const { return number_; }
  const v1::Round& definition() const { return definition_; }
  const std::string& id() const { return definition_.round_id(); }
  const Questionnaire& questionnaire() const { return *questionnaire_; }
  const std::shared_ptr<const Questionnaire>& shared_questionnaire() const {
    return questionnaire_;
  }
  absl::Time opens_at() const { return opens_at_; }
  absl::Time closes_at() const { return closes_at_; }
  // Until when a response that was given in time still counts.
  absl::Time grace_ends_at() const { return grace_ends_at_; }
  v1::RoundState state() const { return definition_.state(); }

  // Units that are the root or below it at some time of the window, by unit_id; an index into it is
  // a unit of the frame. A code that names two units within one window is one unit here: the first.
  const std::vector<v1::Unit>& units() const { return units_; }
  std::optional<uint16_t> FindUnit(std::string_view unit_id) const;

  // The round's duplicate policy: true if `candidate`, which came later, counts instead of
  // `incumbent`.
  bool Supersedes(const Standing& candidate, const Standing& incumbent) const;

 private:
  Round() = default;
  int ChannelRank(v1::Channel channel) const;

  RoundNumber number_{};
  v1::Round definition_;
  std::shared_ptr<const Questionnaire> questionnaire_;
  absl::Time opens_at_;
  absl::Time closes_at_;
  absl::Time grace_ends_at_;
  std::vector<v1::Unit> units_;
  absl::flat_hash_map<std::string, uint16_t> unit_index_;
};

}  // namespace hailong::model
