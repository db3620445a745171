// Estimates of every item and component of a plan, in every domain of a partition.
//
// Threads: build and ask on one thread; asking may use threads of its own for the pass over rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "analysis/estimate/scale_interval.h"
#include "analysis/estimate/stratified.h"
#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "analysis/index/linear.h"
#include "analysis/index/margins.h"
#include "analysis/index/plan.h"
#include "analysis/index/scan.h"

namespace hailong::index {

// How the domains of a partition become results: so many in a row make one, in which they count
// equally (see index/linear.h). Their number divides that of the domains.
struct Combine {
  size_t domains = 1;
};

// The steps of one item in one result.
struct Steps {
  // Weighted shares in percent of the steps 1..options; empty without an answer.
  std::vector<double> shares;
  std::vector<uint64_t> counts;
};

// The answers of one respondent to a component are counted in the low bits of a sum.
static_assert(kComponentsMax < (1 << kAnsweredBits));

class Domains {
 public:
  // What domains rest on.
  struct Basis {
    const frame::Frame& frame;
    const Plan& plan;
    // By unit of the frame. With `weighting`, their weights are not used.
    std::span<const estimate::Stratum> strata;
    // Null: the unit's weight is that of all its rows. Otherwise the partition has its layers.
    const CellWeighting* weighting = nullptr;
    // Absent: normal, 95%.
    std::optional<estimate::IntervalChoice> interval;
    int threads = 1;
  };

  // What the arguments refer to outlives the object.
  Domains(const Basis& basis, const Partition& partition);

  // Elements are by result. From counts alone, without a pass over rows.
  std::vector<estimate::Estimate> ItemIndex(size_t item, Combine combine) const;
  std::vector<estimate::Estimate> ItemMean(size_t item, Combine combine) const;
  std::vector<Steps> ItemSteps(size_t item, Combine combine) const;

  // By aggregate and result: the first `count` aggregates of the plan, in one pass over rows.
  std::vector<std::vector<estimate::Estimate>> Aggregates(size_t count, Combine combine) const;

  // What the estimates above are made of, for what else can be said in terms of items.
  struct Linears {
    // By item and result.
    std::vector<std::vector<Linear>> items;
    // By aggregate and result.
    std::vector<std::vector<Linear>> aggregates;
  };
  Linears Linearise(Combine combine) const;

  // Of any linear combinations, by variable and result, in one pass over rows. Each variable takes
  // memory for a table of all domains for each of its items.
  std::vector<std::vector<estimate::Estimate>> Evaluate(std::vector<std::vector<Linear>> variables,
                                                        Combine combine) const;

 private:
  // A component on the way from its linear form to estimates.
  struct Variable {
    // By result.
    std::vector<Linear> linears;
    std::vector<double> scales;
    // The items with a term in any domain, and for each its z in fixed point, by domain * stride_ +
    // slot.
    std::vector<size_t> items;
    std::vector<std::vector<int64_t>> tables;

    // What one item says is in the counts.
    bool NeedsRows() const { return items.size() >= 2; }
  };

  size_t Results(Combine combine) const { return partition_.domains / combine.domains; }
  double CellWeight(size_t cell) const;
  void CountCells();
  void WeighDomains();
  std::span<const uint32_t> CellCounts(size_t cell, size_t item) const;
  SlotWeights DomainWeights(size_t domain, size_t item) const;

  std::vector<estimate::Estimate> ItemEstimates(size_t item, const Scale& scale,
                                                Combine combine) const;
  // Those that count as one made one.
  static std::vector<Linear> Together(std::vector<Linear> linears, Combine combine);
  Variable Tabulate(std::vector<Linear> linears) const;
  // By aggregate: the one whose numbers hold this one's as a part, for `variables` of the first
  // aggregates; ScanVariable::kNone: it must be scanned by itself. Parts get the scale of the
  // overall index, divided by their share in it.
  std::vector<size_t> NestInOverall(std::vector<Variable>& variables) const;
  // Sums by aggregate and cell.
  std::vector<std::vector<estimate::Sums>> SumsFromRows(const std::vector<Variable>& variables,
                                                        const std::vector<size_t>& wholes) const;
  // Sums by cell of a variable of one item.
  std::vector<estimate::Sums> SumsFromCounts(const Variable& variable) const;
  std::vector<estimate::Estimate> Estimates(const Variable& variable,
                                            std::span<const estimate::Sums> cells,
                                            Combine combine) const;
  // Of `count` domains from `first` on, together.
  estimate::Estimate EstimateTogether(double value, estimate::Range range, double scale,
                                      std::span<const estimate::Sums> cells, size_t first,
                                      size_t count) const;

  const Basis basis_;
  const Partition& partition_;
  // Slots of the column that has most of them, rounded up.
  size_t stride_ = 0;
  // By domain: its cells in the order of units.
  std::vector<std::vector<size_t>> domain_cells_;
  // Rows by cell, item and slot.
  std::vector<uint32_t> counts_;
  // Weights by domain, item and slot.
  std::vector<double> weights_;
};

}  // namespace hailong::index
