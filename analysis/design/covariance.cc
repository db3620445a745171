// The variance formula of design.h. Totals by unit of the last stage are sorted by unit, so that
// those of a stratum are neighbours; each stage adds its part and hands totals by unit of the stage
// above on.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "analysis/design/stage_units.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::design {
namespace {

using base::Cat;

// What the rows of one unit add up to in one variable.
struct Total {
  uint32_t unit;
  uint32_t variable;
  double value;
};

// Sums of the entries of one variable by unit. `sums` and `seen` are by unit, 0 before and after.
void AddTotals(const SparseVariable& variable, uint32_t index,
               const std::vector<uint32_t>& unit_of_row, std::vector<double>& sums,
               std::vector<uint8_t>& seen, std::vector<Total>& totals) {
  const size_t first = totals.size();
  bool sorted = true;
  uint32_t last = 0;
  for (size_t i = 0; i < variable.rows.size(); ++i) {
    const uint32_t unit = unit_of_row[variable.rows[i]];
    sums[unit] += variable.values[i];
    if (seen[unit]) continue;
    seen[unit] = 1;
    sorted = sorted && unit >= last;
    last = unit;
    totals.push_back({unit, index, 0});
  }
  const auto begin = totals.begin() + static_cast<std::ptrdiff_t>(first);
  if (!sorted) {
    std::sort(begin, totals.end(), [](const Total& a, const Total& b) { return a.unit < b.unit; });
  }
  for (auto total = begin; total != totals.end(); ++total) {
    total->value = std::exchange(sums[total->unit], 0.0);
    seen[total->unit] = 0;
  }
}

bool InOrder(const Total& a, const Total& b) {
  return a.unit != b.unit ? a.unit < b.unit : a.variable < b.variable;
}

// Adds what one stage contributes to the covariance of `count` variables.
class StageSum {
 public:
  StageSum(const Design::Parts& parts, size_t stage, size_t count, LonelyPsu lonely,
           std::vector<double>& covariance)
      : parts_(parts),
        units_(parts.stages[stage]),
        stage_(stage),
        count_(count),
        lonely_(lonely),
        covariance_(covariance),
        slots_(count, kNone) {}

  absl::Status Add(std::span<const Total> totals) {
    while (!totals.empty()) {
      const uint32_t parent = units_.parent_of_unit(totals.front().unit);
      size_t length = 0;
      while (length < totals.size() && units_.parent_of_unit(totals[length].unit) == parent) {
        ++length;
      }
      RETURN_IF_ERROR(AddParent(parent, totals.first(length)));
      totals = totals.subspan(length);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t stratum_of(const Total& total) const { return units_.stratum_of_unit[total.unit]; }
  bool is_lonely(uint32_t stratum) const {
    return units_.drawn[stratum] == 1 && !units_.in_full(stratum);
  }

  // The strata within one unit of the stage above.
  absl::Status AddParent(uint32_t parent, std::span<const Total> totals) {
    size_t strata = 0;
    size_t lonely_strata = 0;
    uint32_t lonely_stratum = kNone;
    for (size_t i = 0; i < totals.size(); ++i) {
      const uint32_t stratum = stratum_of(totals[i]);
      if (i > 0 && stratum == stratum_of(totals[i - 1])) continue;
      // What is multiplied with 0 may be of any form.
      if (units_.multiplier[stratum] == 0) return absl::OkStatus();
      ++strata;
      if (!is_lonely(stratum)) continue;
      ++lonely_strata;
      lonely_stratum = stratum;
    }
    double factor = 1;
    if (lonely_strata > 0) {
      if (lonely_ == LonelyPsu::kFail ||
          (lonely_ == LonelyPsu::kAverage && lonely_strata == strata)) {
        return absl::FailedPreconditionError(
            Cat(parts_.NameStratum(stage_, lonely_stratum),
                " has one sampling unit: its variance cannot be estimated",
                lonely_ == LonelyPsu::kAverage ? ", and no other stratum gives an average"
                                               : "; join it to another stratum or choose a rule "
                                                 "for lonely units"));
      }
      if (lonely_ == LonelyPsu::kAverage) {
        factor = static_cast<double>(strata) / static_cast<double>(strata - lonely_strata);
      }
      if (lonely_ == LonelyPsu::kAdjust) {
        means_.assign(count_, 0.0);
        for (const Total& total : totals) means_[total.variable] += total.value;
        for (double& mean : means_) mean /= units_.units_of_parent[parent];
      }
    }
    while (!totals.empty()) {
      size_t length = 1;
      while (length < totals.size() && stratum_of(totals[length]) == stratum_of(totals.front())) {
        ++length;
      }
      AddStratum(factor, totals.first(length));
      totals = totals.subspan(length);
    }
    return absl::OkStatus();
  }

  void AddStratum(double factor, std::span<const Total> totals) {
    const uint32_t stratum = stratum_of(totals.front());
    if (units_.in_full(stratum)) return;
    const double scale = factor * units_.multiplier[stratum] * (1 - units_.fraction(stratum));
    if (is_lonely(stratum)) {
      if (lonely_ == LonelyPsu::kAdjust) AddLonely(scale, totals);
      return;
    }
    const double n = units_.drawn[stratum];
    AddCentred(scale * n / (n - 1), n, totals);
  }

  // The square about the mean of the stage, in which every variable takes part.
  void AddLonely(double scale, std::span<const Total> totals) {
    std::vector<double> distances(count_);
    for (size_t v = 0; v < count_; ++v) distances[v] = -means_[v];
    for (const Total& total : totals) distances[total.variable] += total.value;
    for (size_t a = 0; a < count_; ++a) {
      for (size_t b = 0; b < count_; ++b) {
        covariance_[a * count_ + b] += scale * (distances[a] * distances[b]);
      }
    }
  }

  // The squares about the mean of n units; those without a total have 0. Variables without one in
  // the stratum add nothing.
  void AddCentred(double scale, double n, std::span<const Total> totals) {
    variables_.clear();
    for (const Total& total : totals) {
      if (slots_[total.variable] != kNone) continue;
      slots_[total.variable] = static_cast<uint32_t>(variables_.size());
      variables_.push_back(total.variable);
    }
    const size_t m = variables_.size();
    centres_.assign(m, 0.0);
    for (const Total& total : totals) centres_[slots_[total.variable]] += total.value;
    for (double& centre : centres_) centre /= n;

    products_.assign(m * m, 0.0);
    distances_.resize(m);
    double units = 0;
    for (size_t i = 0; i < totals.size();) {
      for (size_t a = 0; a < m; ++a) distances_[a] = -centres_[a];
      const uint32_t unit = totals[i].unit;
      for (; i < totals.size() && totals[i].unit == unit; ++i) {
        distances_[slots_[totals[i].variable]] += totals[i].value;
      }
      AddProducts(1, distances_);
      units += 1;
    }
    AddProducts(n - units, centres_);
    for (size_t a = 0; a < m; ++a) {
      for (size_t b = 0; b < m; ++b) {
        const size_t low = std::min(a, b);
        const size_t high = std::max(a, b);
        covariance_[variables_[a] * count_ + variables_[b]] += scale * products_[high * m + low];
      }
    }
    for (const uint32_t variable : variables_) slots_[variable] = kNone;
  }

  // The lower half.
  void AddProducts(double times, const std::vector<double>& values) {
    const size_t m = values.size();
    for (size_t a = 0; a < m; ++a) {
      const double value = times * values[a];
      for (size_t b = 0; b <= a; ++b) products_[a * m + b] += value * values[b];
    }
  }

  const Design::Parts& parts_;
  const StageUnits& units_;
  const size_t stage_;
  const size_t count_;
  const LonelyPsu lonely_;
  std::vector<double>& covariance_;
  // By variable: its place among those of the stratum at hand.
  std::vector<uint32_t> slots_;
  std::vector<uint32_t> variables_;
  std::vector<double> centres_;
  std::vector<double> distances_;
  std::vector<double> products_;
  // By variable: the mean of the stage's units, under kAdjust.
  std::vector<double> means_;
};

// Totals by unit of the stage above: parents of sorted units are sorted.
void AddUp(const StageUnits& units, std::vector<Total>& totals) {
  for (Total& total : totals) total.unit = units.parent_of_unit(total.unit);
  std::stable_sort(totals.begin(), totals.end(), InOrder);
  size_t kept = 0;
  for (size_t i = 0; i < totals.size(); ++i) {
    Total& last = totals[kept == 0 ? 0 : kept - 1];
    if (kept > 0 && last.unit == totals[i].unit && last.variable == totals[i].variable) {
      last.value += totals[i].value;
    } else {
      totals[kept++] = totals[i];
    }
  }
  totals.resize(kept);
}

// What a call needs by unit of the last stage; 0 between calls.
struct Scratch {
  explicit Scratch(size_t units) : sums(units), seen(units) {}
  std::vector<double> sums;
  std::vector<uint8_t> seen;
};

absl::StatusOr<std::vector<double>> CovarianceOf(const Design::Parts& parts,
                                                 std::span<const SparseVariable> variables,
                                                 LonelyPsu lonely, Scratch& scratch) {
  const size_t count = variables.size();
  std::vector<Total> totals;
  for (size_t v = 0; v < count; ++v) {
    HAILONG_CHECK(variables[v].rows.size() == variables[v].values.size());
    AddTotals(variables[v], static_cast<uint32_t>(v), parts.last_units, scratch.sums, scratch.seen,
              totals);
  }
  if (count > 1) std::sort(totals.begin(), totals.end(), InOrder);
  std::vector<double> covariance(count * count);
  for (size_t s = parts.stages.size(); s-- > 0;) {
    RETURN_IF_ERROR(StageSum(parts, s, count, lonely, covariance).Add(totals));
    if (s > 0) AddUp(parts.stages[s], totals);
  }
  return covariance;
}

}  // namespace

absl::StatusOr<std::vector<double>> Design::Covariance(std::span<const SparseVariable> variables,
                                                       LonelyPsu lonely) const {
  Scratch scratch(parts_->stages.back().stratum_of_unit.size());
  return CovarianceOf(*parts_, variables, lonely, scratch);
}

absl::StatusOr<std::vector<double>> Design::Variances(std::span<const SparseVariable> variables,
                                                      LonelyPsu lonely) const {
  Scratch scratch(parts_->stages.back().stratum_of_unit.size());
  std::vector<double> variances;
  for (size_t v = 0; v < variables.size(); ++v) {
    ASSIGN_OR_RETURN(const std::vector<double> variance,
                     CovarianceOf(*parts_, variables.subspan(v, 1), lonely, scratch));
    variances.push_back(variance.front());
  }
  return variances;
}

absl::StatusOr<std::vector<double>> Design::Covariance(
    std::span<const std::vector<double>> variables, LonelyPsu lonely) const {
  std::vector<uint32_t> rows(parts_->rows);
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<SparseVariable> all;
  for (const std::vector<double>& variable : variables) {
    HAILONG_CHECK(variable.size() == parts_->rows);
    all.push_back({rows, variable});
  }
  return Covariance(all, lonely);
}

}  // namespace hailong::design
