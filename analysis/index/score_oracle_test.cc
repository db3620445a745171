// Scoring against the slow oracle, on random frames.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>

#include "analysis/index/score.h"
#include "analysis/testing/oracle.h"
#include "analysis/testing/random_case.h"

namespace hailong::index {
namespace {

using estimate::Estimate;

void ExpectNear(double got, double wanted, const char* what) {
  EXPECT_LE(std::abs(got - wanted), 1e-9 * (1 + std::abs(wanted)))
      << what << ": " << got << ", by the oracle " << wanted;
}

void ExpectSame(const Estimate& got, const Estimate& wanted) {
  ASSERT_EQ(got.defined, wanted.defined);
  EXPECT_EQ(got.n, wanted.n);
  if (!wanted.defined) return;
  ExpectNear(got.value, wanted.value, "value");
  ASSERT_EQ(got.standard_error.has_value(), wanted.standard_error.has_value());
  ASSERT_EQ(got.design_effect.has_value(), wanted.design_effect.has_value());
  if (wanted.standard_error) ExpectNear(*got.standard_error, *wanted.standard_error, "error");
  if (wanted.design_effect) ExpectNear(*got.design_effect, *wanted.design_effect, "design effect");
}

void CompareWithOracle(uint64_t seed) {
  const RandomCase random = CreateRandomCase(seed);
  SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << random.framework.DebugString());
  const auto framework = Framework::Create(random.framework);
  ASSERT_TRUE(framework.ok()) << framework.status();
  const frame::Frame frame = FrameOf(random);
  const auto score = ScoreIndex(frame, *framework, random.units, random.options);
  ASSERT_TRUE(score.ok()) << score.status();
  {
    SCOPED_TRACE("overall");
    ExpectSame(score->overall, OracleIndex(random, ""));
  }
  for (size_t c = 0; c < framework->size(); ++c) {
    const std::string& id = framework->component(c).component_id();
    SCOPED_TRACE(id);
    ExpectSame(score->components[c].index, OracleIndex(random, id));
    if (framework->is_item(c)) {
      ExpectSame(score->components[c].mean_score, OracleMeanScore(random, id));
    }
  }
  for (const GroupEstimate& group : score->groups) {
    SCOPED_TRACE(testing::Message() << "group " << group.group);
    ExpectSame(group.index, OracleGroup(random, static_cast<int>(group.group)));
  }
  const auto units = ScoreUnits(frame, *framework, random.units, random.options, true);
  ASSERT_TRUE(units.ok()) << units.status();
  for (size_t u = 0; u < units->size(); ++u) {
    if (!random.units[u].included) {
      EXPECT_FALSE((*units)[u].overall.defined);
      continue;
    }
    SCOPED_TRACE(testing::Message() << "unit " << u);
    ExpectSame((*units)[u].overall, OracleUnit(random, u, ""));
    for (size_t c = 0; c < framework->size(); ++c) {
      const std::string& id = framework->component(c).component_id();
      SCOPED_TRACE(id);
      ExpectSame((*units)[u].components[c].index, OracleUnit(random, u, id));
    }
  }
}

TEST(ScoreOracle, AgreesOnSeedsThatAreAlwaysTried) {
  for (uint64_t seed = 1; seed <= 500 && !testing::Test::HasFailure(); ++seed) {
    CompareWithOracle(seed);
  }
}

TEST(ScoreOracle, AgreesOnFreshSeeds) {
  const uint64_t first =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  for (uint64_t seed = first; seed < first + 250 && !testing::Test::HasFailure(); ++seed) {
    CompareWithOracle(seed);
  }
}

}  // namespace
}  // namespace hailong::index
