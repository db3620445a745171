// One round against another: the change of every index and element, with p-values adjusted over
// all that is tested at once.
//
// Four families are adjusted apart, since they answer questions of their own: the index of the
// whole; its elements; the indexes of the units; the elements of the units. Elements are the
// components directly above items: changes of single items would be many times as many tests of a
// fourth of the answers.
//
// Holm's is the default of what is called significant: a claim names one unit, and one false claim
// is one too many. It holds however the elements of a unit, which share their respondents, depend
// on each other. Benjamini and Hochberg's finds more where a list is only to be looked through.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analysis/index/framework.h"
#include "analysis/priorities/change.h"
#include "analysis/priorities/priorities.h"

namespace hailong::priorities {

// The components directly above items, in the order of the framework.
std::vector<size_t> ElementsOf(const index::Framework& framework);

// Of one unit, or of the whole.
struct Changes {
  Change overall = {};
  // In the order of ElementsOf() of the round now.
  std::vector<Change> elements;
};

struct RoundChanges {
  Changes whole;
  // By unit of the round now; of those that are not compared: nothing.
  std::vector<Changes> units;
};

// A round and what was found of it.
struct ComparedRound {
  RoundItems items;
  const RoundPriorities& found;
};

// Which unit of the other round a unit is.
struct UnitPair {
  // It is to be compared, and in the family.
  bool listed = false;
  // Absent: the other round does not have it.
  std::optional<size_t> before = std::nullopt;
};

// `units` is by unit of `now`; `whole_before`: the other round has the whole that is looked at.
RoundChanges CompareRounds(const ComparedRound& before, const ComparedRound& now, bool whole_before,
                           std::span<const UnitPair> units);

}  // namespace hailong::priorities
