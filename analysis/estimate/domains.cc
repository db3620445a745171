#include "analysis/estimate/domains.h"

#include <numeric>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::estimate {

using base::Cat;
using design::Factor;

Domains Domains::Whole(size_t rows) {
  Domains domains;
  domains.row_count_ = rows;
  domains.first_ = {0, rows};
  domains.rows_.resize(rows);
  std::iota(domains.rows_.begin(), domains.rows_.end(), 0u);
  return domains;
}

absl::StatusOr<Domains> Domains::Cross(size_t rows, std::span<const Factor> factors) {
  if (factors.empty()) return Whole(rows);
  Domains domains;
  domains.row_count_ = rows;
  size_t count = 1;
  std::vector<uint32_t> domain_of_row(rows, 0);
  for (const Factor& factor : factors) {
    const size_t levels = factor.levels.size();
    if (factor.codes.size() != rows) {
      return absl::InvalidArgumentError(
          Cat(factor.name, ": ", factor.codes.size(), " codes for ", rows, " rows"));
    }
    if (levels > kDomainsMax / count) {
      return absl::InvalidArgumentError(Cat(factor.name, ": ", levels, " levels crossed with ",
                                            count, " domains; allowed: ", kDomainsMax, " in all"));
    }
    for (size_t r = 0; r < rows; ++r) {
      const uint32_t code = factor.codes[r];
      if (code == Factor::kMissing || domain_of_row[r] == Factor::kMissing) {
        domain_of_row[r] = Factor::kMissing;
      } else if (code < levels) {
        domain_of_row[r] = domain_of_row[r] * static_cast<uint32_t>(levels) + code;
      } else {
        return absl::InvalidArgumentError(Cat("row ", r + 1, ": code ", code, " of ", factor.name,
                                              " is not among its ", levels, " levels"));
      }
    }
    count *= levels;
    domains.level_counts_.push_back(levels);
    if (count == 0) return absl::InvalidArgumentError(Cat(factor.name, " has no levels"));
  }
  domains.first_.assign(count + 1, 0);
  for (const uint32_t domain : domain_of_row) {
    if (domain != Factor::kMissing) ++domains.first_[domain + 1];
  }
  std::partial_sum(domains.first_.begin(), domains.first_.end(), domains.first_.begin());
  domains.rows_.resize(domains.first_.back());
  std::vector<size_t> places(domains.first_.begin(), domains.first_.end() - 1);
  for (size_t r = 0; r < rows; ++r) {
    if (domain_of_row[r] == Factor::kMissing) continue;
    domains.rows_[places[domain_of_row[r]]++] = static_cast<uint32_t>(r);
  }
  return domains;
}

std::vector<uint32_t> Domains::levels(size_t domain) const {
  HAILONG_CHECK(domain < size());
  std::vector<uint32_t> levels(level_counts_.size());
  for (size_t f = levels.size(); f-- > 0;) {
    levels[f] = static_cast<uint32_t>(domain % level_counts_[f]);
    domain /= level_counts_[f];
  }
  return levels;
}

}  // namespace hailong::estimate
