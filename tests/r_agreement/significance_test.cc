// P-values of changes between rounds, and their adjustments, against base R's pt, pnorm and
// p.adjust.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/estimate/significance.h"
#include "analysis/priorities/change.h"

namespace hailong::priorities {
namespace {

struct FromR {
  std::string kind;
  double a;
  double b;
};

std::vector<FromR> RunR(const std::string& csv) {
  const std::string base = testing::TempDir() + "r_significance";
  {
    std::ofstream out(base + ".csv");
    out << csv;
  }
  const std::string command = std::string("Rscript --vanilla '" HAILONG_SIGNIFICANCE_R "' '") +
                              base + ".csv' '" + base + "_r.csv'";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0) << command;
  std::vector<FromR> results;
  std::ifstream in(base + "_r.csv");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string kind, a, b;
    std::getline(fields, kind, ',');
    std::getline(fields, a, ',');
    std::getline(fields, b, ',');
    results.push_back(
        {kind.substr(1, kind.size() - 2), std::atof(a.c_str()), std::atof(b.c_str())});
  }
  return results;
}

void ExpectNear(double ours, double theirs, double tolerance) {
  EXPECT_LE(std::abs(ours - theirs), tolerance * std::abs(theirs)) << ours << ", R " << theirs;
}

TEST(RSignificance, OfChangesAndTheirAdjustments) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform;
  std::ostringstream csv;
  csv.precision(17);
  csv << "kind,a,b,c,d,df1,df2\n";
  std::vector<std::pair<double, double>> statistics;
  for (const double df : {1.0, 1.7, 2.0, 5.3, 30.0, 1e6, std::numeric_limits<double>::infinity()}) {
    for (const double statistic : {0.0, 1e-9, 0.3, -1.96, 4.0, 20.0}) {
      statistics.emplace_back(statistic, df);
      csv << "t," << statistic << ',' << (std::isinf(df) ? "Inf" : std::to_string(df))
          << ",NA,NA,NA,NA\n";
    }
  }
  std::vector<Change> changes;
  for (int i = 0; i < 300; ++i) {
    const auto measured = [&] {
      const uint64_t n = 2 + engine() % 200;
      return estimate::Estimate{.value = 60 + 20 * uniform(engine),
                                .standard_error = 0.5 + 6 * uniform(engine),
                                .n = n,
                                .defined = true,
                                .degrees_of_freedom = n - 1};
    };
    const estimate::Estimate before = measured();
    estimate::Estimate now = measured();
    if (i % 10 == 0) now.value = before.value;  // ties among the p-values
    csv << "change," << now.value << ',' << *now.standard_error << ',' << before.value << ','
        << *before.standard_error << ',' << now.degrees_of_freedom << ','
        << before.degrees_of_freedom << '\n';
    changes.push_back(ChangeSince(before, now));
  }
  std::vector<Change*> family;
  for (Change& change : changes) family.push_back(&change);
  AdjustFamily(family);

  const std::vector<FromR> r = RunR(csv.str());
  ASSERT_EQ(r.size(), statistics.size() + 2 * changes.size());
  size_t at = 0;
  for (const auto& [statistic, df] : statistics) {
    SCOPED_TRACE(testing::Message() << statistic << " on " << df);
    ExpectNear(estimate::TwoSidedP(statistic, df), r[at++].a, 1e-10);
  }
  for (const Change& change : changes) {
    ASSERT_EQ(r[at].kind, "change");
    ExpectNear(*change.p_value, r[at].a, 1e-10);
    ExpectNear(*change.degrees_of_freedom, r[at++].b, 1e-12);
  }
  for (const Change& change : changes) {
    ASSERT_EQ(r[at].kind, "adjusted");
    ExpectNear(*change.p_holm, r[at].a, 1e-10);
    ExpectNear(*change.p_benjamini_hochberg, r[at++].b, 1e-10);
  }
}

}  // namespace
}  // namespace hailong::priorities
