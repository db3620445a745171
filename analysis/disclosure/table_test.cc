#include "analysis/disclosure/table.h"

#include <gtest/gtest.h>

#include <limits>

namespace hailong::disclosure {
namespace {

// A province (0) with a department (1) and a district (2) of two communes (3, 4).
const Dimension kUnits{.name = "units", .parents = {-1, 0, 0, 2, 2}};

TableBuilder Builder(const std::vector<Dimension>& dimensions,
                     const std::vector<Crossing>& crossings, size_t steps = 1) {
  auto builder = TableBuilder::Create(dimensions, crossings, steps);
  EXPECT_TRUE(builder.ok()) << builder.status();
  return *std::move(builder);
}

TEST(Table, ATotalHoldsWhatStandsBelowIt) {
  TableBuilder builder = Builder({kUnits, FlatDimension("gender", 2)}, {{0, 1}});
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{1, 1}, 0, 5).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{3, 1}, 0, 7).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{4, 2}, 0, 11).ok());
  const Table table = std::move(builder).Build();
  const auto n = [&](std::vector<uint32_t> nodes) { return table.cell(*table.Find(nodes)).n; };
  EXPECT_EQ(n({0, 0}), 23u);
  EXPECT_EQ(n({0, 1}), 12u);
  EXPECT_EQ(n({2, 0}), 18u);
  EXPECT_EQ(n({2, 1}), 7u);
  EXPECT_EQ(n({2, 2}), 11u);
  EXPECT_EQ(n({4, 1}), 0u);
}

TEST(Table, RespondentsOfAParentItselfAreACellBesideItsChildren) {
  TableBuilder builder = Builder({kUnits}, {{0}});
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{2}, 0, 3).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{3}, 0, 4).ok());
  const Table table = std::move(builder).Build();
  // Five nodes, then the own leaves of the province and of the district.
  ASSERT_EQ(table.cell_count(), 7u);
  EXPECT_EQ(table.cell(2).n, 7u);
  EXPECT_EQ(table.cell(5).n, 0u);
  EXPECT_EQ(table.cell(6).n, 3u);
  EXPECT_EQ(table.dimensions()[0].path(table.dimensions()[0].own_leaf(2)),
            (std::vector<uint32_t>{6, 2, 0}));
}

TEST(Table, OnlyWhatACrossingPublishesIsACell) {
  const Table table =
      Builder({kUnits, FlatDimension("gender", 2), FlatDimension("age", 3)}, {{0, 1}, {2}}).Build();
  EXPECT_TRUE(table.Find(std::vector<uint32_t>{3, 1, 0}).has_value());
  EXPECT_TRUE(table.Find(std::vector<uint32_t>{3, 0, 0}).has_value());
  EXPECT_TRUE(table.Find(std::vector<uint32_t>{0, 0, 2}).has_value());
  EXPECT_FALSE(table.Find(std::vector<uint32_t>{3, 0, 2}).has_value());
  EXPECT_FALSE(table.Find(std::vector<uint32_t>{0, 1, 2}).has_value());
  EXPECT_FALSE(table.Find(std::vector<uint32_t>{7, 0, 0}).has_value());
  // 7 units by 3 + 1 own of everybody, and 4 more of age.
  EXPECT_EQ(table.cell_count(), 7u * 4 + 4);
  for (size_t i = 0; i < table.cell_count(); ++i) EXPECT_EQ(table.Find(table.nodes(i)), i);
}

TEST(Table, KnowsWhichCellsAreTotals) {
  const Table table = Builder({kUnits, FlatDimension("gender", 2)}, {{0}, {1}}).Build();
  const auto is_total = [&](std::vector<uint32_t> nodes) {
    return table.IsTotal(*table.Find(nodes));
  };
  EXPECT_TRUE(is_total({0, 0}));
  EXPECT_TRUE(is_total({2, 0}));
  EXPECT_FALSE(is_total({3, 0}));
  EXPECT_FALSE(is_total({0, 1}));
}

TEST(Table, KeepsTheTwoLargestWeightsOfACell) {
  TableBuilder builder = Builder({FlatDimension("units", 2)}, {{0}});
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{1}, 0, 3, 2.0).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{2}, 0, 1, 7.0).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{2}, 0, 1, 1.5).ok());
  const Table table = std::move(builder).Build();
  EXPECT_EQ(table.cell(0).weight, 14.5);
  EXPECT_EQ(table.cell(0).weight_largest, 7.0);
  EXPECT_EQ(table.cell(0).weight_second, 2.0);
  EXPECT_EQ(table.cell(1).weight_largest, 2.0);
  EXPECT_EQ(table.cell(1).weight_second, 2.0);
  EXPECT_EQ(table.cell(2).weight_second, 1.5);
}

TEST(Table, ACellIsUnanimousWhenAllGaveTheSameAnswer) {
  TableBuilder builder = Builder({FlatDimension("units", 3)}, {{0}}, 5);
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{1}, 4, 2).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{1}, 4, 1).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{2}, 4, 2).ok());
  ASSERT_TRUE(builder.Add(std::vector<uint32_t>{2}, 0, 1).ok());
  const Table table = std::move(builder).Build();
  EXPECT_FALSE(table.cell(0).unanimous);
  EXPECT_TRUE(table.cell(1).unanimous);
  EXPECT_FALSE(table.cell(2).unanimous);
  EXPECT_FALSE(table.cell(3).unanimous);
}

TEST(TableBuilder, RefusesWhatIsNoTree) {
  for (const std::vector<int32_t>& parents :
       {std::vector<int32_t>{}, {0}, {-1, -1}, {-1, 1}, {-1, 2, 0}}) {
    const auto builder = TableBuilder::Create({{.name = "units", .parents = parents}}, {{0}}, 1);
    EXPECT_EQ(builder.status().code(), absl::StatusCode::kInvalidArgument) << parents.size();
  }
}

TEST(TableBuilder, RefusesCrossingsOfWhatIsNotThere) {
  for (const Crossing& crossing : {Crossing{2}, Crossing{0, 0}, Crossing{1, 0, 1}}) {
    const auto builder = TableBuilder::Create({kUnits, FlatDimension("gender", 2)}, {crossing}, 1);
    EXPECT_EQ(builder.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(TableBuilder, RefusesWhatPassesALimit) {
  const auto code = [](const std::vector<Dimension>& dimensions, size_t steps) {
    return TableBuilder::Create(dimensions, {}, steps).status().code();
  };
  const Dimension flat = FlatDimension("d", 2);
  EXPECT_EQ(code({}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({flat}, 0), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({flat}, kStepsMax), absl::StatusCode::kOk);
  EXPECT_EQ(code({flat}, kStepsMax + 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<Dimension>(kDimensionsMax, flat), 1), absl::StatusCode::kOk);
  EXPECT_EQ(code(std::vector<Dimension>(kDimensionsMax + 1, flat), 1),
            absl::StatusCode::kInvalidArgument);
  const Dimension large = FlatDimension("large", 5000);
  EXPECT_EQ(code({large, large}, 1), absl::StatusCode::kInvalidArgument);
}

TEST(TableBuilder, RefusesRespondentsThatStandNowhereAndAddsNothing) {
  TableBuilder builder = Builder({kUnits, FlatDimension("gender", 2)}, {{0, 1}}, 5);
  const auto refused = [&](std::vector<uint32_t> nodes, size_t step, uint32_t count,
                           double weight) {
    return builder.Add(nodes, step, count, weight).code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused({1}, 0, 1, 1));
  EXPECT_TRUE(refused({7, 1}, 0, 1, 1));
  EXPECT_TRUE(refused({1, 4}, 0, 1, 1));
  EXPECT_TRUE(refused({1, 1}, 5, 1, 1));
  EXPECT_TRUE(refused({1, 1}, 0, 1, 0));
  EXPECT_TRUE(refused({1, 1}, 0, 1, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(refused({1, 1}, 0, static_cast<uint32_t>(kRespondentsMax) + 1, 1));
  EXPECT_EQ(std::move(builder).Build().cell(0).n, 0u);
}

}  // namespace
}  // namespace hailong::disclosure
