#include "analysis/estimate/domains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hailong::estimate {
namespace {

using design::Factor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kMissing = Factor::kMissing;

TEST(Domains, CrossTakesEveryCombinationTheLastFactorFastest) {
  const std::vector<Factor> factors = {{"gender", {"F", "M"}, {0, 1, 1, kMissing, 0}},
                                       {"age", {"young", "old", "none"}, {1, 0, 0, 1, kMissing}}};
  const auto domains = Domains::Cross(5, factors);
  ASSERT_TRUE(domains.ok()) << domains.status();
  ASSERT_EQ(domains->size(), 6u);
  EXPECT_THAT(domains->levels(1), ElementsAre(0, 1));
  EXPECT_THAT(domains->rows(1), ElementsAre(0));
  EXPECT_THAT(domains->levels(3), ElementsAre(1, 0));
  EXPECT_THAT(domains->rows(3), ElementsAre(1, 2));
  for (const size_t empty : {0u, 2u, 4u, 5u}) EXPECT_THAT(domains->rows(empty), IsEmpty());
}

TEST(Domains, NoFactorIsTheWhole) {
  const auto domains = Domains::Cross(3, {});
  ASSERT_TRUE(domains.ok()) << domains.status();
  ASSERT_EQ(domains->size(), 1u);
  EXPECT_THAT(domains->rows(0), ElementsAre(0, 1, 2));
  EXPECT_THAT(domains->levels(0), IsEmpty());
}

TEST(Domains, RefusesFactorsThatCannotBe) {
  const auto message = [](std::vector<Factor> factors) {
    return std::string(Domains::Cross(2, factors).status().message());
  };
  EXPECT_THAT(message({{"age", {"a"}, {0}}}), HasSubstr("age: 1 codes for 2 rows"));
  EXPECT_THAT(message({{"age", {"a"}, {0, 1}}}),
              HasSubstr("row 2: code 1 of age is not among its 1 levels"));
  EXPECT_THAT(message({{"age", {}, {kMissing, kMissing}}}), HasSubstr("age has no levels"));
  const Factor wide = {"wide", std::vector<std::string>(2000), {0, 0}};
  EXPECT_THAT(message({wide, wide}),
              HasSubstr("wide: 2000 levels crossed with 2000 domains; allowed: 1048576"));
}

}  // namespace
}  // namespace hailong::estimate
