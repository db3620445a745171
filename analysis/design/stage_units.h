// The units of one stage as the variance needs them. Private to this folder.
//
// Threads: a plain value.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/design/design.h"

namespace hailong::design {

// Units are numbered by unit of the stage above, stratum and code, so that those of a stratum are
// neighbours and so are the strata within a unit of the stage above (its "parent"), whatever the
// order of rows. The first stage has one parent, 0.
struct StageUnits {
  // By unit.
  std::vector<uint32_t> stratum_of_unit;
  // By stratum.
  std::vector<uint32_t> parent_of_stratum;
  std::vector<uint32_t> drawn;
  // Infinite: not known.
  std::vector<double> population;
  // The product of the sampling fractions of the stages above: what the stratum's part of the
  // variance is multiplied with.
  std::vector<double> multiplier;
  // By parent: units drawn in all its strata.
  std::vector<uint32_t> units_of_parent;

  // For messages: by stratum and by unit, what they are called; empty: there is but one stratum, or
  // each row is a unit.
  std::vector<uint32_t> stratum_codes;
  std::vector<uint32_t> unit_codes;
  Factor stratum_names;
  Factor unit_names;

  double fraction(size_t stratum) const { return drawn[stratum] / population[stratum]; }
  // Populations may be quotients: counts up to a rounding.
  bool in_full(size_t stratum) const {
    return population[stratum] <= drawn[stratum] * (1 + kRounding);
  }
  uint32_t parent_of_unit(size_t unit) const { return parent_of_stratum[stratum_of_unit[unit]]; }

  static constexpr double kRounding = 1e-9;
};

struct Design::Parts {
  size_t rows = 0;
  std::vector<double> weights;
  std::vector<double> first_fractions;
  std::vector<uint32_t> first_units;
  // Those that take part in the variance: one, and each further one while the population of the
  // stage above is known somewhere.
  std::vector<StageUnits> stages;
  // By row, of the last of `stages`.
  std::vector<uint32_t> last_units;

  // 'stratum "B" of region at stage 1'; below the first stage with the unit it lies in.
  std::string NameStratum(size_t stage, size_t stratum) const;
};

// Numbers the units of `stage` (0 is the first) and their strata. `parent_of_row` holds the units
// of the stage above, of which there are `parents`; `unit_of_row` receives those of this stage.
// Errors: as Design::Create.
absl::StatusOr<StageUnits> NumberUnits(Stage told, size_t stage, bool nested,
                                       const std::vector<uint32_t>& parent_of_row, size_t parents,
                                       std::vector<uint32_t>& unit_of_row);

}  // namespace hailong::design
