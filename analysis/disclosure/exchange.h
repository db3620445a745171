// Other tables that look the same: the proof that a hidden cell cannot be computed.
//
// Whoever reads a table knows the shown cells, and that no hidden cell is empty (empty cells are
// always shown). A hidden cell is as safe as there are other tables that fit all of this and differ
// in the cell. An exchange leads to such a table: in each dimension respondents either change
// places between two leaves or join in one leaf, and the signs of the corners multiply:
//   (u - v) x (f - m)   moves one of (u,m) to (u,f) and one of (v,f) to (v,m)
// The sums of the corners that decrease, and cells that they leave, must not fall too low; within
// each step, since shown cells show their steps. The cells that an exchange changes are the ones
// that must be hidden for it. These are the hypercubes of Repsilber and Giessing (Hundepool et al.,
// Statistical Disclosure Control, 2012, sec. 4.4), over trees and with counts instead of
// percentages: a lattice walk that stays within the attacker's polytope, so that each table that is
// reached is one that the attacker cannot rule out. No linear program is solved: what is found is
// proven, what is not found may still be safe.
//
// Threads: an ExchangeSearch belongs to one thread; the table must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/disclosure/table.h"

namespace hailong::disclosure {

// What may be done with a published cell while exchanges are looked for.
enum class Visibility : uint8_t {
  kHidden,  // an exchange may change it
  kOpen,    // it may be hidden, at the price of its n
  kFixed,   // it must stay as it is
};

// Values that a reader of the table cannot rule out, both ends included.
struct Interval {
  uint32_t low = 0;
  uint32_t high = 0;

  uint32_t width() const { return high - low; }
};

class ExchangeSearch {
 public:
  explicit ExchangeSearch(const Table& table);

  // Hides open cells, the cheapest for what they bring, until the n of the hidden cell has an
  // interval of `width`, or no exchange is left. Empty cells must be fixed.
  void Widen(size_t cell, uint32_t width, std::vector<Visibility>& visibility);

  // The same until, for each step that somebody in the hidden cell chose, a table with another
  // count of that step was reached. False: no exchange is left for one of them.
  bool MoveSteps(size_t cell, std::vector<Visibility>& visibility);

  // What Widen has reached, by published cell. Proven for the cells that are hidden in the end.
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  // What happens in one dimension: one more in leaf `joined`, and, for an exchange, one less in
  // `left`. Up to `joined_depth` and `left_depth` nodes of their paths change.
  struct Part {
    uint32_t joined = 0;
    uint32_t left = 0;
    uint32_t joined_depth = 0;
    uint32_t left_depth = 0;
  };
  // A combination of nodes or leaves, and what happens to it: +1 or -1.
  struct Change {
    size_t at = 0;
    int32_t sign = 1;
  };
  struct Exchange {
    std::vector<Part> parts;
    uint64_t price = 0;
    uint32_t gain = 0;
  };
  // The steps within which an exchange is made.
  struct Steps {
    size_t begin = 0;
    size_t end = 0;
  };
  // A table on the way: counts by atom and step, and by published cell.
  struct Walk {
    std::vector<uint32_t> atoms;
    std::vector<uint32_t> n;
    // What to put back.
    std::vector<size_t> touched_atoms;
    std::vector<size_t> touched_cells;
  };

  // What may happen in dimension d to change a cell at the node; `near`: partners below its parent.
  std::vector<Part> PartsOf(size_t d, uint32_t node, bool near) const;
  // Makes the cheapest exchange for the cell, at most `needed` times. False: there is none.
  bool ExchangeFor(size_t cell, uint32_t needed, Steps steps, std::vector<Visibility>& visibility);
  std::optional<Exchange> FindExchange(size_t cell, uint32_t needed, Steps steps,
                                       const std::vector<Visibility>& visibility, bool near);
  // The published cells that the parts change into `changes_`; their price, nullopt: not allowed,
  // or above `price_max`.
  std::optional<uint64_t> PriceOf(const std::vector<Part>& parts, uint64_t price_max,
                                  const std::vector<Visibility>& visibility);
  void FindCorners(const std::vector<Part>& parts);
  // How often the exchange of changes_ and corners_ can be made, at most `wanted` times; direction
  // -1 is the same exchange backwards.
  uint32_t CapacityOf(const Walk& walk, int32_t direction, uint32_t wanted, Steps steps) const;
  uint32_t CapacityOfStep(const Walk& walk, int32_t direction, uint32_t wanted, size_t step) const;
  void Make(Walk& walk, int32_t direction, uint32_t times, Steps steps);
  void PutBackBoth();
  void PutBack(Walk& walk) const;
  // Whether somebody in the cell chose the step.
  bool IsChosen(size_t cell, size_t step) const;

  const Table& table_;
  std::vector<Interval> intervals_;
  // By published cell and step: whether a table with another count was reached.
  std::vector<bool> moved_;
  // By dimension and leaf: whether anybody stands there. Where nobody does, nobody can come: the
  // margin is empty, and shown.
  std::vector<std::vector<bool>> filled_;
  Walk up_;
  Walk down_;
  // Of the exchange that is looked at.
  std::vector<Change> changes_;
  std::vector<Change> corners_;
  std::vector<Change> spare_;
};

}  // namespace hailong::disclosure
