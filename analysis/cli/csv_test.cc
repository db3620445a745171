#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "analysis/cli/csv_reader.h"
#include "analysis/cli/csv_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<CsvRow> ReadAll(const std::string& text, char delimiter = ',') {
  std::istringstream in(text);
  CsvReader reader(in, delimiter);
  std::vector<CsvRow> rows;
  CsvRow row;
  for (;;) {
    const auto more = reader.Next(row);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) break;
    rows.push_back(row);
  }
  EXPECT_EQ(reader.bytes_read(), text.size());
  return rows;
}

TEST(CsvReader, RowsKeepTheLineOnWhichTheyBegin) {
  const auto rows = ReadAll("a,b\r\n\n1,\"x\ny\"\n\n\n2,z\n3,last");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].line, 1u);
  EXPECT_EQ(rows[1].line, 3u);
  EXPECT_THAT(rows[1].cells, ElementsAre("1", "x\ny"));
  EXPECT_EQ(rows[2].line, 7u);
  EXPECT_EQ(rows[3].line, 8u);
  EXPECT_THAT(rows[3].cells, ElementsAre("3", "last"));
}

TEST(CsvReader, TheByteOrderMarkIsNoPartOfTheHeader) {
  EXPECT_THAT(ReadAll("\xEF\xBB\xBFmã;tên\n1;Sở Nội vụ\n", ';')[0].cells, ElementsAre("mã", "tên"));
}

TEST(CsvReader, QuotesDoubleAndSpacesAroundCellsGo) {
  EXPECT_THAT(ReadAll("\"a \"\"b\"\"\",  c  ,\" d \",\n")[0].cells,
              ElementsAre("a \"b\"", "c", " d ", ""));
}

TEST(CsvReader, ALongCellIsAFaultOfItsRowAlone) {
  const auto rows = ReadAll("1," + std::string(kCellBytesMax + 1, 'x') + "\n2,y\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].fault, HasSubstr("cell 2 has 65537 bytes"));
  EXPECT_EQ(rows[1].fault, "");
  EXPECT_EQ(rows[1].line, 2u);
  EXPECT_THAT(rows[1].cells, ElementsAre("2", "y"));
}

TEST(CsvReader, AQuoteThatNeverEndsIsAFaultOfTheLastRow) {
  const auto rows = ReadAll("a,b\n1,2\n3,\"four\n5,6\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].line, 3u);
  EXPECT_EQ(rows[2].fault, "the last cell has no closing quote");
}

TEST(CsvReader, AQuoteThatSwallowsTheFileStopsIt) {
  std::string text = "a,b\n1,\"";
  while (text.size() < 2 * kRowBytesMax) text += "2,3\n4,5\n";
  std::istringstream in(text);
  CsvReader reader(in, ',');
  CsvRow row;
  ASSERT_TRUE(*reader.Next(row));
  const auto more = reader.Next(row);
  EXPECT_EQ(more.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(more.status().message()), HasSubstr("line 2"));
  EXPECT_FALSE(*reader.Next(row));
}

TEST(CsvReader, TooManyCellsAreAFault) {
  const auto rows = ReadAll(std::string(5000, ',') + "\n1\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].fault, HasSubstr("more than 2000 cells"));
  EXPECT_EQ(rows[1].fault, "");
}

TEST(CsvReader, AnEmptyFileHasNoRows) {
  EXPECT_TRUE(ReadAll("").empty());
  EXPECT_TRUE(ReadAll("\n\r\n\n").empty());
}

TEST(CsvReader, AnyBytesAreReadWithoutACrash) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string alphabet("\"\",,\n\n\r a\0\xFF\xEF\xBB\xBF;", 16);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::size_t i = random() % 400; i > 0; --i) text += alphabet[random() % alphabet.size()];
    std::istringstream in(text);
    CsvReader reader(in, ',');
    CsvRow row;
    uint64_t line = 0;
    for (auto more = reader.Next(row); more.ok() && *more; more = reader.Next(row)) {
      EXPECT_GE(row.line, line);
      line = row.line;
    }
  }
}

TEST(CsvWriter, FormulasBecomeText) {
  std::ostringstream out;
  CsvWriter csv(out);
  for (const char* cell : {"=1+1", "+84", "-x", "@sum", "\t=1", "Sở", "a=b"}) csv.Text(cell);
  csv.EndRow();
  EXPECT_EQ(out.str(), "'=1+1,'+84,'-x,'@sum,\"'\t=1\",Sở,a=b\n");
}

TEST(CsvWriter, VerbatimCellsAreNotTouched) {
  std::ostringstream out;
  CsvWriter csv(out);
  csv.Verbatim("-1.5");
  csv.Verbatim("=x");
  csv.EndRow();
  EXPECT_EQ(out.str(), "-1.5,=x\n");
}

TEST(CsvWriter, WhatIsWrittenIsReadBack) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> pieces = {"", "a", ",", ";", "\"", "\n", "\r\n", " ", "ệ", "x y"};
  for (const char delimiter : {',', ';', '\t'}) {
    std::vector<std::vector<std::string>> rows(50);
    std::ostringstream out;
    CsvWriter csv(out, delimiter);
    for (auto& row : rows) {
      row.resize(1 + random() % 4);
      for (auto& cell : row) {
        for (std::size_t i = random() % 4; i > 0; --i) cell += pieces[random() % pieces.size()];
        csv.Verbatim(cell);
      }
      csv.EndRow();
    }
    const auto read = ReadAll(out.str(), delimiter);
    ASSERT_EQ(read.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(read[i].cells, rows[i]) << i;
  }
}

}  // namespace
}  // namespace hailong::cli
