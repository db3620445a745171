#include <cmath>

#include "analysis/weighting/steps.h"
#include "base/status.h"

namespace hailong::weighting {

std::string LevelName(const design::Factor& factor, size_t level) {
  return base::Cat(factor.name, " ", factor.levels[level]);
}

absl::Status CheckFactor(size_t rows, const design::Factor& factor) {
  if (factor.codes.size() != rows) {
    return absl::InvalidArgumentError(base::Cat(
        "variable ", factor.name, " has ", factor.codes.size(), " values for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    const uint32_t code = factor.codes[r];
    if (code < factor.levels.size()) continue;
    if (code == design::Factor::kMissing) {
      return absl::InvalidArgumentError(
          base::Cat("variable ", factor.name, " is missing in row ", r + 1));
    }
    return absl::InvalidArgumentError(base::Cat("variable ", factor.name, " has the code ", code,
                                                " in row ", r + 1, "; it has ",
                                                factor.levels.size(), " levels"));
  }
  return absl::OkStatus();
}

absl::Status CheckMargin(size_t rows, const Margin& margin) {
  RETURN_IF_ERROR(CheckFactor(rows, margin.factor));
  if (margin.population.size() != margin.factor.levels.size()) {
    return absl::InvalidArgumentError(base::Cat("variable ", margin.factor.name, " has ",
                                                margin.population.size(), " populations for ",
                                                margin.factor.levels.size(), " levels"));
  }
  for (size_t l = 0; l < margin.population.size(); ++l) {
    const double population = margin.population[l];
    if (std::isfinite(population) && population >= 0) continue;
    return absl::InvalidArgumentError(
        base::Cat("the population of ", LevelName(margin.factor, l), " is ", population,
                  "; allowed are finite numbers that are not negative"));
  }
  return absl::OkStatus();
}

std::vector<double> SumByCode(std::span<const uint32_t> codes, size_t levels,
                              std::span<const double> weights) {
  std::vector<double> sums(levels, 0);
  for (size_t r = 0; r < codes.size(); ++r) sums[codes[r]] += weights[r];
  return sums;
}

absl::Status CheckCovered(const Margin& margin, std::span<const double> sums, bool partial) {
  for (size_t l = 0; l < sums.size(); ++l) {
    const double population = margin.population[l];
    if (population > 0 && !(sums[l] > 0) && !partial) {
      return absl::FailedPreconditionError(
          base::Cat(LevelName(margin.factor, l), " has a population of ", population,
                    " and no row with a weight; join it with another level"));
    }
    if (population == 0 && sums[l] > 0) {
      return absl::FailedPreconditionError(base::Cat(LevelName(margin.factor, l),
                                                     " has rows with a weight of ", sums[l],
                                                     " and a population of 0"));
    }
  }
  return absl::OkStatus();
}

void TakeWorse(const Margin& margin, std::span<const double> sums, Misfit& worst) {
  for (size_t l = 0; l < sums.size(); ++l) {
    const double population = margin.population[l];
    // Levels that were left out (partial) have no weight to be wrong.
    if (population == 0 || sums[l] == 0) continue;
    const double error = std::abs(sums[l] - population) / population;
    // Written so that an error that is not a number is the worst.
    if (error <= worst.error) continue;
    worst = {.error = error, .at = LevelName(margin.factor, l)};
  }
}

}  // namespace hailong::weighting
