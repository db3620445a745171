#include "analysis/cli/population_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PopulationFile : public testing::Test {
 protected:
  PopulationFile() : path_(testing::TempDir() + "populations-" + std::to_string(getpid())) {}
  ~PopulationFile() override { std::filesystem::remove(path_); }

  absl::StatusOr<std::vector<v1::Population>> Read(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return ReadPopulations(path_);
  }
  void ExpectRefused(const std::string& text, const std::string& words) const {
    const auto read = Read(text);
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << read.status();
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(words));
  }

  std::string path_;
};

TEST_F(PopulationFile, HoldsSizesAndMarginsInAnyOrderOfColumns) {
  const auto read = Read(
      "gender:2,unit_id,size,note,gender:1,source,age:1\n"
      "40,1.1,100,x,60,sổ tiếp nhận,100\n"
      ",1.2,50,,,sổ tiếp nhận,50\n");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  const v1::Population& first = (*read)[0];
  EXPECT_EQ(first.unit_id(), "1.1");
  EXPECT_EQ(first.size(), 100u);
  ASSERT_EQ(first.margins_size(), 2);
  EXPECT_EQ(first.margins(1).question_id(), "gender");
  EXPECT_THAT(first.margins(1).sizes(), ElementsAre(60, 40));
  // Empty cells are not known.
  ASSERT_EQ((*read)[1].margins_size(), 1);
  EXPECT_EQ((*read)[1].margins(0).question_id(), "age");
  EXPECT_THAT(MarginColumns(*read), ElementsAre("age:1", "gender:1", "gender:2"));
  EXPECT_EQ(MarginCell(first, "gender:2"), "40");
  EXPECT_EQ(MarginCell((*read)[1], "gender:2"), "");
}

TEST_F(PopulationFile, WithoutMarginsIsAsBefore) {
  const auto read = Read("unit_id,size,source\n1.1,100,x\n");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)[0].margins_size(), 0);
}

TEST_F(PopulationFile, SaysWhatIsWrongAndWhere) {
  ExpectRefused("unit_id,size\n1,2\n", "no column \"source\"");
  ExpectRefused("unit_id,size,source,gender:2\n1,2,x,2\n", "no column \"gender:1\"");
  ExpectRefused("unit_id,size,source,gender:1,gender:1\n1,2,x,2,2\n", "there twice");
  ExpectRefused("unit_id,size,source,gender:1,gender:2\n1,9,x,9,0\n1.1,100,x,60,41\n",
                ":3: gender adds up to 101, the size of the unit is 100");
  ExpectRefused("unit_id,size,source,gender:1,gender:2\n1,9,x,9,\n",
                "gender:2 \"\" is not a whole");
  ExpectRefused("unit_id,size,source\n1,9.5,x\n", ":2: size \"9.5\" is not a whole number");
}

}  // namespace
}  // namespace hailong::cli
