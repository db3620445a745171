#include "analysis/disclosure/exchange.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace hailong::disclosure {

ExchangeSearch::ExchangeSearch(const Table& table) : table_(table) {
  up_.atoms = table.atoms();
  for (size_t i = 0; i < table.cell_count(); ++i) {
    up_.n.push_back(table.cell(i).n);
    intervals_.push_back({.low = table.cell(i).n, .high = table.cell(i).n});
  }
  moved_.resize(table.cell_count() * table.steps(), false);
  down_ = up_;
  for (size_t d = 0; d < table.dimensions().size(); ++d) {
    std::vector<bool>& filled = filled_.emplace_back(table.dimensions()[d].leaf_count());
    const size_t stride = table.leaf_stride(d) * table.steps();
    for (size_t i = 0; i < up_.atoms.size(); ++i) {
      if (up_.atoms[i] > 0) filled[i / stride % filled.size()] = true;
    }
  }
}

void ExchangeSearch::Widen(size_t cell, uint32_t width, std::vector<Visibility>& visibility) {
  HAILONG_CHECK(visibility[cell] == Visibility::kHidden);
  while (intervals_[cell].width() < width) {
    const uint32_t reached = up_.n[cell] - down_.n[cell];
    if (reached >= width) break;
    if (!ExchangeFor(cell, width - reached, {0, table_.steps()}, visibility)) break;
  }
  PutBackBoth();
}

bool ExchangeSearch::MoveSteps(size_t cell, std::vector<Visibility>& visibility) {
  HAILONG_CHECK(visibility[cell] == Visibility::kHidden);
  for (size_t step = 0; step < table_.steps(); ++step) {
    if (moved_[cell * table_.steps() + step] || !IsChosen(cell, step)) continue;
    const bool moved = ExchangeFor(cell, 1, {step, step + 1}, visibility);
    PutBackBoth();
    if (!moved) return false;
  }
  return true;
}

bool ExchangeSearch::IsChosen(size_t cell, size_t step) const {
  const std::vector<uint32_t> nodes = table_.nodes(cell);
  // All atoms of the cell, the last dimension fastest.
  std::vector<size_t> at(nodes.size());
  while (true) {
    size_t atom = 0;
    for (size_t d = 0; d < nodes.size(); ++d) {
      atom += table_.dimensions()[d].leaves(nodes[d])[at[d]] * table_.leaf_stride(d);
    }
    if (table_.atoms()[atom * table_.steps() + step] > 0) return true;
    size_t d = at.size();
    while (d > 0 && ++at[d - 1] == table_.dimensions()[d - 1].leaves(nodes[d - 1]).size()) {
      at[--d] = 0;
    }
    if (d == 0) return false;
  }
}

bool ExchangeSearch::ExchangeFor(size_t cell, uint32_t needed, Steps steps,
                                 std::vector<Visibility>& visibility) {
  // Near partners first: what is far apart changes more totals, and there are many of them.
  auto exchange = FindExchange(cell, needed, steps, visibility, /*near=*/true);
  if (!exchange) exchange = FindExchange(cell, needed, steps, visibility, /*near=*/false);
  if (!exchange) return false;
  PriceOf(exchange->parts, exchange->price, visibility);
  FindCorners(exchange->parts);
  const uint32_t up = CapacityOf(up_, +1, exchange->gain, steps);
  Make(up_, +1, up, steps);
  Make(down_, -1, exchange->gain - up, steps);
  for (const Change& change : changes_) visibility[change.at] = Visibility::kHidden;
  return true;
}

std::vector<ExchangeSearch::Part> ExchangeSearch::PartsOf(size_t d, uint32_t node,
                                                          bool near) const {
  const Hierarchy& dimension = table_.dimensions()[d];
  std::vector<Part> parts;
  const std::vector<uint32_t>& inside = dimension.leaves(node);
  const uint32_t around_node = near ? dimension.parent(node) : dimension.root();
  const std::vector<uint32_t>& around = dimension.leaves(around_node);
  for (const uint32_t joined : inside) {
    if (!filled_[d][joined]) continue;
    const std::vector<uint32_t>& path = dimension.path(joined);
    for (const uint32_t left : around) {
      if (!filled_[d][left]) continue;
      if (std::binary_search(inside.begin(), inside.end(), left)) continue;
      // Above the lowest node that holds both leaves nothing changes.
      const std::vector<uint32_t>& other = dimension.path(left);
      size_t shared = 0;
      while (path[path.size() - 1 - shared] == other[other.size() - 1 - shared]) ++shared;
      parts.push_back({.joined = joined,
                       .left = left,
                       .joined_depth = static_cast<uint32_t>(path.size() - shared),
                       .left_depth = static_cast<uint32_t>(other.size() - shared)});
    }
    // Without a partner everything above changes: the last resort, not a near one.
    if (around_node != dimension.root()) continue;
    parts.push_back({.joined = joined,
                     .left = 0,
                     .joined_depth = static_cast<uint32_t>(path.size()),
                     .left_depth = 0});
  }
  return parts;
}

std::optional<ExchangeSearch::Exchange> ExchangeSearch::FindExchange(
    size_t cell, uint32_t needed, Steps steps, const std::vector<Visibility>& visibility,
    bool near) {
  const std::vector<uint32_t> nodes = table_.nodes(cell);
  std::vector<std::vector<Part>> choices;
  for (size_t d = 0; d < nodes.size(); ++d) {
    choices.push_back(PartsOf(d, nodes[d], near));
    if (choices.back().empty()) return std::nullopt;
  }
  std::optional<Exchange> best;
  std::vector<Part> parts(choices.size());
  std::vector<size_t> at(choices.size());
  // All combinations of choices, the last dimension fastest.
  for (bool more = true; more;) {
    for (size_t d = 0; d < at.size(); ++d) parts[d] = choices[d][at[d]];
    // At this price the full gain would be no better than the best.
    const uint64_t price_max =
        best ? best->price * needed / best->gain : std::numeric_limits<uint64_t>::max();
    if (const auto price = PriceOf(parts, price_max, visibility)) {
      FindCorners(parts);
      uint32_t gain = CapacityOf(up_, +1, needed, steps);
      gain += CapacityOf(down_, -1, needed - gain, steps);
      const bool better =
          gain > 0 && (!best || *price * best->gain < best->price * gain ||
                       (*price * best->gain == best->price * gain && gain > best->gain));
      if (better) best = {.parts = parts, .price = *price, .gain = gain};
      if (best && best->price == 0 && best->gain == needed) return best;
    }
    more = false;
    for (size_t d = at.size(); d-- > 0;) {
      if (++at[d] < choices[d].size()) {
        more = true;
        break;
      }
      at[d] = 0;
    }
  }
  return best;
}

std::optional<uint64_t> ExchangeSearch::PriceOf(const std::vector<Part>& parts, uint64_t price_max,
                                                const std::vector<Visibility>& visibility) {
  changes_.assign(1, {});
  for (size_t d = 0; d < parts.size(); ++d) {
    const Hierarchy& dimension = table_.dimensions()[d];
    const size_t stride = table_.stride(d);
    const auto add = [&](uint32_t leaf, uint32_t depth, int32_t sign) {
      for (uint32_t i = 0; i < depth; ++i) {
        const size_t offset = dimension.path(leaf)[i] * stride;
        for (const Change& change : changes_) {
          spare_.push_back({.at = change.at + offset, .sign = change.sign * sign});
        }
      }
    };
    spare_.clear();
    add(parts[d].joined, parts[d].joined_depth, +1);
    add(parts[d].left, parts[d].left_depth, -1);
    changes_.swap(spare_);
  }
  // From combinations of nodes to the published cells among them.
  uint64_t price = 0;
  size_t kept = 0;
  for (const Change& change : changes_) {
    const int32_t cell = table_.cell_at(change.at);
    if (cell < 0) continue;
    const auto index = static_cast<size_t>(cell);
    if (visibility[index] == Visibility::kFixed) return std::nullopt;
    if (visibility[index] == Visibility::kOpen) price += table_.cell(index).n;
    if (price > price_max) return std::nullopt;
    changes_[kept++] = {.at = index, .sign = change.sign};
  }
  changes_.resize(kept);
  return price;
}

void ExchangeSearch::FindCorners(const std::vector<Part>& parts) {
  corners_.assign(1, {});
  for (size_t d = 0; d < parts.size(); ++d) {
    const size_t stride = table_.leaf_stride(d) * table_.steps();
    spare_.clear();
    for (const Change& corner : corners_) {
      spare_.push_back({.at = corner.at + parts[d].joined * stride, .sign = corner.sign});
      if (parts[d].left_depth == 0) continue;
      spare_.push_back({.at = corner.at + parts[d].left * stride, .sign = -corner.sign});
    }
    corners_.swap(spare_);
  }
}

uint32_t ExchangeSearch::CapacityOfStep(const Walk& walk, int32_t direction, uint32_t wanted,
                                        size_t step) const {
  uint32_t capacity = wanted;
  for (const Change& corner : corners_) {
    if (corner.sign != direction) capacity = std::min(capacity, walk.atoms[corner.at + step]);
  }
  return capacity;
}

uint32_t ExchangeSearch::CapacityOf(const Walk& walk, int32_t direction, uint32_t wanted,
                                    Steps steps) const {
  uint32_t capacity = 0;
  for (size_t step = steps.begin; step < steps.end && capacity < wanted; ++step) {
    capacity += CapacityOfStep(walk, direction, wanted - capacity, step);
  }
  for (const Change& change : changes_) {
    // One stays, since an empty cell would be shown.
    if (change.sign != direction) capacity = std::min(capacity, walk.n[change.at] - 1);
  }
  return capacity;
}

void ExchangeSearch::Make(Walk& walk, int32_t direction, uint32_t times, Steps steps) {
  if (times == 0) return;
  for (size_t step = steps.begin, left = times; step < steps.end && left > 0; ++step) {
    const uint32_t now = CapacityOfStep(walk, direction, static_cast<uint32_t>(left), step);
    if (now == 0) continue;
    left -= now;
    for (const Change& change : changes_) moved_[change.at * table_.steps() + step] = true;
    for (const Change& corner : corners_) {
      uint32_t& count = walk.atoms[corner.at + step];
      count = corner.sign == direction ? count + now : count - now;
      walk.touched_atoms.push_back(corner.at + step);
    }
  }
  for (const Change& change : changes_) {
    uint32_t& n = walk.n[change.at];
    n = change.sign == direction ? n + times : n - times;
    walk.touched_cells.push_back(change.at);
    Interval& interval = intervals_[change.at];
    interval.low = std::min(interval.low, n);
    interval.high = std::max(interval.high, n);
  }
}

void ExchangeSearch::PutBackBoth() {
  PutBack(up_);
  PutBack(down_);
}

void ExchangeSearch::PutBack(Walk& walk) const {
  for (const size_t atom : walk.touched_atoms) walk.atoms[atom] = table_.atoms()[atom];
  for (const size_t cell : walk.touched_cells) walk.n[cell] = table_.cell(cell).n;
  walk.touched_atoms.clear();
  walk.touched_cells.clear();
}

}  // namespace hailong::disclosure
