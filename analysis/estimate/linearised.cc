#include "analysis/estimate/linearised.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "analysis/parallel/parallel.h"
#include "base/status.h"

namespace hailong::estimate {
namespace {

using design::SparseVariable;

// Estimates whose variances are computed by one thread with one set of buffers.
constexpr size_t kBlock = 16;

// w z of some estimates, and the rows of each.
struct Weighed {
  // All rows of the sample; what calibrated variables refer to.
  std::vector<uint32_t> all_rows;
  std::vector<std::vector<double>> values;
  std::vector<SparseVariable> variables;
};

std::vector<double> Residual(const Sample& sample, const Linearised& estimate) {
  std::vector<double> z(sample.weights.size());
  for (size_t i = 0; i < estimate.rows.size(); ++i) z[estimate.rows[i]] = estimate.z[i];
  sample.residualise(z);
  for (size_t r = 0; r < z.size(); ++r)
    z[r] = sample.weights[r] == 0 ? 0 : z[r] * sample.weights[r];
  return z;
}

void Append(const Sample& sample, const Linearised& estimate, Weighed& weighed) {
  if (sample.residualise) {
    if (weighed.all_rows.empty()) {
      weighed.all_rows.resize(sample.weights.size());
      std::iota(weighed.all_rows.begin(), weighed.all_rows.end(), 0u);
    }
    weighed.values.push_back(Residual(sample, estimate));
    weighed.variables.push_back({weighed.all_rows, weighed.values.back()});
    return;
  }
  std::vector<double>& values = weighed.values.emplace_back(estimate.rows.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = sample.weights[estimate.rows[i]] * estimate.z[i];
  }
  weighed.variables.push_back({estimate.rows, values});
}

}  // namespace

absl::StatusOr<std::vector<double>> VariancesOf(const Sample& sample,
                                                std::span<const Linearised> estimates,
                                                int threads) {
  const size_t count = estimates.size();
  // A calibrated variable is as long as the sample: one at a time.
  const size_t block = sample.residualise ? 1 : kBlock;
  std::vector<double> variances(count);
  std::vector<absl::Status> statuses((count + block - 1) / block);
  parallel::ForEach(statuses.size(), static_cast<size_t>(threads), [&](size_t b) {
    Weighed weighed;
    const size_t first = b * block;
    for (size_t i = first; i < std::min(count, first + block); ++i) {
      Append(sample, estimates[i], weighed);
    }
    absl::StatusOr<std::vector<double>> some =
        sample.design.Variances(weighed.variables, sample.lonely);
    if (!some.ok()) {
      statuses[b] = some.status();
      return;
    }
    for (size_t i = 0; i < some->size(); ++i) variances[first + i] = std::max(0.0, (*some)[i]);
  });
  for (absl::Status& status : statuses) RETURN_IF_ERROR(std::move(status));
  return variances;
}

absl::StatusOr<std::vector<double>> CovarianceOf(const Sample& sample,
                                                 std::span<const Linearised> estimates) {
  Weighed weighed;
  for (const Linearised& estimate : estimates) Append(sample, estimate, weighed);
  return sample.design.Covariance(weighed.variables, sample.lonely);
}

}  // namespace hailong::estimate
