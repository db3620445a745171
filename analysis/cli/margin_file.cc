#include "analysis/cli/margin_file.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace hailong::cli {
namespace {

using base::Cat;
using design::Factor;

absl::Status Bad(const std::string& message) { return absl::InvalidArgumentError(message); }

// The code of a level in another factor of the same column, by code.
std::vector<uint32_t> Translate(const Factor& from, const Factor& to) {
  absl::flat_hash_map<std::string, uint32_t> codes;
  for (size_t level = 0; level < to.levels.size(); ++level) {
    codes[to.levels[level]] = static_cast<uint32_t>(level);
  }
  std::vector<uint32_t> translated;
  for (const std::string& level : from.levels) {
    const auto found = codes.find(level);
    translated.push_back(found == codes.end() ? Factor::kMissing : found->second);
  }
  return translated;
}

// "E, No" of a row.
std::string CellName(const SampleFile& file, const std::vector<std::string>& columns, size_t row) {
  std::vector<std::string> levels;
  for (const std::string& column : columns) {
    const Factor& factor = file.factors.at(column);
    const uint32_t code = factor.codes[row];
    levels.push_back(code == Factor::kMissing ? "NA" : factor.levels[code]);
  }
  return absl::StrJoin(levels, ", ");
}

}  // namespace

absl::StatusOr<MarginFile> ReadMarginFile(const std::string& path, char delimiter) {
  ASSIGN_OR_RETURN(const std::vector<std::string> header, ReadHeader(path, delimiter));
  const bool has = std::ranges::find(header, "population") != header.end();
  const std::string population = has ? "population" : "N";
  MarginFile margin;
  SampleColumns columns;
  columns.numbers.insert(population);
  for (const std::string& name : header) {
    if (name == population || name.empty()) continue;
    columns.factors.insert(name);
    margin.columns.push_back(name);
  }
  if (columns.factors.size() == header.size()) {
    return Bad(Cat(path, ": no column \"population\" (or \"N\")"));
  }
  if (margin.columns.empty()) {
    return Bad(Cat(path, ": only a population; the other columns must be columns of the sample"));
  }
  ASSIGN_OR_RETURN(margin.file, ReadSample(path, delimiter, columns, {}));
  for (const std::string& name : margin.columns) {
    RETURN_IF_ERROR(margin.file.RefuseMissing(name, "a cell"));
  }
  RETURN_IF_ERROR(margin.file.RefuseMissing(population, "a population"));
  margin.population = margin.file.numbers.at(population);
  return margin;
}

absl::StatusOr<weighting::Margin> MarginOf(const MarginFile& margin, const SampleFile& sample,
                                           const std::vector<uint8_t>& active) {
  const size_t width = margin.columns.size();
  weighting::Margin made;
  made.factor.name = absl::StrJoin(margin.columns, ", ");
  made.population = margin.population;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> cells;
  std::vector<uint32_t> key(width);
  for (size_t cell = 0; cell < margin.file.rows; ++cell) {
    for (size_t c = 0; c < width; ++c) {
      key[c] = margin.file.factors.at(margin.columns[c]).codes[cell];
    }
    made.factor.levels.push_back(CellName(margin.file, margin.columns, cell));
    if (cells.try_emplace(key, static_cast<uint32_t>(cell)).second) continue;
    return Bad(Cat(margin.file.Place(cell, made.factor.name), made.factor.levels.back(),
                   " comes twice; allowed: each cell once"));
  }
  std::vector<std::vector<uint32_t>> translated;
  std::vector<const Factor*> factors;
  for (const std::string& column : margin.columns) {
    factors.push_back(&sample.factors.at(column));
    translated.push_back(Translate(*factors.back(), margin.file.factors.at(column)));
  }
  made.factor.codes.resize(sample.rows);
  for (size_t r = 0; r < sample.rows; ++r) {
    bool known = true;
    for (size_t c = 0; c < width; ++c) {
      const uint32_t code = factors[c]->codes[r];
      key[c] = code == Factor::kMissing ? Factor::kMissing : translated[c][code];
      known = known && key[c] != Factor::kMissing;
    }
    const auto found = known ? cells.find(key) : cells.end();
    if (found != cells.end()) {
      made.factor.codes[r] = found->second;
    } else if (active[r] != 0) {
      constexpr size_t kShown = 10;
      const auto& all = made.factor.levels;
      const std::vector<std::string> some(
          all.begin(), all.begin() + static_cast<ptrdiff_t>(std::min(kShown, all.size())));
      return Bad(Cat(sample.Place(r, made.factor.name), CellName(sample, margin.columns, r),
                     " is not in ", margin.file.path, "; allowed: ", absl::StrJoin(some, "; "),
                     all.size() > kShown ? "; ..." : ""));
    }
  }
  return made;
}

absl::StatusOr<std::vector<KnownTotal>> ReadTotalsFile(const std::string& path, char delimiter,
                                                       const std::vector<std::string>& header) {
  const SampleColumns columns{.numbers = {"total"}, .factors = {"variable"}};
  ASSIGN_OR_RETURN(const SampleFile file, ReadSample(path, delimiter, columns, {}));
  RETURN_IF_ERROR(file.RefuseMissing("variable", "a variable"));
  RETURN_IF_ERROR(file.RefuseMissing("total", "a total"));
  const auto is_column = [&](std::string_view name) {
    return !name.empty() && std::ranges::find(header, name) != header.end();
  };
  const Factor& variables = file.factors.at("variable");
  std::vector<KnownTotal> totals;
  std::set<std::string> seen;
  for (size_t r = 0; r < file.rows; ++r) {
    KnownTotal known{.variable = variables.levels[variables.codes[r]],
                     .total = file.numbers.at("total")[r],
                     .column = "",
                     .level = ""};
    if (!seen.insert(known.variable).second) {
      return Bad(Cat(file.Place(r, "variable"), known.variable, " comes twice"));
    }
    bool found = known.variable == "(Intercept)";
    if (!found && is_column(known.variable)) {
      known.column = known.variable;
      found = true;
    }
    for (size_t colon = known.variable.find(':'); !found && colon != std::string::npos;
         colon = known.variable.find(':', colon + 1)) {
      found = is_column(known.variable.substr(0, colon)) && colon + 1 < known.variable.size();
      if (!found) continue;
      known.column = known.variable.substr(0, colon);
      known.level = known.variable.substr(colon + 1);
    }
    if (!found) {
      return Bad(Cat(file.Place(r, "variable"), "\"", known.variable,
                     "\" is unknown; allowed: a column of the sample, column:level or "
                     "(Intercept)"));
    }
    totals.push_back(std::move(known));
  }
  return totals;
}

absl::StatusOr<weighting::Covariate> CovariateOf(const KnownTotal& known, const SampleFile& sample,
                                                 const std::vector<uint8_t>& active) {
  weighting::Covariate covariate{.name = known.variable, .values = {}, .total = known.total};
  const auto missing = [&](size_t row) {
    return Bad(Cat(sample.Place(row, known.column),
                   "empty or NA; calibration needs a value in every row with a weight"));
  };
  covariate.values.assign(sample.rows, 1);
  if (known.column.empty()) return covariate;
  if (known.level.empty()) {
    const std::vector<double>& values = sample.numbers.at(known.column);
    for (size_t r = 0; r < sample.rows; ++r) {
      if (std::isnan(values[r]) && active[r] != 0) return missing(r);
      covariate.values[r] = std::isnan(values[r]) ? 0 : values[r];
    }
    return covariate;
  }
  const Factor& factor = sample.factors.at(known.column);
  const auto level = std::ranges::find(factor.levels, known.level);
  if (level == factor.levels.end()) {
    return Bad(Cat(sample.path, ": no row has \"", known.level, "\" in column \"", known.column,
                   "\", whose total is told"));
  }
  const auto code = static_cast<uint32_t>(level - factor.levels.begin());
  for (size_t r = 0; r < sample.rows; ++r) {
    if (factor.codes[r] == Factor::kMissing && active[r] != 0) return missing(r);
    covariate.values[r] = factor.codes[r] == code ? 1 : 0;
  }
  return covariate;
}

}  // namespace hailong::cli
