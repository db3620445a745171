#include "analysis/replicate/replicates.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "analysis/replicate/random.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::replicate {
namespace {

absl::Status CheckRows(const FirstStage& sample) {
  if (sample.weights.empty()) return absl::InvalidArgumentError("the sample has no rows");
  if (sample.units.size() != sample.weights.size()) {
    return absl::InvalidArgumentError(base::Cat("there are sampling units for ",
                                                sample.units.size(), " of ", sample.weights.size(),
                                                " rows"));
  }
  for (size_t r = 0; r < sample.weights.size(); ++r) {
    const double weight = sample.weights[r];
    if (!std::isfinite(weight) || weight < 0) {
      return absl::InvalidArgumentError(
          base::Cat("the weight of row ", r + 1, " is ", weight,
                    "; allowed are finite numbers that are not negative"));
    }
    if (sample.units[r] >= sample.stratum_of_unit.size()) {
      return absl::InvalidArgumentError(base::Cat("the sampling unit of row ", r + 1, " is ",
                                                  sample.units[r], "; there are ",
                                                  sample.stratum_of_unit.size(), " units"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckStrata(const FirstStage& sample) {
  const size_t strata = sample.stratum_names.size();
  if (sample.sampling_fractions.size() != strata) {
    return absl::InvalidArgumentError(base::Cat("there are sampling fractions for ",
                                                sample.sampling_fractions.size(), " of ", strata,
                                                " strata"));
  }
  for (size_t h = 0; h < strata; ++h) {
    const double fraction = sample.sampling_fractions[h];
    if (fraction >= 0 && fraction <= 1) continue;
    return absl::InvalidArgumentError(base::Cat("the sampling fraction of stratum ",
                                                sample.stratum_names[h], " is ", fraction,
                                                "; allowed are numbers from 0 to 1"));
  }
  for (size_t u = 0; u < sample.stratum_of_unit.size(); ++u) {
    if (sample.stratum_of_unit[u] < strata) continue;
    return absl::InvalidArgumentError(base::Cat("the stratum of unit ", u, " is ",
                                                sample.stratum_of_unit[u], "; there are ", strata,
                                                " strata"));
  }
  return absl::OkStatus();
}

}  // namespace

Replicates::Replicates(FirstStage sample)
    : sample_(std::make_shared<FirstStage>(std::move(sample))) {
  begin_.resize(sample_->stratum_names.size() + 1, 0);
  for (const uint32_t stratum : sample_->stratum_of_unit) ++begin_[stratum + 1];
  for (size_t h = 1; h < begin_.size(); ++h) begin_[h] += begin_[h - 1];
  members_.resize(units());
  std::vector<size_t> next(begin_.begin(), begin_.end() - 1);
  for (size_t u = 0; u < units(); ++u) {
    members_[next[sample_->stratum_of_unit[u]]++] = static_cast<uint32_t>(u);
  }
}

absl::StatusOr<Replicates> Replicates::Create(FirstStage sample, Method method) {
  RETURN_IF_ERROR(CheckRows(sample));
  RETURN_IF_ERROR(CheckStrata(sample));
  Replicates replicates(std::move(sample));
  RETURN_IF_ERROR(std::visit([&](const auto& m) { return replicates.Plan(m); }, method));
  replicates.method_ = method;
  return replicates;
}

absl::Status Replicates::RefuseSingleUnits() const {
  for (size_t h = 0; h + 1 < begin_.size(); ++h) {
    if (UnitsOf(h) != 1) continue;
    return absl::FailedPreconditionError(
        base::Cat("stratum ", sample_->stratum_names[h],
                  " has one sampling unit; replicates need two, join it with another stratum"));
  }
  return absl::OkStatus();
}

void Replicates::NoteFractions() {
  const auto known = std::ranges::count_if(sample_->sampling_fractions,
                                           [](double fraction) { return fraction > 0; });
  if (known == 0) return;
  notes_.push_back(base::Cat("the finite population correction of ", known,
                             " strata is not made: variances are too large rather than too small"));
}

absl::Status Replicates::Plan(const Jackknife1&) {
  if (sample_->stratum_names.size() != 1) {
    return absl::FailedPreconditionError(base::Cat("the sample has ", sample_->stratum_names.size(),
                                                   " strata; JK1 is for one, JKn for several"));
  }
  RETURN_IF_ERROR(RefuseSingleUnits());
  const double n = static_cast<double>(units());
  count_ = units();
  scale_ = (n - 1) / n * (1 - sample_->sampling_fractions[0]);
  rscales_.assign(count_, 1);
  return absl::OkStatus();
}

void Replicates::Fill(const Jackknife1&, size_t replicate, std::span<double> by_unit) const {
  const double n = static_cast<double>(units());
  std::ranges::fill(by_unit, n / (n - 1));
  by_unit[replicate] = 0;
}

absl::Status Replicates::Plan(const JackknifeN&) {
  RETURN_IF_ERROR(RefuseSingleUnits());
  count_ = units();
  scale_ = 1;
  for (const uint32_t unit : members_) {
    const size_t h = sample_->stratum_of_unit[unit];
    const double n = static_cast<double>(UnitsOf(h));
    rscales_.push_back((n - 1) / n * (1 - sample_->sampling_fractions[h]));
  }
  return absl::OkStatus();
}

void Replicates::Fill(const JackknifeN&, size_t replicate, std::span<double> by_unit) const {
  std::ranges::fill(by_unit, 1);
  const uint32_t out = members_[replicate];
  const size_t h = sample_->stratum_of_unit[out];
  const double n = static_cast<double>(UnitsOf(h));
  for (size_t i = begin_[h]; i < begin_[h + 1]; ++i) by_unit[members_[i]] = n / (n - 1);
  by_unit[out] = 0;
}

absl::Status Replicates::Plan(const BalancedHalves& method) {
  if (!(method.rho >= 0 && method.rho < 1)) {
    return absl::InvalidArgumentError(
        base::Cat("rho is ", method.rho, "; allowed are numbers from 0 to below 1"));
  }
  for (size_t h = 0; h + 1 < begin_.size(); ++h) {
    // A stratum without units has no row.
    if (UnitsOf(h) == 2 || UnitsOf(h) == 0) continue;
    return absl::FailedPreconditionError(
        base::Cat("stratum ", sample_->stratum_names[h], " has ", UnitsOf(h),
                  " sampling units; balanced halves need exactly 2 in each stratum"));
  }
  // Row 0 of Sylvester's matrix is all ones: strata take the rows after it.
  count_ = std::bit_ceil(sample_->stratum_names.size() + 1);
  scale_ = 1 / (static_cast<double>(count_) * (1 - method.rho) * (1 - method.rho));
  rscales_.assign(count_, 1);
  NoteFractions();
  return absl::OkStatus();
}

void Replicates::Fill(const BalancedHalves& method, size_t replicate,
                      std::span<double> by_unit) const {
  for (size_t h = 0; h + 1 < begin_.size(); ++h) {
    if (UnitsOf(h) == 0) continue;
    // Where the element is 1, not -1, as in brrweights() of R's survey.
    const bool first_out = std::popcount((h + 1) & replicate) % 2 == 0;
    by_unit[members_[begin_[h]]] = first_out ? method.rho : 2 - method.rho;
    by_unit[members_[begin_[h] + 1]] = first_out ? 2 - method.rho : method.rho;
  }
}

absl::Status Replicates::Plan(const Bootstrap& method) {
  if (method.replicates < 2) {
    return absl::InvalidArgumentError(
        base::Cat("the number of replicates is ", method.replicates, "; allowed are 2 and more"));
  }
  RETURN_IF_ERROR(RefuseSingleUnits());
  count_ = method.replicates;
  scale_ = 1 / static_cast<double>(count_ - 1);
  rscales_.assign(count_, 1);
  if (!method.finite_population) NoteFractions();
  return absl::OkStatus();
}

void Replicates::Fill(const Bootstrap& method, size_t replicate, std::span<double> by_unit) const {
  Stream stream(method.seed, replicate);
  std::ranges::fill(by_unit, 0);
  for (size_t h = 0; h + 1 < begin_.size(); ++h) {
    const uint32_t n = static_cast<uint32_t>(UnitsOf(h));
    if (n == 0) continue;
    const uint32_t* const members = &members_[begin_[h]];
    for (uint32_t draw = 0; draw + 1 < n; ++draw) ++by_unit[members[stream.Below(n)]];
    const double size = static_cast<double>(n);
    const double pull =
        method.finite_population ? std::sqrt(1 - sample_->sampling_fractions[h]) : 1;
    for (uint32_t i = 0; i < n; ++i) {
      double& factor = by_unit[members[i]];
      factor = 1 - pull + pull * factor * size / (size - 1);
    }
  }
}

void Replicates::Factors(size_t replicate, std::span<double> by_unit) const {
  HAILONG_CHECK(replicate < count_ && by_unit.size() == units());
  std::visit([&](const auto& method) { Fill(method, replicate, by_unit); }, method_);
}

void Replicates::Weights(size_t replicate, std::span<double> factors,
                         std::span<double> by_row) const {
  HAILONG_CHECK(by_row.size() == rows());
  Factors(replicate, factors);
  const double* const weights = sample_->weights.data();
  const uint32_t* const of_row = sample_->units.data();
  for (size_t r = 0; r < by_row.size(); ++r) by_row[r] = weights[r] * factors[of_row[r]];
}

}  // namespace hailong::replicate
