#include "analysis/design/stage_units.h"

#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/status.h"

namespace hailong::design {
namespace {

using base::Cat;

std::string Quoted(const Factor& factor, uint32_t code) {
  return Cat("\"", factor.levels[code], "\" of ", factor.name);
}

absl::Status CheckFactor(const Factor& factor, std::string_view role, size_t stage, size_t rows) {
  if (factor.codes.size() != rows) {
    return absl::InvalidArgumentError(Cat(role, " ", factor.name, " of stage ", stage + 1, ": ",
                                          factor.codes.size(), " codes for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    const uint32_t code = factor.codes[r];
    if (code < factor.levels.size()) continue;
    if (code == Factor::kMissing) {
      return absl::InvalidArgumentError(Cat("row ", r + 1, ": ", factor.name, " is missing; ", role,
                                            " of stage ", stage + 1,
                                            " must be known in every row"));
    }
    return absl::InvalidArgumentError(Cat("row ", r + 1, ": code ", code, " of ", factor.name,
                                          " is not among its ", factor.levels.size(), " levels"));
  }
  return absl::OkStatus();
}

absl::Status CheckPopulation(const std::vector<double>& population, size_t stage, size_t rows) {
  if (population.size() != rows) {
    return absl::InvalidArgumentError(Cat("population of stage ", stage + 1, ": ",
                                          population.size(), " values for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (!(population[r] > 0)) {
      return absl::InvalidArgumentError(Cat("row ", r + 1, ": population ", population[r],
                                            " of stage ", stage + 1, "; allowed: above 0"));
    }
  }
  return absl::OkStatus();
}

// Sorts `order` by code, keeping the order of rows of one code.
void SortStably(const std::vector<uint32_t>& codes, size_t code_count,
                std::vector<uint32_t>& order) {
  std::vector<size_t> places(code_count + 1);
  for (const uint32_t code : codes) ++places[code + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<uint32_t> sorted(order.size());
  for (const uint32_t row : order) sorted[places[codes[row]]++] = row;
  order = std::move(sorted);
}

absl::Status CheckNesting(const StageUnits& units, size_t stage) {
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> stratum_of_name;
  for (size_t u = 0; u < units.unit_codes.size(); ++u) {
    const auto [known, fresh] = stratum_of_name.emplace(
        std::pair(units.parent_of_unit(u), units.unit_codes[u]), units.stratum_of_unit[u]);
    if (fresh) continue;
    const auto stratum = [&](uint32_t h) {
      return Quoted(units.stratum_names, units.stratum_codes[h]);
    };
    return absl::InvalidArgumentError(Cat(
        "unit ", Quoted(units.unit_names, units.unit_codes[u]), " at stage ", stage + 1,
        " is in two strata, ", stratum(known->second), " and ", stratum(units.stratum_of_unit[u]),
        "; allowed: one, unless names are only unique within strata (nested)"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string Design::Parts::NameStratum(size_t stage, size_t stratum) const {
  const StageUnits& units = stages[stage];
  std::string name =
      units.stratum_codes.empty()
          ? std::string("the only stratum")
          : Cat("stratum ", Quoted(units.stratum_names, units.stratum_codes[stratum]));
  for (size_t s = stage, h = stratum; s > 0; --s) {
    const uint32_t parent = stages[s].parent_of_stratum[h];
    name += Cat(" in unit ", Quoted(stages[s - 1].unit_names, stages[s - 1].unit_codes[parent]));
    h = stages[s - 1].stratum_of_unit[parent];
  }
  return Cat(name, " at stage ", stage + 1);
}

absl::StatusOr<StageUnits> NumberUnits(Stage told, size_t stage, bool nested,
                                       const std::vector<uint32_t>& parent_of_row, size_t parents,
                                       std::vector<uint32_t>& unit_of_row) {
  const size_t rows = parent_of_row.size();
  const bool stratified = !told.strata.codes.empty();
  const bool clustered = !told.units.codes.empty();
  const bool known = !told.population.empty();
  if (stratified) RETURN_IF_ERROR(CheckFactor(told.strata, "strata", stage, rows));
  if (clustered) RETURN_IF_ERROR(CheckFactor(told.units, "units", stage, rows));
  if (known) RETURN_IF_ERROR(CheckPopulation(told.population, stage, rows));

  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0u);
  if (clustered) SortStably(told.units.codes, told.units.levels.size(), order);
  if (stratified) SortStably(told.strata.codes, told.strata.levels.size(), order);
  SortStably(parent_of_row, parents, order);

  StageUnits units;
  units.units_of_parent.assign(parents, 0);
  unit_of_row.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    const uint32_t row = order[i];
    const uint32_t before = i == 0 ? row : order[i - 1];
    const bool new_stratum = i == 0 || parent_of_row[row] != parent_of_row[before] ||
                             (stratified && told.strata.codes[row] != told.strata.codes[before]);
    if (new_stratum) {
      units.parent_of_stratum.push_back(parent_of_row[row]);
      units.drawn.push_back(0);
      units.population.push_back(known ? told.population[row]
                                       : std::numeric_limits<double>::infinity());
      if (stratified) units.stratum_codes.push_back(told.strata.codes[row]);
    }
    if (new_stratum || !clustered || told.units.codes[row] != told.units.codes[before]) {
      units.stratum_of_unit.push_back(static_cast<uint32_t>(units.drawn.size() - 1));
      ++units.drawn.back();
      ++units.units_of_parent[parent_of_row[row]];
      if (clustered) units.unit_codes.push_back(told.units.codes[row]);
    }
    unit_of_row[row] = static_cast<uint32_t>(units.stratum_of_unit.size() - 1);
    if (known && told.population[row] != units.population.back()) {
      return absl::InvalidArgumentError(
          Cat("row ", row + 1, ": population ", told.population[row], " of stage ", stage + 1,
              ", but ", units.population.back(), " in other rows of ",
              stratified ? Cat("stratum ", Quoted(told.strata, told.strata.codes[row]))
                         : std::string("its stratum"),
              "; allowed: one number for a stratum"));
    }
  }
  units.stratum_names = {std::move(told.strata.name), std::move(told.strata.levels), {}};
  units.unit_names = {std::move(told.units.name), std::move(told.units.levels), {}};
  if (!nested && stratified) RETURN_IF_ERROR(CheckNesting(units, stage));
  for (size_t h = 0; h < units.drawn.size(); ++h) {
    if (units.population[h] >= units.drawn[h] * (1 - StageUnits::kRounding)) continue;
    return absl::InvalidArgumentError(
        Cat("stage ", stage + 1, ": population ", units.population[h], " of ",
            stratified ? Cat("stratum ", Quoted(units.stratum_names, units.stratum_codes[h]))
                       : std::string("a stratum"),
            ", but ", units.drawn[h], " units drawn; allowed: at least as many as drawn"));
  }
  return units;
}

}  // namespace hailong::design
