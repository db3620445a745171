// Replicate weights: the sample drawn again from itself, many times.
//
//   JK1        each unit left out once, unstratified; the others n/(n-1); scale (n-1)/n (1-f)
//   JKn        the same within strata; replicate scale (n_h-1)/n_h (1-f_h)
//   BRR        half of each stratum of two units, by a Hadamard matrix (McCarthy 1966): 0 or 2;
//              scale 1/R. Fay's (Judkins 1990): rho or 2 - rho; scale 1/(R (1-rho)^2)
//   bootstrap  n_h - 1 of n_h units with replacement; count n_h/(n_h-1) (Rao & Wu 1988 JASA 83:231,
//              as weights Rao, Wu & Yue 1992); scale 1/(R-1)
// The variance of an estimate t is scale * sum_r rscale_r (t_r - c)^2 (estimates.h). Agrees with
// as.svrepdesign() of R's survey ("subbootstrap"), except that a stratum of one unit is refused,
// BRR does not split larger strata, and its matrix has a power of 2 of rows.
//
// A replicate is made from its number whenever it is asked for, so 500 of them take no memory, and
// any thread may make any of them.
//
// Threads: immutable once created.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::replicate {

// The first stage of a sample.
struct FirstStage {
  // By row, finite and not negative; 0: sampled, but outside every domain.
  std::vector<double> weights;
  // The sampling unit of each row, 0..n-1, and the stratum of each unit, 0..H-1.
  std::vector<uint32_t> units;
  std::vector<uint32_t> stratum_of_unit;
  // By stratum; for messages.
  std::vector<std::string> stratum_names;
  // n_h / N_h by stratum; 0: not known.
  std::vector<double> sampling_fractions;
};

// Of a design::Design, or whatever has its functions.
template <typename Design>
FirstStage FirstStageOf(const Design& design) {
  FirstStage stage{.weights = design.weights(),
                   .units = design.first_stage_units(),
                   .stratum_of_unit = design.stratum_of_unit(),
                   .stratum_names = {},
                   .sampling_fractions = design.sampling_fractions()};
  for (size_t h = 0; h < design.stratum_count(); ++h) {
    stage.stratum_names.emplace_back(design.stratum_name(h));
  }
  return stage;
}

struct Jackknife1 {};
struct JackknifeN {};
struct BalancedHalves {
  // 0: BRR; above 0 and below 1: Fay's.
  double rho = 0;
};
struct Bootstrap {
  // At least 2.
  uint32_t replicates = 500;
  uint64_t seed = 0;
  // Factors are drawn closer to 1, by the root of 1 - f_h (Rao & Wu 1988, sec. 2.1 with m_h =
  // n_h - 1), so that the variance has the finite population correction. R's survey does not.
  bool finite_population = false;
};
using Method = std::variant<Jackknife1, JackknifeN, BalancedHalves, Bootstrap>;

class Replicates {
 public:
  // Errors: INVALID_ARGUMENT, naming row, unit or stratum: lengths that differ, codes beyond their
  // range, weights or fractions that are none, rho or replicates out of range. FAILED_PRECONDITION,
  // naming the stratum: one unit in it, several strata under JK1, not two units under BRR.
  static absl::StatusOr<Replicates> Create(FirstStage sample, Method method);

  size_t count() const { return count_; }
  size_t rows() const { return sample_->weights.size(); }
  size_t units() const { return sample_->stratum_of_unit.size(); }
  const std::vector<double>& weights() const { return sample_->weights; }

  double scale() const { return scale_; }
  // By replicate.
  const std::vector<double>& rscales() const { return rscales_; }
  // What a reader must know: a finite population correction that the method does not make.
  const std::vector<std::string>& notes() const { return notes_; }

  // The factor of each unit in replicate r.
  void Factors(size_t replicate, std::span<double> by_unit) const;
  // The weight of each row in it, before any adjustment. `factors` is room for units() numbers.
  void Weights(size_t replicate, std::span<double> factors, std::span<double> by_row) const;

 private:
  explicit Replicates(FirstStage sample);
  absl::Status Plan(const Jackknife1& method);
  absl::Status Plan(const JackknifeN& method);
  absl::Status Plan(const BalancedHalves& method);
  absl::Status Plan(const Bootstrap& method);
  absl::Status RefuseSingleUnits() const;
  void NoteFractions();

  void Fill(const Jackknife1& method, size_t replicate, std::span<double> by_unit) const;
  void Fill(const JackknifeN& method, size_t replicate, std::span<double> by_unit) const;
  void Fill(const BalancedHalves& method, size_t replicate, std::span<double> by_unit) const;
  void Fill(const Bootstrap& method, size_t replicate, std::span<double> by_unit) const;

  size_t UnitsOf(size_t stratum) const { return begin_[stratum + 1] - begin_[stratum]; }

  std::shared_ptr<const FirstStage> sample_;
  // Units in the order of strata; those of h are members_[begin_[h]..begin_[h + 1]).
  std::vector<uint32_t> members_;
  std::vector<size_t> begin_;
  Method method_;
  size_t count_ = 0;
  double scale_ = 0;
  std::vector<double> rscales_;
  std::vector<std::string> notes_;
};

}  // namespace hailong::replicate
