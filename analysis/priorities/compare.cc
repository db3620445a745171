#include "analysis/priorities/compare.h"

namespace hailong::priorities {
namespace {

// What does not differ from unit to unit.
struct Elements {
  // In the round now, and in the other; the latter counts only where comparable.
  std::vector<size_t> now;
  std::vector<size_t> before;
  std::vector<bool> comparable;
  bool overall_comparable = false;
};

Elements MatchElements(const RoundItems& before, const RoundItems& now) {
  const std::vector<bool> comparable = ComparableComponents(before, now);
  Elements elements;
  elements.overall_comparable = comparable.back();
  for (const size_t c : ElementsOf(now.framework)) {
    elements.now.push_back(c);
    elements.comparable.push_back(comparable[c]);
    const auto there = before.framework.Find(now.framework.component(c).component_id());
    elements.before.push_back(there.value_or(0));
  }
  return elements;
}

Changes Compare(const Elements& elements, const Priorities* before, const Priorities& now) {
  Changes changes;
  if (before == nullptr) {
    changes.overall = NoChange(ChangeIssue::kNoSuchUnit);
    changes.elements.assign(elements.now.size(), NoChange(ChangeIssue::kNoSuchUnit));
    return changes;
  }
  changes.overall = elements.overall_comparable ? ChangeSince(before->overall, now.overall)
                                                : NoChange(ChangeIssue::kNotComparable);
  // Nothing but the overall index is there of a unit that was not scored.
  const auto index = [](const Priorities& priorities, size_t component) {
    return component < priorities.components.size() ? priorities.components[component].index
                                                    : estimate::Estimate{};
  };
  for (size_t i = 0; i < elements.now.size(); ++i) {
    changes.elements.push_back(
        elements.comparable[i]
            ? ChangeSince(index(*before, elements.before[i]), index(now, elements.now[i]))
            : NoChange(ChangeIssue::kNotComparable));
  }
  return changes;
}

void AdjustFamilies(std::span<Changes* const> all) {
  std::vector<Change*> overall;
  std::vector<Change*> elements;
  for (Changes* changes : all) {
    overall.push_back(&changes->overall);
    for (Change& change : changes->elements) elements.push_back(&change);
  }
  AdjustFamily(overall);
  AdjustFamily(elements);
}

}  // namespace

std::vector<size_t> ElementsOf(const index::Framework& framework) {
  std::vector<size_t> elements;
  for (size_t c = 0; c < framework.size(); ++c) {
    for (const size_t child : framework.children(c)) {
      if (!framework.is_item(child)) continue;
      elements.push_back(c);
      break;
    }
  }
  return elements;
}

RoundChanges CompareRounds(const ComparedRound& before, const ComparedRound& now, bool whole_before,
                           std::span<const UnitPair> units) {
  const Elements elements = MatchElements(before.items, now.items);
  RoundChanges changes;
  changes.whole = Compare(elements, whole_before ? &before.found.whole : nullptr, now.found.whole);
  Changes* const whole[] = {&changes.whole};
  AdjustFamilies(whole);
  changes.units.resize(units.size());
  std::vector<Changes*> listed;
  for (size_t u = 0; u < units.size(); ++u) {
    if (!units[u].listed) continue;
    const Priorities* const was =
        units[u].before.has_value() ? &before.found.units[*units[u].before] : nullptr;
    changes.units[u] = Compare(elements, was, now.found.units[u]);
    listed.push_back(&changes.units[u]);
  }
  AdjustFamilies(listed);
  return changes;
}

}  // namespace hailong::priorities
