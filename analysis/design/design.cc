#include "analysis/design/design.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "analysis/design/stage_units.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::design {
namespace {

using base::Cat;

absl::Status CheckWeights(const std::vector<double>& weights, size_t rows) {
  if (weights.size() != rows) {
    return absl::InvalidArgumentError(
        Cat("design weights: ", weights.size(), " values for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (weights[r] >= 0 && std::isfinite(weights[r])) continue;
    return absl::InvalidArgumentError(
        Cat("row ", r + 1, ": design weight ", weights[r], "; allowed: finite and not negative"));
  }
  return absl::OkStatus();
}

// Multiplies the inverse of the stage's sampling fractions into `weights`. False if some are not
// known.
bool MultiplyWeights(const StageUnits& units, const std::vector<uint32_t>& unit_of_row,
                     std::vector<double>& weights) {
  for (const double population : units.population) {
    if (std::isinf(population)) return false;
  }
  for (size_t r = 0; r < weights.size(); ++r) {
    weights[r] /= units.fraction(units.stratum_of_unit[unit_of_row[r]]);
  }
  return true;
}

void SetMultipliers(const StageUnits* above, StageUnits& units) {
  for (const uint32_t parent : units.parent_of_stratum) {
    const uint32_t h = above == nullptr ? 0 : above->stratum_of_unit[parent];
    units.multiplier.push_back(above == nullptr ? 1 : above->multiplier[h] * above->fraction(h));
  }
}

bool AnyKnown(const StageUnits& units) {
  return std::any_of(units.population.begin(), units.population.end(),
                     [](double population) { return std::isfinite(population); });
}

}  // namespace

Design::Design(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<Design> Design::Create(Sampling sampling) {
  const size_t rows = sampling.rows;
  if (rows == 0 || rows >= Factor::kMissing) {
    return absl::InvalidArgumentError(
        Cat("a sample of ", rows, " rows; allowed: 1 to ", Factor::kMissing - 1));
  }
  if (sampling.stages.empty()) sampling.stages.emplace_back();
  if (sampling.stages.size() > kStagesMax) {
    return absl::InvalidArgumentError(
        Cat(sampling.stages.size(), " stages; allowed: 1 to ", kStagesMax));
  }
  if (!sampling.weights.empty()) RETURN_IF_ERROR(CheckWeights(sampling.weights, rows));

  auto parts = std::make_shared<Parts>();
  parts->rows = rows;
  std::vector<double> inverse(rows, 1.0);
  size_t stages_known = 0;
  bool some_known = false;
  bool in_variance = true;
  std::vector<uint32_t> parent_of_row(rows, 0);
  size_t parents = 1;
  const size_t stage_count = sampling.stages.size();
  for (size_t s = 0; s < stage_count; ++s) {
    if (sampling.stages[s].units.codes.empty() && s + 1 < stage_count) {
      return absl::InvalidArgumentError(Cat("stage ", s + 1, " of ", stage_count,
                                            " has no units; allowed: at the last stage only, where "
                                            "each row is one"));
    }
    std::vector<uint32_t> unit_of_row;
    ASSIGN_OR_RETURN(StageUnits units,
                     NumberUnits(std::move(sampling.stages[s]), s, sampling.nested, parent_of_row,
                                 parents, unit_of_row));
    stages_known += MultiplyWeights(units, unit_of_row, inverse) ? 1 : 0;
    some_known = some_known || AnyKnown(units);
    parents = units.stratum_of_unit.size();
    if (s == 0) {
      parts->first_units = unit_of_row;
      for (size_t h = 0; h < units.drawn.size(); ++h) {
        parts->first_fractions.push_back(std::min(1.0, units.fraction(h)));
      }
    }
    if (in_variance) {
      SetMultipliers(s == 0 ? nullptr : &parts->stages.back(), units);
      in_variance = AnyKnown(units);
      parts->stages.push_back(std::move(units));
      parts->last_units = unit_of_row;
    }
    parent_of_row = std::move(unit_of_row);
  }
  if (parts->stages.front().stratum_of_unit.size() == 1) {
    return absl::InvalidArgumentError(
        "the whole sample is one sampling unit; allowed: two or more, else nothing shows how units "
        "differ");
  }
  if (!sampling.weights.empty()) {
    parts->weights = std::move(sampling.weights);
  } else if (stages_known == stage_count) {
    parts->weights = std::move(inverse);
  } else if (some_known) {
    return absl::InvalidArgumentError(
        Cat("no design weights, and only some populations of the ", stage_count,
            " stages are known; allowed: weights, or the populations of all strata of all stages"));
  } else {
    parts->weights.assign(rows, 1.0);
  }
  return Design(std::move(parts));
}

size_t Design::rows() const { return parts_->rows; }
const std::vector<double>& Design::weights() const { return parts_->weights; }
const std::vector<uint32_t>& Design::first_stage_units() const { return parts_->first_units; }
const std::vector<uint32_t>& Design::stratum_of_unit() const {
  return parts_->stages.front().stratum_of_unit;
}
size_t Design::stratum_count() const { return parts_->stages.front().drawn.size(); }
const std::vector<double>& Design::sampling_fractions() const { return parts_->first_fractions; }

std::string_view Design::stratum_name(size_t stratum) const {
  const StageUnits& first = parts_->stages.front();
  HAILONG_CHECK(stratum < first.drawn.size());
  if (first.stratum_codes.empty()) return "all";
  return first.stratum_names.levels[first.stratum_codes[stratum]];
}

double Design::DegreesOfFreedom(std::span<const uint8_t> inside) const {
  HAILONG_CHECK(inside.size() == parts_->rows);
  std::vector<uint32_t> rows;
  for (size_t r = 0; r < inside.size(); ++r) {
    if (inside[r] != 0 && parts_->weights[r] != 0) rows.push_back(static_cast<uint32_t>(r));
  }
  return DegreesOfFreedomAmong(rows);
}

double Design::DegreesOfFreedomAmong(std::span<const uint32_t> rows) const {
  const StageUnits& first = parts_->stages.front();
  std::vector<bool> unit_seen(first.stratum_of_unit.size());
  std::vector<bool> stratum_seen(first.drawn.size());
  double degrees = 0;
  for (const uint32_t row : rows) {
    const uint32_t unit = parts_->first_units[row];
    if (unit_seen[unit]) continue;
    unit_seen[unit] = true;
    degrees += 1;
    const uint32_t stratum = first.stratum_of_unit[unit];
    if (stratum_seen[stratum]) continue;
    stratum_seen[stratum] = true;
    degrees -= 1;
  }
  return degrees;
}

bool Design::ShowsVariation(std::span<const uint32_t> rows) const {
  if (rows.empty()) return false;
  // The unit of each stage that the first row is in, and whether all rows are.
  const size_t stage_count = parts_->stages.size();
  std::vector<uint32_t> units(stage_count);
  std::vector<bool> alone(stage_count, true);
  for (const uint32_t row : rows) {
    uint32_t unit = parts_->last_units[row];
    for (size_t s = stage_count; s-- > 0;) {
      if (row == rows.front()) {
        units[s] = unit;
      } else if (unit != units[s]) {
        alone[s] = false;
      } else {
        break;
      }
      unit = parts_->stages[s].parent_of_unit(unit);
    }
    if (!alone[0]) return true;
  }
  for (size_t s = 0; s < stage_count; ++s) {
    if (!alone[s]) return true;
    const StageUnits& stage = parts_->stages[s];
    if (!stage.in_full(stage.stratum_of_unit[units[s]])) return false;
  }
  return true;
}

bool Design::TakenInFull(std::span<const uint32_t> rows) const {
  for (const uint32_t row : rows) {
    uint32_t unit = parts_->last_units[row];
    for (size_t s = parts_->stages.size(); s-- > 0;) {
      const StageUnits& stage = parts_->stages[s];
      if (!stage.in_full(stage.stratum_of_unit[unit])) return false;
      unit = stage.parent_of_unit(unit);
    }
  }
  return true;
}

}  // namespace hailong::design
