#include "server/model/unit_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::HasSubstr;

TEST(UnitTree, OneCodeNamesDifferentUnitsInDifferentPeriods) {
  const auto tree = UnitTree::Create(sample::Units());
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ((*tree)->Periods("25747").size(), 2u);
  EXPECT_EQ((*tree)->Find("25747", "2025-06-30")->parent_unit_id(), "718");
  EXPECT_EQ((*tree)->Find("25747", "2025-07-01")->parent_unit_id(), "79");
  EXPECT_EQ((*tree)->Find("25747", "2022-12-31"), nullptr);
  EXPECT_EQ((*tree)->Find("718", "2025-07-01"), nullptr);

  EXPECT_TRUE((*tree)->IsWithin("25747", "74", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("25747", "79", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("25747", "74", "2025-07-01"));
  EXPECT_TRUE((*tree)->IsWithin("25747", "79", "2025-07-01"));
  EXPECT_TRUE((*tree)->IsWithin("74", "74", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("74", "718", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("nobody", "74", "2025-06-30"));
}

TEST(UnitTree, EachRefusalNamesTheUnit) {
  const struct {
    v1::Unit unit;  // added to the sample
    const char* line;
  } cases[] = {
      {sample::Unit("25747", "commune", "", "2025-06-30", "2025-07-01"),
       "units['25747'].valid_from: found 2025-06-30, but the period from 2023-01-01 ends on "
       "2025-07-01"},
      {sample::Unit("79", "province", "", "2030-01-01", ""),
       "units['79'].valid_from: found 2030-01-01, but the period from 2023-01-01 has no end"},
      {sample::Unit("1", "commune", "99", "2023-01-01", ""),
       "units['1'].parent_unit_id: no unit '99' on 2023-01-01"},
      // The parent is there on the first day only.
      {sample::Unit("1", "commune", "718", "2023-01-01", ""),
       "units['1'].parent_unit_id: no unit '718' on 2025-07-01"},
      {sample::Unit("1", "commune", "718", "2022-12-31", "2024-01-01"),
       "units['1'].parent_unit_id: no unit '718' on 2022-12-31"},
      {sample::Unit("2", "commune", "2", "2023-01-01", ""),
       "units['2'].parent_unit_id: units are nested deeper than 16 or in a circle"},
      {sample::Unit("a b", "commune", "", "2023-01-01", ""),
       "units['a b'].unit_id: allowed are 1..35 of letters, digits, '.' and '-'"},
      {sample::Unit("1", "Xã", "", "2023-01-01", ""), "units['1'].level: allowed are lower-case"},
      {sample::Unit("1", "commune", "", "2023-1-1", ""),
       "units['1'].valid_from: '2023-1-1' is not a date of the form YYYY-MM-DD"},
      {sample::Unit("1", "commune", "", "2023-01-02", "2023-01-02"),
       "units['1'].valid_to: found 2023-01-02, allowed is after valid_from 2023-01-02"},
  };
  for (const auto& one : cases) {
    std::vector<v1::Unit> units = sample::Units();
    units.push_back(one.unit);
    const absl::Status status = UnitTree::Create(units).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), testing::Contains(HasSubstr(one.line)));
  }
}

TEST(UnitTree, ACircleThatClosesLaterIsFound) {
  // From 2024 a is below b and b below a.
  const auto tree = UnitTree::Create({sample::Unit("a", "x", "b", "2023-01-01", ""),
                                      sample::Unit("b", "x", "", "2023-01-01", "2024-01-01"),
                                      sample::Unit("b", "x", "a", "2024-01-01", "")});
  EXPECT_THAT(std::string(tree.status().message()), HasSubstr("in a circle"));
}

TEST(UnitTree, AParentMayChangeItsPeriodWhileAChildLasts) {
  const auto tree = UnitTree::Create({sample::Unit("a", "x", "", "2023-01-01", "2024-01-01"),
                                      sample::Unit("a", "x", "", "2024-01-01", ""),
                                      sample::Unit("b", "x", "a", "2023-06-01", "")});
  EXPECT_TRUE(tree.ok()) << tree.status();
}

}  // namespace
}  // namespace hailong::model
