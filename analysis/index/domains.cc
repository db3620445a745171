#include "analysis/index/domains.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "analysis/estimate/calibrated.h"

namespace hailong::index {

using estimate::Estimate;
using estimate::Int128;
using estimate::Sums;

namespace {

// The z of a part is that of the whole, over the items of the part, divided by this number: the
// factors of all their terms stand in one ratio. 1 if the part is not defined.
double ShareOf(const Linear& part, const Linear& whole) {
  if (part.terms.empty()) return 1;
  const Term& one = part.terms[0];
  const auto same = std::find_if(whole.terms.begin(), whole.terms.end(), [&](const Term& term) {
    return term.item == one.item && term.domain == one.domain;
  });
  return same == whole.terms.end() ? 0 : same->factor / one.factor;
}

}  // namespace

Domains::Domains(const Basis& basis, const Partition& partition)
    : basis_(basis), partition_(partition) {
  size_t slots = 1;
  for (const Item& item : basis_.plan.items) slots = std::max(slots, item.index.values.size());
  stride_ = std::bit_ceil(slots);
  domain_cells_.resize(partition.domains);
  for (size_t c = 0; c < partition.cells; ++c) domain_cells_[partition.cell_domain[c]].push_back(c);
  CountCells();
  WeighDomains();
}

double Domains::CellWeight(size_t cell) const {
  const uint32_t unit = partition_.cell_unit[cell];
  if (basis_.weighting == nullptr) return basis_.strata[unit].weight;
  return basis_.weighting->cells[basis_.weighting->Find(unit, partition_.cell_layer[cell])].weight;
}

void Domains::CountCells() {
  const std::vector<Item>& items = basis_.plan.items;
  if (!partition_.steps.empty()) {
    std::vector<size_t> columns;
    for (const Item& item : items) columns.push_back(item.column);
    counts_ = ScanCounts(basis_.frame, partition_, stride_, columns, basis_.threads);
    return;
  }
  counts_.resize(partition_.cells * items.size() * stride_);
  for (size_t c = 0; c < partition_.cells; ++c) {
    for (size_t j = 0; j < items.size(); ++j) {
      uint32_t* counts = counts_.data() + (c * items.size() + j) * stride_;
      for (uint8_t step = 1; step <= items[j].options; ++step) {
        counts[step] = static_cast<uint32_t>(basis_.frame.Count(
            partition_.cell_unit[c], items[j].column, step, partition_.without_flagged));
      }
    }
  }
}

void Domains::WeighDomains() {
  const size_t items = basis_.plan.items.size();
  weights_.resize(partition_.domains * items * stride_);
  for (size_t c = 0; c < partition_.cells; ++c) {
    const double weight = CellWeight(c);
    for (size_t j = 0; j < items; ++j) {
      const std::span<const uint32_t> counts = CellCounts(c, j);
      double* weights = weights_.data() + (partition_.cell_domain[c] * items + j) * stride_;
      for (size_t slot = 0; slot < stride_; ++slot) {
        weights[slot] += weight * static_cast<double>(counts[slot]);
      }
    }
  }
}

std::span<const uint32_t> Domains::CellCounts(size_t cell, size_t item) const {
  return {counts_.data() + (cell * basis_.plan.items.size() + item) * stride_, stride_};
}

SlotWeights Domains::DomainWeights(size_t domain, size_t item) const {
  return {weights_.data() + (domain * basis_.plan.items.size() + item) * stride_, stride_};
}

std::vector<Estimate> Domains::ItemIndex(size_t item, Combine combine) const {
  return ItemEstimates(item, basis_.plan.items[item].index, combine);
}

std::vector<Estimate> Domains::ItemMean(size_t item, Combine combine) const {
  return ItemEstimates(item, basis_.plan.items[item].step, combine);
}

std::vector<Linear> Domains::Together(std::vector<Linear> linears, Combine combine) {
  if (combine.domains == 1) return linears;
  std::vector<Linear> together;
  for (size_t first = 0; first < linears.size(); first += combine.domains) {
    together.push_back(MeanOf(std::span(linears).subspan(first, combine.domains)));
  }
  return together;
}

std::vector<Estimate> Domains::ItemEstimates(size_t item, const Scale& scale,
                                             Combine combine) const {
  std::vector<Linear> linears;
  for (size_t d = 0; d < partition_.domains; ++d) {
    linears.push_back(ItemLinear(item, d, scale, DomainWeights(d, item)));
  }
  const Variable variable = Tabulate(Together(std::move(linears), combine));
  return Estimates(variable, SumsFromCounts(variable), combine);
}

std::vector<Steps> Domains::ItemSteps(size_t item, Combine combine) const {
  const size_t options = basis_.plan.items[item].options;
  std::vector<Steps> steps(Results(combine));
  std::vector<double> answered_domains(steps.size(), 0);
  for (size_t d = 0; d < partition_.domains; ++d) {
    const size_t result = d / combine.domains;
    Steps& into = steps[result];
    into.counts.resize(options, 0);
    const SlotWeights weights = DomainWeights(d, item);
    double sum = 0;
    for (size_t step = 1; step <= options; ++step) sum += weights[step];
    if (sum == 0) continue;
    into.shares.resize(options, 0);
    answered_domains[result] += 1;
    for (size_t step = 1; step <= options; ++step) {
      into.shares[step - 1] += 100 * (weights[step] / sum);
    }
  }
  for (size_t result = 0; result < steps.size(); ++result) {
    for (double& share : steps[result].shares) share /= answered_domains[result];
  }
  for (size_t c = 0; c < partition_.cells; ++c) {
    Steps& into = steps[partition_.cell_domain[c] / combine.domains];
    const std::span<const uint32_t> counts = CellCounts(c, item);
    for (size_t step = 1; step <= options; ++step) into.counts[step - 1] += counts[step];
  }
  return steps;
}

Domains::Linears Domains::Linearise(Combine combine) const {
  const Plan& plan = basis_.plan;
  const size_t aggregates = plan.aggregates.size();
  const bool pooled = plan.composition == v1::COMPOSITION_POOLED_ANSWERS;
  Linears linears;
  linears.items.resize(plan.items.size());
  linears.aggregates.resize(aggregates);
  for (size_t d = 0; d < partition_.domains; ++d) {
    std::vector<SlotWeights> weights;
    std::vector<Linear> domain_items;
    for (size_t j = 0; j < plan.items.size(); ++j) {
      weights.push_back(DomainWeights(d, j));
      domain_items.push_back(ItemLinear(j, d, plan.items[j].index, weights[j]));
      linears.items[j].push_back(domain_items[j]);
    }
    std::vector<Linear> composed =
        pooled ? PoolAnswers(plan, d, weights) : ComposeItems(plan, domain_items);
    for (size_t a = 0; a < aggregates; ++a) linears.aggregates[a].push_back(std::move(composed[a]));
  }
  if (combine.domains == 1) return linears;
  for (std::vector<Linear>& item : linears.items) item = Together(std::move(item), combine);
  if (pooled) {
    for (std::vector<Linear>& aggregate : linears.aggregates) {
      aggregate = Together(std::move(aggregate), combine);
    }
    return linears;
  }
  for (std::vector<Linear>& aggregate : linears.aggregates) aggregate.clear();
  for (size_t result = 0; result < Results(combine); ++result) {
    std::vector<Linear> means;
    for (const std::vector<Linear>& item : linears.items) means.push_back(item[result]);
    std::vector<Linear> composed = ComposeItems(plan, means);
    for (size_t a = 0; a < aggregates; ++a) linears.aggregates[a].push_back(std::move(composed[a]));
  }
  return linears;
}

std::vector<std::vector<Estimate>> Domains::Evaluate(std::vector<std::vector<Linear>> linears,
                                                     Combine combine) const {
  std::vector<Variable> variables;
  for (std::vector<Linear>& one : linears) variables.push_back(Tabulate(std::move(one)));
  const std::vector<size_t> wholes(variables.size(), ScanVariable::kNone);
  const std::vector<std::vector<Sums>> sums = SumsFromRows(variables, wholes);
  std::vector<std::vector<Estimate>> estimates;
  for (size_t v = 0; v < variables.size(); ++v) {
    estimates.push_back(Estimates(variables[v], sums[v], combine));
  }
  return estimates;
}

std::vector<std::vector<Estimate>> Domains::Aggregates(size_t count, Combine combine) const {
  std::vector<std::vector<Linear>> linears = Linearise(combine).aggregates;
  std::vector<Variable> variables;
  for (size_t a = 0; a < count; ++a) variables.push_back(Tabulate(std::move(linears[a])));
  const std::vector<size_t> wholes = NestInOverall(variables);
  const std::vector<std::vector<Sums>> sums = SumsFromRows(variables, wholes);
  std::vector<std::vector<Estimate>> estimates;
  for (size_t a = 0; a < count; ++a) estimates.push_back(Estimates(variables[a], sums[a], combine));
  return estimates;
}

std::vector<size_t> Domains::NestInOverall(std::vector<Variable>& variables) const {
  std::vector<size_t> wholes(variables.size(), ScanVariable::kNone);
  // Pooled components have centres of their own.
  if (basis_.plan.composition == v1::COMPOSITION_POOLED_ANSWERS) return wholes;
  const Variable& overall = variables[0];
  for (size_t a = 0; a < variables.size(); ++a) {
    if (a > 0 && wholes[a] == ScanVariable::kNone) continue;
    for (const size_t part : basis_.plan.aggregates[a].child_aggregates) {
      if (part >= variables.size() || !variables[part].NeedsRows()) continue;
      std::vector<double> scales;
      double share_min = 1;
      for (size_t result = 0; result < overall.linears.size(); ++result) {
        const double share = ShareOf(variables[part].linears[result], overall.linears[result]);
        share_min = std::min(share_min, share);
        scales.push_back(overall.scales[result] * share);
      }
      // A part so small would lose its last digits in the whole.
      constexpr double kShareMin = 0x1p-16;
      if (share_min < kShareMin) continue;
      variables[part].scales = std::move(scales);
      wholes[part] = a;
    }
  }
  return wholes;
}

std::vector<std::vector<Sums>> Domains::SumsFromRows(const std::vector<Variable>& variables,
                                                     const std::vector<size_t>& wholes) const {
  // Who adds an item to the overall z: the lowest component that holds it.
  std::vector<size_t> adders(basis_.plan.items.size(), 0);
  for (size_t a = 1; a < variables.size(); ++a) {
    if (wholes[a] == ScanVariable::kNone) continue;
    for (const size_t j : variables[a].items) adders[j] = a;
  }
  // Parts before wholes, as parents stand before children.
  std::vector<ScanVariable> scanned;
  std::vector<size_t> places(variables.size(), ScanVariable::kNone);
  std::vector<size_t> aggregates;
  for (size_t a = variables.size(); a-- > 0;) {
    if (!variables[a].NeedsRows()) continue;
    const bool part = wholes[a] != ScanVariable::kNone;
    const Variable& numbers = part ? variables[0] : variables[a];
    ScanVariable& scan = scanned.emplace_back();
    for (size_t i = 0; i < numbers.items.size(); ++i) {
      const size_t j = numbers.items[i];
      if ((part || a == 0) && adders[j] != a) continue;
      scan.columns.push_back(basis_.plan.items[j].column);
      scan.tables.push_back(numbers.tables[i]);
    }
    aggregates.push_back(a);
    places[a] = scanned.size() - 1;
  }
  for (size_t v = 0; v < scanned.size(); ++v) {
    const size_t whole = wholes[aggregates[v]];
    if (whole != ScanVariable::kNone) scanned[v].whole = places[whole];
  }
  std::vector<std::vector<Sums>> found;
  if (!scanned.empty())
    found = ScanSums(basis_.frame, partition_, stride_, scanned, basis_.threads);
  std::vector<std::vector<Sums>> sums;
  for (size_t a = 0; a < variables.size(); ++a) {
    sums.push_back(places[a] == ScanVariable::kNone ? SumsFromCounts(variables[a])
                                                    : std::move(found[places[a]]));
  }
  return sums;
}

Domains::Variable Domains::Tabulate(std::vector<Linear> linears) const {
  Variable variable;
  std::vector<size_t> place(basis_.plan.items.size(), SIZE_MAX);
  for (const Linear& linear : linears) {
    // A bound on |z|.
    double bound = 0;
    for (const Term& term : linear.terms) {
      bound += term.factor * std::max(std::abs(term.scale->range.low - term.centre),
                                      std::abs(term.scale->range.high - term.centre));
      if (place[term.item] != SIZE_MAX) continue;
      place[term.item] = variable.items.size();
      variable.items.push_back(term.item);
    }
    variable.scales.push_back(estimate::FixedPointScale(bound));
  }
  variable.tables.assign(variable.items.size(),
                         std::vector<int64_t>((partition_.domains + 1) * stride_, 0));
  for (size_t result = 0; result < linears.size(); ++result) {
    for (const Term& term : linears[result].terms) {
      int64_t* table = variable.tables[place[term.item]].data() + term.domain * stride_;
      for (size_t slot = 0; slot < term.scale->values.size(); ++slot) {
        if (!term.scale->scored[slot]) continue;
        const double z = term.factor * (term.scale->values[slot] - term.centre);
        table[slot] = Pack(std::llround(z * variable.scales[result]));
      }
    }
  }
  variable.linears = std::move(linears);
  return variable;
}

std::vector<Sums> Domains::SumsFromCounts(const Variable& variable) const {
  std::vector<Sums> cells(partition_.cells);
  if (variable.items.empty()) return cells;
  const std::vector<int64_t>& table = variable.tables[0];
  for (size_t c = 0; c < partition_.cells; ++c) {
    const std::span<const uint32_t> counts = CellCounts(c, variable.items[0]);
    for (size_t slot = 0; slot < stride_; ++slot) {
      const int64_t packed = table[partition_.cell_domain[c] * stride_ + slot];
      if (packed == 0) continue;
      const Int128 z = packed >> kAnsweredBits;
      const Int128 count = static_cast<Int128>(counts[slot]);
      cells[c].z += count * z;
      cells[c].z_squared += count * z * z;
      cells[c].answered += counts[slot];
    }
  }
  return cells;
}

Estimate Domains::EstimateTogether(double value, estimate::Range range, double scale,
                                   std::span<const Sums> cells, size_t first, size_t count) const {
  const CellWeighting* const weighting = basis_.weighting;
  if (weighting == nullptr && count == 1) {
    // A unit has one cell in a domain, and strata without one add nothing.
    std::vector<Sums> in_domain;
    std::vector<estimate::Stratum> strata;
    for (const size_t cell : domain_cells_[first]) {
      in_domain.push_back(cells[cell]);
      strata.push_back(basis_.strata[partition_.cell_unit[cell]]);
    }
    return estimate::EstimateFrom(value, range, scale, strata, in_domain);
  }
  std::vector<Sums> sums(weighting == nullptr ? basis_.strata.size() : weighting->cells.size());
  for (size_t d = first; d < first + count; ++d) {
    for (const size_t cell : domain_cells_[d]) {
      const uint32_t unit = partition_.cell_unit[cell];
      const size_t into =
          weighting == nullptr ? unit : weighting->Find(unit, partition_.cell_layer[cell]);
      sums[into] += cells[cell];
    }
  }
  if (weighting == nullptr) {
    return estimate::EstimateFrom(value, range, scale, basis_.strata, sums);
  }
  return estimate::EstimateFromCells(value, range, scale, basis_.strata, weighting->cells, sums,
                                     [&](std::span<double> z) { weighting->Residualise(z); });
}

std::vector<Estimate> Domains::Estimates(const Variable& variable, std::span<const Sums> cells,
                                         Combine combine) const {
  std::vector<Estimate> estimates;
  for (size_t result = 0; result < Results(combine); ++result) {
    const Linear& linear = variable.linears[result];
    const size_t first = result * combine.domains;
    Estimate& together = estimates.emplace_back(EstimateTogether(
        linear.value, linear.range, variable.scales[result], cells, first, combine.domains));
    for (size_t d = first; d < first + combine.domains && combine.domains > 1; ++d) {
      // What is not known of one domain is not known of the mean.
      uint64_t answered = 0;
      bool sampled = false;
      for (const size_t cell : domain_cells_[d]) {
        answered += cells[cell].answered;
        sampled = sampled || (cells[cell].answered > 0 &&
                              basis_.strata[partition_.cell_unit[cell]].sampling_fraction != 1);
      }
      if (answered == 1 && sampled) estimate::RemoveError(together);
    }
    if (basis_.interval.has_value()) {
      estimate::SetInterval(*basis_.interval, linear.range, together);
    }
  }
  return estimates;
}

}  // namespace hailong::index
