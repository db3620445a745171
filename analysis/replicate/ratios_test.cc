// Ratios under replicates that are raked anew, beside a slow oracle; the same bits for any number
// of threads; what is refused.
#include "analysis/replicate/ratios.h"
#include "analysis/testing/refused_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace hailong::replicate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using weighting::Adjustment;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;

// A sample of 4 strata with its margins and answers.
struct Case {
  FirstStage stage;
  std::vector<uint32_t> sex, age;
  std::vector<double> sexes, ages;
  RatioRequest request;
};

Case MakeCase(uint64_t seed, size_t rows) {
  std::mt19937_64 engine(seed);
  const auto below = [&](uint64_t bound) { return static_cast<uint32_t>(engine() % bound); };
  Case made;
  constexpr uint32_t kStrata = 4, kUnits = 15;
  for (uint32_t h = 0; h < kStrata; ++h) {
    made.stage.stratum_names.push_back("H" + std::to_string(h));
    made.stage.sampling_fractions.push_back(0);
    made.stage.stratum_of_unit.insert(made.stage.stratum_of_unit.end(), kUnits, h);
  }
  made.request.coded.resize(3);
  made.request.numeric.resize(2);
  made.request.domain_count = 3;
  made.sexes = {0, 0};
  made.ages = {0, 0, 0};
  for (size_t r = 0; r < rows; ++r) {
    made.stage.weights.push_back(below(15) == 0 ? 0 : 1 + below(900) / 100.0);
    made.stage.units.push_back(r < kStrata * kUnits ? static_cast<uint32_t>(r)
                                                    : below(kStrata * kUnits));
    made.sex.push_back(below(2));
    made.age.push_back(below(3));
    const double known = made.stage.weights.back() * (1 + below(100) / 100.0);
    made.sexes[made.sex.back()] += known;
    made.ages[made.age.back()] += known;
    for (CodedItem& item : made.request.coded) item.codes.push_back(static_cast<uint8_t>(below(6)));
    for (NumericItem& item : made.request.numeric) {
      const bool answered = below(10) != 0;
      item.numerator.push_back(answered ? below(1000) / 7.0 : 0);
      item.denominator.push_back(answered ? 1 + below(50) / 10.0 : 0);
    }
    made.request.domains.push_back(below(8) == 0 ? RatioRequest::kNowhere : below(3));
  }
  for (CodedItem& item : made.request.coded) {
    item.numerator = {0, 0, 0, 0, 1, 1};
    item.denominator = {0, 1, 1, 1, 1, 1};
  }
  made.request.coded[2].numerator = {0, 1, 2, 3, 4, 5};
  return made;
}

Adjustment RakingOf(const Case& made) {
  weighting::Raking raking;
  raking.margins = {
      {{.name = "sex", .levels = {"f", "m"}, .codes = made.sex}, made.sexes},
      {{.name = "age", .levels = {"young", "middle", "old"}, .codes = made.age}, made.ages}};
  return *Adjustment::Create(made.sex.size(), {raking});
}

// The obvious way, sharing nothing with the code but the factors of the replicate.
class Oracle {
 public:
  Oracle(const Case& made, const std::vector<double>& factors) : made_(made) {
    for (size_t r = 0; r < made.sex.size(); ++r) {
      weights_.push_back(static_cast<long double>(made.stage.weights[r]) *
                         (factors.empty() ? 1.0 : factors[made.stage.units[r]]));
    }
    for (int cycle = 0; cycle < 300; ++cycle) {
      Fit(made.sex, made.sexes);
      Fit(made.age, made.ages);
    }
  }

  double Ratio(size_t item, uint32_t domain) const {
    long double a = 0, b = 0;
    for (size_t r = 0; r < weights_.size(); ++r) {
      if (made_.request.domains[r] != domain) continue;
      if (item < made_.request.coded.size()) {
        const CodedItem& coded = made_.request.coded[item];
        a += weights_[r] * coded.numerator[coded.codes[r]];
        b += weights_[r] * coded.denominator[coded.codes[r]];
      } else {
        const NumericItem& numeric = made_.request.numeric[item - made_.request.coded.size()];
        a += weights_[r] * numeric.numerator[r];
        b += weights_[r] * numeric.denominator[r];
      }
    }
    return static_cast<double>(a / b);
  }

 private:
  void Fit(const std::vector<uint32_t>& codes, const std::vector<double>& population) {
    std::map<uint32_t, long double> sums;
    for (size_t r = 0; r < codes.size(); ++r) sums[codes[r]] += weights_[r];
    for (size_t r = 0; r < codes.size(); ++r) weights_[r] *= population[codes[r]] / sums[codes[r]];
  }

  const Case& made_;
  std::vector<long double> weights_;
};

TEST(Ratios, AreThoseOfASlowOracleThatRakesByRows) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Case made = MakeCase(seed, 1000);
  const Adjustment raking = RakingOf(made);
  // 19: not a multiple of the replicates that are taken at once.
  const auto replicates = Replicates::Create(made.stage, Bootstrap{.replicates = 19, .seed = seed});
  ASSERT_TRUE(replicates.ok()) << replicates.status();
  const auto estimates = EstimateRatios(*replicates, &raking, made.request, 2);
  ASSERT_TRUE(estimates.ok()) << estimates.status();
  ASSERT_EQ(estimates->size(), 15u);
  const auto compare = [&](const Oracle& oracle, const auto& ours) {
    for (uint32_t d = 0; d < 3; ++d) {
      for (size_t i = 0; i < 5; ++i) {
        const double theirs = oracle.Ratio(i, d);
        EXPECT_NEAR(ours(d * 5 + i), theirs, 1e-10 * std::abs(theirs)) << d << " " << i;
      }
    }
  };
  compare(Oracle(made, {}), [&](size_t i) { return estimates->full()[i]; });
  std::vector<double> factors(replicates->units());
  for (size_t r = 0; r < replicates->count(); ++r) {
    replicates->Factors(r, factors);
    compare(Oracle(made, factors), [&](size_t i) { return estimates->At(r, i); });
  }
}

TEST(Ratios, WithoutDomainsOrAdjustmentAreThoseOfTheGeneralEstimator) {
  Case made = MakeCase(11, 700);
  made.request.domains.clear();
  made.request.domain_count = 1;
  const auto replicates = Replicates::Create(made.stage, JackknifeN{});
  const auto fast = EstimateRatios(*replicates, nullptr, made.request, 2);
  const auto slow = Estimate(
      *replicates, nullptr,
      [&](std::span<const double> weights) {
        double a = 0, b = 0;
        for (size_t r = 0; r < weights.size(); ++r) {
          a += weights[r] * (made.request.coded[0].codes[r] >= 4 ? 1 : 0);
          b += weights[r] * (made.request.coded[0].codes[r] >= 1 ? 1 : 0);
        }
        return std::vector<double>{a / b};
      },
      2);
  ASSERT_TRUE(fast.ok() && slow.ok());
  EXPECT_NEAR(fast->Variance(0).value(), slow->Variance(0).value(),
              1e-10 * slow->Variance(0).value());
}

// The variance of linearised ratios, whose residuals are taken from the margins.
double TaylorOf(const Case& made, const weighting::Weighted& weighted, size_t item) {
  const std::vector<double>& w = weighted.weights();
  std::vector<double> a(w.size()), b(w.size());
  for (size_t r = 0; r < w.size(); ++r) {
    if (item < made.request.coded.size()) {
      const CodedItem& coded = made.request.coded[item];
      a[r] = coded.numerator[coded.codes[r]];
      b[r] = coded.denominator[coded.codes[r]];
    } else {
      const NumericItem& numeric = made.request.numeric[item - made.request.coded.size()];
      a[r] = numeric.numerator[r];
      b[r] = numeric.denominator[r];
    }
  }
  double sum_a = 0, sum_b = 0;
  for (size_t r = 0; r < w.size(); ++r) sum_a += w[r] * a[r], sum_b += w[r] * b[r];
  std::vector<double> z(w.size());
  for (size_t r = 0; r < w.size(); ++r) z[r] = (a[r] - sum_a / sum_b * b[r]) / sum_b;
  weighted.Residualise(z);
  std::vector<double> totals(made.stage.stratum_of_unit.size(), 0);
  for (size_t r = 0; r < w.size(); ++r) totals[made.stage.units[r]] += w[r] * z[r];
  double variance = 0;
  for (uint32_t h = 0; h < made.stage.stratum_names.size(); ++h) {
    double n = 0, sum = 0, squares = 0;
    for (size_t u = 0; u < totals.size(); ++u) {
      if (made.stage.stratum_of_unit[u] != h) continue;
      n += 1;
      sum += totals[u];
      squares += totals[u] * totals[u];
    }
    variance += n / (n - 1) * (squares - sum * sum / n);
  }
  return variance;
}

TEST(Ratios, VariancesOfRakedReplicatesComeNearTaylorsOfResiduals) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Case made = MakeCase(seed, 6000);
  made.request.domains.clear();
  made.request.domain_count = 1;
  const Adjustment raking = RakingOf(made);
  const auto weighted = raking.Apply(made.stage.weights);
  ASSERT_TRUE(weighted.ok()) << weighted.status();
  const auto jackknife = Replicates::Create(made.stage, JackknifeN{});
  const auto bootstrap =
      Replicates::Create(made.stage, Bootstrap{.replicates = 1000, .seed = seed});
  const auto by_jackknife = EstimateRatios(*jackknife, &raking, made.request, 2);
  const auto by_bootstrap = EstimateRatios(*bootstrap, &raking, made.request, 2);
  ASSERT_TRUE(by_jackknife.ok() && by_bootstrap.ok());
  for (size_t i = 0; i < made.request.items(); ++i) {
    const double taylor = TaylorOf(made, *weighted, i);
    // With 15 units a stratum the two differ by a few hundredths; 1000 draws add 4.5% a sigma.
    EXPECT_NEAR(by_jackknife->Variance(i).value() / taylor, 1, 0.1) << i;
    EXPECT_NEAR(by_bootstrap->Variance(i).value() / taylor, 1, 0.35) << i;
  }
}

std::vector<uint64_t> BitsOf(const ReplicateEstimates& estimates) {
  std::vector<uint64_t> bits;
  for (size_t i = 0; i < estimates.size(); ++i) {
    bits.push_back(std::bit_cast<uint64_t>(estimates.full()[i]));
    bits.push_back(std::bit_cast<uint64_t>(estimates.Variance(i).value()));
    for (size_t r = 0; r < estimates.replicates(); ++r) {
      bits.push_back(std::bit_cast<uint64_t>(estimates.At(r, i)));
    }
  }
  return bits;
}

TEST(Ratios, HaveTheSameBitsForAnyNumberOfThreads) {
  const Case made = MakeCase(3, 900);
  const Adjustment raking = RakingOf(made);
  const auto replicates = Replicates::Create(made.stage, Bootstrap{.replicates = 61, .seed = 8});
  const auto mean = [&](std::span<const double> weights) {
    double a = 0, b = 0;
    for (size_t r = 0; r < weights.size(); ++r) {
      a += weights[r] * made.request.numeric[0].numerator[r];
      b += weights[r];
    }
    return std::vector<double>{a / b, b};
  };
  const auto ratios = EstimateRatios(*replicates, &raking, made.request, 1);
  const auto means = Estimate(*replicates, &raking, mean, 1);
  ASSERT_TRUE(ratios.ok() && means.ok());
  for (const size_t threads : {2u, 3u, 7u}) {
    EXPECT_EQ(BitsOf(*EstimateRatios(*replicates, &raking, made.request, threads)),
              BitsOf(*ratios));
    EXPECT_EQ(BitsOf(*Estimate(*replicates, &raking, mean, threads)), BitsOf(*means));
  }
}

// Two strata of two units; the last unit alone has old people, and domain 1.
Case MakeThin() {
  Case made;
  made.stage = {.weights = {1, 1, 1, 1, 1, 1, 1, 1},
                .units = {0, 0, 1, 1, 2, 2, 3, 3},
                .stratum_of_unit = {0, 0, 1, 1},
                .stratum_names = {"A", "B"},
                .sampling_fractions = {0, 0}};
  made.sex = {0, 1, 0, 1, 0, 1, 0, 1};
  made.age = {0, 1, 0, 1, 0, 1, 2, 2};
  made.sexes = {5, 5};
  made.ages = {4, 4, 2};
  made.request.coded = {
      {.codes = {1, 0, 1, 1, 0, 1, 1, 0}, .numerator = {0, 1}, .denominator = {1, 1}}};
  made.request.domains = {0, 0, 0, 0, 0, 0, 1, 1};
  made.request.domain_count = 2;
  return made;
}

TEST(Ratios, AReplicateWithoutTheDomainIsLeftOutAndCounted) {
  const Case made = MakeThin();
  const auto replicates = Replicates::Create(made.stage, JackknifeN{});
  const auto estimates = EstimateRatios(*replicates, nullptr, made.request, 1);
  ASSERT_TRUE(estimates.ok()) << estimates.status();
  EXPECT_EQ(estimates->Discarded(0), 0u);
  EXPECT_EQ(estimates->Discarded(1), 1u);
  EXPECT_THAT(estimates->DiscardNote(), HasSubstr("1 of 2 estimates, at most 1 of 4"));
  EXPECT_EQ(estimates->Variance(1), 0);
}

TEST(Ratios, ADomainWithoutRowsHasNoData) {
  Case made = MakeThin();
  made.request.domain_count = 3;
  const auto replicates = Replicates::Create(made.stage, JackknifeN{});
  const auto estimates = EstimateRatios(*replicates, nullptr, made.request, 1);
  ASSERT_TRUE(estimates.ok());
  EXPECT_TRUE(std::isnan(estimates->full()[2]));
  EXPECT_FALSE(estimates->Variance(2).has_value());
}

TEST(Ratios, AnAdjustmentThatFailsInAReplicateNamesItStepAndMargin) {
  const Case made = MakeThin();
  const Adjustment raking = RakingOf(made);
  const auto replicates = Replicates::Create(made.stage, JackknifeN{});
  ASSERT_TRUE(replicates.ok());
  const auto matcher = AllOf(HasSubstr("replicate 4 of 4: step 1, raking: "), HasSubstr("age old"));
  for (const size_t threads : {1u, 3u}) {
    EXPECT_REFUSED(EstimateRatios(*replicates, &raking, made.request, threads), kFailed, matcher);
    const auto total = [](std::span<const double> weights) { return std::vector{weights[0]}; };
    EXPECT_REFUSED(Estimate(*replicates, &raking, total, threads), kFailed, matcher);
  }
}

TEST(Ratios, RefuseColumnsThatDoNotFit) {
  const Case good = MakeThin();
  const auto replicates = Replicates::Create(good.stage, JackknifeN{});
  const auto refuse = [&](const RatioRequest& request, const std::string& what) {
    EXPECT_REFUSED(EstimateRatios(*replicates, nullptr, request, 1), kInvalid, HasSubstr(what));
  };
  RatioRequest bad = good.request;
  bad.coded[0].codes[5] = 2;
  refuse(bad, "coded item 1 has the code 2 in row 6; it has 2 codes");
  bad = good.request;
  bad.coded[0].codes.pop_back();
  refuse(bad, "coded item 1 has 7 codes for 8 rows");
  bad = good.request;
  bad.coded[0].denominator.pop_back();
  refuse(bad, "2 numerators and 1 denominators");
  bad = good.request;
  bad.coded[0].numerator[0] = kNone;
  refuse(bad, "not finite");
  bad = good.request;
  bad.numeric = {{.numerator = {1}, .denominator = {1}}};
  refuse(bad, "numeric item 1 has 1 values for 8 rows");
  bad.numeric = {{.numerator = std::vector<double>(8, kNone), .denominator = {}}};
  refuse(bad, "numeric item 1 is nan in row 1");
  bad = good.request;
  bad.domains[2] = 2;
  refuse(bad, "the domain of row 3 is 2; there are 2 domains");
  bad.domains.pop_back();
  refuse(bad, "domains for 7 of 8 rows");
  bad.domains.clear();
  refuse(bad, "there are 2 domains and no row is in any");
}

}  // namespace
}  // namespace hailong::replicate
