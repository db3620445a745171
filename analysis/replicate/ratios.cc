#include "analysis/replicate/ratios.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "analysis/parallel/parallel.h"
#include "base/status.h"

namespace hailong::replicate {
namespace {

// Replicates side by side, and rows whose weights fit the first level of cache.
constexpr size_t kWide = 8;
constexpr size_t kBlockRows = 256;

// Sums of weights by domain, item and answer; each element is kWide numbers. Rows of no domain go
// to one after the last.
class Layout {
 public:
  explicit Layout(const RatioRequest& request) {
    for (const CodedItem& item : request.coded) {
      begins_.push_back(stride_);
      stride_ += item.numerator.size();
    }
    for (size_t i = 0; i < request.numeric.size(); ++i) {
      begins_.push_back(stride_);
      stride_ += 2;
    }
  }
  // Numbers of one domain.
  size_t stride() const { return stride_ * kWide; }
  // Where an item begins in them.
  size_t begin(size_t item) const { return begins_[item] * kWide; }

 private:
  size_t stride_ = 0;
  std::vector<size_t> begins_;
};

absl::Status CheckCoded(size_t rows, size_t i, const CodedItem& item) {
  if (item.codes.size() != rows) {
    return absl::InvalidArgumentError(
        base::Cat("coded item ", i + 1, " has ", item.codes.size(), " codes for ", rows, " rows"));
  }
  if (item.numerator.size() != item.denominator.size()) {
    return absl::InvalidArgumentError(base::Cat("coded item ", i + 1, " has ",
                                                item.numerator.size(), " numerators and ",
                                                item.denominator.size(), " denominators"));
  }
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::ranges::all_of(item.numerator, finite) ||
      !std::ranges::all_of(item.denominator, finite)) {
    return absl::InvalidArgumentError(
        base::Cat("coded item ", i + 1, " has a numerator or denominator that is not finite"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (item.codes[r] < item.numerator.size()) continue;
    return absl::InvalidArgumentError(base::Cat("coded item ", i + 1, " has the code ",
                                                int{item.codes[r]}, " in row ", r + 1, "; it has ",
                                                item.numerator.size(), " codes"));
  }
  return absl::OkStatus();
}

absl::Status CheckNumeric(size_t rows, size_t i, const NumericItem& item) {
  for (const std::vector<double>* values : {&item.numerator, &item.denominator}) {
    if (values == &item.denominator && values->empty()) continue;
    if (values->size() != rows) {
      return absl::InvalidArgumentError(base::Cat("numeric item ", i + 1, " has ", values->size(),
                                                  " values for ", rows, " rows"));
    }
    for (size_t r = 0; r < rows; ++r) {
      if (std::isfinite((*values)[r])) continue;
      return absl::InvalidArgumentError(base::Cat("numeric item ", i + 1, " is ", (*values)[r],
                                                  " in row ", r + 1,
                                                  "; allowed are finite numbers"));
    }
  }
  return absl::OkStatus();
}

absl::Status Check(size_t rows, const RatioRequest& request) {
  for (size_t i = 0; i < request.coded.size(); ++i) {
    RETURN_IF_ERROR(CheckCoded(rows, i, request.coded[i]));
  }
  for (size_t i = 0; i < request.numeric.size(); ++i) {
    RETURN_IF_ERROR(CheckNumeric(rows, i, request.numeric[i]));
  }
  if (request.domains.empty() && request.domain_count != 1) {
    return absl::InvalidArgumentError(
        base::Cat("there are ", request.domain_count, " domains and no row is in any"));
  }
  if (request.domains.empty()) return absl::OkStatus();
  if (request.domains.size() != rows) {
    return absl::InvalidArgumentError(
        base::Cat("there are domains for ", request.domains.size(), " of ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    const uint32_t domain = request.domains[r];
    if (domain < request.domain_count || domain == RatioRequest::kNowhere) continue;
    return absl::InvalidArgumentError(base::Cat("the domain of row ", r + 1, " is ", domain,
                                                "; there are ", request.domain_count, " domains"));
  }
  return absl::OkStatus();
}

// Rows [begin, end) of a block: their weights, kWide side by side, and where the sums of their
// domains begin.
struct Block {
  size_t begin = 0;
  size_t end = 0;
  alignas(64) double weights[kBlockRows * kWide];
  size_t offsets[kBlockRows];
};

// kWide additions in a row without a loop, which compilers turn into vector arithmetic: all are
// read before any is written.
template <size_t... k>
inline void AddAll(const double* weights, double factor, double* sums, std::index_sequence<k...>) {
  const double added[] = {sums[k] + weights[k] * factor...};
  ((sums[k] = added[k]), ...);
}

inline void Add(const double* weights, double factor, double* sums) {
  AddAll(weights, factor, sums, std::make_index_sequence<kWide>());
}

void AddCoded(const Block& block, const uint8_t* codes, double* sums) {
  const double* weights = block.weights;
  for (size_t r = 0; r < block.end - block.begin; ++r, weights += kWide) {
    Add(weights, 1, sums + block.offsets[r] + codes[block.begin + r] * kWide);
  }
}

void AddNumeric(const Block& block, const double* values, double* sums) {
  const double* weights = block.weights;
  for (size_t r = 0; r < block.end - block.begin; ++r, weights += kWide) {
    Add(weights, values[block.begin + r], sums + block.offsets[r]);
  }
}

// Weights of up to kWide replicates -> their sums.
class Summer {
 public:
  Summer(size_t rows, const RatioRequest& request)
      : rows_(rows),
        request_(request),
        layout_(request),
        sums_((request.domain_count + 1) * layout_.stride()) {}

  void Sum(const std::vector<double>* weights, size_t wide) {
    std::ranges::fill(sums_, 0);
    for (size_t begin = 0; begin < rows_; begin += kBlockRows) {
      FillBlock(begin, weights, wide);
      size_t item = 0;
      for (const CodedItem& coded : request_.coded) {
        AddCoded(block_, coded.codes.data(), &sums_[layout_.begin(item++)]);
      }
      for (const NumericItem& numeric : request_.numeric) {
        double* const sums = &sums_[layout_.begin(item++)];
        AddNumeric(block_, numeric.numerator.data(), sums);
        if (numeric.denominator.empty()) continue;
        AddNumeric(block_, numeric.denominator.data(), sums + kWide);
      }
    }
  }

  // The estimates of the k-th of them.
  void Divide(size_t k, double* estimates) const {
    for (size_t d = 0; d < request_.domain_count; ++d) {
      const double* const domain = &sums_[d * layout_.stride()] + k;
      size_t item = 0;
      for (const CodedItem& coded : request_.coded) {
        const double* const sums = domain + layout_.begin(item++);
        double a = 0, b = 0;
        for (size_t code = 0; code < coded.numerator.size(); ++code) {
          a += coded.numerator[code] * sums[code * kWide];
          b += coded.denominator[code] * sums[code * kWide];
        }
        *estimates++ = Ratio(a, b);
      }
      for (const NumericItem& numeric : request_.numeric) {
        const double* const sums = domain + layout_.begin(item++);
        *estimates++ = numeric.denominator.empty() ? sums[0] : Ratio(sums[0], sums[kWide]);
      }
    }
  }

 private:
  static double Ratio(double a, double b) {
    return b != 0 ? a / b : std::numeric_limits<double>::quiet_NaN();
  }

  void FillBlock(size_t begin, const std::vector<double>* weights, size_t wide) {
    block_.begin = begin;
    block_.end = std::min(rows_, begin + kBlockRows);
    for (size_t r = begin; r < block_.end; ++r) {
      double* const to = &block_.weights[(r - begin) * kWide];
      for (size_t k = 0; k < kWide; ++k) to[k] = k < wide ? weights[k][r] : 0;
      const size_t domain = request_.domains.empty()
                                ? 0
                                : std::min<size_t>(request_.domains[r], request_.domain_count);
      block_.offsets[r - begin] = domain * layout_.stride();
    }
  }

  size_t rows_;
  const RatioRequest& request_;
  Layout layout_;
  std::vector<double> sums_;
  Block block_;
};

}  // namespace

absl::StatusOr<ReplicateEstimates> EstimateRatios(
    const Replicates& replicates, const weighting::Adjustment* adjustment,
    const RatioRequest& request, size_t threads,
    const std::function<void(size_t count)>& on_replicates) {
  RETURN_IF_ERROR(Check(replicates.rows(), request));
  ASSIGN_OR_RETURN(const std::vector<double> full_weights, FinalWeights(replicates, adjustment));
  const size_t size = request.domain_count * request.items();
  const size_t count = replicates.count();
  std::vector<double> full(size), values(size * count);
  Summer whole(replicates.rows(), request);
  whole.Sum(&full_weights, 1);
  whole.Divide(0, full.data());

  // A thread takes one group of replicates after the other; each keeps its own failure.
  const size_t groups = (count + kWide - 1) / kWide;
  std::vector<absl::Status> failures(groups);
  const auto take_group = [&](size_t group, Summer& summer, std::vector<double>* weights,
                              std::span<double> factors) {
    const size_t first = group * kWide;
    const size_t wide = std::min(kWide, count - first);
    for (size_t k = 0; k < wide; ++k) {
      failures[group] = FinalWeights(replicates, adjustment, first + k, factors, weights[k]);
      if (!failures[group].ok()) return;
    }
    summer.Sum(weights, wide);
    for (size_t k = 0; k < wide; ++k) summer.Divide(k, &values[(first + k) * size]);
    if (on_replicates) on_replicates(wide);
  };
  const size_t workers = std::clamp<size_t>(threads, 1, groups);
  std::atomic<size_t> next = 0;
  parallel::ForEach(workers, workers, [&](size_t) {
    Summer summer(replicates.rows(), request);
    std::vector<double> weights[kWide];
    std::vector<double> factors(replicates.units());
    for (size_t group = next++; group < groups; group = next++) {
      take_group(group, summer, weights, factors);
    }
  });
  for (const absl::Status& failure : failures) RETURN_IF_ERROR(failure);
  return ReplicateEstimates(std::move(full), std::move(values), replicates.scale(),
                            replicates.rscales());
}

}  // namespace hailong::replicate
