// What to improve, over the parts below results.
#include <gmock/gmock.h>

#include "server/results/bench_for_test.h"

namespace hailong::results {
namespace {

using ::testing::HasSubstr;

// 1.1 with four responses, 1.2 with two; q1 is the weak item.
class Improvements : public ::testing::Test {
 protected:
  Improvements() {
    bench_.PutRound(v1::DUPLICATE_POLICY_LATEST);
    bench_.Append({bench_.Make("1.1", "155"), bench_.Make("1.1", "254"), bench_.Make("1.1", "551"),
                   bench_.Make("1.1", "255"), bench_.Make("1.2", "555"),
                   bench_.Make("1.2", "333")});
    for (const char* unit_id : {"1.1", "1.2"}) bench_.PutPopulation(unit_id, 100);
  }
  static v1::ListImprovementsRequest Request() {
    v1::ListImprovementsRequest request;
    request.set_round_id("r");
    return request;
  }
  absl::StatusOr<v1::ListImprovementsResponse> List(const v1::ListImprovementsRequest& request) {
    return bench_.results().ListImprovements(Bench::Admin(), request);
  }
  void ExpectBadField(const v1::ListImprovementsRequest& request, const std::string& words) {
    const auto listed = List(request);
    EXPECT_TRUE(absl::IsInvalidArgument(listed.status())) << listed.status();
    EXPECT_THAT(std::string(listed.status().message()), HasSubstr(words));
  }

  Bench bench_;
};

TEST_F(Improvements, RankItemsAndAddUpToTheDistance) {
  const auto listed = List(Request());
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->target(), 95);
  ASSERT_EQ(listed->units_size(), 2);
  const v1::Improvement& unit = listed->units(0);
  EXPECT_EQ(unit.unit_id(), "1.1");
  EXPECT_EQ(unit.responses(), 4u);
  EXPECT_TRUE(unit.few_responses());
  // q1 25, q2 100, q3 75.
  ASSERT_EQ(unit.contributions_size(), 3);
  EXPECT_NEAR(unit.contributions(0).contribution().value(), 70.0 / 3, 1e-9);
  EXPECT_NEAR(unit.contributions(1).contribution().value(), -5.0 / 3, 1e-9);
  EXPECT_NEAR(unit.contributions(2).contribution().value(), 20.0 / 3, 1e-9);
  EXPECT_EQ(unit.contributions(0).rank(), 1u);
  EXPECT_EQ(unit.contributions(2).rank(), 2u);
  EXPECT_NEAR(unit.distance().value(), 95 - 200.0 / 3, 1e-9);
  EXPECT_FALSE(unit.has_change());
  EXPECT_EQ(unit.component_changes_size(), 0);

  // The whole is that of GetSipas.
  v1::GetSipasRequest sipas_request;
  sipas_request.set_round_id("r");
  const auto sipas = bench_.results().GetSipas(Bench::Admin(), sipas_request);
  ASSERT_TRUE(sipas.ok());
  EXPECT_EQ(listed->whole().unit_id(), "1");
  EXPECT_EQ(listed->whole().overall().value(), sipas->result().overall().value());
  EXPECT_EQ(listed->whole().overall().standard_error(), sipas->result().overall().standard_error());
  EXPECT_EQ(listed->whole().responses(), 6u);
  EXPECT_GT(listed->unverified_size(), 0);
}

TEST_F(Improvements, ComeInPagesWithTheWholeOnTheFirst) {
  v1::ListImprovementsRequest request = Request();
  request.set_page_size(1);
  const auto first = List(request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->units_size(), 1);
  EXPECT_TRUE(first->has_whole());
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->units_size(), 1);
  EXPECT_EQ(second->units(0).unit_id(), "1.2");
  EXPECT_FALSE(second->has_whole());
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(Improvements, RefuseWhatCannotBe) {
  v1::ListImprovementsRequest request = Request();
  request.set_target(101);
  ExpectBadField(request, "target: found 101, allowed is above 0 and at most 100");
  request = Request();
  request.set_previous_round_id("r");
  ExpectBadField(request, "previous_round_id: found 'r', which is the round itself");
  request = Request();
  request.set_adjustment(static_cast<v1::Adjustment>(7));
  ExpectBadField(request, "adjustment: found 7");
  request = Request();
  request.set_previous_round_id("none");
  EXPECT_TRUE(absl::IsNotFound(List(request).status()));
  request = Request();
  request.set_unit_id("2");
  EXPECT_TRUE(absl::IsNotFound(List(request).status()));
}

TEST_F(Improvements, OfOthersAreNotForABoundCaller) {
  const model::Principal bound = {.role = v1::ROLE_ANALYST, .id = "a", .unit_id = "1.1"};
  const auto own = bench_.results().ListImprovements(bound, Request());
  ASSERT_TRUE(own.ok()) << own.status();
  ASSERT_EQ(own->units_size(), 1);
  EXPECT_EQ(own->units(0).unit_id(), "1.1");
  EXPECT_EQ(own->whole().responses(), 4u);
  v1::ListImprovementsRequest request = Request();
  request.set_unit_id("1");
  EXPECT_TRUE(absl::IsPermissionDenied(bench_.results().ListImprovements(bound, request).status()));
}

}  // namespace
}  // namespace hailong::results
