#include "analysis/index/by.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/index/score.h"

namespace hailong::index {
namespace {

// One value of a dimension, and what it adds to the number of a domain.
struct Value {
  std::string key;
  size_t adds = 0;
};

absl::Status CheckDimensions(const std::vector<std::string>& by) {
  if (by.size() > kByMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("by: found ", by.size(), " dimensions, allowed are 0..", kByMax));
  }
  for (size_t i = 0; i < by.size(); ++i) {
    if (std::find(by.begin(), by.begin() + static_cast<std::ptrdiff_t>(i), by[i]) !=
        by.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(absl::StrCat("by: '", by[i], "' is there twice"));
    }
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(by.begin(), by.end(), [&](const std::string& one) { return one == name; });
  };
  if (has(kByUnit) && has(kByLevel)) {
    return absl::InvalidArgumentError(
        "by: found 'unit' and 'level', allowed is one of them: a unit has one level");
  }
  return absl::OkStatus();
}

// Adds the crossing of dimensions from `from` on to the domain so far.
void Cross(const std::vector<std::vector<Value>>& dimensions, size_t from, DomainKey& so_far,
           std::vector<DomainKey>& domains) {
  if (from == dimensions.size()) {
    domains.push_back(so_far);
    return;
  }
  for (const Value& value : dimensions[from]) {
    so_far.keys.push_back(value.key);
    so_far.domain += value.adds;
    Cross(dimensions, from + 1, so_far, domains);
    so_far.domain -= value.adds;
    so_far.keys.pop_back();
  }
}

}  // namespace

absl::StatusOr<Crossing> CreateCrossing(const frame::Frame& frame, std::span<const UnitInput> units,
                                        const std::vector<uint8_t>& taking_part,
                                        const std::vector<uint8_t>& listed,
                                        const std::vector<std::string>& by,
                                        std::optional<size_t> group_column, bool without_flagged) {
  absl::Status checked = CheckDimensions(by);
  if (!checked.ok()) return checked;
  Crossing crossing;
  crossing.split = OneBlock(taking_part, without_flagged);
  // Domains of one block, before groups.
  size_t parts = 1;
  for (const std::string& name : by) {
    if (name == kByUnit || name == kByLevel) continue;
    const std::optional<size_t> column = frame.FindColumn(name);
    if (!column.has_value()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the frame has no column for question ", name, ", asked for with by"));
    }
    crossing.split.domain_columns.push_back(*column);
    parts *= frame.columns()[*column].options;
  }
  std::vector<std::vector<Value>> dimensions;
  size_t adds = parts;
  size_t domains = 1;
  for (const std::string& name : by) {
    std::vector<Value>& values = dimensions.emplace_back();
    if (name == kByUnit) {
      SplitBy by_unit = BlockByUnit(taking_part, without_flagged);
      by_unit.domain_columns = std::move(crossing.split.domain_columns);
      crossing.split = std::move(by_unit);
      for (size_t u = 0; u < units.size(); ++u) {
        if (listed[u]) values.push_back({units[u].unit_id, u * parts});
      }
    } else if (name == kByLevel) {
      std::vector<std::string> levels;
      for (size_t u = 0; u < units.size(); ++u) {
        const auto found = std::find(levels.begin(), levels.end(), units[u].level);
        const auto level = static_cast<uint32_t>(found - levels.begin());
        if (!taking_part[u] && !listed[u]) continue;
        if (found == levels.end()) {
          values.push_back({units[u].level, level * parts});
          levels.push_back(units[u].level);
        }
        if (taking_part[u]) crossing.split.block[u] = level;
      }
      crossing.split.blocks = levels.size();
    } else {
      const size_t options = frame.columns()[*frame.FindColumn(name)].options;
      adds /= options;
      for (size_t option = 1; option <= options; ++option) {
        values.push_back({absl::StrCat(option), (option - 1) * adds});
      }
    }
    domains = std::min(domains * values.size(), kDomainsMax + 1);
  }
  if (domains > kDomainsMax) {
    return absl::InvalidArgumentError(absl::StrCat("by: found more domains than ", kDomainsMax,
                                                   ", which is what is allowed at once"));
  }
  if (group_column.has_value()) crossing.split.domain_columns.push_back(*group_column);
  DomainKey so_far;
  Cross(dimensions, 0, so_far, crossing.domains);
  return crossing;
}

}  // namespace hailong::index
