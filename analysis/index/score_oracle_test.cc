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

// Overall, every domain, every unit; false: a step could not be done, which random cases rarely
// provoke.
bool CompareWeightedWithOracle(uint64_t seed) {
  RandomCase random = CreateWeightedCase(seed);
  SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << random.framework.DebugString());
  for (const v1::WeightingStep& step : random.options.steps) {
    SCOPED_TRACE(step.ShortDebugString());
  }
  const auto framework = Framework::Create(random.framework);
  EXPECT_TRUE(framework.ok()) << framework.status();
  const frame::Frame frame = FrameOf(random);
  const auto score = ScoreIndex(frame, *framework, random.units, random.options);
  if (absl::IsFailedPrecondition(score.status())) return false;
  EXPECT_TRUE(score.ok()) << score.status();
  ExpectSame(score->overall, OracleIndex(random, ""));
  for (const GroupEstimate& group : score->groups) {
    SCOPED_TRACE(testing::Message() << "group " << group.group);
    ExpectSame(group.index, OracleGroup(random, static_cast<int>(group.group)));
  }
  for (size_t c = 0; c < framework->size(); ++c) {
    const std::string& id = framework->component(c).component_id();
    SCOPED_TRACE(id);
    ExpectSame(score->components[c].index, OracleIndex(random, id));
  }
  for (const DomainEstimate& domain : score->domains) {
    SCOPED_TRACE(testing::Message() << random.options.by[0] << " " << domain.keys[0] << ", "
                                    << random.options.by[1] << " " << domain.keys[1]);
    ExpectSame(domain.overall, OracleDomain(random, domain.keys, ""));
    const size_t c = seed % framework->size();
    ExpectSame(domain.components[c].index,
               OracleDomain(random, domain.keys, framework->component(c).component_id()));
  }
  const auto units = ScoreUnits(frame, *framework, random.units, random.options, false);
  EXPECT_TRUE(units.ok()) << units.status();
  for (size_t u = 0; u < random.units.size(); ++u) {
    if (!random.units[u].included) continue;
    SCOPED_TRACE(testing::Message() << "unit " << u);
    ExpectSame((*units)[u].overall, OracleUnit(random, u, ""));
  }
  return true;
}

TEST(ScoreOracle, AgreesOnWeightedRounds) {
  const uint64_t fresh =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("seeds from 1 and from %llu\n", static_cast<unsigned long long>(fresh));
  int compared = 0;
  for (uint64_t i = 0; i < 30 && !testing::Test::HasFailure(); ++i) {
    compared += CompareWeightedWithOracle(1 + i) ? 1 : 0;
    compared += CompareWeightedWithOracle(fresh + i) ? 1 : 0;
  }
  EXPECT_GT(compared, 30);
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
