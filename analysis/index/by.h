// Domains that are asked for: the crossing of units, levels of units, and answers to questions.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/frame/frame.h"
#include "analysis/index/scan.h"

namespace hailong::index {

struct UnitInput;

// Dimensions that are no question.
inline constexpr std::string_view kByUnit = "unit";
inline constexpr std::string_view kByLevel = "level";

// One domain of a crossing.
struct DomainKey {
  // By dimension, in the order asked: unit_id, level, or number of the option.
  std::vector<std::string> keys;
  // Its number in the partition, before groups.
  size_t domain = 0;
};

struct Crossing {
  // In the order of the dimensions as asked, the first counting slowest; units in the order of the
  // frame, levels in the order in which they come up, options by number.
  std::vector<DomainKey> domains;
  SplitBy split;
};

// The crossing of `by`, over the units that take part; of these, `listed` have domains by unit.
// `group_column` is split by too, as the dimension that counts fastest: each domain is then as many
// as it has options. Errors: INVALID_ARGUMENT (more than kByMax dimensions, one that is there
// twice, more domains than allowed), FAILED_PRECONDITION (the frame lacks a question).
absl::StatusOr<Crossing> CreateCrossing(const frame::Frame& frame, std::span<const UnitInput> units,
                                        const std::vector<uint8_t>& taking_part,
                                        const std::vector<uint8_t>& listed,
                                        const std::vector<std::string>& by,
                                        std::optional<size_t> group_column, bool without_flagged);

}  // namespace hailong::index
