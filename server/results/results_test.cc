#include "server/results/results.h"

#include <gmock/gmock.h>

#include "base/ids.h"
#include "server/results/bench_for_test.h"
#include "server/results/export.h"

namespace hailong::results {
namespace {

class ResultsOfARound : public ::testing::Test {
 protected:
  ResultsOfARound() {
    bench_.PutRound(v1::DUPLICATE_POLICY_LATEST);
    // 1.1: q1 is 4-5 in 1 of 2; 1.2: in 2 of 2.
    bench_.Append({bench_.Make("1.1", "555"), bench_.Make("1.1", "111"), bench_.Make("1.2", "444"),
                   bench_.Make("1.2", "555")});
  }
  absl::StatusOr<v1::GetSipasResponse> Sipas(v1::WeightingMode mode,
                                             const std::string& unit_id = "") {
    v1::GetSipasRequest request;
    request.set_round_id("r");
    request.set_unit_id(unit_id);
    request.set_weighting_mode(mode);
    return bench_.results().GetSipas(Bench::Admin(), request);
  }
  double Overall(v1::WeightingMode mode, const std::string& unit_id = "") {
    const auto sipas = Sipas(mode, unit_id);
    EXPECT_TRUE(sipas.ok()) << sipas.status();
    return sipas.ok() ? sipas->result().overall().value() : -1;
  }

  Bench bench_;
};

TEST_F(ResultsOfARound, AreWeightedAsAsked) {
  bench_.PutPopulation("1.1", 300);
  bench_.PutPopulation("1.2", 100);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_NONE), 75);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_EQUAL_UNITS), 75);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_POPULATION), (300 * 50 + 100 * 100) / 400.0);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_POPULATION, "1.2"), 100);
}

TEST_F(ResultsOfARound, FollowPopulationsAndResponsesAsTheyCome) {
  bench_.PutPopulation("1.1", 100);
  bench_.PutPopulation("1.2", 100);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_POPULATION), 75);
  bench_.PutPopulation("1.2", 300);
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_POPULATION), 87.5);
  bench_.Append({bench_.Make("1.2", "111"), bench_.Make("1.2", "111")});
  EXPECT_DOUBLE_EQ(Overall(v1::WEIGHTING_MODE_POPULATION), 50);
}

TEST_F(ResultsOfARound, NameWhatTheyCannotFind) {
  v1::GetSipasRequest request;
  request.set_round_id("nothing");
  EXPECT_EQ(bench_.results().GetSipas(Bench::Admin(), request).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Sipas(v1::WEIGHTING_MODE_NONE, "2").status().code(), absl::StatusCode::kNotFound);
  // A long name is repeated in part, but never a part of a character: no client could read that.
  for (const std::string start : {"", "x", "xy"}) {
    const std::string name = start + "ệệệệệệệệệệệệệệệệệệệệệệệệệệ";
    EXPECT_TRUE(base::IsUtf8(std::string(Sipas(v1::WEIGHTING_MODE_NONE, name).status().message())));
  }
}

TEST_F(ResultsOfARound, LastSequenceTellsWhetherThereIsNews) {
  EXPECT_EQ(*bench_.results().LastSequence("r"), model::Sequence{4});
  bench_.Append({bench_.Make("1.1", "333")});
  EXPECT_EQ(*bench_.results().LastSequence("r"), model::Sequence{5});
}

TEST_F(ResultsOfARound, OfARoundWhoseSealingWasCutOffAreSealedByTheNextCall) {
  // What the first commit of sealing leaves.
  model::RoundRecord begun{.number = model::RoundNumber{1}, .round = bench_.round()->definition()};
  begun.round.set_state(v1::ROUND_STATE_SEALED);
  bench_.Put({begun});
  v1::SealRoundRequest request;
  request.set_round_id("r");
  const auto sealed = bench_.results().SealRound(Bench::Admin(), request);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->round().seal().stored(), 4u);
  EXPECT_EQ(sealed->round().state(), v1::ROUND_STATE_SEALED);
  const auto again = bench_.results().SealRound(Bench::Admin(), request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), sealed->SerializeAsString());
  EXPECT_TRUE(Sipas(v1::WEIGHTING_MODE_UNSPECIFIED)->matches_seal());
  EXPECT_FALSE(Sipas(v1::WEIGHTING_MODE_EQUAL_UNITS)->matches_seal()) << "another plan";
}

TEST(Cursor, ComesBackAndNothingElseIsOne) {
  for (const int64_t sequence : {int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_EQ(*ParseCursor(FormatCursor(model::Sequence{sequence})), model::Sequence{sequence});
  }
  EXPECT_EQ(*ParseCursor(""), model::kNoSequence);
  for (const char* text : {"-1", "x", "1 2", "9223372036854775808"}) {
    EXPECT_EQ(ParseCursor(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace hailong::results
