#include "server/model/unit_tree.h"

#include <algorithm>
#include <tuple>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::model {
namespace {

using base::Cat;

bool IsUnitId(std::string_view id) {
  if (id.empty() || id.size() > limits::kUnitIdBytesMax) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

void CheckUnit(const v1::Unit& unit, refusal::Violations& bad) {
  const std::string at = Cat("units['", base::Utf8Prefix(unit.unit_id(), 40), "']");
  if (!IsUnitId(unit.unit_id())) {
    bad.Add(Cat(at, ".unit_id"),
            Cat("allowed are 1..", limits::kUnitIdBytesMax, " of letters, digits, '.' and '-'"));
  }
  if (unit.name().empty() || unit.name().size() > limits::kNameBytesMax ||
      !base::IsUtf8(unit.name())) {
    bad.Add(Cat(at, ".name"), Cat("found ", unit.name().size(), " bytes, allowed are 1..",
                                  limits::kNameBytesMax, " of UTF-8"));
  }
  if (!base::IsSlug(unit.level(), limits::kQuestionIdBytesMax, "-_")) {
    bad.Add(Cat(at, ".level"), "allowed are lower-case words such as 'commune'");
  }
  if (const absl::Status day = base::CheckDay(unit.valid_from()); !day.ok()) {
    bad.Add(Cat(at, ".valid_from"), std::string(day.message()));
  }
  if (!unit.valid_to().empty()) {
    if (const absl::Status day = base::CheckDay(unit.valid_to()); !day.ok()) {
      bad.Add(Cat(at, ".valid_to"), std::string(day.message()));
    } else if (unit.valid_to() <= unit.valid_from()) {
      bad.Add(Cat(at, ".valid_to"),
              Cat("found ", unit.valid_to(), ", allowed is after valid_from ", unit.valid_from()));
    }
  }
}

// The first day of the unit's period on which none of `parents` (oldest first, none overlap) is
// there; empty: they cover it.
std::string FirstOrphanDay(const v1::Unit& unit, std::span<const v1::Unit> parents) {
  std::string day = unit.valid_from();
  for (const v1::Unit& parent : parents) {
    if (parent.valid_from() > day) break;
    if (parent.valid_to().empty()) return "";
    day = std::max(day, parent.valid_to());
  }
  return unit.valid_to().empty() || day < unit.valid_to() ? day : "";
}

bool Covers(const v1::Unit& unit, std::string_view day) {
  return unit.valid_from() <= day && (unit.valid_to().empty() || day < unit.valid_to());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const UnitTree>> UnitTree::Create(std::vector<v1::Unit> units) {
  refusal::Violations bad;
  std::sort(units.begin(), units.end(), [](const v1::Unit& a, const v1::Unit& b) {
    return std::tie(a.unit_id(), a.valid_from()) < std::tie(b.unit_id(), b.valid_from());
  });
  auto made = std::shared_ptr<UnitTree>(new UnitTree());
  made->units_ = std::move(units);
  for (size_t i = 0; i < made->units_.size(); ++i) {
    const v1::Unit& unit = made->units_[i];
    CheckUnit(unit, bad);
    Run& run = made->by_id_[unit.unit_id()];
    if (run.count > 0) {
      const v1::Unit& before = made->units_[i - 1];
      if (before.valid_to().empty() || before.valid_to() > unit.valid_from()) {
        bad.Add(Cat("units['", unit.unit_id(), "'].valid_from"),
                Cat("found ", unit.valid_from(), ", but the period from ", before.valid_from(),
                    before.valid_to().empty() ? std::string(" has no end")
                                              : Cat(" ends on ", before.valid_to())));
      }
    } else {
      run.begin = i;
    }
    ++run.count;
  }
  RETURN_IF_ERROR(bad.ToStatus());
  for (const v1::Unit& unit : made->units_) {
    if (unit.parent_unit_id().empty()) continue;
    const std::string at = Cat("units['", unit.unit_id(), "'].parent_unit_id");
    const std::string orphan_day = FirstOrphanDay(unit, made->Periods(unit.parent_unit_id()));
    if (!orphan_day.empty()) {
      bad.Add(at, Cat("no unit '", base::Utf8Prefix(unit.parent_unit_id(), limits::kUnitIdBytesMax),
                      "' on ", orphan_day, "; a parent must be there as long as its child"));
      continue;
    }
    // A circle or a depth that exists on any day exists on the first day of its youngest unit.
    const v1::Unit* above = &unit;
    for (size_t depth = 0; above != nullptr && !above->parent_unit_id().empty(); ++depth) {
      if (depth >= limits::kUnitDepthMax) {
        bad.Add(at, Cat("units are nested deeper than ", limits::kUnitDepthMax, " or in a circle"));
        break;
      }
      above = made->Find(above->parent_unit_id(), unit.valid_from());
    }
  }
  RETURN_IF_ERROR(bad.ToStatus());
  return std::shared_ptr<const UnitTree>(std::move(made));
}

std::span<const v1::Unit> UnitTree::Periods(std::string_view unit_id) const {
  const auto found = by_id_.find(absl::string_view(unit_id.data(), unit_id.size()));
  if (found == by_id_.end()) return {};
  return std::span(units_).subspan(found->second.begin, found->second.count);
}

const v1::Unit* UnitTree::Find(std::string_view unit_id, std::string_view day) const {
  for (const v1::Unit& unit : Periods(unit_id)) {
    if (Covers(unit, day)) return &unit;
  }
  return nullptr;
}

bool UnitTree::IsWithin(std::string_view unit_id, std::string_view root,
                        std::string_view day) const {
  const v1::Unit* unit = Find(unit_id, day);
  for (size_t depth = 0; unit != nullptr && depth <= limits::kUnitDepthMax; ++depth) {
    if (unit->unit_id() == root) return true;
    if (unit->parent_unit_id().empty()) return false;
    unit = Find(unit->parent_unit_id(), day);
  }
  return false;
}

std::string UnitTree::TopOf(std::string unit_id, std::string_view day) const {
  const v1::Unit* unit = Find(unit_id, day);
  while (unit != nullptr && !unit->parent_unit_id().empty()) {
    unit_id = unit->parent_unit_id();
    unit = Find(unit_id, day);
  }
  return unit_id;
}

std::string UnitTree::NameOf(std::string_view unit_id, std::string_view day) const {
  if (const v1::Unit* unit = Find(unit_id, day); unit != nullptr) return unit->name();
  const auto periods = Periods(unit_id);
  return periods.empty() ? std::string() : periods.back().name();
}

}  // namespace hailong::model
