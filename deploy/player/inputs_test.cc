#include "deploy/player/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hailong::player {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRegistry[] =
    "unit_id,name,level,parent_unit_id\n74,Province,province,\n"
    "74.A,\"Culture, sport\",department,74\n718,City,district,74\r\n25741,Ward,commune,718\n";

TEST(ParseUnits, ReadsLevelAndAncestorsNearestFirst) {
  const auto units =
      ParseUnits(kRegistry, "unit_id,size,source\n74.A,10,made up\n25741,20,\"a, b\"\n");
  ASSERT_TRUE(units.ok()) << units.status();
  ASSERT_EQ(units->size(), 2U);
  EXPECT_EQ(units->at(0).level, "department");
  EXPECT_EQ(units->at(1).size, 20U);
  EXPECT_THAT(units->at(1).ancestor_ids, ElementsAre("718", "74"));
}

TEST(ParseUnits, RefusesWhatItCannotUse) {
  EXPECT_THAT(ParseUnits(kRegistry, "unit_id,size\nX,1\n").status().ToString(),
              HasSubstr("unit X"));
  EXPECT_THAT(ParseUnits(kRegistry, "unit_id,size\n718,0\n").status().ToString(),
              HasSubstr("size 0"));
  EXPECT_THAT(ParseUnits(kRegistry, "unit_id\n718\n").status().ToString(),
              HasSubstr("no column size"));
  EXPECT_THAT(ParseUnits(kRegistry, "unit_id,size\n718\n").status().ToString(),
              HasSubstr("line 2"));
  EXPECT_THAT(ParseUnits(kRegistry, "unit_id,size\n").status().ToString(), HasSubstr("no unit"));
}

TEST(ParseUnits, EndsOnARegistryThatLoops) {
  const auto units =
      ParseUnits("unit_id,level,parent_unit_id\na,x,b\nb,x,a\n", "unit_id,size\na,1\n");
  ASSERT_TRUE(units.ok());
  EXPECT_EQ(units->at(0).ancestor_ids.size(), 2U);
}

TEST(ParseCredentials, ReadsThreeOrFourWords) {
  const auto collectors =
      ParseCredentials("# demo\nweb-1 s3cret web\n\nkiosk-718-1  other\tkiosk 718\n");
  ASSERT_TRUE(collectors.ok()) << collectors.status();
  ASSERT_EQ(collectors->size(), 2U);
  EXPECT_EQ(collectors->at(0).channel, v1::CHANNEL_WEB);
  EXPECT_EQ(collectors->at(1).unit_id, "718");
}

TEST(ParseCredentials, NamesTheLineButNeverTheCredential) {
  for (const char* text : {"web-1 s3cret fax\n", "web-1 s3cret\n"}) {
    const std::string error = ParseCredentials(text).status().ToString();
    EXPECT_THAT(error, HasSubstr("line 1"));
    EXPECT_THAT(error, Not(HasSubstr("s3cret")));
  }
  EXPECT_FALSE(ParseCredentials("").ok());
}

TEST(Serves, AUnitAndAllBelowIt) {
  const auto units = ParseUnits(kRegistry, "unit_id,size\n74.A,10\n25741,20\n");
  ASSERT_TRUE(units.ok());
  CollectorAccess collector;
  EXPECT_TRUE(Serves(collector, units->at(0)));
  collector.unit_id = "718";
  EXPECT_FALSE(Serves(collector, units->at(0)));
  EXPECT_TRUE(Serves(collector, units->at(1)));
}

}  // namespace
}  // namespace hailong::player
