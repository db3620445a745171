// The domains of a table: every row in one of them, or in none.
//
// Threads: immutable once created.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/design/factor.h"

namespace hailong::estimate {

inline constexpr size_t kDomainsMax = size_t{1} << 20;

class Domains {
 public:
  // One domain: all rows.
  static Domains Whole(size_t rows);
  // Every combination of the levels of `factors`, the last factor varying fastest, whether or not
  // it has a row; a row with a missing code is in none. No factor: Whole().
  // Errors: INVALID_ARGUMENT, naming the factor: another length than `rows`, a code without a
  // level, more than kDomainsMax combinations.
  static absl::StatusOr<Domains> Cross(size_t rows, std::span<const design::Factor> factors);

  size_t row_count() const { return row_count_; }
  size_t size() const { return first_.size() - 1; }
  // The rows of a domain, ascending.
  std::span<const uint32_t> rows(size_t domain) const {
    return std::span(rows_).subspan(first_[domain], first_[domain + 1] - first_[domain]);
  }
  // The domain's level of each factor, in the order of the factors.
  std::vector<uint32_t> levels(size_t domain) const;

 private:
  Domains() = default;

  size_t row_count_ = 0;
  // By factor.
  std::vector<size_t> level_counts_;
  // Where the rows of each domain begin, and the end.
  std::vector<size_t> first_;
  std::vector<uint32_t> rows_;
};

}  // namespace hailong::estimate
