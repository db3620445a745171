#include "analysis/index/domains.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace hailong::index {

using estimate::Estimate;
using estimate::Int128;
using estimate::Stratum;
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

Domains::Domains(const frame::Frame& frame, const Plan& plan, const Partition& partition,
                 std::span<const Stratum> strata, int threads)
    : frame_(frame), plan_(plan), partition_(partition), strata_(strata), threads_(threads) {
  size_t slots = 1;
  for (const Item& item : plan.items) slots = std::max(slots, item.index.values.size());
  stride_ = std::bit_ceil(slots);
  domain_cells_.resize(partition.domains);
  domain_strata_.resize(partition.domains);
  for (size_t u = 0; u < strata.size(); ++u) {
    if (partition.first_cell[u] == Partition::kNowhere) continue;
    for (size_t s = 0; s < partition.per_unit; ++s) {
      const size_t domain = partition.first_domain[u] + s;
      domain_cells_[domain].push_back(partition.first_cell[u] + s);
      domain_strata_[domain].push_back(strata[u]);
    }
  }
  CountCells();
  WeighDomains();
}

void Domains::CountCells() {
  if (partition_.group_column.has_value()) {
    std::vector<size_t> columns;
    for (const Item& item : plan_.items) columns.push_back(item.column);
    counts_ = ScanCounts(frame_, partition_, stride_, columns, threads_);
    return;
  }
  counts_.resize(partition_.cells * plan_.items.size() * stride_);
  for (size_t u = 0; u < frame_.unit_count(); ++u) {
    if (partition_.first_cell[u] == Partition::kNowhere) continue;
    for (size_t j = 0; j < plan_.items.size(); ++j) {
      uint64_t* counts =
          counts_.data() + (partition_.first_cell[u] * plan_.items.size() + j) * stride_;
      const Item& item = plan_.items[j];
      for (uint8_t step = 1; step <= item.options; ++step) {
        counts[step] = frame_.Count(u, item.column, step, partition_.without_flagged);
      }
    }
  }
}

void Domains::WeighDomains() {
  weights_.resize(partition_.domains * plan_.items.size() * stride_);
  for (size_t u = 0; u < strata_.size(); ++u) {
    if (partition_.first_cell[u] == Partition::kNowhere) continue;
    for (size_t s = 0; s < partition_.per_unit; ++s) {
      for (size_t j = 0; j < plan_.items.size(); ++j) {
        const std::span<const uint64_t> counts = CellCounts(partition_.first_cell[u] + s, j);
        const size_t domain = partition_.first_domain[u] + s;
        double* weights = weights_.data() + (domain * plan_.items.size() + j) * stride_;
        for (size_t slot = 0; slot < stride_; ++slot) {
          weights[slot] += strata_[u].weight * static_cast<double>(counts[slot]);
        }
      }
    }
  }
}

std::span<const uint64_t> Domains::CellCounts(size_t cell, size_t item) const {
  return {counts_.data() + (cell * plan_.items.size() + item) * stride_, stride_};
}

SlotWeights Domains::DomainWeights(size_t domain, size_t item) const {
  return {weights_.data() + (domain * plan_.items.size() + item) * stride_, stride_};
}

std::vector<Estimate> Domains::ItemIndex(size_t item, Combine combine) const {
  return ItemEstimates(item, plan_.items[item].index, combine);
}

std::vector<Estimate> Domains::ItemMean(size_t item, Combine combine) const {
  return ItemEstimates(item, plan_.items[item].step, combine);
}

std::vector<Estimate> Domains::ItemEstimates(size_t item, const Scale& scale,
                                             Combine combine) const {
  std::vector<Linear> linears;
  for (size_t d = 0; d < partition_.domains; ++d) {
    linears.push_back(ItemLinear(item, d, scale, DomainWeights(d, item)));
  }
  if (combine == Combine::kMean) linears = {MeanOf(linears)};
  const Variable variable = Tabulate(std::move(linears));
  return Estimates(variable, SumsFromCounts(variable), combine);
}

std::vector<Steps> Domains::ItemSteps(size_t item, Combine combine) const {
  const size_t options = plan_.items[item].options;
  const size_t results = combine == Combine::kMean ? 1 : partition_.domains;
  std::vector<Steps> steps(results);
  std::vector<double> answered_domains(results, 0);
  for (size_t d = 0; d < partition_.domains; ++d) {
    const size_t result = combine == Combine::kMean ? 0 : d;
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
  for (size_t result = 0; result < results; ++result) {
    for (double& share : steps[result].shares) share /= answered_domains[result];
  }
  for (size_t u = 0; u < strata_.size(); ++u) {
    if (partition_.first_cell[u] == Partition::kNowhere) continue;
    for (size_t s = 0; s < partition_.per_unit; ++s) {
      const size_t domain = partition_.first_domain[u] + s;
      Steps& into = steps[combine == Combine::kMean ? 0 : domain];
      const std::span<const uint64_t> counts = CellCounts(partition_.first_cell[u] + s, item);
      for (size_t step = 1; step <= options; ++step) into.counts[step - 1] += counts[step];
    }
  }
  return steps;
}

std::vector<std::vector<Linear>> Domains::AggregateLinears(Combine combine) const {
  const size_t aggregates = plan_.aggregates.size();
  const bool pooled = plan_.composition == v1::COMPOSITION_POOLED_ANSWERS;
  // By item and domain.
  std::vector<std::vector<Linear>> items(plan_.items.size());
  std::vector<std::vector<Linear>> linears(aggregates);
  for (size_t d = 0; d < partition_.domains; ++d) {
    std::vector<SlotWeights> weights;
    std::vector<Linear> domain_items;
    for (size_t j = 0; j < plan_.items.size(); ++j) {
      weights.push_back(DomainWeights(d, j));
      domain_items.push_back(ItemLinear(j, d, plan_.items[j].index, weights[j]));
      items[j].push_back(domain_items[j]);
    }
    std::vector<Linear> composed =
        pooled ? PoolAnswers(plan_, d, weights) : ComposeItems(plan_, domain_items);
    for (size_t a = 0; a < aggregates; ++a) linears[a].push_back(std::move(composed[a]));
  }
  if (combine == Combine::kEach) return linears;

  std::vector<Linear> means;
  for (size_t j = 0; j < plan_.items.size(); ++j) means.push_back(MeanOf(items[j]));
  std::vector<Linear> composed = ComposeItems(plan_, means);
  for (size_t a = 0; a < aggregates; ++a) {
    linears[a] = {pooled ? MeanOf(linears[a]) : std::move(composed[a])};
  }
  return linears;
}

std::vector<std::vector<Estimate>> Domains::Aggregates(size_t count, Combine combine) const {
  std::vector<std::vector<Linear>> linears = AggregateLinears(combine);
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
  if (plan_.composition == v1::COMPOSITION_POOLED_ANSWERS) return wholes;
  const Variable& overall = variables[0];
  for (size_t a = 0; a < variables.size(); ++a) {
    if (a > 0 && wholes[a] == ScanVariable::kNone) continue;
    for (const size_t part : plan_.aggregates[a].child_aggregates) {
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
  std::vector<size_t> adders(plan_.items.size(), 0);
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
      scan.columns.push_back(plan_.items[j].column);
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
  if (!scanned.empty()) found = ScanSums(frame_, partition_, stride_, scanned, threads_);
  std::vector<std::vector<Sums>> sums;
  for (size_t a = 0; a < variables.size(); ++a) {
    sums.push_back(places[a] == ScanVariable::kNone ? SumsFromCounts(variables[a])
                                                    : std::move(found[places[a]]));
  }
  return sums;
}

Domains::Variable Domains::Tabulate(std::vector<Linear> linears) const {
  Variable variable;
  std::vector<size_t> place(plan_.items.size(), SIZE_MAX);
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
  for (size_t u = 0; u < strata_.size(); ++u) {
    if (partition_.first_cell[u] == Partition::kNowhere) continue;
    for (size_t s = 0; s < partition_.per_unit; ++s) {
      const size_t cell = partition_.first_cell[u] + s;
      const size_t domain = partition_.first_domain[u] + s;
      const std::span<const uint64_t> counts = CellCounts(cell, variable.items[0]);
      for (size_t slot = 0; slot < stride_; ++slot) {
        const int64_t packed = table[domain * stride_ + slot];
        if (packed == 0) continue;
        const Int128 z = packed >> kAnsweredBits;
        const Int128 count = static_cast<Int128>(counts[slot]);
        cells[cell].z += count * z;
        cells[cell].z_squared += count * z * z;
        cells[cell].answered += counts[slot];
      }
    }
  }
  return cells;
}

std::vector<Estimate> Domains::Estimates(const Variable& variable, std::span<const Sums> cells,
                                         Combine combine) const {
  std::vector<Estimate> estimates;
  std::vector<Sums> sums;
  if (combine == Combine::kEach) {
    for (size_t d = 0; d < partition_.domains; ++d) {
      sums.clear();
      for (const size_t cell : domain_cells_[d]) sums.push_back(cells[cell]);
      const Linear& linear = variable.linears[d];
      estimates.push_back(estimate::EstimateFrom(linear.value, linear.range, variable.scales[d],
                                                 domain_strata_[d], sums));
    }
    return estimates;
  }
  sums.resize(strata_.size());
  for (size_t u = 0; u < strata_.size(); ++u) {
    if (partition_.first_cell[u] == Partition::kNowhere) continue;
    for (size_t s = 0; s < partition_.per_unit; ++s) {
      sums[u] += cells[partition_.first_cell[u] + s];
    }
  }
  const Linear& linear = variable.linears[0];
  Estimate mean =
      estimate::EstimateFrom(linear.value, linear.range, variable.scales[0], strata_, sums);
  for (size_t d = 0; d < partition_.domains; ++d) {
    // What is not known of one domain is not known of the mean.
    sums.clear();
    for (const size_t cell : domain_cells_[d]) sums.push_back(cells[cell]);
    const Estimate alone = estimate::EstimateFrom(0, {}, 1, domain_strata_[d], sums);
    if (alone.defined && !alone.standard_error.has_value()) estimate::RemoveError(mean);
  }
  estimates.push_back(mean);
  return estimates;
}

}  // namespace hailong::index
